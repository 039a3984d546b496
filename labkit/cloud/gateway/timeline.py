"""What happens by the lab's clock alone: deletions, rotations, deliveries, alarms, each at its own time."""

from __future__ import annotations

from datetime import datetime

from ..core.clock import Clock
from ..core.errors import faults_logged
from .interfaces import Timed


class Timeline:
    """The clock's steps, and everything that falls due with them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.timed: list[Timed] = []

    def now(self) -> datetime:
        """Return the lab's time."""
        return self._clock.now()

    def tick(self) -> datetime:
        """Let one lab second go by, and what was due happen; returns the new time."""
        now = self._clock.tick()
        self._until(now)
        return now

    def catch_up(self) -> None:
        """Everything happens that is due by now."""
        self._until(self._clock.now())

    def _until(self, now: datetime) -> None:
        """Everything due up to `now`, in the order of its time, whoever's it is."""
        while True:
            due = [(when, place) for place, each in enumerate(self.timed) if (when := each.next_due()) and when <= now]
            if not due:
                return
            when, place = min(due)
            whole = False
            with faults_logged("What was due by the clock"), self._clock.at(when):
                self.timed[place].run(when)  # what it writes carries its own time, not that of the call after it
                whole = True
            if not whole:
                return
