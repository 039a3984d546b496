"""Keys for enclaves: which policies let in a debug enclave, any image, or somebody without a document."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit
from labkit.audit import audit

GOOD, ZEROS = "ab" * 48, "0" * 96
IMAGE, PCR = "kms:RecipientAttestation:ImageSha384", "kms:RecipientAttestation:PCR"
DENY = {"Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:ReEncryptFrom"], "Resource": "*"}
ROLE = "arn:aws:iam::111122223333:role/Payroll"


def allow(condition: dict[str, Any] | None, *actions: str) -> dict[str, Any]:
    """Payroll may decrypt, under this condition."""
    said: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": list(actions or ("kms:Decrypt",)),
        "Resource": "*",
    }
    return said | ({"Condition": condition} if condition else {})


def equals(*values: str, name: str = IMAGE, operator: str = "StringEqualsIgnoreCase") -> dict[str, Any]:
    """A condition on one register."""
    return {operator: {name: list(values)}}


BY_DEBUG, BY_ANY, BYPASSED = "lets in debug enclaves", "takes any image", "needs none for"
KEYS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "one image": ([allow(equals(GOOD))], []),
    "two images": ([allow(equals(GOOD, "cd" * 48))], []),
    "by PCR0": ([allow(equals(GOOD, name=f"{PCR}0"))], []),
    "by its signer": ([allow(equals(GOOD, name=f"{PCR}8"))], []),
    "image and parent": ([allow(equals(GOOD) | {"StringEquals": {f"{PCR}3": "12" * 48}})], []),
    "zeros": ([allow(equals(ZEROS))], [BY_DEBUG]),
    "zeros among others": ([allow(equals(GOOD, ZEROS))], [BY_DEBUG]),
    "PCR0 zeros": ([allow(equals(ZEROS, name=f"{PCR}0", operator="StringEquals"))], [BY_DEBUG]),
    "PCR2 zeros": ([allow(equals(ZEROS, name=f"{PCR}2"))], [BY_DEBUG]),
    "a wildcard": ([allow(equals("*", operator="StringLike"))], [BY_ANY]),
    "a document, whichever": ([allow(equals("false", operator="Null"))], [BY_ANY]),
    "any but one": ([allow(equals(GOOD, operator="StringNotEquals") | equals("false", operator="Null"))], [BY_ANY]),
    "the parent alone": ([allow(equals("12" * 48, name=f"{PCR}3"))], [BY_ANY]),
    "the instance alone": ([allow(equals("12" * 48, name=f"{PCR}4"))], [BY_ANY]),
    "IfExists": ([allow(equals(GOOD, operator="StringEqualsIfExists"))], [BYPASSED]),
    "any but one, or none": ([allow(equals(GOOD, operator="StringNotEquals"))], [BYPASSED]),
    "a second statement": ([allow(equals(GOOD)), allow(None)], [BYPASSED]),
    "by way of another key": ([allow(equals(GOOD)), allow(None, "kms:ReEncryptFrom")], [BYPASSED]),
    "a star": ([allow(equals(GOOD)), allow(None, "kms:*")], [BYPASSED]),
    "other actions": ([allow(equals(GOOD)), allow(None, "kms:Encrypt", "kms:DescribeKey")], []),
    "denied without the image": ([allow(None), DENY | {"Condition": equals(GOOD, operator="StringNotEquals")}], []),
    "denied without a document": ([allow(None), DENY | {"Condition": equals("true", operator="Null")}], [BY_ANY]),
    "zeros, and denied": ([allow(equals(ZEROS, GOOD)), DENY | {"Condition": equals(ZEROS)}], []),
    "no enclave at all": ([allow(None)], []),
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """What the two checks say of each key, by its description."""
    lab = labkit.start("audit-enclaves")
    lab.role("Payroll")
    root = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
    manage = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    kms = boto3.client("kms")
    names = {}
    for name, (statements, _) in KEYS.items():
        policy = json.dumps({"Version": "2012-10-17", "Statement": [manage, *statements]})
        names[kms.create_key(Description=name, Policy=policy)["KeyMetadata"]["Arn"]] = name
    report = audit(lab.observer.client, only=("debug-enclave-let-in", "attestation-bypassed"))
    said: dict[str, list[str]] = {name: [] for name in KEYS}
    for each in report:
        said[names[each.resource]].append(each.why)
    return said


@pytest.mark.parametrize("name", KEYS)
def test_a_key_for_enclaves(found: dict[str, list[str]], name: str) -> None:
    """Each policy is found for what it is, once."""
    wanted = KEYS[name][1]
    assert len(found[name]) == len(wanted), found[name]
    assert all(words in why for words, why in zip(wanted, found[name], strict=True)), found[name]
