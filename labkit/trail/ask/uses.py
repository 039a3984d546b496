"""Which events are uses of a key, and which records are of one call."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from ...cloud.core import kms_operations
from .any_frame import tidy
from .nested_parts import kms_keys

# What `each_call_once` reads.
ONCE = ("shared_event_id", "account", "caller_type", "event_type", "error")
NETWORK = ("AwsVpceEvent", "AwsVpceEvents")  # in AWS's samples; in its list of event types
REFUSED_BY_ENDPOINT = "VpceAccessDenied"
USES = frozenset(name for name, each in kms_operations.table().items() if each.cryptographic)
"""KMS's cryptographic operations, by the names of their events."""


def each_call_once(events: Any) -> Any:
    """Choose the events without further records of the same call: copies across accounts, an endpoint's notes.

    A call across accounts has a record in each account, with one shared_event_id: the caller's stays, as the owner's
    names the caller less exactly. Of a VPC endpoint's network activity events, which lie beside the call's own record,
    only those stay that the endpoint's policy refused: such calls have no other ("Network activity events" in the
    CloudTrail User Guide, "Logging KMS requests that use a VPC endpoint" in KMS's). A dask frame stays one.
    """
    if hasattr(events, "to_delayed"):
        extra = _further_records(events[list(ONCE)].compute().sort_index())
        return events.map_partitions(_without, extra[extra].index, meta=events._meta)
    extra = _further_records(events)
    return tidy(events[~extra]) if extra.any() else events


def _further_records(events: Any) -> Any:
    """For each event whether it is a further record of a call that another event is the record of."""
    extra = (events["event_type"].isin(NETWORK) & ~events["error"].isin([REFUSED_BY_ENDPOINT])).to_numpy().copy()
    place = numpy.flatnonzero(events["shared_event_id"].notna().to_numpy() & ~extra)
    shared = events.iloc[place]
    records = pandas.DataFrame(
        {
            "call": shared["shared_event_id"].to_numpy(),
            "account": shared["account"].astype("str").fillna("").to_numpy(),
            "abroad": (shared["caller_type"] == "AWSAccount").to_numpy(),
            "place": place,
        }
    ).sort_values("abroad", kind="stable")
    # One account can hold several records with one id, each of its own: the start and the end of an Insights event.
    holder = records.groupby("call", sort=False)["account"].transform("first")
    extra[records.loc[records["account"] != holder, "place"].to_numpy()] = True
    return pandas.Series(extra, index=events.index)


def _without(part: Any, rows: Any) -> Any:
    return part[~part.index.isin(rows)]


def uses(events: Any) -> Any:
    """Successful cryptographic calls, a row a key and call, with the event's index and all columns; `key_arn` exact."""
    once = each_call_once(events)
    done = once[(once["source"] == "kms") & once["event"].isin(USES) & once["error"].isna()]
    keys = kms_keys(done)
    return done.drop(columns=["key", "key_arn"]).join(keys[keys["key_arn"].notna()], how="inner")
