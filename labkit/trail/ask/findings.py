"""What the rules of detections share: which calls were made, what they asked for, and how a finding is written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import pandas

from .nested_parts import opened


def done(events: Any, source: str, names: tuple[str, ...]) -> Any:
    """Choose the successful calls of these names."""
    return events[(events["source"] == source) & events["event"].isin(names) & events["error"].isna()]


def asked_of(found: Any, part: str = "request_parameters") -> Iterator[dict[str, Any]]:
    """Read the request of each event, or its answer; empty where none was recorded, or no object was."""
    return map(an_object, opened(found[part]))


def an_object(value: Any) -> dict[str, Any]:
    """Give the value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def a_list(value: Any) -> list[Any]:
    """Give the value, if it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def findings(found: Any, words: list[str]) -> Any:
    """Make one finding for each event that there are words for."""
    table = found[["time", "principal", "source_ip", "event", "key_arn"]].copy()
    table["what"] = pandas.Series(words, index=table.index, dtype="str")
    return table[table["what"] != ""]


def windows(times: Any, length: Any, least: int) -> Iterator[tuple[int, int]]:
    """Find where windows with enough calls begin and end in ascending times; the next begins after the one before."""
    ends = times.searchsorted(times + length)
    until = 0
    for first in numpy.flatnonzero(ends - numpy.arange(len(times)) >= least):
        if first >= until:
            until = int(ends[first])
            yield int(first), until
