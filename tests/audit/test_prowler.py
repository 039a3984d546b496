"""Security Hub's controls of KMS, and Prowler's, on the account that Prowler judged: row by row with what it said."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

import labkit
from labkit.audit import Report, audit

HERE = Path(__file__).parent
COUNTERPART = {
    "kms_cmk_not_deleted_unintentionally": "KMS.3",
    "kms_cmk_rotation_enabled": "KMS.4",
    "kms_key_not_publicly_accessible": "KMS.5",
}
# Prowler's own rules, as labkit shows them: these it judges, the ones on enclaves and multi-Region keys it does not.
SHOWN = {*COUNTERPART, "kms_cmk_are_used"}


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table beside this file."""
    lines = [line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


RECORDED = {
    (row["resource (description of the key, or policy)"], row["check"]): row["status"]
    for row in table("prowler-kms.tsv")
}
DIFFERENCES = table("prowler-differences.tsv")
TO_ALL = {"AWS": "*"}
# key -> statement beside the account's own, and what CreateKey is told
KEYS: dict[str, tuple[Any, dict[str, Any]]] = {
    "good": (None, {}),
    "rotation off": (None, {}),
    "rsa": (None, {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}),
    "hmac": (None, {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}),
    "imported, no material": (None, {"Origin": "EXTERNAL"}),
    "disabled": (None, {}),
    "pending deletion": (None, {}),
    "multi-Region": (None, {"MultiRegion": True}),
    "public": ((TO_ALL, {}), {}),
    "public by a bare star": (("*", {}), {}),
    "star with CallerAccount": ((TO_ALL, {"StringEquals": {"kms:CallerAccount": "111122223333"}}), {}),
    "star with PrincipalOrgID": ((TO_ALL, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), {}),
    "star with a wildcard condition": ((TO_ALL, {"StringLike": {"aws:PrincipalArn": "*"}}), {}),
    "star with SourceIp": ((TO_ALL, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), {}),
    "another account": (({"AWS": "arn:aws:iam::444455556666:root"}, {}), {}),
    "enclave without attestation": (None, {"Tags": [{"TagKey": "prowler:enclave-key", "TagValue": "true"}]}),
}
UNROTATED = {"rotation off", "rsa", "hmac", "imported, no material"}
# customer managed policy -> whether KMS.1 fails (Action, Resource, Condition)
POLICIES = {
    "kms-star": ("kms:*", "*", {}, True),
    "decrypt-all": ("kms:Decrypt", "*", {}, True),
    "reencrypt-all": ("kms:ReEncrypt*", "*", {}, True),
    "decrypt-all-with-condition": (
        "kms:Decrypt",
        "*",
        {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
        True,
    ),
    "decrypt-one": (
        "kms:Decrypt",
        "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555",
        {},
        False,
    ),
    "decrypt-account": ("kms:Decrypt", "arn:aws:kms:*:111122223333:key/*", {}, True),
    "decrypt-one-region": ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/*", {}, False),
    "encrypt-all": ("kms:Encrypt", "*", {}, False),
}


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement; an empty Condition is left out."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **{k: v for k, v in more.items() if v}}


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """The report on the account that Prowler judged."""
    lab = labkit.start("audit-prowler")
    kms, iam = boto3.client("kms"), boto3.client("iam")
    root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})
    made = {}
    for name, (beside, options) in KEYS.items():
        given = dict(options)
        if beside:
            principal, condition = beside
            given["Policy"] = document(root, allow("kms:Decrypt", Principal=principal, Condition=condition))
        made[name] = kms.create_key(Description=name, **given)["KeyMetadata"]["KeyId"]
        if name not in UNROTATED:
            kms.enable_key_rotation(KeyId=made[name])
    kms.disable_key(KeyId=made["disabled"])
    kms.schedule_key_deletion(KeyId=made["pending deletion"], PendingWindowInDays=7)
    for name, (action, resource, condition, _) in POLICIES.items():
        iam.create_policy(PolicyName=name, PolicyDocument=document(allow(action, resource, Condition=condition)))
    yield audit(lab.observer.client)


def rows(report: Report, tool: str) -> dict[tuple[str, str], str]:
    """What one tool says: (key, control) -> status."""
    found = report.tools()
    found = found[found["tool"] == tool]
    return {(row["name"], row["control"]): row["status"] for _, row in found.iterrows()}


def test_prowlers_rules_say_what_prowler_said(report: Report) -> None:
    """Each row of the four checks that labkit shows; where Prowler gave none, there is none."""
    told = {pair: status for pair, status in rows(report, "Prowler").items() if status}
    assert told == {pair: status for pair, status in RECORDED.items() if pair[1] in SHOWN}


def test_the_controls_agree_but_for_documented_differences(report: Report) -> None:
    """KMS.3, KMS.4 and KMS.5, each beside its counterpart; a difference that is gone is no longer documented."""
    ours = rows(report, "Security Hub")
    found = {
        (name, check, RECORDED.get((name, check), "-"), ours[name, control] or "-")
        for check, control in COUNTERPART.items()
        for name in KEYS
        if RECORDED.get((name, check), "-") != (ours[name, control] or "-")
    }
    documented = {
        (d["resource"], d["check"], d["Prowler"], d["Security Hub"]) for d in DIFFERENCES if d["resource"] != "*"
    }
    assert found == documented
    assert all(each["reason"] for each in DIFFERENCES)


def test_every_recorded_row_was_looked_at() -> None:
    """Of a check, or as one that no control answers."""
    without = {each["check"] for each in DIFFERENCES if each["resource"] == "*"}
    assert {check for _, check in RECORDED} == set(COUNTERPART) | without


@pytest.mark.parametrize("name", POLICIES)
def test_kms_1_looks_at_resource_alone(report: Report, name: str) -> None:
    """All keys in Resource, whatever the conditions; all keys of one Region are not all keys."""
    found = {each.resource.rpartition("/")[2] for each in report if each.check == "managed-policy-decrypts-all"}
    assert (name in found) is POLICIES[name][3]


def test_a_finding_is_a_control_that_fails(report: Report) -> None:
    """KMS.3, 4 and 5 in the report are those of the table; a key on its way out is not told to rotate."""
    names = {row["resource"]: row["name"] for _, row in report.tools().iterrows()}
    failed = {pair for pair, status in rows(report, "Security Hub").items() if status == "FAIL"}
    found = {
        (names[each.resource], control.removeprefix("Security Hub "))
        for each in report
        for control in each.controls
        if control in ("Security Hub KMS.3", "Security Hub KMS.4", "Security Hub KMS.5")
    }
    assert found == failed - {("pending deletion", "KMS.4")}
