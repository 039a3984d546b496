"""A policy that a service would not keep is refused by that service, in its words, and only to those who may write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit

Make = Callable[..., Any]
ANY = "arn:aws:s3:::papers/*"
NO_VENDOR = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"list","Resource":"*"}]}'
NO_ACTION = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}'
NOBODY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"AWS":"arn:aws:iam::111122223333:user/nobody"}}]}'
)
ELSEWHERE = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Principal":"*",'
    '"Resource":"arn:aws:s3:::other/*"}]}'
)
IAM = "MalformedPolicyDocument"
BAD = [
    ("iam", "put_role_policy", {"RoleName": "Clerk", "PolicyName": "p", "PolicyDocument": "x"}, IAM, "Syntax errors"),
    (
        "iam",
        "put_role_policy",
        {"RoleName": "Clerk", "PolicyName": "p", "PolicyDocument": NO_VENDOR},
        IAM,
        "Actions/Conditions must be prefaced by a vendor",
    ),
    (
        "iam",
        "put_user_policy",
        {"UserName": "ada", "PolicyName": "p", "PolicyDocument": NO_ACTION},
        IAM,
        "Policy statement must contain actions.",
    ),
    ("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": "[]"}, IAM, "Syntax errors in policy."),
    (
        "iam",
        "create_role",
        {"RoleName": "New", "AssumeRolePolicyDocument": NOBODY},
        IAM,
        'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/nobody"',
    ),
    (
        "iam",
        "update_assume_role_policy",
        {"RoleName": "Clerk", "PolicyDocument": NO_VENDOR},
        IAM,
        "Has prohibited field Resource",
    ),
    ("s3", "put_bucket_policy", {"Bucket": "papers", "Policy": "x"}, "MalformedPolicy", "Policies must be valid JSON"),
    ("s3", "put_bucket_policy", {"Bucket": "papers", "Policy": ELSEWHERE}, "MalformedPolicy", "Policy has invalid"),
    (
        "sts",
        "assume_role",
        {"RoleArn": "arn:aws:iam::111122223333:role/Clerk", "RoleSessionName": "monday", "Policy": "x"},
        IAM,
        "Syntax errors",
    ),
]


@pytest.fixture
def people(lab: labkit.Lab, allow: Make) -> labkit.Lab:
    """A lab with a role, a user and a bucket."""
    lab.role("Clerk", policy=[allow("kms:ListKeys")])
    lab.user("ada")
    boto3.client("s3").create_bucket(Bucket="papers")
    return lab


@pytest.mark.parametrize(("service", "method", "parameters", "code", "said"), BAD)
def test_a_bad_policy_is_refused(
    people: labkit.Lab, refusal: Make, service: str, method: str, parameters: dict[str, str], code: str, said: str
) -> None:
    """With the service's code, and a message that says what is wrong."""
    assert refusal(code, getattr(boto3.client(service), method), **parameters).startswith(said)


def test_nothing_of_a_refused_policy_is_kept(people: labkit.Lab, refusal: Make) -> None:
    """The role is not made, the old policy stays."""
    iam = boto3.client("iam")
    refusal(IAM, iam.create_role, RoleName="New", AssumeRolePolicyDocument=NOBODY)
    refusal("NoSuchEntity", iam.get_role, RoleName="New")
    refusal(IAM, iam.put_role_policy, RoleName="Clerk", PolicyName="inline", PolicyDocument="x")
    kept = iam.get_role_policy(RoleName="Clerk", PolicyName="inline")["PolicyDocument"]
    assert kept["Statement"][0]["Action"] == ["kms:ListKeys"]


def test_who_may_not_write_policies_learns_nothing_of_their_faults(people: labkit.Lab, refusal: Make) -> None:
    """Permission comes first."""
    ada = lab_client(people)
    parameters = {"RoleName": "Clerk", "PolicyName": "p", "PolicyDocument": "x"}
    assert "iam:PutRolePolicy" in refusal("AccessDenied", ada.put_role_policy, **parameters)


def lab_client(people: labkit.Lab) -> Any:
    """IAM, called by a user without any policy."""
    return people.user("bob").client("iam")


def test_numbers_in_conditions_need_no_quotation_marks(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """A value in a condition is a string, a number or a Boolean (IAM User Guide, grammar of the policy language)."""
    limit = {"NumericLessThanEquals": {"kms:RotationPeriodInDays": 180}}
    custodian = lab.role("Custodian", policy=[allow("kms:EnableKeyRotation", Condition=limit)]).client("kms")
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    custodian.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    refusal("AccessDeniedException", custodian.enable_key_rotation, KeyId=key, RotationPeriodInDays=181)


def test_a_condition_with_nonsense_for_an_operator_is_still_refused(lab: labkit.Lab, allow: Make) -> None:
    """IAM keeps no policy with an operator that does not exist."""
    with labkit.expect_error("MalformedPolicyDocument"):
        lab.role(
            "Clerk", policy=[allow("kms:Decrypt", Condition={"NumericRoughly": {"kms:RotationPeriodInDays": 180}})]
        )
