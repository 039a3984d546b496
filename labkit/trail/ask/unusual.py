"""What is out of the ordinary in a trail: bursts, hours, principals. Comparisons, not verdicts."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from ..record.actors import actors
from ..record.vocabulary import DENIALS
from .any_frame import on_any_frame
from .uses import each_call_once, uses

WINDOW = "5min"
ENOUGH = 12  # windows of a principal that make a measure


@on_any_frame
def bursts(events: Any, window: str = WINDOW, factor: float = 10.0, least: int = 30) -> Any:
    """Windows in which a principal made far more KMS calls than it usually does when it is active at all.

    A burst: at least `least` calls in the window, and `factor` times the median of the principal's other active
    windows; one with less than an hour of others against the median of all principals' windows. Columns: principal,
    start, calls, usual, keys (different ones), top_event, denied. The strongest first.
    Limits: a slow thief stays below it, and a nightly job that always bursts is usual. Windows begin on the clock, so a
    burst may fall into two. A caller that is alone in the trail, in one window, has nothing to be compared with. Calls
    without a recorded principal are left out.
    """
    of_kms = each_call_once(events)
    of_kms = of_kms[(of_kms["source"] == "kms") & of_kms["principal"].notna()]
    rows = pandas.DataFrame(
        {
            "principal": of_kms["principal"].astype("str"),
            "start": of_kms["time"].dt.floor(window),
            "key": of_kms["key"].astype("str"),
            "event": of_kms["event"].astype("str"),
            "denied": of_kms["error"].isin(DENIALS),
        }
    )
    place = ["principal", "start"]
    grouped = rows.groupby(place)
    table = grouped.agg(calls=("event", "size"), keys=("key", "nunique"), denied=("denied", "sum"))
    names = rows.groupby([*place, "event"]).size().reset_index(name="calls")
    names = names.sort_values("calls", ascending=False, kind="stable").drop_duplicates(place).set_index(place)
    table.insert(2, "top_event", names["event"])
    table = table.reset_index()
    everybody = table["calls"].median()
    medians = {name: _medians_of_others(counts, everybody) for name, counts in table.groupby("principal")["calls"]}
    table.insert(3, "usual", pandas.concat(medians.values()).reindex(table.index) if medians else [])
    found = table[(table["calls"] >= least) & (table["calls"] >= factor * table["usual"])]
    strength = (found["calls"] / found["usual"]).sort_values(ascending=False, kind="stable")
    return found.loc[strength.index].reset_index(drop=True)


def _medians_of_others(counts: Any, everybody: float) -> Any:
    """For each window the median of the principal's other windows."""
    if len(counts) <= ENOUGH:  # a newcomer whose every window is a burst must not be its own measure
        return pandas.Series([everybody] * len(counts), index=counts.index)
    ordered = counts.sort_values(kind="stable")
    values = ordered.to_numpy()
    size = len(values)
    low, high = (size - 2) // 2, (size - 1) // 2  # the middle of what is left when one is taken out
    medians = [(values[low + (at <= low)] + values[high + (at <= high)]) / 2 for at in range(size)]
    return pandas.Series(medians, index=ordered.index)


@on_any_frame
def unusual_hours(events: Any, since: Any) -> Any:
    """KMS calls since a moment, in hours of the day (UTC) and kinds of day in which the principal was idle before it.

    A row for each principal, kind of day (weekday, weekend) and hour: principal, day, hour, calls, first, events (the
    names). Principals unseen before are left out: `new_principals` has them. since: as `start` of `load`.
    Limits: needs a week or more before `since`. Hours are UTC: a person in another time zone, or after the clocks
    change, is unusual without harm; a thief in the office's hours is not.
    """
    once = each_call_once(events)
    rows = once[(once["source"] == "kms") & once["principal"].notna()].astype({"principal": "str"})
    rows = rows.assign(hour=rows["time"].dt.hour)
    rows["day"] = rows["time"].dt.day_of_week.ge(5).map({True: "weekend", False: "weekday"})
    is_new = rows["time"] >= _moment(since)
    by = ["principal", "day", "hour"]
    known = set(rows.loc[~is_new, by].itertuples(index=False, name=None))
    principals = set(rows.loc[~is_new, "principal"])
    late = rows[is_new & rows["principal"].isin(principals)]
    odd = late[_are_not(known, late[by])]
    return (
        odd.groupby(by)
        .agg(
            calls=("time", "size"),
            first=("time", "min"),
            events=("event", lambda names: ", ".join(sorted(set(names)))),
        )
        .reset_index()
    )


@on_any_frame
def new_principals(events: Any, since: Any) -> Any:
    """Find who has used a key since a moment, and not before it: a row for each principal and key, oldest first.

    Columns: principal, key_arn, first, calls, events (the names), source_ip (of the first call), known (whether the
    principal used other keys before). since: as `start` of `load`.
    Limits: needs enough time before `since`: a monthly visitor is new after a week. A new session of a known role is
    no new principal, whoever is in it. Callers that were not recorded are told apart by their address.
    """
    used = uses(events).astype({"principal": "str"})
    used["actor"] = actors(used)
    is_new = used["time"] >= _moment(since)
    before = set(used.loc[~is_new, ["actor", "key_arn"]].itertuples(index=False, name=None))
    late = used[is_new].sort_values("time", kind="stable")
    late = late[_are_not(before, late[["actor", "key_arn"]])]
    is_told = late["principal"].notna() | late["source_ip"].notna()
    late["actor"] = late["actor"].where(is_told, "(not recorded)")  # one row; never among those from before
    table = (
        late.groupby(["actor", "key_arn"])
        .agg(
            principal=("principal", "first"),
            first=("time", "min"),
            calls=("time", "size"),
            events=("event", lambda names: ", ".join(sorted(set(names)))),
            source_ip=("source_ip", "first"),
        )
        .reset_index()
    )
    table["known"] = table["actor"].isin({actor for actor, _ in before})
    table = table.sort_values(["first", "actor"], kind="stable", ignore_index=True)
    return table[["principal", "key_arn", "first", "calls", "events", "source_ip", "known"]]


def _are_not(known: set[Any], rows: Any) -> Any:
    """For each row whether it is not among the known ones."""
    return numpy.array([row not in known for row in rows.itertuples(index=False, name=None)], dtype=bool)


def _moment(given: Any) -> Any:
    moment = pandas.Timestamp(given)
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
