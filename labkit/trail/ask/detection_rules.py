"""The rules of `detections`: from events and our accounts to findings. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy
import pandas

from .any_frame import DENIALS
from .nested_parts import kms_keys, opened
from .unusual import bursts
from .uses import each_call_once

_ENCRYPTS = ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt", "ReEncrypt")
_ACCOUNT = re.compile(r"(?:arn:[\w-]+:\w+:[\w-]*:)?(\d{12})(?::.*)?")
WINDOW, OPERATIONS, CALLS = numpy.timedelta64(10, "m"), 5, 10  # of reconnaissance
_KMS = "kms.amazonaws.com"
_READ_WRITE = {"['true']": "ReadOnly", "['false']": "WriteOnly"}  # advanced selectors, by the words of simple ones
# KMS's cryptographic operations are read events, changes to keys are write events.
_HALF = {
    "WriteOnly": "events that only read, uses of keys among them, left out of the trail",
    "ReadOnly": "events that change something left out of the trail",
}


def key_ended(events: Any, ours: frozenset[str]) -> Any:
    """DisableKey and ScheduleKeyDeletion that succeeded."""
    found = _done(events, "kms", ("DisableKey", "ScheduleKeyDeletion"))
    days = [asked.get("pendingWindowInDays") or 30 for asked in _asked(found)]
    words = [
        "disabled" if event == "DisableKey" else f"to be deleted in {day} days"
        for event, day in zip(found["event"], days, strict=True)
    ]
    return _findings(found, words)


def policy_widened(events: Any, ours: frozenset[str]) -> Any:
    """Policies in CreateKey, PutKeyPolicy and ReplicateKey."""
    found = each_call_once(_done(events, "kms", ("CreateKey", "PutKeyPolicy", "ReplicateKey")))
    words = []
    for asked in _asked(found):
        reasons = [f"lets in {who}" for who in dict.fromkeys(_outsiders(asked.get("policy"), ours))]
        if asked.get("bypassPolicyLockoutSafetyCheck") in (True, "true"):  # CloudTrail Lake writes text
            reasons.append("set without the check against lock-out")
        words.append("; ".join(reasons))
    return _findings(found, words)


def grant_to_outsiders(events: Any, ours: frozenset[str]) -> Any:
    """CreateGrant whose grantee is of no account of ours."""
    found = each_call_once(_done(events, "kms", ("CreateGrant",)))
    words = []
    for asked in _asked(found):
        grantee = str(asked.get("granteePrincipal", ""))
        account = _ACCOUNT.fullmatch(grantee)
        is_outside = account is not None and account.group(1) not in ours
        allowed = ", ".join(map(str, _list(asked.get("operations")))) or "a grant"
        words.append(f"{allowed} for {grantee}" if is_outside else "")
    return _findings(found, words)


def material_moved(events: Any, ours: frozenset[str]) -> Any:
    """ImportKeyMaterial and DeleteImportedKeyMaterial that succeeded."""
    found = _done(events, "kms", ("ImportKeyMaterial", "DeleteImportedKeyMaterial"))
    return _findings(found, ["imported" if event == "ImportKeyMaterial" else "deleted" for event in found["event"]])


def decryption_spree(events: Any, ours: frozenset[str]) -> Any:
    """Bursts of Decrypt: one finding for windows in a row."""
    found = bursts(events)
    found = found[found["top_event"] == "Decrypt"].sort_values(["principal", "start"])
    apart = found.groupby("principal")["start"].diff() > pandas.Timedelta("5min")
    runs = found.assign(run=apart.cumsum()).groupby(["principal", "run"])
    rows = []
    for (principal, _), run in runs:
        calls = events[(events["principal"] == principal) & (events["event"] == "Decrypt")]
        first = calls[calls["time"] >= run["start"].min()].iloc[[0]]
        usual = run["usual"].min()
        words = f"{run['calls'].sum():,} calls in {5 * len(run)} minutes; {usual:,.0f} in five minutes are usual"
        rows.append(_findings(first, [words]))
    return pandas.concat(rows) if rows else _findings(events.iloc[:0], [])


def reconnaissance(events: Any, ours: frozenset[str]) -> Any:
    """Many different refused calls of a principal in a short time: one finding for each such time."""
    refused = each_call_once(events[events["error"].isin(DENIALS)]).sort_values("time", kind="stable")
    names = refused["source"].astype("str").fillna("?") + ":" + refused["event"].astype("str").fillna("?")
    times = refused["time"].dt.tz_localize(None).to_numpy()
    places: list[int] = []
    words: list[str] = []
    callers, _ = pandas.factorize(refused["principal"].astype("str"), use_na_sentinel=False)
    for mine in refused.groupby(callers).indices.values():
        for first, end in _windows(times[mine]):
            asked = names.iloc[mine[first:end]]
            if (different := asked.nunique()) >= OPERATIONS:
                places.append(mine[first])
                words.append(
                    f"{len(asked)} refusals of {different} operations, from {asked.iloc[0]} to {asked.iloc[-1]}"
                )
    return _findings(refused.iloc[places], words)


def _windows(times: Any) -> Iterator[tuple[int, int]]:
    """Where windows with enough calls begin and end in ascending times; the next begins after the one before."""
    ends = times.searchsorted(times + WINDOW)
    until = 0
    for first in numpy.flatnonzero(ends - numpy.arange(len(times)) >= CALLS):
        if first >= until:
            until = int(ends[first])
            yield int(first), until


def foreign_key(events: Any, ours: frozenset[str]) -> Any:
    """Encryption under a key of no account of ours: one finding for each principal and key."""
    found = each_call_once(_done(events, "kms", _ENCRYPTS))
    found = found[found["caller_type"] != "AWSAccount"]  # an owner's copy: the caller is the other account
    named = kms_keys(found)
    named = named[named["key_arn"].notna() & (named["role"] != "source")]
    named = named[~named["key_arn"].str.split(":").str[4].isin(ours)]
    table = found.drop(columns="key_arn").join(named["key_arn"], how="inner").sort_values("time", kind="stable")
    table["calls"] = table.groupby(["principal", "key_arn"], observed=True, dropna=False)["time"].transform("size")
    first = table.drop_duplicates(["principal", "key_arn"])
    return _findings(first, [f"{count:,} calls under a key of another account" for count in first["calls"]])


def disks_unencrypted(events: Any, ours: frozenset[str]) -> Any:
    """DisableEbsEncryptionByDefault that succeeded."""
    found = _done(events, "ec2", ("DisableEbsEncryptionByDefault",))
    return _findings(found, [f"new disks in {region} are not encrypted by default" for region in found["region"]])


def trail_stopped(events: Any, ours: frozenset[str]) -> Any:
    """StopLogging, DeleteTrail, and PutEventSelectors that leave out management events or KMS; attempts, too."""
    names = ("StopLogging", "DeleteTrail", "PutEventSelectors")
    found = events[(events["source"] == "cloudtrail") & events["event"].isin(names)]
    words = []
    for event, error, asked in zip(found["event"], found["error"], _asked(found), strict=True):
        what = _left_out(asked) if event == "PutEventSelectors" else f"{event}"
        words.append(f"{what} (refused or failed)" if what and isinstance(error, str) else what)
    return _findings(found, words)


def snapshot_shared(events: Any, ours: frozenset[str]) -> Any:
    """ModifySnapshotAttribute that adds somebody outside."""
    found = _done(events, "ec2", ("ModifySnapshotAttribute",))
    words = []
    for asked in _asked(found):
        added = _list(_object(_object(asked.get("createVolumePermission")).get("add")).get("items"))
        who = [str(_object(item).get("userId") or _object(item).get("group") or "") for item in added]
        outside = [each for each in who if each and each not in ours]
        words.append(f"{asked.get('snapshotId')} shared with {', '.join(outside)}" if outside else "")
    return _findings(found, words)


def _done(events: Any, source: str, names: tuple[str, ...]) -> Any:
    """The successful calls of these names."""
    return events[(events["source"] == source) & events["event"].isin(names) & events["error"].isna()]


def _asked(found: Any) -> Iterator[dict[str, Any]]:
    """The request of each event; empty where none was recorded, or no object was."""
    return map(_object, opened(found["request_parameters"]))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _findings(found: Any, words: list[str]) -> Any:
    """One finding for each event that there are words for."""
    table = found[["time", "principal", "source_ip", "event", "key_arn"]].copy()
    table["what"] = pandas.Series(words, index=table.index, dtype="str")
    return table[table["what"] != ""]


def _left_out(asked: dict[str, Any]) -> str:
    """What the selectors of a trail leave out; empty if neither management events nor KMS's.

    An event is recorded if any selector takes it ("Logging management events" in the CloudTrail User Guide).
    """
    simple = [_object(each) for each in _list(asked.get("eventSelectors"))]
    fields = [
        {_object(field).get("field"): _object(field) for field in _list(_object(each).get("fieldSelectors"))}
        for each in _list(asked.get("advancedEventSelectors"))
    ]
    if not simple and not fields:
        return ""
    managing = [each for each in simple if each.get("includeManagementEvents") not in (False, "false")]
    taken = {str(each.get("readWriteType", "All")) for each in managing if _KMS not in _excluded(each)}
    of_management = [each for each in fields if "Management" in _list(each.get("eventCategory", {}).get("equals"))]
    for each in of_management:
        if _KMS not in _list(each.get("eventSource", {}).get("notEquals")):
            taken.add(_READ_WRITE.get(str(_list(each.get("readOnly", {}).get("equals"))), "All"))
    if not managing and not of_management:
        return "management events left out of the trail"
    if not taken:
        return "KMS left out of the trail"
    return _HALF.get("".join(taken), "")


def _excluded(selector: dict[str, Any]) -> list[Any]:
    return _list(selector.get("excludeManagementEventSources"))


def _outsiders(policy: Any, ours: frozenset[str]) -> Iterator[str]:
    """Whom a key policy (JSON text) allows anything, that is of no account of ours."""
    try:
        statements = json.loads(policy)["Statement"] if isinstance(policy, str) else []
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        if "NotPrincipal" in statement:
            yield "everybody but some"
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, dict) else principal
        for who in named if isinstance(named, list) else [named]:
            account = _ACCOUNT.fullmatch(str(who))
            if who == "*":
                yield "everybody"
            elif account and account.group(1) not in ours:
                yield str(who)
