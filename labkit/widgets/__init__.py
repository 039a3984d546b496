"""What a lab lets you look at and click: one widget a folder or file, its logic in plain objects beside its view.

A widget is a `frame.Widget`. It has a `value` for the next cell, works without a click, and has a twin (`twin.Twin`) in
text and HTML, which saved pages and pages without a kernel show. Views are plain ipywidgets, and make AWS calls only
through the logic.
"""
