"""The fortnight of the sample logs: its days, and how busy the shop is in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

START, DAYS = datetime(2026, 1, 5, tzinfo=UTC), 14  # a Monday; two weeks
# How busy the shop is in each hour of the day, UTC: share of the busiest.
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 11, 10, 10, 9, 9, 10, 12, 13, 12, 9, 5, 2)


def days() -> Iterator[datetime]:
    yield from (START + timedelta(days=day) for day in range(DAYS))


def is_workday(day: datetime) -> bool:
    return day.weekday() < 5


def moments(chance: random.Random, day: datetime, most: int) -> Iterator[datetime]:
    """Moments of a day, up to `most` in the busiest hour, fewer at weekends."""
    for hour, busy in enumerate(_HOURS):
        calls = most * busy / 13 * (1 if is_workday(day) else 0.6)
        for _ in range(int(calls) + (chance.random() < calls % 1)):
            yield day + timedelta(hours=hour, seconds=chance.randrange(3600))
