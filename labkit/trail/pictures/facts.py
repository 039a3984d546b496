"""From a table of events to what pictures draw: which rows and columns, names for people, the most frequent values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..ask.uses import ONCE, each_call_once
from .svg import clean, clip

NONE = "(not recorded)"
Names = Mapping[str, str]
_KEY = re.compile(r"([0-9a-f]{8})-[0-9a-f-]{27}|(mrk-[0-9a-f]{8})[0-9a-f]{24}")  # a key's id; of several Regions
_HASH = re.compile(r"(?<=^AWSReservedSSO_)(\w+)_[0-9a-f]{16}$")  # of the roles that IAM Identity Center makes


def calls(events: Any, names: Collection[str], service: str = "") -> Any:
    """Choose these columns of the table, in pandas' memory, each call once; only of one service if it is named.

    ValueError if there is no such column: the table is not `load`'s.
    """
    wanted = list(dict.fromkeys([*names, *ONCE]))
    missing = [name for name in wanted if name not in events.columns]
    if missing:
        raise ValueError(
            f"The table has no column {', '.join(missing)}. Pictures take the table of labkit.trail.load; "
            "labkit.trail.COLUMNS has its columns."
        )
    table = (events[events["source"] == service] if service else events)[wanted]
    if hasattr(table, "to_delayed"):  # dask: these columns come here, whatever the size of the others
        table = table.compute().sort_index()
    return each_call_once(table)


def texts(column: Any) -> Any:
    """Give a column as text, and NONE where nothing is."""
    return column.astype(object).where(column.notna(), NONE).astype(str)


def chosen(counts: Mapping[str, int], top: int) -> tuple[list[str], list[str]]:
    """Choose the `top` values that are most frequent, and the others; one other is no less than a summary of it.

    ValueError if top is less than 1.
    """
    if top < 1:
        raise ValueError("top: at least one.")
    ordered = sorted(counts, key=lambda value: (-counts[value], value))
    return (ordered, []) if len(ordered) <= top + 1 else (ordered[:top], ordered[top:])


def labels(values: Sequence[str], names: Names, most: int) -> dict[str, str]:
    """Make a name for each value, all different and at most `most` letters long: as given, else the end of an ARN."""
    full: dict[str, str] = {value: value for value in values}
    placed = {value: f"{_short(value)} {_place(value)}" for value in values}
    found = {value: _fit(names.get(value) or _short(value), most) for value in values}
    for longer in (placed, full):
        same = Counter(found.values())
        found = {value: label if same[label] == 1 else _fit(longer[value], most) for value, label in found.items()}
    used: set[str] = set()
    for value, label in found.items():
        number = 2
        while found[value] in used:
            ending = f" ({number})"
            found[value], number = clip(label, most - len(ending)) + ending, number + 1
        used.add(found[value])
    return found


def counted(number: int, noun: str) -> str:
    """1 call, 2,000 calls."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _fit(text: str, most: int) -> str:
    return clip(clean(text), most)


def _short(value: str) -> str:
    """The last part of an ARN, the first letters of a key's id; else the value."""
    last = value.rpartition(":")[2].rpartition("/")[2] if value.startswith("arn:") else value
    if key := _KEY.fullmatch(last):
        return f"{key.group(1) or key.group(2)}…"
    return _HASH.sub(r"\1…", last)


def _place(value: str) -> str:
    """Region and account of an ARN."""
    parts = value.split(":") if value.startswith("arn:") else []
    return " ".join(part for part in parts[3:5] if part)
