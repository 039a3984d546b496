"""Parquet files of events, as `to_parquet` writes them: recognised, read, filtered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pyarrow
import pyarrow.compute
import pyarrow.parquet

from ..record.callers import NOBODY
from .arrow_batches import SCHEMA, TEXT, TIME, callers


def is_one(name: str) -> bool:
    """Tell whether the name is a Parquet file's."""
    return name.endswith(".parquet")


def table_of(data: bytes) -> Any:
    """Read the table of SCHEMA in a file; None if it is not such a file.

    Columns that a copy of an earlier labkit lacks are made of the identities that it has.
    """
    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
        if missing := [name for name in NOBODY._fields if name not in table.column_names]:
            identities = table.column("user_identity").cast(TEXT).combine_chunks().dictionary_encode()
            made = callers(identities, {})
            for name in missing:
                table = table.append_column(name, made[name])
        return table.select(SCHEMA.names).cast(SCHEMA)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowKeyError, pyarrow.ArrowNotImplementedError, KeyError, OSError):
        return None


def choose(table: Any, start: int | None, end: int | None, sources: Collection[str]) -> Any:
    """Choose the rows from `start` on and before `end` (microseconds since 1970), of these services if any is named."""
    compute = pyarrow.compute
    if start is not None:
        table = table.filter(compute.greater_equal(table["time"], pyarrow.scalar(start, TIME)))
    if end is not None:
        table = table.filter(compute.less(table["time"], pyarrow.scalar(end, TIME)))
    if sources:
        names = table["source"].cast(pyarrow.large_string())
        table = table.filter(compute.fill_null(compute.is_in(names, pyarrow.array(list(sources), names.type)), False))
    return table
