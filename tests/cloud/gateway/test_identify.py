"""Who calls: a wrong signature, an unknown key and an expired session are refused as AWS refuses them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

Client = Callable[..., Any]


def _refusal(call: Callable[[], Any]) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


INVALID = "The security token included in the request is invalid."
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
UNKNOWN = [
    ("kms", "list_keys", "UnrecognizedClientException", INVALID, 400),
    ("sts", "get_caller_identity", "InvalidClientTokenId", INVALID, 403),
    ("iam", "list_users", "InvalidClientTokenId", INVALID, 403),
    (
        "s3",
        "list_buckets",
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    ),
    ("ec2", "describe_volumes", "AuthFailure", "AWS was not able to validate the provided access credentials", 401),
]


@pytest.mark.parametrize(("service", "method", "code", "message", "status"), UNKNOWN)
def test_an_unknown_access_key_is_refused(
    client: Client, service: str, method: str, code: str, message: str, status: int
) -> None:
    """Each service has its own words for it."""
    made = client(service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x", aws_session_token="")
    assert _refusal(getattr(made, method)) == (code, message, status)


@pytest.mark.parametrize(
    ("service", "method", "code", "status"),
    [
        ("kms", "list_keys", "InvalidSignatureException", 400),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch", 403),
    ],
)
def test_a_wrong_secret_is_refused(client: Client, service: str, method: str, code: str, status: int) -> None:
    """The key is known, but the signature was made with another secret."""
    made = client(
        service,
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="not the secret",
        aws_session_token=os.environ["AWS_SESSION_TOKEN"],
    )
    assert _refusal(getattr(made, method)) == (code, MISMATCH, status)


def test_a_session_without_its_token_is_refused(client: Client) -> None:
    """Temporary credentials are three values, not two."""
    made = client(
        "kms",
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        aws_session_token="another token",
    )
    assert _refusal(made.list_keys) == ("UnrecognizedClientException", INVALID, 400)


def test_an_expired_session_is_refused_and_the_learner_stays_signed_in(lab: labkit.Lab, client: Client) -> None:
    """A role's session ends after an hour of lab time; moving the clock does not sign the learner out."""
    keys = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{lab.account_id}:role/LabAdministrator", RoleSessionName="other", DurationSeconds=3600
    )["Credentials"]
    lab.role("Clerk", [{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}])
    keys = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{lab.account_id}:role/Clerk", RoleSessionName="clerk", DurationSeconds=3600
    )["Credentials"]
    clerk = client(
        "kms",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert clerk.list_keys()["Keys"] == []
    lab.clock.advance(hours=1)
    expected = ("ExpiredTokenException", "The security token included in the request is expired", 400)
    assert _refusal(clerk.list_keys) == expected
    assert client("kms").list_keys()["Keys"] == []


def test_a_users_key_signs_and_an_inactive_one_does_not(lab: labkit.Lab, client: Client) -> None:
    """Long-term access keys of IAM users work until they are switched off."""
    iam = boto3.client("iam")
    iam.create_user(UserName="ada")
    iam.attach_user_policy(UserName="ada", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    options = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    ada = client("sts", aws_session_token="", **options)
    assert ada.get_caller_identity()["Arn"] == f"arn:aws:iam::{lab.account_id}:user/ada"
    iam.update_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert _refusal(ada.get_caller_identity) == ("InvalidClientTokenId", INVALID, 403)


def test_an_unsigned_call_is_refused(lab: labkit.Lab, client: Client) -> None:
    """KMS takes no anonymous calls."""
    from botocore import UNSIGNED
    from botocore.config import Config

    anonymous = boto3.client("kms", config=Config(signature_version=UNSIGNED))
    assert _refusal(anonymous.list_keys)[0] == "MissingAuthenticationTokenException"
