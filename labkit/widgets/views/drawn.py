"""A picture of the kit's own in a twin: an <img>, which no name from an account can leave and every page shows. Pure.

Two pictures in one page would share the names of their arrow heads, and JupyterLab takes <svg> out of a notebook that
is not trusted. An <img> has neither trouble.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any

from ..twin import Drawn, lines

_STYLE = "width:100%;max-width:900px;height:auto;background:#ffffff"


def drawn(picture: Any, title: str) -> Drawn:
    """Make a part of a twin of anything that has a `_repr_svg_` and says the same in its repr."""
    svg = lines(picture._repr_svg_())
    data = b64encode(svg.encode()).decode()
    return Drawn(
        f'<img alt="{escape(lines(title))}" src="data:image/svg+xml;base64,{data}" style="{_STYLE}">', repr(picture)
    )
