"""The rules of `detections`: from events and our accounts to findings. Pure."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from ..record.actors import actors
from ..record.vocabulary import DENIALS
from .findings import a_list, an_object, asked_of, done, findings, windows
from .nested_parts import kms_keys
from .outsiders import ACCOUNT, let_in
from .unusual import bursts
from .uses import each_call_once

_ENCRYPTS = ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt", "ReEncrypt")
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
    found = done(events, "kms", ("DisableKey", "ScheduleKeyDeletion"))
    days = [asked.get("pendingWindowInDays") or 30 for asked in asked_of(found)]
    words = [
        "disabled" if event == "DisableKey" else f"to be deleted in {day} days"
        for event, day in zip(found["event"], days, strict=True)
    ]
    return findings(found, words)


def policy_widened(events: Any, ours: frozenset[str]) -> Any:
    """Policies in CreateKey, PutKeyPolicy and ReplicateKey."""
    found = each_call_once(done(events, "kms", ("CreateKey", "PutKeyPolicy", "ReplicateKey")))
    words = []
    for asked in asked_of(found):
        reasons = [f"lets in {who}" for who in let_in(asked.get("policy"), "key", ours)]
        if asked.get("bypassPolicyLockoutSafetyCheck") in (True, "true"):  # CloudTrail Lake writes text
            reasons.append("set without the check against lock-out")
        words.append("; ".join(reasons))
    return findings(found, words)


def grant_to_outsiders(events: Any, ours: frozenset[str]) -> Any:
    """CreateGrant whose grantee is of no account of ours."""
    found = each_call_once(done(events, "kms", ("CreateGrant",)))
    words = []
    for asked in asked_of(found):
        grantee = str(asked.get("granteePrincipal", ""))
        account = ACCOUNT.fullmatch(grantee)
        is_outside = account is not None and account.group(1) not in ours
        allowed = ", ".join(map(str, a_list(asked.get("operations")))) or "a grant"
        words.append(f"{allowed} for {grantee}" if is_outside else "")
    return findings(found, words)


def material_moved(events: Any, ours: frozenset[str]) -> Any:
    """ImportKeyMaterial and DeleteImportedKeyMaterial that succeeded."""
    found = done(events, "kms", ("ImportKeyMaterial", "DeleteImportedKeyMaterial"))
    return findings(found, ["imported" if event == "ImportKeyMaterial" else "deleted" for event in found["event"]])


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
        rows.append(findings(first, [words]))
    return pandas.concat(rows) if rows else findings(events.iloc[:0], [])


def reconnaissance(events: Any, ours: frozenset[str]) -> Any:
    """Many different refused calls of a principal in a short time: one finding for each such time."""
    refused = each_call_once(events[events["error"].isin(DENIALS)]).sort_values("time", kind="stable")
    names = refused["source"].astype("str").fillna("?") + ":" + refused["event"].astype("str").fillna("?")
    times = refused["time"].dt.tz_localize(None).to_numpy()
    places: list[int] = []
    words: list[str] = []
    for mine in refused.groupby(actors(refused).to_numpy()).indices.values():
        for first, end in windows(times[mine], WINDOW, CALLS):
            asked = names.iloc[mine[first:end]]
            if (different := asked.nunique()) >= OPERATIONS:
                places.append(mine[first])
                words.append(
                    f"{len(asked)} refusals of {different} operations, from {asked.iloc[0]} to {asked.iloc[-1]}"
                )
    return findings(refused.iloc[places], words)


def foreign_key(events: Any, ours: frozenset[str]) -> Any:
    """Encryption under a key of no account of ours: one finding for each principal and key."""
    found = each_call_once(done(events, "kms", _ENCRYPTS))
    found = found[found["caller_type"] != "AWSAccount"]  # an owner's copy: the caller is the other account
    named = kms_keys(found)
    named = named[named["key_arn"].notna() & (named["role"] != "source")]
    named = named[~named["key_arn"].str.split(":").str[4].isin(ours)]
    table = found.drop(columns="key_arn").join(named["key_arn"], how="inner").sort_values("time", kind="stable")
    table["actor"] = actors(table)
    table["calls"] = table.groupby(["actor", "key_arn"], observed=True)["time"].transform("size")
    first = table.drop_duplicates(["actor", "key_arn"])
    return findings(first, [f"{count:,} calls under a key of another account" for count in first["calls"]])


def disks_unencrypted(events: Any, ours: frozenset[str]) -> Any:
    """DisableEbsEncryptionByDefault that succeeded."""
    found = done(events, "ec2", ("DisableEbsEncryptionByDefault",))
    return findings(found, [f"new disks in {region} are not encrypted by default" for region in found["region"]])


def trail_stopped(events: Any, ours: frozenset[str]) -> Any:
    """StopLogging, DeleteTrail, and PutEventSelectors that leave out management events or KMS; attempts, too."""
    names = ("StopLogging", "DeleteTrail", "PutEventSelectors")
    found = events[(events["source"] == "cloudtrail") & events["event"].isin(names)]
    words = []
    for event, error, asked in zip(found["event"], found["error"], asked_of(found), strict=True):
        what = _left_out(asked) if event == "PutEventSelectors" else f"{event}"
        words.append(f"{what} (refused or failed)" if what and isinstance(error, str) else what)
    return findings(found, words)


def _left_out(asked: dict[str, Any]) -> str:
    """What the selectors of a trail leave out; empty if neither management events nor KMS's.

    An event is recorded if any selector takes it ("Logging management events" in the CloudTrail User Guide).
    """
    simple = [an_object(each) for each in a_list(asked.get("eventSelectors"))]
    fields = [
        {an_object(field).get("field"): an_object(field) for field in a_list(an_object(each).get("fieldSelectors"))}
        for each in a_list(asked.get("advancedEventSelectors"))
    ]
    if not simple and not fields:
        return ""
    managing = [each for each in simple if each.get("includeManagementEvents") not in (False, "false")]
    taken = {str(each.get("readWriteType", "All")) for each in managing if _KMS not in _excluded(each)}
    of_management = [each for each in fields if "Management" in a_list(each.get("eventCategory", {}).get("equals"))]
    for each in of_management:
        if _KMS not in a_list(each.get("eventSource", {}).get("notEquals")):
            taken.add(_READ_WRITE.get(str(a_list(each.get("readOnly", {}).get("equals"))), "All"))
    if not managing and not of_management:
        return "management events left out of the trail"
    if not taken:
        return "KMS left out of the trail"
    return _HALF.get("".join(taken), "")


def _excluded(selector: dict[str, Any]) -> list[Any]:
    return a_list(selector.get("excludeManagementEventSources"))
