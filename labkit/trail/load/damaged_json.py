"""Whole JSON objects in text that is not whole: cut off, damaged in the middle, or with junk between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

# Where the list of records begins: in a file as CloudTrail, LookupEvents and CloudWatch Logs write it, or a plain list.
_HEAD = re.compile(rb'\s*(?:\{[^{}]{0,4096}?"(?:Records|Events|logEvents|events|results)"\s*:\s*)?\[')
_BETWEEN = re.compile(rb"[\s,\]}]*")
# A string, a bracket, or a quote that begins a string without an end.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]"]', re.DOTALL)
_NEXT_RECORD = re.compile(rb'\{\s*"(?:eventVersion|EventId)"|(?<=\n)\{')
LONGEST = 1 << 20  # bytes: CloudTrail keeps an event under 256 KB; further nobody looks for its end


def objects(text: bytes, readable: Callable[[bytes], bool]) -> Iterator[bytes | None]:
    """Read the objects one after the other; None for each stretch that is lost."""
    head = _HEAD.match(text)
    at = head.end() if head else 0
    while (at := _end(_BETWEEN, text, at)) < len(text):
        end = _end_of_object(text, at) if text[at : at + 1] == b"{" else None
        if end is not None and readable(text[at:end]):
            yield text[at:end]
            at = end
            continue
        yield None
        found = _NEXT_RECORD.search(text, at + 1)
        follows = found.start() if found else len(text)
        at = min(follows, end) if end is not None else follows


def is_list(text: bytes) -> bool:
    """Tell whether the text begins a list of records, that has an end to miss."""
    return _HEAD.match(text) is not None


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _end_of_object(text: bytes, start: int) -> int | None:
    """Behind the bracket that closes the object; None where it does not close."""
    depth = 0
    for token in _TOKEN.finditer(text, start, start + LONGEST):
        sign = token.group()
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return token.end()
        elif sign == b'"':
            return None
    return None
