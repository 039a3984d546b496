"""The rules of `detections`: from events and our accounts to findings. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pandas

from .opening import kms_keys, opened
from .unusual import bursts
from .uses import each_call_once

_DENIALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation")
_ENCRYPTS = ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt", "ReEncrypt")
_ACCOUNT = re.compile(r"(?:arn:[\w-]+:\w+:[\w-]*:)?(\d{12})(?::.*)?")
WINDOW, OPERATIONS, CALLS = "10min", 5, 10  # of reconnaissance


def key_ended(events: Any, ours: frozenset[str]) -> Any:
    """DisableKey and ScheduleKeyDeletion that succeeded."""
    found = _done(events, "kms", ("DisableKey", "ScheduleKeyDeletion"))
    days = [(asked or {}).get("pendingWindowInDays", 30) for asked in opened(found["request_parameters"])]
    words = [
        "disabled" if event == "DisableKey" else f"to be deleted in {day} days"
        for event, day in zip(found["event"], days, strict=True)
    ]
    return _findings(found, words)


def policy_widened(events: Any, ours: frozenset[str]) -> Any:
    """Policies in CreateKey, PutKeyPolicy and ReplicateKey."""
    found = each_call_once(_done(events, "kms", ("CreateKey", "PutKeyPolicy", "ReplicateKey")))
    words = []
    for asked in opened(found["request_parameters"]):
        parameters = asked if isinstance(asked, dict) else {}
        reasons = [f"lets in {who}" for who in dict.fromkeys(_outsiders(parameters.get("policy"), ours))]
        if parameters.get("bypassPolicyLockoutSafetyCheck") is True:
            reasons.append("set without the check against lock-out")
        words.append("; ".join(reasons))
    return _findings(found, words)


def grant_to_outsiders(events: Any, ours: frozenset[str]) -> Any:
    """CreateGrant whose grantee is of no account of ours."""
    found = _done(events, "kms", ("CreateGrant",))
    words = []
    for asked in opened(found["request_parameters"]):
        parameters = asked if isinstance(asked, dict) else {}
        grantee = str(parameters.get("granteePrincipal", ""))
        account = _ACCOUNT.fullmatch(grantee)
        is_outside = account is not None and account.group(1) not in ours
        words.append(f"{', '.join(map(str, parameters.get('operations', [])))} for {grantee}" if is_outside else "")
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
    refused = each_call_once(events[events["error"].isin(_DENIALS)]).sort_values("time", kind="stable")
    rows = []
    for _, calls in refused.astype({"principal": "str"}).groupby("principal"):
        times = calls["time"].to_numpy()
        until = None
        for at, start in enumerate(times):
            if until is not None and start < until:
                continue
            end = start + pandas.Timedelta(WINDOW).to_timedelta64()
            window = calls.iloc[at : times.searchsorted(end)]
            names = window["source"].astype("str") + ":" + window["event"].astype("str")
            if len(window) >= CALLS and names.nunique() >= OPERATIONS:
                words = (
                    f"{len(window)} refusals of {names.nunique()} operations, from {names.iloc[0]} to {names.iloc[-1]}"
                )
                rows.append(_findings(window.iloc[[0]], [words]))
                until = end
    return pandas.concat(rows) if rows else _findings(events.iloc[:0], [])


def foreign_key(events: Any, ours: frozenset[str]) -> Any:
    """Encryption under a key of no account of ours: one finding for each principal and key."""
    found = each_call_once(_done(events, "kms", _ENCRYPTS))
    found = found[found["caller_type"] != "AWSAccount"]  # an owner's copy: the caller is the other account
    named = kms_keys(found)
    named = named[named["key_arn"].notna() & (named["role"] != "source")]
    named = named[~named["key_arn"].str.split(":").str[4].isin(ours)]
    table = found.drop(columns="key_arn").join(named["key_arn"], how="inner").sort_values("time", kind="stable")
    grouped = table.astype({"principal": "str"}).groupby(["principal", "key_arn"])
    first = grouped.head(1)
    counts = grouped["time"].transform("size").reindex(first.index)
    return _findings(first, [f"{count:,} calls under a key of another account" for count in counts])


def disks_unencrypted(events: Any, ours: frozenset[str]) -> Any:
    """DisableEbsEncryptionByDefault that succeeded."""
    found = _done(events, "ec2", ("DisableEbsEncryptionByDefault",))
    return _findings(found, [f"new disks in {region} are not encrypted by default" for region in found["region"]])


def trail_stopped(events: Any, ours: frozenset[str]) -> Any:
    """StopLogging, DeleteTrail, and PutEventSelectors that leave out management events or KMS; attempts, too."""
    names = ("StopLogging", "DeleteTrail", "PutEventSelectors")
    found = events[(events["source"] == "cloudtrail") & events["event"].isin(names)]
    words = []
    for event, error, asked in zip(found["event"], found["error"], opened(found["request_parameters"]), strict=True):
        what = _left_out(asked) if event == "PutEventSelectors" else f"{event}"
        words.append(f"{what} (refused or failed)" if what and isinstance(error, str) else what)
    return _findings(found, words)


def snapshot_shared(events: Any, ours: frozenset[str]) -> Any:
    """ModifySnapshotAttribute that adds somebody outside."""
    found = _done(events, "ec2", ("ModifySnapshotAttribute",))
    words = []
    for asked in opened(found["request_parameters"]):
        permission = (asked or {}).get("createVolumePermission")
        added = permission.get("add", {}).get("items", []) if isinstance(permission, dict) else []
        who = [item.get("userId") or item.get("group") for item in added if isinstance(item, dict)]
        outside = [str(each) for each in who if each and each not in ours]
        words.append(f"{asked.get('snapshotId')} shared with {', '.join(outside)}" if outside else "")
    return _findings(found, words)


def _done(events: Any, source: str, names: tuple[str, ...]) -> Any:
    """The successful calls of these names."""
    return events[(events["source"] == source) & events["event"].isin(names) & events["error"].isna()]


def _findings(found: Any, words: list[str]) -> Any:
    """One finding for each event that there are words for."""
    table = found[["time", "principal", "source_ip", "event", "key_arn"]].copy()
    table["what"] = pandas.Series(words, index=table.index, dtype="str")
    return table[table["what"] != ""]


def _left_out(asked: Any) -> str:
    """What the event selectors of a trail leave out; empty if neither management events nor KMS."""
    text = json.dumps(asked)
    selectors = asked.get("eventSelectors") if isinstance(asked, dict) else None
    for selector in selectors if isinstance(selectors, list) else []:
        if isinstance(selector, dict) and selector.get("includeManagementEvents") is False:
            return "management events left out of the trail"
    is_kms_out = "excludeManagementEventSources" in text or '"notEquals"' in text
    return "KMS left out of the trail" if is_kms_out and "kms.amazonaws.com" in text else ""


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
