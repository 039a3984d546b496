"""Parts of SVG pictures, and names made fit for them. Pure.

Colours are of one hue or Okabe and Ito's, and never the only difference between two things.
"""

from __future__ import annotations

import unicodedata
from html import escape

from ...svg import page

INK, SOFT, PALE = "#1a1a1a", "#555555", "#d9d9d9"
BLUE, RED = "#0072b2", "#d55e00"


def sentence(text: str) -> str:
    """Draw the picture of nothing: a sentence that says so."""
    return page(640, 48, text, text, [write(20, 30, text, 14)])


def write(x: int, y: int, text: str, size: int = 13, ink: str = INK, anchor: str = "start", more: str = "") -> str:
    """Text; `anchor` says which end of it is at x, `more` are further attributes."""
    where = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{ink}"{where}{more}>{escape(text)}</text>'


def bold(x: int, y: int, text: str, size: int = 13) -> str:
    """Text that stands out."""
    return write(x, y, text, size, more=' font-weight="bold"')


def line(path: str, ink: str, width: int = 1, more: str = "") -> str:
    """Draw a line without a filling."""
    return f'<path d="{path}" stroke="{ink}" stroke-width="{width}" fill="none"{more}/>'


def clean(text: str) -> str:
    """Give the text with what can't be printed, or would turn the text around, as escapes: no name can hide itself."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def clip(text: str, most: int) -> str:
    """Fit the text in the room of `most` Latin letters, its middle left out if need be."""
    if room(text) <= most:
        return text
    head, tail, left = "", "", most - 1
    while True:
        for begin in (True, False):
            each = text[len(head)] if begin else text[-1 - len(tail)]
            left -= room(each)
            if left < 0:
                return f"{head}…{tail}"
            head, tail = (head + each, tail) if begin else (head, each + tail)


def room(text: str) -> int:
    """Tell how much room a text takes, in letters: those of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
