"""Each detection on events that it must find, and on innocent ones that look alike."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from labkit import trail
from labkit.trail import samples
from labkit.trail.ask.detections import COLUMNS, DETECTIONS, detect

from .records import ACCOUNT, KEY, SESSION, Record, record

OUTSIDER = "555566667777"
CLERK = f"arn:aws:iam::{ACCOUNT}:role/office/Clerk"
FOREIGN = KEY.replace(ACCOUNT, OUTSIDER)
SERVICE_GRANT = f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0123"


def _put(principal: Any, **more: Any) -> Record:
    policy = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}]}
    return {"eventName": "PutKeyPolicy", "requestParameters": {"policy": json.dumps(policy), **more}}


def _grant(grantee: str) -> Record:
    return {"eventName": "CreateGrant", "requestParameters": {"granteePrincipal": grantee, "operations": ["Decrypt"]}}


def _ec2(event: str, asked: Any = None) -> Record:
    return {"eventSource": "ec2.amazonaws.com", "eventName": event, "requestParameters": asked, "resources": None}


def _share(item: Record, change: str = "add") -> Record:
    return _ec2(
        "ModifySnapshotAttribute", {"snapshotId": "snap-1", "createVolumePermission": {change: {"items": [item]}}}
    )


def _trail(event: str, *selectors: Record, **more: Any) -> Record:
    asked = {"eventSelectors": selectors} if selectors else {"name": "t"}
    return {
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": event,
        "requestParameters": asked,
        "resources": None,
        **more,
    }


def _advanced(fields: dict[str, list[str]], **but: list[str]) -> Record:
    takes = [{"field": name, "equals": values} for name, values in fields.items()]
    takes += [{"field": name, "notEquals": values} for name, values in but.items()]
    asked = {"trailName": "t", "advancedEventSelectors": [{"name": "n", "fieldSelectors": takes}]}
    return _trail("PutEventSelectors") | {"requestParameters": asked}


DENIED = {"errorCode": "AccessDenied", "errorMessage": "no", "requestParameters": None, "resources": None}
BY_S3 = {"userIdentity": SESSION | {"invokedBy": "fas.s3.amazonaws.com"}}
FOREIGN_USE = {
    "eventName": "GenerateDataKey",
    "resources": [{"accountId": OUTSIDER, "type": "AWS::KMS::Key", "ARN": FOREIGN}],
}
FAILED = {"errorCode": "KMSInvalidStateException", "errorMessage": "no"}
SPREE = [{"eventTime": f"2026-01-05T12:0{at // 60}:{at % 60:02}Z"} for at in range(120)]
QUIET = [{"eventTime": f"2026-01-05T{at:02}:30:00Z"} for at in range(11)]
NAMES = ("ListKeys", "ListAliases", "DescribeKey", "GetKeyPolicy", "ListGrants", "Decrypt")

GUILTY: list[tuple[str, list[Record], str]] = [
    ("key-ended", [{"eventName": "DisableKey"}], "disabled"),
    ("key-ended", [{"eventName": "ScheduleKeyDeletion", "requestParameters": {"pendingWindowInDays": 7}}], "in 7 days"),
    ("policy-widened", [_put("*")], "everybody"),
    ("policy-widened", [_put({"AWS": "*"})], "everybody"),
    ("policy-widened", [_put({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{OUTSIDER}:root"]})], OUTSIDER),
    ("policy-widened", [_put({"AWS": OUTSIDER})], OUTSIDER),
    ("policy-widened", [_put({"AWS": ACCOUNT}, bypassPolicyLockoutSafetyCheck=True)], "lock-out"),
    ("grant-to-outsiders", [_grant(f"arn:aws:iam::{OUTSIDER}:role/Copier")], "Decrypt for arn:aws:iam::5555"),
    ("material-moved", [{"eventName": "ImportKeyMaterial"}], "imported"),
    ("material-moved", [{"eventName": "DeleteImportedKeyMaterial"}], "deleted"),
    ("decryption-spree", QUIET + SPREE, "120 calls"),
    ("reconnaissance", [DENIED | {"eventName": NAMES[at % 6]} for at in range(12)], "12 refusals of 6 operations"),
    ("foreign-key", [BY_S3 | FOREIGN_USE, FOREIGN_USE], "2 calls under a key of another account"),
    ("disks-unencrypted", [_ec2("DisableEbsEncryptionByDefault")], "eu-west-1"),
    ("trail-stopped", [_trail("StopLogging")], "StopLogging"),
    ("trail-stopped", [_trail("StopLogging", errorCode="AccessDenied")], "refused"),
    ("trail-stopped", [_trail("DeleteTrail")], "DeleteTrail"),
    (
        "trail-stopped",
        [_trail("PutEventSelectors", {"excludeManagementEventSources": ["kms.amazonaws.com"]})],
        "KMS left",
    ),
    ("trail-stopped", [_trail("PutEventSelectors", {"includeManagementEvents": False})], "management events"),
    ("trail-stopped", [_trail("PutEventSelectors", {"readWriteType": "WriteOnly"})], "uses of keys among them"),
    ("trail-stopped", [_advanced({"eventCategory": ["Data"], "resources.type": ["AWS::S3::Object"]})], "management"),
    ("trail-stopped", [_advanced({"eventCategory": ["Management"]}, eventSource=["kms.amazonaws.com"])], "KMS left"),
    ("trail-stopped", [_advanced({"eventCategory": ["Management"], "readOnly": ["true"]})], "events that change"),
    ("snapshot-shared", [_share({"userId": OUTSIDER})], OUTSIDER),
    ("snapshot-shared", [_share({"group": "all"})], "all"),
]
INNOCENT: list[tuple[str, list[Record]]] = [
    (
        "key-ended",
        [{"eventName": "DisableKey", **DENIED}, {"eventName": "EnableKey"}, {"eventName": "CancelKeyDeletion"}],
    ),
    ("policy-widened", [_put({"AWS": f"arn:aws:iam::{ACCOUNT}:role/Clerk"}), _put({"Service": "logs.amazonaws.com"})]),
    (
        "policy-widened",
        [{"eventName": "PutKeyPolicy", "requestParameters": {"policy": "not JSON"}}, _put("*") | DENIED],
    ),
    ("grant-to-outsiders", [_grant(SERVICE_GRANT), _grant("dynamodb.eu-west-1.amazonaws.com")]),
    ("material-moved", [{"eventName": "GetParametersForImport"}, {"eventName": "ImportKeyMaterial", **FAILED}]),
    ("decryption-spree", QUIET + SPREE[:20]),
    ("reconnaissance", [DENIED | {"eventName": "Decrypt"} for _ in range(50)]),
    (
        "reconnaissance",
        [DENIED | {"eventName": NAMES[at], "eventTime": f"2026-01-05T{at:02}:00:00Z"} for at in range(6)],
    ),
    ("foreign-key", [FOREIGN_USE | {"eventName": "Decrypt"}, {"eventName": "GenerateDataKey"}, FOREIGN_USE | FAILED]),
    ("foreign-key", [FOREIGN_USE | {"userIdentity": {"type": "AWSAccount", "accountId": OUTSIDER}, "resources": None}]),
    ("disks-unencrypted", [_ec2("EnableEbsEncryptionByDefault"), _ec2("GetEbsEncryptionByDefault")]),
    ("trail-stopped", [_trail("StartLogging"), _trail("PutEventSelectors", {"includeManagementEvents": True})]),
    (
        "trail-stopped",  # another selector takes them
        [
            _trail("PutEventSelectors", {"includeManagementEvents": False}, {"readWriteType": "All"}),
            _trail("PutEventSelectors", {"readWriteType": "WriteOnly"}, {"readWriteType": "ReadOnly"}),
            _advanced({"eventCategory": ["Management"]}),
            _advanced({"eventCategory": ["Management"]}, eventSource=["rdsdata.amazonaws.com"]),
        ],
    ),
    ("snapshot-shared", [_share({"userId": ACCOUNT}), _share({"userId": OUTSIDER}, "remove")]),
]


def _events(members: list[Record]) -> Any:
    return trail.load([record(at, **each) for at, each in enumerate(members)], tell=str)


@pytest.mark.parametrize(("name", "members", "words"), GUILTY)
def test_what_must_be_found_is_found(name: str, members: list[Record], words: str) -> None:
    """By its detection, once, in words that say what."""
    found = detect(_events(members))
    found = found[found["detection"] == name]
    assert len(found) == 1
    assert words in found["what"].iloc[0]
    assert found["principal"].iloc[0].endswith("role/office/Clerk")


@pytest.mark.parametrize(("name", "members"), INNOCENT)
def test_what_looks_alike_is_not(name: str, members: list[Record]) -> None:
    """By this detection."""
    assert name not in set(detect(_events(members))["detection"])


def test_every_detection_has_both_tests_and_says_what_it_cannot_see() -> None:
    """And its name is its key."""
    assert {name for name, *_ in GUILTY} == {name for name, *_ in INNOCENT} == set(DETECTIONS)
    for name, detection in DETECTIONS.items():
        assert detection.name == name
        assert detection.finds.endswith(".")
        assert detection.blind.endswith(".")


def test_no_events_give_an_empty_table() -> None:
    """With its columns."""
    assert list(detect(trail.load([], tell=str)).columns) == list(COLUMNS)


def test_an_account_that_is_ours_is_no_outsider() -> None:
    """Where its trail is not among the events."""
    events = _events([_grant(f"arn:aws:iam::{OUTSIDER}:role/Copier")])
    assert detect(events, accounts=[ACCOUNT, OUTSIDER]).empty


ODD: list[Any] = [None, "{text=of SQL}", [], 7, {}, {"policy": 1, "granteePrincipal": None, "operations": None}]
NESTED = [
    {"pendingWindowInDays": None, "createVolumePermission": None, "eventSelectors": None},
    {"createVolumePermission": {"add": None}, "eventSelectors": [None, 7], "granteePrincipal": [OUTSIDER]},
    {"createVolumePermission": {"add": {"items": None}}, "advancedEventSelectors": [{"fieldSelectors": [None, "x"]}]},
    {"createVolumePermission": {"add": {"items": [None, {"userId": ["x"]}]}}, "policy": '{"Statement": null}'},
    {"policy": '{"Statement": [null, {"Effect": "Allow", "Principal": {"AWS": [null, {}]}}]}', "operations": "Decrypt"},
]


@pytest.mark.parametrize("asked", ODD + NESTED, ids=str)
def test_no_request_however_odd_stops_the_others(asked: Any) -> None:
    """Whatever its form, no rule breaks, and what is sure is found: a key was disabled, a trail stopped."""
    odd = {"requestParameters": asked, "resources": None, "userIdentity": None, "sourceIPAddress": None}
    names = ("DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "CreateGrant", "ImportKeyMaterial", "GenerateDataKey")
    members = [odd | {"eventName": name} for name in names]
    members += [_ec2("ModifySnapshotAttribute") | odd, _ec2("DisableEbsEncryptionByDefault") | odd]
    members += [_trail(name) | odd for name in ("StopLogging", "PutEventSelectors")]
    found = detect(_events(members))
    assert {"key-ended", "material-moved", "disks-unencrypted", "trail-stopped"} <= set(found["detection"])
    assert "30 days" in found["what"].iloc[1]


def test_lakes_texts_count_as_what_they_say() -> None:
    """CloudTrail Lake keeps request parameters as texts."""
    asked = {"bypassPolicyLockoutSafetyCheck": "true", "pendingWindowInDays": "7"}
    events = _events(
        [{"eventName": name, "requestParameters": asked} for name in ("PutKeyPolicy", "ScheduleKeyDeletion")]
    )
    assert detect(events)["what"].tolist() == ["set without the check against lock-out", "to be deleted in 7 days"]


def test_a_grant_across_accounts_is_one_finding() -> None:
    """The caller's record and the owner's copy; nobody's identity is lost."""
    third = "999988887777"
    shared = _grant(f"arn:aws:iam::{third}:role/Copier") | {"sharedEventID": "s-1"}
    copy = {"userIdentity": {"type": "AWSAccount", "accountId": ACCOUNT}, "recipientAccountId": OUTSIDER}
    found = detect(_events([shared | copy, shared]))
    assert found["principal"].tolist() == [CLERK]


def test_findings_without_a_principal_are_findings() -> None:
    """An event whose caller was not recorded."""
    nobody: Record = {"userIdentity": None}
    members = [nobody | FOREIGN_USE, nobody | FOREIGN_USE]
    members += [nobody | DENIED | {"eventName": NAMES[at % 6]} for at in range(12)]
    found = detect(_events(members))
    assert sorted(found["detection"]) == ["foreign-key", "reconnaissance"]
    assert "2 calls" in found["what"].iloc[0]


def test_whose_accounts_they_are_must_be_known() -> None:
    """Where no event says it, everybody would be an outsider."""
    events = _events([_grant(f"arn:aws:iam::{ACCOUNT}:role/Clerk") | {"recipientAccountId": None}])
    with pytest.raises(ValueError, match="name your accounts"):
        detect(events)
    assert detect(events, [ACCOUNT]).empty


def test_each_stretch_of_refusals_is_one_finding() -> None:
    """The next begins when ten minutes are over; thousands of one operation are none."""
    tries = [
        DENIED | {"eventName": NAMES[at % 6], "eventTime": f"2026-01-05T{9 + at // 12:02}:{at % 12:02}:00Z"}
        for at in range(36)
    ]
    noise = [DENIED | {"eventName": "Decrypt", "eventTime": f"2026-01-06T00:{at % 60:02}:00Z"} for at in range(3000)]
    found = detect(_events(tries + noise))
    assert found["what"].tolist() == ["10 refusals of 6 operations, from kms:ListKeys to kms:GetKeyPolicy"] * 3


@cache
def _sample(name: str) -> Any:
    return trail.load([file.content for file in samples.files(name)], tell=str)


def test_in_the_sample_every_planted_thing_is_found_and_little_else() -> None:
    """The ordinary weeks hold the administrator's own work, and nothing more is found in them."""
    found = detect(_sample("incident"))
    planted = found[found["principal"].str.contains("SupportTools|backup-agent")]
    assert set(planted["detection"]) == set(DETECTIONS) - {"material-moved"}
    rest = found.drop(index=planted.index)
    assert rest[["detection", "event"]].to_numpy().tolist() == [
        ["key-ended", "DisableKey"],
        ["key-ended", "ScheduleKeyDeletion"],
        ["trail-stopped", "DeleteTrail"],
    ]
