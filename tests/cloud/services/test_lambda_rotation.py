"""A secret rotated by its Lambda function: four steps, a new value, and the calls that they make."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

from .test_lambda import EVERYTHING, function, lab, package  # noqa: F401  # fixtures and helpers

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"
ROTATOR = """
import boto3
client = boto3.client("secretsmanager")

def handler(event, context):
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    print(step)
    if step == "createSecret":
        try:
            client.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
        except client.exceptions.ResourceNotFoundException:
            client.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString="new",
                                    VersionStages=["AWSPENDING"])
    if step == "testSecret":
        assert client.get_secret_value(SecretId=secret, VersionStage="AWSPENDING")["SecretString"] == "new"
    if step == "finishSecret":
        versions = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
        current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
        client.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token,
                                           RemoveFromVersionId=current)
"""


@pytest.fixture
def secret(lab: labkit.Lab) -> str:  # noqa: F811
    """The ARN of a secret under a key of its own."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    return str(boto3.client("secretsmanager").create_secret(Name="db", SecretString="old", KmsKeyId=key)["ARN"])


def _permit() -> None:
    """Let Secrets Manager invoke the function."""
    boto3.client("lambda").add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="secretsmanager.amazonaws.com"
    )


def _value(**which: str) -> str:
    return str(boto3.client("secretsmanager").get_secret_value(SecretId="db", **which)["SecretString"])


def test_a_rotation_has_four_steps(secret: str, function: Callable[..., str], lab: labkit.Lab) -> None:  # noqa: F811
    """The new value is current, the old one previous; both under the key, by the function's role."""
    function(ROTATOR, statements=EVERYTHING)
    _permit()
    client = boto3.client("secretsmanager")
    answer = client.rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION)
    assert (_value(), _value(VersionStage="AWSPREVIOUS")) == ("new", "old")
    described = client.describe_secret(SecretId="db")
    assert described["RotationEnabled"]
    assert "AWSCURRENT" in described["VersionIdsToStages"][answer["VersionId"]]
    invoked = [event for event in lab.events() if event["eventName"] == "Invoke"]
    assert len(invoked) == 4
    assert {event["userIdentity"]["invokedBy"] for event in invoked} == {"secretsmanager.amazonaws.com"}
    sealed = [event for event in lab.events() if event["eventName"] == "GenerateDataKey"][-1]
    assert sealed["userIdentity"]["arn"].endswith("assumed-role/FunctionRole/f")
    assert sealed["userIdentity"]["invokedBy"] == "secretsmanager.amazonaws.com"
    assert sealed["requestParameters"]["encryptionContext"]["SecretVersionId"] == answer["VersionId"]


def test_a_function_must_let_secrets_manager_in(secret: str, function: Callable[..., str]) -> None:  # noqa: F811
    """Without a statement in the function's policy nothing is rotated."""
    function(ROTATOR, statements=EVERYTHING)
    with pytest.raises(ClientError, match="Secrets Manager cannot invoke the specified Lambda function") as refused:
        boto3.client("secretsmanager").rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert _value() == "old"


def test_a_failed_step_leaves_the_old_value(secret: str, function: Callable[..., str]) -> None:  # noqa: F811
    """A role that may not use the key: the pending version stays empty, and the next rotation is refused."""
    secrets = [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}]
    function(ROTATOR, statements=secrets)
    _permit()
    client = boto3.client("secretsmanager")
    client.rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION)
    assert _value() == "old"
    with pytest.raises(ClientError, match="A previous rotation isn't complete"):
        client.rotate_secret(SecretId="db")


def test_a_secret_without_a_function_is_not_rotated(secret: str) -> None:
    """RotateSecret needs to know the function once."""
    with pytest.raises(ClientError, match="No Lambda rotation function ARN is associated with this secret"):
        boto3.client("secretsmanager").rotate_secret(SecretId="db")


def test_the_configuration_can_be_tested_alone(secret: str, function: Callable[..., str]) -> None:  # noqa: F811
    """RotateImmediately=False runs testSecret on a pending version, which is removed again."""
    function("def handler(event, context):\n    print(event['Step'])", statements=EVERYTHING)
    _permit()
    client = boto3.client("secretsmanager")
    rules: dict[str, Any] = {"AutomaticallyAfterDays": 30}
    client.rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION, RotateImmediately=False, RotationRules=rules)
    logs = boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert [event["message"] for event in logs if "Secret" in event["message"]] == ["testSecret\n"]
    assert list(client.describe_secret(SecretId="db")["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
    assert json.dumps(client.describe_secret(SecretId="db")["RotationRules"]) == json.dumps(rules)
