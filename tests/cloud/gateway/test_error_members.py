"""Where an error has its message on the wire: in the member that the service's model names."""

from __future__ import annotations

import json

import boto3
import pytest

import labkit

from .raw import Raw

JSON = "application/x-amz-json-1.1"
NO_TOKEN = "You must provide a ClientRequestToken value. We recommend a UUID-type value."  # a message


@pytest.mark.parametrize(
    ("operation", "name", "code"),
    [
        ("CreateSecret", "Name", "InvalidRequestException"),
        ("PutSecretValue", "SecretId", "InvalidRequestException"),
        ("RotateSecret", "SecretId", "InvalidParameterException"),
        ("UpdateSecret", "SecretId", "InvalidRequestException"),
    ],
)
def test_a_token_is_missing(lab: labkit.Lab, operation: str, name: str, code: str) -> None:
    """The SDKs fill it in; without it, the answer is as LocalStack recorded it (2023): Message, not message."""
    body = json.dumps({name: "db", "SecretString": "x", "Description": "y"})
    raw = Raw(lab.endpoint, boto3.client("secretsmanager"))
    target = f"secretsmanager.{operation}"
    status, answer = raw("secretsmanager", body, content_type=JSON, x_amz_target=target)
    assert (status, json.loads(answer)) == (400, {"__type": code, "Message": NO_TOKEN})


def test_binary_values_on_the_wire(lab: labkit.Lab) -> None:
    """In base64 (recorded)."""
    boto3.client("secretsmanager").create_secret(Name="db", SecretBinary=b"footest")
    raw = Raw(lab.endpoint, boto3.client("secretsmanager"))
    body = json.dumps({"SecretId": "db"})
    status, answer = raw("secretsmanager", body, content_type=JSON, x_amz_target="secretsmanager.GetSecretValue")
    assert (status, json.loads(answer)["SecretBinary"]) == (200, "Zm9vdGVzdA==")
