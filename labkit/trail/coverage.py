"""What a trail is silent about: in which Region, on which days, of which service nothing was recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas

from .anyframe import chosen
from .loading import Moment, Wanted

COLUMNS = ("account", "region", "source", "events", "first", "last", "days", "silent", "silent_days")
ALL = "(all)"
_DAY = pandas.Timedelta(days=1)


def coverage(events: Any, start: Moment | None = None, end: Moment | None = None) -> Any:
    """What was recorded, and when nothing was: a row for each account, Region and service, and one for all services.

    Columns: account, region, source ("(all)" for all services together); events, first, last; days (with an event),
    silent (days without one), silent_days (which, as in "2026-01-06, 2026-01-08 to 2026-01-10"). Days are UTC, of the
    time from `start` on and before `end`, as for `load`; by default from the first event's day to the last's. A Region
    of AWS's of which there is no event at all has a row too, with an account only if there is just one.
    Err: silence is no proof. Nothing may have happened; the trail may have been stopped, keep to other Regions, or
    leave a service out (`detections`: trail-stopped); files may be gone (`validate`); a Region may not be enabled.
    """
    counts = _counts(chosen(events, _daily))
    days = _days(counts, start, end)
    counts = counts[counts["day"].isin(days)]
    together = counts.assign(source=ALL)
    rows = pandas.concat([together, counts])
    by = ["account", "region", "source"]
    grouped = rows.groupby(by, dropna=False)
    table = grouped.agg(events=("events", "sum"), first=("first", "min"), last=("last", "max"), days=("day", "nunique"))
    silent = [_silent(set(mine["day"]), days) for _, mine in grouped]
    table["silent"] = [len(days) - number for number in table["days"]]
    table["silent_days"] = pandas.Series(silent, index=table.index, dtype="str")
    table = table.reset_index()
    return _ordered(pandas.concat([table, _unheard(counts, days)]) if len(days) else table)


def _daily(table: Any) -> Any:
    """How many events of each account, Region, service and day, in one partition."""
    places = pandas.DataFrame(
        {name: table[name].astype("str").fillna("") for name in ("account", "region", "source")}
        | {"day": table["time"].dt.floor("D"), "time": table["time"]}
    )
    grouped = places.groupby(["account", "region", "source", "day"])["time"]
    return grouped.agg(events="size", first="min", last="max").reset_index()


def _counts(parts: Any) -> Any:
    grouped = parts.groupby(["account", "region", "source", "day"])
    return grouped.agg(events=("events", "sum"), first=("first", "min"), last=("last", "max")).reset_index()


def _days(counts: Any, start: Moment | None, end: Moment | None) -> list[Any]:
    wanted = Wanted.of(start, end, ())
    first = counts["day"].min() if wanted.start is None else _moment(wanted.start).floor("D")
    last = counts["day"].max() if wanted.end is None else (_moment(wanted.end) - timedelta(microseconds=1)).floor("D")
    if pandas.isna(first) or pandas.isna(last):
        return []
    return list(pandas.date_range(first, last, freq="D"))


def _moment(microseconds: int) -> Any:
    return pandas.Timestamp(microseconds, unit="us", tz="UTC")


def _silent(heard: set[Any], days: list[Any]) -> str:
    """The days without an event, days in a row as a span."""
    runs: list[list[Any]] = []
    for day in (each for each in days if each not in heard):
        if runs and day - runs[-1][-1] == _DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]:%Y-%m-%d}" + (f" to {run[-1]:%Y-%m-%d}" if run[1:] else "") for run in runs)


def _unheard(counts: Any, days: list[Any]) -> Any:
    """A row for each Region of AWS's that no event is of."""
    from botocore.session import get_session

    regions = sorted(set(get_session().get_available_regions("kms")) - set(counts["region"]))
    regions = [name for name in regions if "-fips" not in name and not name.startswith("fips")]
    accounts = set(counts["account"]) - {""}
    account = accounts.pop() if len(accounts) == 1 else None
    made = pandas.DataFrame({"region": regions, "account": account, "source": ALL, "silent_days": _silent(set(), days)})
    return made.assign(events=0, days=0, silent=len(days), first=pandas.NaT, last=pandas.NaT)


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
