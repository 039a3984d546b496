"""The lab's clock: starts at a fixed instant, takes one lab second a call, can be moved forward.

Nothing in the simulated account reads the machine's time, save the age check of a request's signature.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, 0, tzinfo=UTC)
"""When every lab begins: a Monday morning."""


def iso(moment: datetime) -> str:
    """A time of UTC as AWS writes it in records and conditions, in whole seconds: 2026-01-05T09:00:00Z."""
    return moment.isoformat()[:19] + "Z"  # strftime takes ten times as long, and each call has several times


class Clock:
    """Lab time, always UTC and always whole seconds; it never goes back."""

    def __init__(self, start: datetime = START, step: timedelta = timedelta(seconds=1)) -> None:
        self._now = start
        self._step = step
        self._lock = threading.Lock()
        self._seen: datetime | None = None  # what `now` says while something of an earlier moment happens
        self.moved = timedelta(0)  # how far `advance` moved it in all

    def now(self) -> datetime:
        """The current lab time."""
        return self._seen or self._now

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """What happens inside happens at `moment`: time has been moved past it, and it is only now carried out."""
        before, self._seen = self._seen, moment
        try:
            yield
        finally:
            self._seen = before

    def tick(self) -> datetime:
        """One call goes by; answers the time of that call."""
        with self._lock:
            self._now += self._step
            return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward by `by`; ValueError for a negative distance. Answers the new time."""
        if by < timedelta(0):
            raise ValueError("The lab's clock only moves forward.")
        with self._lock:
            self._now += timedelta(seconds=round(by.total_seconds()))
            self.moved += by
            return self._now
