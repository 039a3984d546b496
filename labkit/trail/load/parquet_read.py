"""Parquet files of events, as `to_parquet` writes them: recognised, read, filtered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.parquet

from .arrow_batches import SCHEMA, TIME


def is_one(name: str) -> bool:
    """Whether the name is a Parquet file's."""
    return name.endswith(".parquet")


def table_of(data: bytes) -> Any:
    """The table of SCHEMA in a file; None if it is not such a file."""
    try:
        return pyarrow.parquet.read_table(pyarrow.BufferReader(data)).select(SCHEMA.names).cast(SCHEMA)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowKeyError, pyarrow.ArrowNotImplementedError, KeyError, OSError):
        return None


def choose(table: Any, start: int | None, end: int | None, sources: Collection[str]) -> Any:
    """The rows from `start` on and before `end` (microseconds since 1970), of these services if any are named."""
    compute = pyarrow.compute
    if start is not None:
        table = table.filter(compute.greater_equal(table["time"], pyarrow.scalar(start, TIME)))
    if end is not None:
        table = table.filter(compute.less(table["time"], pyarrow.scalar(end, TIME)))
    if sources:
        names = table["source"].cast(pyarrow.large_string())
        table = table.filter(compute.fill_null(compute.is_in(names, pyarrow.array(list(sources), names.type)), False))
    return table


def fresh(ids: list[str | None], seen: set[str]) -> Any:
    """For each id whether it was not seen before (numpy truths); adds the new ones to `seen`. None is never a copy."""
    chosen = numpy.ones(len(ids), dtype=bool)
    for at, name in enumerate(ids):
        if name is not None:
            if name in seen:
                chosen[at] = False
            seen.add(name)
    return chosen


def first(table: Any, seen: set[str]) -> Any:
    """The rows whose event id was not seen before; adds the new ids to `seen`."""
    chosen = fresh(table["event_id"].to_pylist(), seen)
    return table if chosen.all() else table.filter(pyarrow.array(chosen))
