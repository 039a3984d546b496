"""`to_parquet`: a copy of a trail for everybody's tools, in memory that does not grow with the number of files.

    folder/day=2026-01-05/part-00000.parquet      one folder a day, as Hive, Athena, DuckDB, Spark and Dask name them

Two passes. The first writes the events of some thousand rows by day as they come. Copies of an event have the same
time, so they lie in the same day: the second pass goes through each day by itself and rewrites the parts that hold
copies. What is in memory at once: one file, some thousand events, and the event ids of one day (about 100 bytes each).
Records that share an id and differ can lie in different days: a hash of each id, 8 bytes, goes into files beside the
copy, by its first bits, and each of these is counted by itself.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import pandas
import pyarrow
import pyarrow.parquet

from .arrow_batches import TEXT
from .copies import chosen_rows, digests
from .pipeline import Moment, Wanted, batches
from .progress import Progress, for_people
from .report import Report, Tally

ROWS = 65_536  # rows that are gathered before they are written
DAY = 86_400_000_000  # microseconds
SHELVES = 6  # bits of a hash: so many files, as powers of two


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
    if goal.is_dir() and any(goal.iterdir()):
        raise FileExistsError(f"{goal} is not empty: name a new folder for the copy.")
    tally = Tally()
    half = _unfinished(goal)
    try:
        told = _copy(batches(source, Wanted.of(start, end, sources), tally, progress or for_people()), half, tally)
        _into_place(half, goal)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    tell(str(told))
    return told


def _copy(tables: Iterable[Any], goal: Path, tally: Tally) -> Report:
    """Make the two passes, and give the report."""
    waiting: list[Any] = []
    parts = 0
    for table in tables:
        waiting.append(table)
        if sum(len(each) for each in waiting) >= ROWS:
            parts = _write(waiting, goal, parts)
    _write(waiting, goal, parts)
    with tempfile.TemporaryDirectory() as aside:
        for day in sorted(goal.iterdir()):
            pyarrow.default_memory_pool().release_unused()  # what the day before needed: it would add up otherwise
            copies = _drop_copies(day, Path(aside))
            tally.duplicates += copies
            tally.kept -= copies
        tally.differing = sum(_sharing(part) for part in Path(aside).iterdir())
    return tally.report()


def _unfinished(goal: Path) -> Path:
    """Make a folder for the copy while it is written: beside its place, or in it where nothing may be beside it."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    place = goal.parent if os.access(goal.parent, os.W_OK) else goal
    half = place / f".{goal.name}-{secrets.token_hex(4)}"
    half.mkdir()
    return half


def _into_place(half: Path, goal: Path) -> None:
    """Rename: a copy is there as a whole or not at all. An empty folder that was there gives way."""
    if goal.is_dir():
        half.chmod(stat.S_IMODE(goal.stat().st_mode))
        try:
            goal.rmdir()
        except OSError:  # a mount point, or the place of the unfinished copy itself
            for day in sorted(half.iterdir()):
                day.rename(goal / day.name)
            return
    half.rename(goal)


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


def _drop_copies(day: Path, aside: Path) -> int:
    """Rewrite the parts of a day that hold copies; how many rows went. More threads would keep more memory."""
    read = partial(pyarrow.parquet.read_table, partitioning=None, use_threads=False)
    parts = sorted(day.iterdir())
    ids = [read(part, columns=["event_id"])["event_id"].cast(TEXT) for part in parts]

    def digests_of(doubtful: Sequence[Any]) -> list[bytes]:
        marked = [(part, rows) for part, rows in zip(parts, doubtful, strict=True) if rows.any()]
        return [digest for part, rows in marked for digest in digests(read(part).filter(pyarrow.array(rows)))]

    chosen, _ = chosen_rows(ids, digests_of)
    dropped = 0
    for part, names, rows in zip(parts, ids, chosen, strict=True):
        if not rows.all():
            pyarrow.parquet.write_table(read(part).filter(pyarrow.array(rows)), part)
            dropped += int((~rows).sum())
        _note(names.filter(pyarrow.array(rows)).drop_null(), aside)
    return dropped


def _note(ids: Any, aside: Path) -> None:
    """Keep the hashes of these ids for the end, in files by their first bits."""
    hashes = pandas.util.hash_array(ids.to_numpy(), categorize=False)
    shelf = hashes >> numpy.uint64(64 - SHELVES)
    for number in numpy.unique(shelf):
        with (aside / str(number)).open("ab") as file:
            hashes[shelf == number].tofile(file)


def _sharing(part: Path) -> int:
    """How many of these hashes are there more than once."""
    _, counts = numpy.unique(numpy.fromfile(part, dtype="uint64"), return_counts=True)
    return int(counts[counts > 1].sum())
