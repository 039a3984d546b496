"""What the account says of an error: the key's state, a late grant, an alias that is alike, the smallest change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit import diagnose


@pytest.fixture(scope="module")
def lab() -> Any:
    """One account for all of these."""
    return labkit.start("diagnosed")


@pytest.fixture(scope="module")
def kms(lab: Any) -> Any:
    """Its KMS."""
    return boto3.client("kms")


def refused(call: Any, **given: Any) -> ClientError:
    """The refusal of a call."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value


def test_the_state_of_the_key_is_told_and_no_trace_left(lab: Any, kms: Any) -> None:
    """With the day of its deletion."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    error = refused(kms.encrypt, KeyId=key, Plaintext=b"x")
    before, now = len(lab.events()), lab.clock.now()
    told = diagnose(error)
    assert told.layer == "key state"
    assert f"PendingDeletion, until {now + timedelta(days=7):%Y-%m-%d}" in told.evidence[0]
    assert (len(lab.events()), lab.clock.now()) == (before, now)


def test_an_alias_that_is_alike_is_named(kms: Any) -> None:
    """A letter was wrong."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/payroll", TargetKeyId=key)
    told = diagnose(refused(kms.encrypt, KeyId="alias/payrol", Plaintext=b"x"))
    assert told.rule == "alias-not-found"
    assert told.evidence == ("There is no alias/payrol, but alias/payroll.",)


def test_a_late_grant_and_the_smallest_change_are_told(lab: Any, kms: Any) -> None:
    """It worked a minute later: eventual consistency."""
    key = kms.create_key()["KeyMetadata"]["Arn"]
    late = lab.role("Late")
    lab.disturb(grants=timedelta(minutes=5))
    kms.create_grant(KeyId=key, GranteePrincipal=late.arn, Operations=["Encrypt"])
    error = refused(late.client("kms").encrypt, KeyId=key, Plaintext=b"x")
    told = diagnose(error)
    lab.disturb()
    assert told.layer == "identity-based policy"
    assert any("grant token" in each for each in told.evidence)
    assert any("would be allowed" in each for each in told.evidence)
    assert "Enabled" in " ".join(told.evidence)


def test_another_account_is_asked_by_a_session(kms: Any) -> None:
    """As one's own account: with the permissions of the session, which can be refused."""
    key = kms.create_key()["KeyMetadata"]["Arn"]
    told = diagnose(f"DisabledException: {key} is disabled.", account=boto3.Session())
    assert told.evidence[0].startswith("The key is Enabled;")


def test_a_key_that_is_gone_is_told(kms: Any) -> None:
    """DescribeKey's own refusal is evidence."""
    arn = kms.create_key()["KeyMetadata"]["Arn"][:-36] + "1234abcd-12ab-34cd-56ef-1234567890ab"
    told = diagnose(refused(kms.encrypt, KeyId=arn, Plaintext=b"x"))
    assert told.rule == "key-does-not-exist"
    assert told.evidence == ("DescribeKey of it: NotFoundException.",)


def test_what_expect_error_caught_is_read(kms: Any) -> None:
    """As it stands in a lab."""
    with labkit.expect_error("NotFoundException") as caught:
        kms.describe_key(KeyId="alias/nowhere-at-all")
    assert diagnose(caught).layer == "request"
    with labkit.expect_error("ParamValidation") as caught:
        kms.encrypt(KeyId=7, Plaintext=b"x")
    assert diagnose(caught).rule == "parameters-refused-by-sdk"
