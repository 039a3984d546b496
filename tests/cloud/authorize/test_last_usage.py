"""Keys in use are kept from hasty hands: kms:TrailingDaysWithoutKeyUsage."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit

Make = Callable[..., Any]
UNUSED = {"NumericLessThan": {"kms:TrailingDaysWithoutKeyUsage": "30"}}


@pytest.fixture
def key(lab: labkit.Lab, allow: Make, document: Make) -> str:
    """The ARN of a key that nobody may disable or delete within thirty days of its last use."""
    kms = boto3.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    whole = allow("kms:*", Principal={"AWS": "arn:aws:iam::111122223333:root"})
    kept = allow("kms:DisableKey", "kms:ScheduleKeyDeletion", Principal="*", Condition=UNUSED) | {"Effect": "Deny"}
    kms.put_key_policy(KeyId=arn, Policy=document(whole, kept))
    return str(arn)


@pytest.mark.parametrize("operation", ["disable_key", "schedule_key_deletion"])
def test_days_count_from_the_last_use(lab: labkit.Lab, refusal: Make, key: str, operation: str) -> None:
    """A use starts them anew, looking at the key does not; parts of a day don't count."""
    kms = boto3.client("kms")
    act = getattr(kms, operation)
    lab.clock.advance(days=20)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    lab.clock.advance(days=29, hours=23)
    kms.describe_key(KeyId=key)
    assert "with an explicit deny in a resource-based policy" in refusal("AccessDeniedException", act, KeyId=key)
    lab.clock.advance(hours=1)
    assert act(KeyId=key)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_key_that_was_never_used_counts_from_its_making(lab: labkit.Lab, refusal: Make, key: str) -> None:
    """A new key is protected, too."""
    kms = boto3.client("kms")
    refusal("AccessDeniedException", kms.disable_key, KeyId=key)
    lab.clock.advance(days=30)
    kms.disable_key(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_other_operations_do_not_carry_the_key(lab: labkit.Lab, key: str, allow: Make, document: Make) -> None:
    """A condition on it holds for nothing else: a Deny on rotation is without effect."""
    kms = boto3.client("kms")
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    denied = allow("kms:EnableKeyRotation", Principal="*", Condition=UNUSED) | {"Effect": "Deny"}
    kms.put_key_policy(KeyId=key, Policy=document(*policy["Statement"], denied))
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
