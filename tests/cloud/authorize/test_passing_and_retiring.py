"""Passing a role to a service, retiring a grant by its token alone, grants by grants, grants that take their time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit

Make = Callable[..., Any]
DENIED = "AccessDeniedException"


def _function(role: str) -> dict[str, Any]:
    """CreateFunction's parameters."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 1\n")
    return {
        "FunctionName": "reader",
        "Runtime": "python3.12",
        "Role": role,
        "Handler": "index.handler",
        "Code": {"ZipFile": code.getvalue()},
    }


def test_who_makes_a_function_must_be_allowed_to_pass_its_role(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """iam:PassRole is asked on the role, and Lambda refuses in its own form (recorded)."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    job = lab.role("Job", trust=[trust])
    maker = lab.role("Maker", policy=[allow("lambda:*")]).client("lambda")
    said = refusal(DENIED, maker.create_function, **_function(job.arn))
    assert said.endswith(
        "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/Job "
        "because no identity-based policy allows the iam:PassRole action"
    )


@pytest.mark.parametrize(("service", "allowed"), [("lambda.amazonaws.com", True), ("ec2.amazonaws.com", False)])
def test_a_role_can_be_passed_to_some_services_only(
    lab: labkit.Lab, allow: Make, refusal: Make, service: str, allowed: bool
) -> None:
    """iam:PassedToService."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    job = lab.role("Job", trust=[trust])
    passing = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": service}})
    maker = lab.role("Maker", policy=[allow("lambda:*"), passing]).client("lambda")
    if allowed:
        assert maker.create_function(**_function(job.arn))["FunctionName"] == "reader"
    else:
        assert "iam:PassRole" in refusal(DENIED, maker.create_function, **_function(job.arn))


def test_a_grant_token_alone_names_the_grant_to_retire(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """The retiring principal retires it; a stranger does not."""
    kms = boto3.client("kms")
    clerk, intern = lab.role("Clerk"), lab.role("Intern", policy=[allow("kms:ListKeys")])
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    parameters = {"GranteePrincipal": intern.arn, "Operations": ["Encrypt"], "RetiringPrincipal": clerk.arn}
    first = kms.create_grant(KeyId=key_id, Name="first", **parameters)
    second = kms.create_grant(KeyId=key_id, Name="second", **parameters)
    assert "kms:RetireGrant" in refusal(DENIED, intern.client("kms").retire_grant, GrantToken=second["GrantToken"])
    clerk.client("kms").retire_grant(GrantToken=second["GrantToken"])
    assert [grant["GrantId"] for grant in kms.list_grants(KeyId=key_id)["Grants"]] == [first["GrantId"]]


EQUALS, SUBSET, ARN = "EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/orders"
CHILDREN = [
    ({}, {}, True),
    ({}, {EQUALS: {"a": "b"}}, True),
    ({EQUALS: {"a": "b"}}, {EQUALS: {"a": "b"}}, True),
    ({EQUALS: {"a": "b"}}, {SUBSET: {"a": "b"}}, False),
    ({EQUALS: {"a": "b"}}, {}, False),
    ({SUBSET: {"a": "b"}}, {SUBSET: {"a": "b", "c": "d"}}, True),
    ({SUBSET: {"a": "b"}}, {EQUALS: {"a": "b", "c": "d"}}, True),
    ({SUBSET: {"a": "b"}}, {ARN: TABLE, EQUALS: {"a": "b"}}, True),
    ({SUBSET: {"a": "b"}}, {SUBSET: {"c": "d"}}, False),
    ({SUBSET: {"a": "b"}}, {ARN: TABLE}, False),
    ({SUBSET: {"a": "b"}}, {}, False),
]


@pytest.mark.parametrize(("parent", "child", "fits"), CHILDREN)
def test_grants_made_by_a_grant(
    lab: labkit.Lab, refusal: Make, parent: dict[str, Any], child: dict[str, Any], fits: bool
) -> None:
    """Who may create grants by a grant alone passes on no more than they have, and no looser."""
    kms = boto3.client("kms")
    clerk, intern = lab.role("Clerk"), lab.role("Intern")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_grant(KeyId=key, GranteePrincipal=clerk.arn, Operations=["CreateGrant", "Decrypt"], Constraints=parent)
    make = clerk.client("kms").create_grant
    wanted = {"KeyId": key, "GranteePrincipal": intern.arn, "Constraints": child}
    if fits:
        assert make(**wanted, Operations=["Decrypt"])["GrantId"]
    else:
        assert "kms:CreateGrant" in refusal(DENIED, make, **wanted, Operations=["Decrypt"])
    assert "kms:CreateGrant" in refusal(DENIED, make, **wanted, Operations=["Encrypt"])


@pytest.mark.parametrize(
    ("policy", "principal", "allowed"),
    [("Clerk", "Clerk", True), ("Clerk", "Intern", False), ("*", "Intern", True)],
)
def test_retirable_grants_are_listed_for_principals_that_a_policy_names(
    lab: labkit.Lab, refusal: Make, policy: str, principal: str, allowed: bool
) -> None:
    """The resource is the retiring principal of the request (ListRetirableGrants)."""
    roles = "arn:aws:iam::111122223333:role/"
    statement = {"Effect": "Allow", "Action": "kms:ListRetirableGrants", "Resource": roles + policy}
    listing = lab.role("Clerk", policy=[statement]).client("kms").list_retirable_grants
    if allowed:
        assert listing(RetiringPrincipal=roles + principal)["Grants"] == []
    else:
        said = refusal(DENIED, listing, RetiringPrincipal=roles + principal)
        assert f"perform: kms:ListRetirableGrants on resource: {roles}{principal}" in said


def test_retirable_grants_of_another_account_are_not_listed(lab: labkit.Lab, refusal: Make) -> None:
    """ "You must specify a principal in your Amazon Web Services account" (ListRetirableGrants)."""
    abroad = "arn:aws:iam::444455556666:role/Clerk"
    assert abroad in refusal(DENIED, boto3.client("kms").list_retirable_grants, RetiringPrincipal=abroad)


def test_a_grant_takes_its_time_and_its_token_is_at_once(lab: labkit.Lab, refusal: Make) -> None:
    """`lab.grant_delay` switches the propagation on, and off."""
    kms = boto3.client("kms")
    clerk = lab.role("Clerk")
    key_id = kms.create_key()["KeyMetadata"]["Arn"]
    lab.grant_delay(minutes=5)
    grant = {"KeyId": key_id, "GranteePrincipal": clerk.arn, "Operations": ["Encrypt"]}
    token = kms.create_grant(**grant)["GrantToken"]
    use = clerk.client("kms").encrypt
    refusal(DENIED, use, KeyId=key_id, Plaintext=b"x")
    assert use(KeyId=key_id, Plaintext=b"x", GrantTokens=[token])["KeyId"] == key_id
    lab.clock.advance(minutes=5)
    assert use(KeyId=key_id, Plaintext=b"x")["KeyId"] == key_id
    with pytest.raises(ValueError, match="not before"):
        lab.grant_delay(minutes=-1)


def test_listing_buckets_is_refused_without_a_resource(lab: labkit.Lab, refusal: Make) -> None:
    """S3's sentence for ListBuckets has no resource (recorded)."""
    said = refusal("AccessDenied", lab.role("Clerk").client("s3").list_buckets)
    assert said.endswith(
        "is not authorized to perform: s3:ListAllMyBuckets "
        "because no identity-based policy allows the s3:ListAllMyBuckets action"
    )
