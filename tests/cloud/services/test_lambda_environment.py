"""Environment variables under a customer managed key: the calls that Lambda makes, and what a lost key does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.cloud.services.lambda_ import runtime

from .test_lambda import LOGS, TRUST, function, invoke, lab, package  # noqa: F401  # fixtures and helpers

ARN = "arn:aws:lambda:us-east-1:111122223333:function:f"
READER = "import os\ndef handler(event, context):\n    return os.environ['PASSWORD']"


@pytest.fixture
def key(function: Callable[..., str]) -> str:  # noqa: F811
    """A key, and a function whose variables are under it."""
    arn = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    function(READER, KMSKeyArn=arn, Environment={"Variables": {"PASSWORD": "MARK"}})
    return str(arn)


def _named(lab: labkit.Lab, name: str) -> list[dict[str, Any]]:  # noqa: F811
    return [event for event in lab.events() if event["eventName"] == name]


def test_the_creator_lets_the_role_decrypt(key: str, lab: labkit.Lab) -> None:  # noqa: F811
    """CreateGrant for Decrypt and RetireGrant under the function's context, invokedBy lambda, for the caller."""
    event = _named(lab, "CreateGrant")[0]
    assert event["userIdentity"]["invokedBy"] == "lambda.amazonaws.com"
    assert event["userIdentity"]["arn"].endswith("assumed-role/LabAdministrator/learner")
    assert event["requestParameters"] == {
        "keyId": key,
        "granteePrincipal": "arn:aws:iam::111122223333:role/FunctionRole",
        "operations": ["Decrypt", "RetireGrant"],
        "constraints": {"encryptionContextEquals": {"aws:lambda:FunctionArn": ARN}},
    }


def test_a_cold_start_decrypts_as_the_role(key: str, lab: labkit.Lab) -> None:  # noqa: F811
    """The role's own Decrypt, not invoked by anybody (captured), and the function has its variable."""
    assert invoke()[0] == "MARK"
    event = _named(lab, "Decrypt")[-1]
    assert event["userIdentity"]["arn"] == "arn:aws:sts::111122223333:assumed-role/FunctionRole/f"
    assert "invokedBy" not in event["userIdentity"]
    assert event["requestParameters"]["encryptionContext"] == {"aws:lambda:FunctionArn": ARN}
    assert event["resources"][0]["ARN"] == key
    assert "MARK" not in json.dumps(lab.events())


def test_without_awss_runtime_all_but_the_code_happens(
    key: str,
    lab: labkit.Lab,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where awslambdaric has no build the answer says so in a line; the cold start and the logs are there."""
    monkeypatch.setattr(runtime, "available", lambda: False)
    payload, answer = invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.NotOnThisSystem"
    assert payload["errorMessage"].startswith("AWS's runtime for Python (awslambdaric) is not on this system")
    assert _named(lab, "Decrypt")[-1]["requestParameters"]["encryptionContext"] == {"aws:lambda:FunctionArn": ARN}
    events = boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert payload["errorMessage"] + "\n" in [event["message"] for event in events]


@pytest.mark.parametrize(
    ("lose", "error", "tail"),
    [
        (
            lambda kms, key: kms.disable_key(KeyId=key),
            "KMSDisabledException",
            "KMS Exception: DisabledExceptionKMS Message: {} is disabled.",
        ),
        (
            lambda kms, key: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
            "KMSInvalidStateException",
            "KMS Exception: KMSInvalidStateExceptionKMS Message: {} is pending deletion.",
        ),
    ],
)
def test_without_its_key_a_function_does_not_start(key: str, lose: Any, error: str, tail: str) -> None:
    """Invoke fails with Lambda's error, which ends in KMS's own words."""
    lose(boto3.client("kms"), key)
    with pytest.raises(ClientError) as refused:
        invoke()
    assert refused.value.response["Error"]["Code"] == error
    assert refused.value.response["Error"]["Message"].endswith(tail.format(key))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502


def test_without_its_grant_a_function_does_not_start(key: str) -> None:
    """The role has no permission of its own: with the grant revoked, access is denied."""
    kms = boto3.client("kms")
    kms.revoke_grant(KeyId=key, GrantId=kms.list_grants(KeyId=key)["Grants"][0]["GrantId"])
    with pytest.raises(ClientError, match="KMS access was denied") as refused:
        invoke()
    assert refused.value.response["Error"]["Code"] == "KMSAccessDeniedException"


def test_a_new_role_of_the_same_name_does_not_start_the_function(key: str, lab: labkit.Lab) -> None:  # noqa: F811
    """The grant is the first role's; configured anew, the function starts (AWS Knowledge Center; azul issue 4200)."""
    iam, functions = boto3.client("iam"), boto3.client("lambda")
    iam.delete_role_policy(RoleName="FunctionRole", PolicyName="p")
    iam.delete_role(RoleName="FunctionRole")
    iam.create_role(RoleName="FunctionRole", AssumeRolePolicyDocument=json.dumps(TRUST))
    with pytest.raises(ClientError) as refused:
        invoke()
    assert refused.value.response["Error"]["Code"] == "KMSAccessDeniedException"
    assert "the grant names AROA" in lab.explain(refused.value).text
    functions.update_function_configuration(FunctionName="f", KMSKeyArn=key)
    assert invoke()[0] == "MARK"


def test_who_may_not_decrypt_sees_an_error_in_place_of_the_variables(key: str, lab: labkit.Lab) -> None:  # noqa: F811
    """GetFunctionConfiguration works; its Environment holds an error for a caller without kms:Decrypt."""
    shown = boto3.client("lambda").get_function_configuration(FunctionName="f")
    assert (shown["KMSKeyArn"], shown["Environment"]) == (key, {"Variables": {"PASSWORD": "MARK"}})
    clerk = lab.role("Clerk", [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}])
    environment = clerk.client("lambda").get_function_configuration(FunctionName="f")["Environment"]
    assert environment["Error"]["ErrorCode"] == "AccessDeniedException"
    assert "Variables" not in environment


def test_a_key_that_can_not_be_used_makes_no_function(function: Callable[..., str]) -> None:  # noqa: F811
    """CreateFunction with a disabled key is refused in Lambda's words, and leaves nothing."""
    kms = boto3.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    with pytest.raises(ClientError, match="KMS key is invalid for CreateGrant"):
        function(READER, KMSKeyArn=arn, Environment={"Variables": {"PASSWORD": "x"}})
    assert boto3.client("lambda").list_functions()["Functions"] == []


def test_variables_move_to_another_key(key: str, lab: labkit.Lab) -> None:  # noqa: F811
    """UpdateFunctionConfiguration with another key decrypts under the old one and encrypts under the new one."""
    kms = boto3.client("kms")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    boto3.client("lambda").update_function_configuration(FunctionName="f", KMSKeyArn=other)
    kms.disable_key(KeyId=key)
    assert invoke()[0] == "MARK"
    assert [event["resources"][0]["ARN"] for event in _named(lab, "Encrypt")] == [key, other]
