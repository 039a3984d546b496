"""A grant's principals are looked for in IAM, in every account of the lab."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest

import labkit


@pytest.mark.parametrize("who", ["role/Clrek", "user/nobody", "group/Clerks"])
def test_nobody_of_that_name(lab: labkit.Lab, refusal: Callable[..., str], who: str) -> None:
    """A slip in the name is found at once, and not when the grant is used."""
    kms = boto3.client("kms")
    lab.role("Clerk")
    key_id, arn = kms.create_key()["KeyMetadata"]["KeyId"], f"arn:aws:iam::{lab.account_id}:{who}"
    grant = {"KeyId": key_id, "GranteePrincipal": arn, "Operations": ["Decrypt"]}
    said = refusal("InvalidArnException", kms.create_grant, **grant)
    assert said == f"ARN does not refer to a valid principal: {arn}"
    assert kms.list_grants(KeyId=key_id)["Grants"] == []


def test_everybody_who_is_there(lab: labkit.Lab) -> None:
    """Roles, sessions of roles, users, accounts, also those outside the lab, which nobody can look into."""
    kms = boto3.client("kms")
    key_id, account = kms.create_key()["KeyMetadata"]["KeyId"], lab.account_id
    session = f"arn:aws:sts::{account}:assumed-role/Clerk/monday"
    others = (f"arn:aws:iam::{account}:root", "arn:aws:iam::999999999999:root", session)
    for arn in (lab.role("Clerk").arn, lab.user("ada").arn, *others):
        kms.create_grant(KeyId=key_id, GranteePrincipal=arn, RetiringPrincipal=arn, Operations=["Decrypt"])
