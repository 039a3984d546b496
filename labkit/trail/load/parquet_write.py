"""`to_parquet`: a copy of a trail for everybody's tools, in memory that does not grow with the number of files.

    folder/day=2026-01-05/part-00000.parquet      one folder a day, as Hive, Athena, DuckDB, Spark and Dask name them

Two passes. The first writes the events of some thousand rows by day as they come. Copies of an event have the same
time, so they lie in the same day: the second pass goes through each day by itself and rewrites the parts that hold
copies. What is in memory at once: one file, some thousand events, and the event ids of one day (about 100 bytes each).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import pyarrow.parquet

from .parquet_read import fresh
from .pipeline import Moment, Wanted, batches
from .progress import Progress, for_people
from .report import Report, Tally

ROWS = 65_536  # rows that are gathered before they are written
DAY = 86_400_000_000  # microseconds


def to_parquet(
    source: Any,
    folder: str | Path,
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    sources: Collection[str] = (),
    tell: Callable[[str], object] = print,
    progress: Progress | None = None,
) -> Report:
    """Read as `load` does, write Parquet by day into `folder`, and give the report: memory stays the same.

    `load(folder)` reads the copy back, several times as fast as the logs (`make bench`); DuckDB and Dask read it
    too. Columns are those of `load`; rows lie by day, not sorted within it.
    Errors: as `load`; FileExistsError if `folder` holds anything already.
    """
    goal = Path(folder)
    goal.mkdir(parents=True, exist_ok=True)
    if any(goal.iterdir()):
        raise FileExistsError(f"{goal} is not empty: name a new folder for the copy.")
    tally = Tally()
    waiting: list[Any] = []
    parts = 0
    for table in batches(source, Wanted.of(start, end, sources), None, tally, progress or for_people()):
        waiting.append(table)
        if sum(len(each) for each in waiting) >= ROWS:
            parts = _write(waiting, goal, parts)
    _write(waiting, goal, parts)
    for day in sorted(goal.iterdir()):
        pyarrow.default_memory_pool().release_unused()  # what the day before needed: it would add up otherwise
        copies = _drop_copies(day)
        tally.duplicates += copies
        tally.kept -= copies
    told = tally.report()
    tell(str(told))
    return told


def _write(waiting: list[Any], goal: Path, number: int) -> int:
    """Write the gathered rows, a file a day; the number of the next part."""
    if not waiting:
        return number
    table = pyarrow.concat_tables(waiting).unify_dictionaries()
    waiting.clear()
    days = table["time"].cast("int64").to_numpy() // DAY
    for day in numpy.unique(days):
        name = numpy.datetime64(int(day), "D")
        place = goal / f"day={name}"
        place.mkdir(exist_ok=True)
        pyarrow.parquet.write_table(table.filter(pyarrow.array(days == day)), place / f"part-{number:05}.parquet")
    return number + 1


def _drop_copies(day: Path) -> int:
    """Rewrite the parts of a day that hold copies; how many rows went. More threads would keep more memory."""
    read = partial(pyarrow.parquet.read_table, partitioning=None, use_threads=False)
    seen: set[str] = set()
    dropped = 0
    for part in sorted(day.iterdir()):
        ids = read(part, columns=["event_id"])["event_id"].to_pylist()
        chosen = fresh(ids, seen)
        if not chosen.all():
            table = read(part).filter(pyarrow.array(chosen))
            pyarrow.parquet.write_table(table, part)
            dropped += len(ids) - len(table)
    return dropped
