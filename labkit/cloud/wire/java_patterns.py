"""AWS's patterns are written for Java; this makes Python read those that it can't, never more strictly than Java. Pure.

Python's `re` knows no classes of Unicode (\\p{L}) and writes characters beyond the basic plane otherwise. A class whose
characters can't be written shortly is replaced by a somewhat larger one: what AWS takes is never refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_BEYOND = r"\uD800\uDC00-\uDBFF\uDFFF"
_ABOVE_ASCII = r"\u00a1-\U0010ffff"
_MARKS = r"!-/:-@\[-`{-~" + _ABOVE_ASCII
# What stands for a class inside brackets (java.util.regex.Pattern, "Classes for Unicode scripts, … categories").
_CLASSES = {
    "L": r"A-Za-z\u00aa-\U0010ffff",
    "LD": r"0-9A-Za-z\u00aa-\U0010ffff",
    "N": r"0-9\u00b2-\U0010ffff",
    "M": r"\u0300-\U0010ffff",
    "Z": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    "Zs": r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000",
    "P": _MARKS,
    "Pc": r"_\u203f\u2040\u2054\ufe33\ufe34\ufe4d-\ufe4f\uff3f",
    "Pd": r"\-\u058a-\U0010ffff",
    "S": _MARKS,
    "C": r"\x00-\x1f\x7f-\x9f",
    "Cc": r"\x00-\x1f\x7f-\x9f",
    "Cf": r"\u00ad\u0600-\U000e007f",
    "ASCII": r"\x00-\x7f",
    "Graph": r"!-~",
    "Print": r" -~",
    "Punct": r"!-/:-@\[-`{-~",
    "XDigit": r"0-9A-Fa-f",
}
_NOT_CONTROL = r"\x20-\x7e\xa0-\U0010ffff"
_PARTS = re.compile(r"\\([pP])\{(\w+)\}|\\.|\[|\]|.", re.DOTALL)


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> Callable[[str], Any] | None:
    """Return what matches a whole text with the pattern; None where Python can't be made to read it."""
    try:
        return re.compile(pattern, re.ASCII).fullmatch
    except re.error:
        pass
    try:
        return re.compile(_translated(pattern)).fullmatch
    except (re.error, KeyError):
        return None


def _translated(pattern: str) -> str:
    """The pattern as Python has it; KeyError for a class that is not known here."""
    made, inside = [], False
    for part in _PARTS.finditer(pattern.replace(_BEYOND, r"\U00010000-\U0010ffff").replace(r"\z", r"\Z")):
        text, kind, name = part[0], part[1], part[2]
        if kind:
            text = _CLASSES[name] if kind == "p" else {"C": _NOT_CONTROL}[name]
            made.append(text if inside else f"[{text}]")
            continue
        if text == "[" and not inside:
            inside = True
        elif text == "[":
            text = r"\["
        elif text == "]":
            inside = False
        made.append(text)
    return "".join(made)
