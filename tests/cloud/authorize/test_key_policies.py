"""What KMS checks of a new key policy: its form, that its principals exist, and that the caller is not locked out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

MALFORMED = "MalformedPolicyDocumentException"
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
INVALID = "Policy contains a statement with one or more invalid principals."
Make = Callable[..., Any]


@pytest.fixture
def only_clerk(lab: labkit.Lab, allow: Make, document: Make) -> str:
    """A key policy that forgets everybody but a clerk."""
    clerk = lab.role("Clerk", policy=[allow("kms:ListKeys")])
    return document(allow("kms:*", Principal={"AWS": clerk.arn}))


def test_a_key_policy_that_locks_its_author_out_is_refused(only_clerk: str, refusal: Make) -> None:
    """At CreateKey, at PutKeyPolicy and at ReplicateKey."""
    kms = boto3.client("kms")
    assert refusal(MALFORMED, kms.create_key, Policy=only_clerk) == LOCKED_OUT
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    assert refusal(MALFORMED, kms.put_key_policy, KeyId=key_id, Policy=only_clerk) == LOCKED_OUT
    replicate = {"KeyId": key_id, "ReplicaRegion": "eu-west-1", "Policy": only_clerk}
    assert refusal(MALFORMED, kms.replicate_key, **replicate) == LOCKED_OUT
    kms.describe_key(KeyId=key_id)


def test_the_check_can_be_bypassed_and_then_the_key_is_out_of_reach(only_clerk: str, refusal: Make) -> None:
    """AdministratorAccess alone is no way in."""
    kms = boto3.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.put_key_policy(KeyId=key_id, Policy=only_clerk, BypassPolicyLockoutSafetyCheck=True)
    assert refusal("AccessDeniedException", kms.get_key_policy, KeyId=key_id).endswith(
        "because no resource-based policy allows the kms:GetKeyPolicy action"
    )


def test_who_is_named_in_the_policy_may_keep_it(lab: labkit.Lab, allow: Make, document: Make) -> None:
    """The check asks about the caller, whoever that is, by the caller's IAM policies too."""
    clerk = lab.role("Clerk", policy=[allow("kms:CreateKey", "kms:PutKeyPolicy")])
    root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})
    clerk.client("kms").create_key(Policy=document(root))


def test_the_root_statement_alone_does_not_help_who_lacks_the_permission(
    lab: labkit.Lab, allow: Make, document: Make, refusal: Make
) -> None:
    """Without kms:PutKeyPolicy in an IAM policy the default policy locks its author out as well."""
    clerk = lab.role("Clerk", policy=[allow("kms:CreateKey")])
    root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})
    assert refusal(MALFORMED, clerk.client("kms").create_key, Policy=document(root)) == LOCKED_OUT


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::111122223333:role/Nobody",
        "arn:aws:iam::111122223333:user/nobody",
        "arn:aws:iam::444455556666:role/InNoAccount",
        "arn:aws:sts::111122223333:assumed-role/Nobody/nobody",
        "AROADBQP57FF2AEXAMPLE",
        "not an ARN",
    ],
)
def test_principals_must_exist(lab: labkit.Lab, principal: str, allow: Make, document: Make, refusal: Make) -> None:
    """KMS refuses the policy, and the message says who is not there."""
    key_id = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    policy = document(allow("kms:*", Principal={"AWS": principal}))
    said = refusal(MALFORMED, boto3.client("kms").put_key_policy, KeyId=key_id, Policy=policy)
    assert said.startswith(INVALID)
    assert principal in said


def test_principals_that_exist_are_kept(lab: labkit.Lab, allow: Make, document: Make) -> None:
    """Accounts, users, roles, sessions, services and unique ids."""
    clerk = lab.role("Clerk")
    role_id = boto3.client("iam").get_role(RoleName="Clerk")["Role"]["RoleId"]
    session = f"arn:aws:sts::{lab.account_id}:assumed-role/Clerk/monday"
    named = {"AWS": [lab.account_id, clerk.arn, lab.user("ada").arn, session, role_id, "999988887777"]}
    root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})
    policy = document(root, allow("kms:Encrypt", Principal=named | {"Service": "logs.us-east-1.amazonaws.com"}))
    key_id = boto3.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    assert boto3.client("kms").get_key_policy(KeyId=key_id)["Policy"] == policy


def test_a_new_key_with_tags_needs_another_permission(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """kms:CreateKey alone makes no key with tags; the refusal names no resource, as there is none yet (recorded)."""
    maker = lab.role("Maker", policy=[allow("kms:CreateKey")]).client("kms")
    maker.create_key()
    said = refusal("AccessDeniedException", maker.create_key, Tags=[{"TagKey": "team", "TagValue": "red"}])
    arn = f"arn:aws:sts::{lab.account_id}:assumed-role/Maker/maker"
    action = "kms:TagResource"
    tail = f"because no identity-based policy allows the {action} action"
    assert said == f"User: {arn} is not authorized to perform: {action} {tail}"


@pytest.mark.parametrize(
    ("resource", "enough"),
    [
        ("*", True),
        ("arn:aws:kms:us-east-1:{}:key/*", True),
        ("arn:aws:kms:*:{}:key/*", True),
        ("arn:aws:kms:eu-west-1:{}:key/*", False),
        ("arn:aws:kms:us-east-1:{}:key/mrk-*", False),
        ("arn:aws:kms:us-east-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab", False),
    ],
)
def test_tags_on_a_new_key_need_all_keys_of_the_region(
    lab: labkit.Lab, allow: Make, resource: str, enough: bool
) -> None:
    """ "At a minimum, the permission must cover all KMS keys in the account and Region" (KMS Developer Guide)."""
    tagging = allow("kms:TagResource") | {"Resource": resource.format(lab.account_id)}
    maker = lab.role("Maker", policy=[allow("kms:CreateKey"), allow("kms:PutKeyPolicy"), tagging]).client("kms")
    with nullcontext() if enough else pytest.raises(ClientError, match="kms:TagResource because no identity-based"):
        maker.create_key(Tags=[{"TagKey": "team", "TagValue": "red"}])


def test_without_a_policy_name_its_condition_key_says_default(lab: labkit.Lab, allow: Make) -> None:
    """ "If the request doesn't include PolicyName, the value of kms:PolicyName is default" (GetKeyPolicy)."""
    key_id = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    by_name = {"StringEquals": {"kms:PolicyName": "default"}}
    reader = lab.role("Reader", policy=[allow("kms:GetKeyPolicy", Condition=by_name)]).client("kms")
    assert reader.get_key_policy(KeyId=key_id)["PolicyName"] == "default"
