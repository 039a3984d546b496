"""What time alone will do: an agenda of things due, each with the moment at which it happens.

An entry says itself whether it still holds (a deletion may have been cancelled); entries that don't are dropped.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

Name = Literal["RotateKey", "DeleteKey", "DeleteExpiredKeyMaterial", "SynchronizeMultiRegionKey"]
NAMES: tuple[str, ...] = get_args(Name)
"""Everything that KMS does without being called, by the names of its events."""


@dataclass(frozen=True)
class Happening:
    """Something that KMS did without being called; the recorder writes it as an AwsServiceEvent.

    `details` is in CloudTrail's casing (serviceEventDetails).
    """

    time: datetime
    account: str
    region: str
    name: Name
    key_arn: str
    details: dict[str, Any]


@dataclass(order=True)
class _Entry:
    time: datetime
    number: int  # entries of one moment happen in the order in which they were made
    holds: Callable[[], bool] = field(compare=False)
    act: Callable[[datetime], list[Happening]] = field(compare=False)


class Agenda:
    """A heap of entries; not thread-safe, the gateway makes one call after the other."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._count = 0

    def add(self, time: datetime, holds: Callable[[], bool], act: Callable[[datetime], list[Happening]]) -> None:
        """Plan `act(time)` for `time`, to be done if `holds()` then."""
        self._count += 1
        heapq.heappush(self._entries, _Entry(time, self._count, holds, act))

    def next_due(self) -> datetime | None:
        """Tell when the next thing happens; None if nothing will."""
        while self._entries and not self._entries[0].holds():
            heapq.heappop(self._entries)
        return self._entries[0].time if self._entries else None

    def due(self, now: datetime) -> list[Happening]:
        """Do everything that is due up to and including `now`, in the order of its time."""
        happened: list[Happening] = []
        while self._entries and self._entries[0].time <= now:
            entry = heapq.heappop(self._entries)
            if entry.holds():
                happened += entry.act(entry.time)
        return happened
