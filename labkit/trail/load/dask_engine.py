"""`load(..., engine="dask")`: a dask DataFrame of events, that a cluster's workers have read and hold.

Where what is done:
- here: which files there are. Contents that are no files (bytes, events, a lab) are read here and sent.
- on the workers: files are opened, read, filtered, made into tables, about TOGETHER bytes of them a partition.
- here: event ids and times of all events (about 150 bytes each), to find those that share an id, and to give each row
  the number that it has with pandas. The reports of the partitions are added up.
- on the workers: records that share an id with another are compared, each as 16 bytes (`copies`), which come here.
- on the workers: copies are dropped, partitions sorted by time. The tables stay there until the frame is gone.
- `questions`: see `anyframe`.

Rows are sorted within a partition, not over all: the index is the row's number in the order of time. The cluster is
dask's own choice: a `distributed.Client` that was made before, else threads of this process. Workers on other machines
need this package, the same paths, and credentials of their own for S3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

import numpy
import pandas
import pyarrow
import pyarrow.compute

from .arrow_batches import SCHEMA
from .copies import chosen_rows, digests, drop_copies
from .frame import to_frame
from .pipeline import Wanted, of_pieces, worth_opening
from .report import Report, Tally
from .sources import Piece, pieces

TOGETHER = 8 << 20  # bytes as stored, for a partition: some 30,000 events of gzip files


def load_on_dask(source: Any, wanted: Wanted, tell: Callable[[str], object]) -> Any:
    """Make the dask DataFrame, with the columns and types of `load`; tells the report, which `report` has again."""
    dask: Any = import_module("dask")  # its functions have no types
    tally = Tally()
    groups = _groups(worth_opening(pieces(source), wanted, tally)) or [[]]
    reads = dask.persist(*[dask.delayed(_read)(group, wanted) for group in groups])
    accounts = dask.compute(*[dask.delayed(_account)(read) for read in reads])

    def digests_of(doubtful: Sequence[Any]) -> list[bytes]:
        marked = [(read, rows) for read, rows in zip(reads, doubtful, strict=True) if rows.any()]
        found = dask.compute(*[dask.delayed(_digests)(read, rows) for read, rows in marked])
        return [digest for part in found for digest in part]

    chosen, tally.differing = chosen_rows([keys["event_id"] for _, keys in accounts], digests_of)
    for (each, _), rows in zip(accounts, chosen, strict=True):
        _add(tally, each)
        tally.duplicates += int((~rows).sum())
        tally.kept -= int((~rows).sum())
    kept = [keys.filter(pyarrow.array(rows)) for (_, keys), rows in zip(accounts, chosen, strict=True)]
    told = tally.report()
    frames = [
        dask.delayed(_frame)(read, rows, number, told)
        for read, rows, number in zip(reads, chosen, _numbers(kept), strict=True)
    ]
    events = import_module("dask.dataframe").from_delayed(dask.persist(*frames), meta=_meta(told), verify_meta=False)
    tell(str(told))
    return events


def _groups(found: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces in a row, for a partition each; such that can be sent to other processes."""
    groups: list[list[Piece]] = []
    size = TOGETHER
    for piece in found:
        if size >= TOGETHER:
            groups.append([])
            size = 0
        groups[-1].append(_sendable(piece))
        size += max(piece.size, 1)
    return groups


def _sendable(piece: Piece) -> Piece:
    if piece.file is not None and piece.file.startswith("s3://"):
        bucket, _, key = piece.file.removeprefix("s3://").partition("/")
        return replace(piece, data=partial(_object, bucket, key))
    return piece


def _object(bucket: str, key: str) -> bytes:
    """An object, by a client of the worker's own: clients can't be sent."""
    import boto3

    return boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def _read(group: list[Piece], wanted: Wanted) -> tuple[Any, Tally]:
    """The table of a partition, and what the reading has met."""
    tally = Tally()
    tables = list(of_pieces(group, wanted, tally, _silent))
    copies, _ = drop_copies(tables)
    tally.duplicates += copies
    tally.kept -= copies
    return (pyarrow.concat_tables(tables) if tables else SCHEMA.empty_table()), tally


def _silent(done: int, total: int) -> None:
    """Progress is not shown: it would come from many places."""


def _account(read: tuple[Any, Tally]) -> tuple[Tally, Any]:
    """What the client needs to know of a partition."""
    table, tally = read
    return tally, table.select(["time", "event_id"])


def _digests(read: tuple[Any, Tally], rows: Any) -> list[bytes]:
    """What these rows of a partition say."""
    return digests(read[0].filter(pyarrow.array(rows)))


def _add(tally: Tally, part: Tally) -> None:
    for name in Tally.__slots__:
        setattr(tally, name, getattr(tally, name) + getattr(part, name))


def _numbers(kept: list[Any]) -> list[Any]:
    """For each partition the numbers of its rows in the order of time and event id, ascending."""
    table = pyarrow.concat_tables(kept)
    order = pyarrow.compute.sort_indices(table, [("time", "ascending"), ("event_id", "ascending")]).to_numpy()
    number = numpy.empty(len(order), dtype="int64")
    number[order] = numpy.arange(len(order))
    ends = numpy.cumsum([len(each) for each in kept])[:-1]
    return [numpy.sort(each) for each in numpy.split(number, ends)]


def _frame(read: tuple[Any, Tally], rows: Any, number: Any, told: Report) -> Any:
    """A partition's rows in the order of time, with their numbers and the report of all."""
    return _told(to_frame([read[0].filter(pyarrow.array(rows))]).set_axis(pandas.Index(number, dtype="int64")), told)


def _told(events: Any, told: Report) -> Any:
    events.attrs["report"] = told.as_dict()
    return events


def _meta(told: Report) -> Any:
    """An empty frame of the same types; a partition's categories are not known before it is read."""
    utils: Any = import_module("dask.dataframe.utils")
    return _told(utils.clear_known_categories(to_frame([]).set_axis(pandas.Index([], dtype="int64"))), told)
