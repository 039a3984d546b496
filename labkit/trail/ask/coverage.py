"""What a trail is silent about: in which Region, on which days, of which service nothing was recorded."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy
import pandas

from ..load.pipeline import Moment, Wanted
from .any_frame import chosen

COLUMNS = ("account", "region", "source", "events", "first", "last", "days", "silent", "silent_days")
ALL = "(all)"
DAY = 86_400_000_000  # microseconds


def coverage(events: Any, start: Moment | None = None, end: Moment | None = None) -> Any:
    """Tell what was recorded, and when nothing was: a row for each account, Region and service, one for all services.

    Columns: account, region, source ("(all)" for all services together); events, first, last; days (with an event),
    silent (days without one), silent_days (which, as in "2026-01-06, 2026-01-08 to 2026-01-10"). Days are UTC, of the
    time from `start` on and before `end`, as for `load`; by default from the first event's day to the last's. A Region
    of AWS's of which there is no event at all has a row too, with an account only if there is just one.
    Limits: silence is no proof. Nothing may have happened; the trail may have been stopped, keep to other Regions, or
    leave a service out (`detections`: trail-stopped); files may be gone (`validate`); a Region may not be enabled.
    """
    counts = _counts(chosen(events, _daily))
    first, last = _span(counts, start, end)
    counts = counts[counts["day"].between(first, last)]
    rows = pandas.concat([counts.assign(source=ALL), counts])
    grouped = rows.groupby(["account", "region", "source"])
    table = grouped.agg(events=("events", "sum"), first=("first", "min"), last=("last", "max"), days=("day", "nunique"))
    silent = [_silent(sorted(set(mine["day"])), first, last) for _, mine in grouped]
    table["silent"] = last - first + 1 - table["days"]
    table["silent_days"] = pandas.Series(silent, index=table.index, dtype="str")
    table = table.reset_index()
    return _ordered(pandas.concat([table, _unheard(counts, first, last)]) if first <= last else table)


def _daily(table: Any) -> Any:
    """How many events of each account, Region, service and day, in one partition."""
    names = ("account", "region", "source")
    places = pandas.DataFrame({name: table[name].astype("str").fillna("") for name in names}, index=table.index)
    places["day"] = table["time"].astype("int64") // DAY
    places["time"] = table["time"]
    grouped = places.groupby([*names, "day"])["time"]
    return grouped.agg(events="size", first="min", last="max").reset_index()


def _counts(parts: Any) -> Any:
    grouped = parts.groupby(["account", "region", "source", "day"])
    return grouped.agg(events=("events", "sum"), first=("first", "min"), last=("last", "max")).reset_index()


def _span(counts: Any, start: Moment | None, end: Moment | None) -> tuple[int, int]:
    """The first and the last day, as days since 1970; the last before the first where there is none."""
    wanted = Wanted.of(start, end, ())
    if counts.empty and (wanted.start is None or wanted.end is None):
        return 0, -1
    first = counts["day"].min() if wanted.start is None else wanted.start // DAY
    last = counts["day"].max() if wanted.end is None else (wanted.end - 1) // DAY
    return int(first), int(last)


def _silent(heard: list[int], first: int, last: int) -> str:
    """The days without an event, days in a row as a span."""
    edges = [first - 1, *heard, last + 1]
    gaps = [(before + 1, after - 1) for before, after in pairwise(edges) if after - before > 1]
    return ", ".join(f"{_day(begin)}" + (f" to {_day(end)}" if end > begin else "") for begin, end in gaps)


def _day(number: int) -> str:
    return str(numpy.datetime64(number, "D"))


def _unheard(counts: Any, first: int, last: int) -> Any:
    """A row for each Region of AWS's that no event is of."""
    from botocore.session import get_session

    regions = sorted(set(get_session().get_available_regions("kms")) - set(counts["region"]))
    regions = [name for name in regions if "fips" not in name]
    accounts = set(counts["account"]) - {""}
    account = accounts.pop() if len(accounts) == 1 else None
    silent = _silent([], first, last)
    made = pandas.DataFrame({"region": regions, "account": account, "source": ALL, "silent_days": silent})
    return made.assign(events=0, days=0, silent=last - first + 1, first=pandas.NaT, last=pandas.NaT)


def _ordered(table: Any) -> Any:
    """The rows in order, what was recorded first; each column of its own type."""
    table = table.assign(unheard=table["events"] == 0, part=table["source"] != ALL)
    for name in ("account", "region", "source"):
        table[name] = table[name].astype("str").replace("", None)
    table["silent_days"] = table["silent_days"].astype("str")
    for name in ("first", "last"):
        table[name] = table[name].astype("datetime64[us, UTC]")
    order = ["unheard", "account", "region", "part", "source"]
    table = table.sort_values(order, kind="stable", ignore_index=True, na_position="last")[list(COLUMNS)]
    return table.astype({"events": "int64", "days": "int64", "silent": "int64"})
