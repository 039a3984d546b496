"""Which records are copies: the same record once more, and not only the same event id once more. Pure.

Two trails into one bucket deliver each record twice. A record that says something else under the same id is no copy:
forged, or changed by hand, and both are kept. Records are compared as JSON values: spaces, the order of members, and
the form of the file that they came in don't count. The one rule of `load`, of its dask way and of `to_parquet`:
`Recent` drops at once what came just before, byte for byte; `repeated`, `digests` and `first_of_each` decide the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy
import pyarrow
import pyarrow.compute

from ..record.event import UNREADABLE, Event
from .arrow_batches import MEMBERS, NESTED_COLUMNS, TEXT

_ENCODER = msgspec.msgpack.Encoder()
_READ = ("time", "source", *MEMBERS)  # what a record says; the other columns are made of these, or are the file's


class Recent:
    """The events of the batch that is filled now and of the one before: a second trail's file comes beside the first's.

    Events without an id are never duplicates.
    """

    def __init__(self) -> None:
        self._now: dict[str | None, Event] = {}
        self._before: dict[str | None, Event] = {}

    def fresh(self, events: list[Event], times: Any) -> tuple[list[Event], Any]:
        """Choose the events without those that are equal to one of these, and their times."""
        named = {event.eventID: event for event in events}
        are_new = len(named) == len(events) and None not in named
        if are_new and self._now.keys().isdisjoint(named) and self._before.keys().isdisjoint(named):
            self._now.update(named)
            return events, times
        chosen = numpy.ones(len(events), dtype=bool)
        for at, event in enumerate(events):
            name = event.eventID
            if name is None:
                continue
            first = self._now.get(name) or self._before.get(name)
            if first is None:
                self._now[name] = event
            elif first == event:
                chosen[at] = False
        return [event for event, is_chosen in zip(events, chosen, strict=True) if is_chosen], times[chosen]

    def turn(self) -> None:
        """Begin the next batch."""
        self._before, self._now = self._now, {}


def repeated(ids: Any) -> Any:
    """Tell for each id of an Arrow array whether it is there more than once (numpy truths); null is no id."""
    encoded = pyarrow.compute.dictionary_encode(ids)
    chunks = encoded.chunks if isinstance(encoded, pyarrow.ChunkedArray) else [encoded]
    if not chunks:
        return numpy.zeros(0, dtype=bool)
    # One dictionary for all chunks; null has no place in it, and gets the last one.
    last = max(len(chunk.dictionary) for chunk in chunks)
    codes = numpy.concatenate([chunk.indices.fill_null(last).to_numpy(zero_copy_only=False) for chunk in chunks])
    counts = numpy.bincount(codes, minlength=last + 1)
    counts[last] = 0
    return counts[codes] > 1


def digests(table: Any) -> list[bytes]:
    """Compute what each record of a table says, in 16 bytes: equal for equal records, wherever it is computed."""
    columns = []
    for name in _READ:
        values = table.column(name).cast("int64").to_pylist() if name == "time" else table.column(name).to_pylist()
        if name in NESTED_COLUMNS:
            known: dict[str | None, Any] = {text: _plain(text) for text in set(values)}
            values = [known[text] for text in values]
        columns.append(values)
    return [hashlib.blake2b(_ENCODER.encode(row), digest_size=16).digest() for row in zip(*columns, strict=True)]


def first_of_each(ids: Iterable[str], found: Sequence[bytes]) -> Any:
    """Tell for each of these records, in the order of reading, whether it is the first that says this under its id."""
    seen: set[tuple[str, bytes]] = set()
    chosen = numpy.ones(len(found), dtype=bool)
    for at, pair in enumerate(zip(ids, found, strict=True)):
        chosen[at] = pair not in seen
        seen.add(pair)
    return chosen


def drop_copies(tables: list[Any]) -> tuple[int, int]:
    """Take the copies out of these tables, one table after the other; how many, and how many share an id and differ."""
    ids = [table.column("event_id") for table in tables]

    def digests_of(doubtful: Sequence[Any]) -> list[bytes]:
        parts = [table.filter(pyarrow.array(rows)) for table, rows in zip(tables, doubtful, strict=True) if rows.any()]
        return digests(pyarrow.concat_tables(parts))

    chosen, differing = chosen_rows(ids, digests_of)
    for at, rows in enumerate(chosen):
        if not rows.all():
            tables[at] = tables[at].filter(pyarrow.array(rows))
    return sum(int((~rows).sum()) for rows in chosen), differing


def chosen_rows(ids: Sequence[Any], digests_of: Callable[[Sequence[Any]], list[bytes]]) -> tuple[list[Any], int]:
    """Tell for each record of each part whether it stays, and how many of those share an id and differ.

    ids: event ids, an Arrow array a part. digests_of: gives, in their order, the digests of the records that are
    marked in the parts (numpy truths). Asked once, and only if some id is there twice.
    """
    chunks = [chunk for part in ids for chunk in (part.chunks if isinstance(part, pyarrow.ChunkedArray) else [part])]
    together = pyarrow.chunked_array(chunks, type=TEXT)
    doubtful = repeated(together)
    rows = numpy.ones(len(doubtful), dtype=bool)
    ends = numpy.cumsum([len(part) for part in ids])[:-1]
    differing = 0
    if doubtful.any():
        names = together.filter(pyarrow.array(doubtful))
        first = first_of_each(names.to_pylist(), digests_of(numpy.split(doubtful, ends)))
        rows[doubtful] = first
        differing = int(repeated(names.filter(pyarrow.array(first))).sum())
    return numpy.split(rows, ends), differing


def _plain(text: str | None) -> Any:
    """JSON text without what does not count in it: spaces, the order of members."""
    if text is None:
        return None
    try:
        return msgspec.json.encode(msgspec.json.decode(text), order="deterministic")
    except (*UNREADABLE, ValueError, OverflowError):
        return text
