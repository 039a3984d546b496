"""Questions to a trail about KMS keys. Each takes the table of `load` and gives a table; none changes the events.

A trail answers what was recorded, and no more. What all answers share: calls of which no record was read are missing
(another Region, a trail that leaves KMS out, a call to a data key that was cached); times are to the second; a call
across accounts has a record in both, and one through a VPC endpoint can have a second of the endpoint's: each counts
once (`each_call_once`). How each answer errs stands with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas

from ..record.callers import ARN
from ..record.vocabulary import DENIALS
from .any_frame import on_any_frame
from .costs import PRICES, calls_per_service
from .nested_parts import context_pairs, kms_keys, on_behalf_of
from .unusual import bursts, new_principals, unusual_hours
from .uses import REFUSED_BY_ENDPOINT, USES, each_call_once, uses

__all__ = [
    "PRICES",
    "USES",
    "bursts",
    "calls_per_service",
    "context_values",
    "denied",
    "each_call_once",
    "first_and_last",
    "new_principals",
    "unused_keys",
    "unusual_hours",
    "used_after_end",
    "who_used",
]

ENDS = ("DisableKey", "ScheduleKeyDeletion", "DeleteImportedKeyMaterial", "DeleteKey", "DeleteExpiredKeyMaterial")
BEGINS = ("EnableKey", "ImportKeyMaterial")  # CancelKeyDeletion leads to Disabled, says its page in the API Reference
# The words of a refusal, as IAM gives them: "Troubleshoot access denied error messages" in the IAM User Guide.
_REFUSED = re.compile(r"not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>\S+))?")
_REASON = re.compile(r"because no (?P<none>[\w -]+?) allows|with an explicit deny in an? (?P<deny>[\w -]+)")


@on_any_frame
def who_used(events: Any) -> Any:
    """Tell who used which key, for what, from where, on whose behalf: a row for each combination, most calls first.

    Columns: key_arn, principal, service (that called for the principal; missing for direct calls), event, source_ip,
    calls, first, last. Successful cryptographic calls only.
    Limits: principal is a role, not the person in its session (`caller` tells the session). Behind a service source_ip
    is the service's name. A user of a data key who keeps it makes no further call.
    """
    used = uses(events)
    used["service"] = on_behalf_of(events)["service"].reindex(used.index)
    by = ["key_arn", "principal", "service", "event", "source_ip"]
    return _counted(used, by)


@on_any_frame
def denied(events: Any) -> Any:
    """Find the refused calls of KMS and why: a row a call, oldest first, with the event's index.

    Columns: time, principal, event, error, action, resource (as the message names them), key_arn (where the record or
    the message tells it), reason: "no identity-based policy allows", "explicit deny in a service control policy",
    "VPC endpoint policy", ... (the last where the trail has the endpoint's network activity events).
    Limits: AWS does not record every refused call, and often gives no reason. A refusal across accounts is in the
    caller's account only. "The ciphertext refers to a customer master key that does not exist ..." may be a refusal or
    a wrong Region; it counts as one.
    """
    calls = each_call_once(events[events["source"] == "kms"])
    unclear = calls["error_message"].fillna("").str.contains("not allowed to access", regex=False)
    refused = calls[calls["error"].isin(DENIALS) | unclear]
    table = refused[["time", "principal", "event", "error"]].copy()
    message = refused["error_message"].fillna("")
    found = message.str.extract(_REFUSED.pattern)
    reasons = message.str.extract(_REASON.pattern)
    table["action"], table["resource"] = found["action"], found["resource"]
    keys = kms_keys(refused)["key_arn"]
    table["key_arn"] = keys[~keys.index.duplicated()].reindex(table.index)
    lacking = "no " + reasons["none"] + " allows"
    table["reason"] = lacking.where(reasons["none"].notna(), "explicit deny in a " + reasons["deny"])
    table.loc[table["error"] == REFUSED_BY_ENDPOINT, "reason"] = "VPC endpoint policy"
    return table.sort_values("time", kind="stable")


@on_any_frame
def first_and_last(events: Any) -> Any:
    """First and last use of each key: a row a key, the one unused for longest first.

    Columns: key_arn, first, last, calls, last_event, last_principal. Successful cryptographic calls only.
    Limits: `first` is the first in what was read, not in the key's life. For the last use in all, ask
    kms:GetKeyLastUsage: it names the CloudTrail event.
    """
    used = uses(events).sort_values("time", kind="stable")
    grouped = used.groupby("key_arn", observed=True)
    table = grouped["time"].agg(first="min", last="max", calls="size")
    table["last_event"] = grouped["event"].last().astype("str")
    table["last_principal"] = grouped["principal"].last().astype("str")
    return table.sort_values("last").reset_index()


@on_any_frame
def unused_keys(events: Any, keys: Iterable[str] = ()) -> Any:
    """Keys without a successful cryptographic call: of `keys` (ARNs), or else of all that the events name.

    Columns: key_arn, last_event, last_time (what else was done with it; missing if nothing was).
    Limits: not in the trail is not unused. An EBS volume in use, an S3 bucket key and a cached data key ask KMS rarely;
    a verifier with the public key never. Nobody should delete a key for being in this list: disable it, and wait.
    Errors: ValueError for an alias or a bare id, which would be in no record, and so look unused.
    """
    asked = list(dict.fromkeys(keys))
    if wrong := [key for key in asked if not ARN.fullmatch(str(key))]:
        raise ValueError(f"{wrong[0]!r} is no key's ARN, as KeyArn of list_keys is: no record would have it.")
    calls = each_call_once(events[events["source"] == "kms"])
    named = kms_keys(calls)
    named = named[named["key_arn"].notna()].join(calls[["time", "event"]])
    asked = asked or sorted(named["key_arn"].unique())
    used = set(uses(events)["key_arn"])
    idle = [arn for arn in asked if arn not in used]
    last = named.sort_values("time", kind="stable").groupby("key_arn")[["event", "time"]].last().reindex(idle)
    last = last.rename(columns={"event": "last_event", "time": "last_time"}).astype({"last_event": "str"})
    return last.rename_axis("key_arn").reset_index()


@on_any_frame
def context_values(events: Any) -> Any:
    """Tell what stood in encryption contexts: a row for each name, most calls first.

    Columns: name, calls, values (how many different), example (the most frequent), principals, keys (how many).
    Limits: contexts of refused calls are mostly not recorded. A name with as many values as calls is an id; secrets
    that are put there are published to all who read the trail.
    """
    calls = each_call_once(events)
    pairs = context_pairs(calls).join(calls[["principal"]])
    keys = kms_keys(calls)["key"]
    pairs["key"] = keys[~keys.index.duplicated()].reindex(pairs.index)
    grouped = pairs.groupby("name", observed=True)
    table = grouped.agg(calls=("value", "size"), values=("value", "nunique"), principals=("principal", "nunique"))
    table["keys"] = grouped["key"].nunique()
    table.insert(2, "example", grouped["value"].agg(lambda values: values.mode().iat[0]))
    return (
        table.reset_index()
        .astype({"name": "str"})
        .sort_values(["calls", "name"], ascending=[False, True], ignore_index=True)
    )


@on_any_frame
def used_after_end(events: Any) -> Any:
    """Uses of keys, tried or successful, after they were disabled, scheduled for deletion, or lost their material.

    A row a call, oldest first, with the event's index: key_arn, ended_by, ended_at, time, event, principal, error.
    A key that was enabled again has no end from then on; one whose deletion was cancelled, only once it is enabled.
    Limits: KMS takes some time until all its hosts know: a success within minutes of the end is no contradiction. Data
    keys from before go on working outside of KMS. A key with several imported materials may work without one of them;
    one that is disabled, and gets material, counts as enabled.
    """
    calls = each_call_once(events[events["source"] == "kms"])
    named = kms_keys(calls).join(calls[["time", "event", "principal", "error"]])
    named = named[named["key_arn"].notna()]
    done = named["error"].isna()
    ends = named[named["event"].isin(ENDS) & done]
    marks = pandas.concat([ends, named[named["event"].isin(BEGINS) & done]]).sort_values("time", kind="stable")
    marks = marks[["key_arn", "event", "time"]].rename(columns={"event": "ended_by", "time": "ended_at"})
    tried = named[named["event"].isin(USES)].rename_axis("index").reset_index().sort_values("time", kind="stable")
    after = pandas.merge_asof(
        tried,
        marks.astype({"ended_by": "str"}),
        left_on="time",
        right_on="ended_at",
        by="key_arn",
        allow_exact_matches=False,
    ).set_index("index")
    after = after[after["ended_by"].isin(ENDS)].rename_axis(events.index.name)
    return after[["key_arn", "ended_by", "ended_at", "time", "event", "principal", "error"]]


def _counted(table: Any, by: list[str]) -> Any:
    grouped = table.groupby(by, observed=True, dropna=False)["time"].agg(calls="size", first="min", last="max")
    order = ["calls", *by]
    return grouped.reset_index().sort_values(order, ascending=[False] + [True] * len(by), ignore_index=True)
