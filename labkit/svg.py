"""The frame of every picture that the kit draws in a notebook. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

PAGE = 900
"""The width that pictures are drawn for. They fill the page, whatever its width: none is cut off on a small screen."""


def page(width: float, height: float, title: str, words: str, parts: Iterable[str]) -> str:
    """Write a whole picture; `words` say the same as the picture does, for those who don't see it.

    It has proportions and no size: JupyterLab puts it into an <img>, whose size of its own no style could limit. One
    that is narrower than the page has room beside it, so that all pictures' letters are of one size.
    """
    wide = max(width, PAGE)
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {height}" '
                f'font-family="Helvetica, Arial, sans-serif" role="img" aria-label="{escape(title)}">'
            ),
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(words)}</desc>",
            f'<rect width="{wide}" height="{height}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )
