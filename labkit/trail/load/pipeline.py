"""From a source to events, filtered and counted: `batches`. Every record ends up in the tally."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy

from ..record.event import Event
from . import ocsf, parquet_read
from .arrow_batches import ENOUGH, Batch, instants
from .copies import Recent
from .fetching import Fetched, fetched
from .file_contents import NO_TIME, read
from .gc_pause import NO_GARBAGE_COLLECTION
from .progress import Progress
from .report import Tally
from .sources import Piece, pieces

Moment = str | date | datetime
WRONG_TEXT = "text that is not UTF-8"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: times in microseconds since 1970 (from `start` on, before `end`), services by short name."""

    start: int | None = None
    end: int | None = None
    sources: frozenset[str] = frozenset()
    delivered_from: str = ""

    @classmethod
    def of(cls, start: Moment | None, end: Moment | None, sources: Collection[str]) -> Wanted:
        """Make the filter of these arguments of `load`."""
        if isinstance(sources, str):
            sources = [sources]
        first = None if start is None else _moment(start)
        return cls(
            None if first is None else _since(first),
            None if end is None else _since(_moment(end)),
            frozenset(source.removesuffix(".amazonaws.com") for source in sources),
            "" if first is None else first.strftime("%Y%m%dT%H%MZ"),
        )

    def can_hold(self, piece: Piece) -> bool:
        """False for a file that AWS delivered before `start`: no event in it is younger."""
        return not self.delivered_from or not piece.delivered or piece.delivered >= self.delivered_from

    def choose(self, events: list[Event], times: Any) -> tuple[list[Event], Any]:
        """Choose the events that are wanted, and their times."""
        if self.start is None and self.end is None and not self.sources:
            return events, times
        chosen = numpy.ones(len(events), dtype=bool)
        if self.start is not None:
            chosen &= times >= self.start
        if self.end is not None:
            chosen &= times < self.end
        if self.sources:
            services = [(event.eventSource or "").removesuffix(".amazonaws.com") for event in events]
            chosen &= numpy.array([service in self.sources for service in services], dtype=bool)
        return [event for event, is_chosen in zip(events, chosen, strict=True) if is_chosen], times[chosen]


def batches(source: Any, wanted: Wanted, tally: Tally, progress: Progress) -> Iterator[Any]:
    """Arrow tables of the wanted events; copies that are not near to each other are in them: see `copies`."""
    return of_pieces(pieces(source), wanted, tally, progress)


def of_pieces(found: Iterable[Piece], wanted: Wanted, tally: Tally, progress: Progress) -> Iterator[Any]:
    """Do as `batches` does, with pieces that were found before."""
    batch, recent = Batch(), Recent()
    total = sum(piece.size for piece in found) if isinstance(found, list) else 0
    done = 0
    with NO_GARBAGE_COLLECTION:
        for got in fetched(worth_opening(found, wanted, tally)):
            tally.files += got.piece.file is not None
            rows = None
            if got.content is None:
                tally.reject(got.piece.name, got.wrong, 0)
            elif parquet_read.is_one(got.piece.name) and (rows := ocsf.rows_of(got.content)) is None:
                yield from _from_copy(got, wanted, tally)
            else:
                _add(got.piece, rows or got.content, got.wrong, wanted, recent, batch, tally)
            done += got.piece.size
            progress(done, total)
            if len(batch) >= ENOUGH:
                recent.turn()
                yield batch.table()
        if len(batch):
            yield batch.table()
    if done < total:  # what was not opened counts as read
        progress(total, total)


def worth_opening(found: Iterable[Piece], wanted: Wanted, tally: Tally) -> Iterator[Piece]:
    """Choose the pieces that may hold wanted events; the tally counts the others."""
    for piece in found:
        if wanted.can_hold(piece):
            yield piece
        else:
            tally.skipped += 1


def _add(piece: Piece, data: bytes, damage: str, wanted: Wanted, recent: Recent, batch: Batch, tally: Tally) -> None:
    """The wanted events of a file, into the batch; everything about it, into the tally."""
    content = read(data)
    events, times, timeless = instants(content.events)
    readable = [at for at, event in enumerate(events) if _is_utf8(event)] if not data.isascii() else None
    unreadable = 0 if readable is None else len(events) - len(readable)
    if readable is not None and unreadable:
        events, times = [events[at] for at in readable], times[readable]
    tally.read += len(content.events) + content.rejected.total()
    for reason, count in sorted(content.rejected.items()):
        tally.reject(piece.name, reason, count)
    for reason, count in ((NO_TIME, timeless), (WRONG_TEXT, unreadable)):
        if count:
            tally.reject(piece.name, reason, count)
    if content.set_aside:
        tally.set_aside.append((piece.name, content.set_aside))
    if reason := damage or content.problem:  # what is odd about the content follows from the damage
        tally.reject(piece.name, reason, 0)
    chosen, times = wanted.choose(events, times)
    fresh, times = recent.fresh(chosen, times)
    tally.filtered += len(events) - len(chosen)
    tally.duplicates += len(chosen) - len(fresh)
    tally.kept += len(fresh)
    batch.add(fresh, times, piece.file)


def _from_copy(got: Fetched, wanted: Wanted, tally: Tally) -> Iterator[Any]:
    """The wanted events of a Parquet file that `to_parquet` wrote."""
    table = parquet_read.table_of(got.content or b"")
    if table is None:
        tally.reject(got.piece.name, "Parquet, but not a copy that to_parquet wrote, nor OCSF", 0)
        return
    chosen = parquet_read.choose(table, wanted.start, wanted.end, wanted.sources)
    tally.read += len(table)
    tally.filtered += len(table) - len(chosen)
    tally.kept += len(chosen)
    yield chosen


def _is_utf8(event: Event) -> bool:
    """Whether the nested parts are text: nobody has looked into them yet."""
    try:
        for name in ("userIdentity", "requestParameters", "responseElements", "additionalEventData", "resources"):
            str(getattr(event, name), "utf-8")
        for name in ("serviceEventDetails", "tlsDetails", "extra"):
            str(getattr(event, name), "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _moment(given: Moment) -> datetime:
    if isinstance(given, str):
        given = datetime.fromisoformat(given)
    if not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day)
    return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)


def _since(when: datetime) -> int:
    return round(when.timestamp() * 1_000_000)
