"""Sphinx's settings for the site. `make site` lays the pages out (site/pages.py) and calls Sphinx with this file.

Nothing is run while the pages are built: notebooks come with their outputs. No page loads anything from elsewhere.
"""

from __future__ import annotations

import os
from typing import Any

project = "labkit"
author = "the labkit authors"
version = release = os.environ.get("LABKIT_VERSION", "")
extensions = ["myst_nb", "sphinx.ext.autodoc"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["_files", "docs/**/README.md"]  # workshop/ has pages of that name
root_doc = "index"
language = "en"

nb_execution_mode = "off"  # outputs are committed, and tests compare them to the letter
nb_merge_streams = True
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
# IPython's lexer does not read an `!aws` line with odd quotes; the page shows it all the same.
suppress_warnings = ["misc.highlighting_failure", "mystnb.unknown_mime_type"]
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]  # the twin beside it is shown

autodoc_member_order = "bysource"
autodoc_typehints = "signature"

html_theme = "furo"
html_title = "labkit: AWS KMS, learned by doing"
html_static_path = ["_static"]
html_css_files = ["labkit.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}


# What scrolls sideways can be scrolled by keyboard, too, and a heading says of which level it is.
MENDED = (
    ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">'),
    ('<table border="1" class="dataframe">', '<table border="1" class="dataframe" tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
)


def _mend(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Mend what axe-core finds in the pages that Sphinx and the theme write."""
    for part in ("body", "furo_navigation_tree"):
        for before, after in MENDED:
            context[part] = (context.get(part) or "").replace(before, after)


def setup(app: Any) -> None:
    """Let Sphinx call what pages need, after the theme."""
    app.connect("html-page-context", _mend, priority=900)
