"""Schedule expressions, `rate(...)` and `cron(...)`: when they run. Pure; all times are UTC.

Source: EventBridge User Guide, "Setting a schedule pattern for scheduled rules", "Cron expressions reference" and "Rate
expressions reference" ("A rate expression starts when you create the scheduled event rule").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from ...core.clock import LAST

_RATE = re.compile(r"rate\(([1-9]\d{0,8}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_PART = re.compile(r"(\*|\?|\w+(?:-\w+)?)(?:/(\d+))?")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_BY_THE_CALENDAR = re.compile(r"\d*[LW]|\d#\d|L", re.IGNORECASE)  # last days, weekdays near a date, second Tuesdays


class NotUnderstood(Exception):
    """An expression that AWS takes, and that is not simulated: it has L, W or #."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Each so many minutes, hours or days, counted from the making of the rule."""

    interval: timedelta

    def next(self, since: datetime, after: datetime) -> datetime | None:
        """Tell when it runs next after `after`, for a rule that was made at `since`; None if never again."""
        return since + self.interval * ((after - since) // self.interval + 1)


@dataclass(frozen=True, slots=True)
class Cron:
    """At certain minutes of certain hours of certain days."""

    minutes: Sequence[int]
    hours: Sequence[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 1 is Sunday
    years: frozenset[int]

    def next(self, _since: datetime, after: datetime) -> datetime | None:
        """Tell when it runs next after `after`; None if never again."""
        day = after.date()
        while day <= LAST.date():
            if day.year not in self.years:
                day = day.replace(year=day.year + 1, month=1, day=1)
            elif day.month in self.months and day.day in self.days and day.isoweekday() % 7 + 1 in self.weekdays:
                for hour in self.hours:
                    for minute in self.minutes:
                        if (found := datetime.combine(day, time(hour, minute), UTC)) > after:
                            return found
                day += timedelta(days=1)
            else:
                day += timedelta(days=1)
        return None


def parse(text: str) -> Rate | Cron:
    """Read an expression. Raises ValueError for what is none, NotUnderstood for what is not simulated."""
    if rate := _RATE.fullmatch(text):
        number = int(rate[1])
        if (number == 1) == bool(rate[3]):
            raise ValueError(text)
        return Rate(number * timedelta(**{f"{rate[2]}s": 1}))
    cron = _CRON.fullmatch(text)
    if cron is None:
        raise ValueError(text)
    minutes, hours, days, months, weekdays, years = cron.groups()
    if (days == "?") == (weekdays == "?"):
        raise ValueError(text)
    if any(_BY_THE_CALENDAR.fullmatch(each) for field in (days, weekdays) for each in field.split(",")):
        raise NotUnderstood(text)
    return Cron(
        sorted(_field(minutes, 0, 59)),
        sorted(_field(hours, 0, 23)),
        _field(days, 1, 31),
        _field(months, 1, 12, _MONTHS),
        _field(weekdays, 1, 7, _DAYS),
        _field(years, 1970, 2199),
    )


def _field(text: str, low: int, high: int, names: Sequence[str] = ()) -> frozenset[int]:
    """The values that a field of a cron expression means; ValueError where it is none."""
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(text)
        first, last = low, high
        if match[1] not in ("*", "?"):
            begin, _, end = match[1].partition("-")
            first = _number(begin, names)
            last = _number(end, names) if end else (high if match[2] else first)
        step = int(match[2] or 1)
        if not (low <= first <= last <= high and step):
            raise ValueError(text)
        found |= set(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, names: Sequence[str]) -> int:
    return names.index(text.upper()) + 1 if text.upper() in names else int(text)
