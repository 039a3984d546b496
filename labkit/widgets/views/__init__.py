"""What one looks at: a key's states, its rotations, a sealed file, a call's inner calls, who reaches which key.

Each is drawn from the account, and each has a picture in its twin. A widget and its logic are one file; its ipywidgets
are in the file beside it, with `_view` in its name. `drawn` puts pictures into twins.
"""
