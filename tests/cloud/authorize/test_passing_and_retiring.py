"""Passing a role to a service, retiring a grant by its token alone, grants that take their time."""

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
