"""The lab's clock: it reads the time of the lab's account, and moves it forward."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from .behind import Behind


class LabClock:
    """The time in the lab's account: one second a call, and as far ahead as you move it."""

    def __init__(self, remote: Behind) -> None:
        self._remote = remote

    def now(self) -> datetime:
        """Read the lab's time, UTC."""
        return datetime.fromisoformat(self._remote.get("clock")["now"])

    def advance(self, **distance: float) -> datetime:
        """Move on by `weeks`, `days`, `hours`, `minutes`, `seconds` (as in datetime.timedelta); the new time.

        What falls due on the way happens: deletions, rotations, expiries. The clock never goes back.
        """
        by = distance_of(distance)
        if by < timedelta(0):
            raise ValueError("The lab's clock only moves forward.")
        return datetime.fromisoformat(self._remote.post("clock", seconds=by.total_seconds())["now"])

    def __repr__(self) -> str:
        return f"{self.now():%Y-%m-%d %H:%M:%S} UTC (lab time)"


def distance_of(given: Mapping[str, float]) -> timedelta:
    """Read a distance in time as a learner gives it; ValueError for what is none."""
    try:
        return timedelta(**given)
    except (TypeError, ValueError, OverflowError):  # another unit, not a number, beyond the calendar
        told = ", ".join(f"{unit}={value!r}"[:60] for unit, value in given.items())
        raise ValueError(f"Give a distance in time as days=8 or hours=1.5, not {told}.") from None
