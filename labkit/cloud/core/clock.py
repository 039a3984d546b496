"""The lab's clock: starts at a fixed instant, takes one lab second a call, can be moved forward and paced.

Nothing in the simulated account reads the machine's time, save the age check of a request's signature.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, 0, tzinfo=UTC)
"""When every lab begins: a Monday morning."""

LAST = datetime(2100, 1, 1, tzinfo=UTC)
"""How far the clock can be moved. Beyond it services can't write every time: gzip's ends in 2106, zip's in 2107, and
what a service plans (a rotation, an expiry) lies years ahead of the clock."""


_BY_THE_MACHINE = "This account's time is the machine's (--wall-clock)."


def iso(moment: datetime) -> str:
    """Return a time of UTC as AWS writes it in records and conditions, in whole seconds: 2026-01-05T09:00:00Z."""
    return moment.isoformat()[:19] + "Z"  # strftime takes ten times as long, and each call has several times


class Clock:
    """Lab time, always UTC; whole seconds, unless several calls fit in one. It never goes back."""

    def __init__(self, start: datetime = START, step: timedelta = timedelta(seconds=1)) -> None:
        self._now = start
        self._step = step
        self._lock = threading.Lock()
        self._seen: datetime | None = None  # what `now` says while something of an earlier moment happens
        self.paced = 1  # how many calls fit in a second
        self.moved = timedelta(0)  # how far `advance` moved it in all

    def now(self) -> datetime:
        """Return the current lab time."""
        return self._seen or self._now

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let what happens inside happen at `moment`: time was moved past it, and it is only now carried out."""
        before, self._seen = self._seen, moment
        try:
            yield
        finally:
            self._seen = before

    def wait(self, by: timedelta) -> datetime:
        """Let a call take so long; answers the new time."""
        return self.advance(by)

    def pace(self, calls: int) -> None:
        """Let this many calls fit in a lab second from now on; ValueError for none or more than ten thousand."""
        if not 1 <= calls <= 10_000:
            raise ValueError(f"A lab second holds 1 to 10000 calls; {calls} was given.")
        with self._lock:
            self._step, self.paced = timedelta(seconds=1) / calls, calls
            if calls == 1 and self._now.microsecond:  # back to whole seconds, and never back in time
                self._now = self._now.replace(microsecond=0) + timedelta(seconds=1)

    def tick(self) -> datetime:
        """Let one call go by; returns the time of that call."""
        with self._lock:
            self._now += self._step
            return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward by `by`; ValueError for a negative distance, or one beyond `LAST`. Answers the new time."""
        if by < timedelta(0):
            raise ValueError("The lab's clock only moves forward.")
        with self._lock:
            if by > LAST - self._now:
                raise ValueError(f"The lab's clock goes to the end of {LAST.year - 1}; it has not been moved.")
            self._now += by if self.paced > 1 else timedelta(seconds=round(by.total_seconds()))
            self.moved += by
            return self._now


class WallClock(Clock):
    """The machine's time, for `labkit serve --wall-clock`: a call takes as long as it takes, and nobody moves it."""

    def __init__(self) -> None:
        super().__init__(start=datetime.now(UTC))

    def now(self) -> datetime:
        """Return the machine's time, UTC; it never goes back, also where the machine's is set back."""
        if self._seen is not None:
            return self._seen
        with self._lock:
            self._now = max(self._now, datetime.now(UTC))
            return self._now

    def tick(self) -> datetime:
        """Return the time of a call that goes by."""
        return self.now()

    def wait(self, by: timedelta) -> datetime:
        """Let a call take so long: its caller waits, and so do all others."""
        time.sleep(by.total_seconds())
        return self.now()

    def pace(self, calls: int) -> None:
        """Refuse (ValueError): a second of the machine's holds as many calls as it can carry out."""
        if calls != 1:
            raise ValueError(f"{_BY_THE_MACHINE} calls_per_second can't be set.")

    def advance(self, by: timedelta) -> datetime:
        """Refuse (ValueError): the machine's time can't be moved."""
        if by:
            raise ValueError(f"{_BY_THE_MACHINE} It can't be moved; without --wall-clock it can.")
        return self.now()
