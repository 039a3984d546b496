"""A request has one reading: what was authorized is what is done, however the request is written."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit

from .raw import FORM, Raw

JSON = "application/x-amz-json-1.1"
READ = "secretsmanager.GetSecretValue"


@pytest.fixture
def secrets(lab: labkit.Lab) -> dict[str, str]:
    """Two secrets' ARNs by name: the clerk may read "mine" only."""
    client = boto3.client("secretsmanager")
    return {name: client.create_secret(Name=name, SecretString=f"it is {name}")["ARN"] for name in ("mine", "other")}


def raw(lab: labkit.Lab, *statements: dict[str, Any]) -> Raw:
    """Requests of a role with these permissions."""
    return Raw(lab.endpoint, lab.role("Clerk", policy=list(statements)).client("sts"))


@pytest.mark.parametrize(
    ("target", "extra"),
    [("/?SecretId=other", {}), ("/", {"Description": "&SecretId=other&"}), ("/?Action=ListSecrets", {})],
    ids=["in the query string", "in the text of a JSON member", "another operation in the query string"],
)
def test_a_secret_is_named_by_the_body_alone(
    lab: labkit.Lab, secrets: dict[str, str], target: str, extra: dict[str, str]
) -> None:
    """Permission for one secret opens no other."""
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets["mine"]}
    body = json.dumps({"SecretId": secrets["mine"]} | extra)
    status, answer = raw(lab, allowed)("secretsmanager", body, target=target, content_type=JSON, x_amz_target=READ)
    assert (status, json.loads(answer)["SecretString"]) == (200, "it is mine")


def test_the_target_header_names_the_operation_alone(lab: labkit.Lab, secrets: dict[str, str]) -> None:
    """Permission to draw a random password reads no secret."""
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetRandomPassword", "Resource": "*"}
    body = json.dumps({"SecretId": "other"})
    status, answer = raw(lab, allowed)(
        "secretsmanager",
        body,
        target="/?Action=GetSecretValue",
        content_type=JSON,
        x_amz_target="secretsmanager.GetRandomPassword",
    )
    assert (status, list(json.loads(answer))) == (200, ["RandomPassword"])


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/", "Action=DeleteUser&Version=2010-05-08&UserName=other&UserName=mine"),
        ("/?UserName=other", "Action=DeleteUser&Version=2010-05-08&UserName=mine"),
        ("/?Action=DeleteUser&UserName=other", "Action=GetUser&Version=2010-05-08&UserName=mine"),
    ],
    ids=["twice in the form", "in the query string too", "another action in the query string"],
)
def test_a_form_has_one_reading(lab: labkit.Lab, target: str, body: str) -> None:
    """Permission for one user deletes no other."""
    iam = boto3.client("iam")
    for name in ("mine", "other"):
        iam.create_user(UserName=name)
    allowed = {"Effect": "Allow", "Action": "iam:*", "Resource": f"arn:aws:iam::{lab.account_id}:user/mine"}
    status, _ = raw(lab, allowed)("iam", body, target=target, content_type=FORM)
    assert status == 200
    assert "other" in {user["UserName"] for user in iam.list_users()["Users"]}


def test_a_rest_operation_is_its_path(lab: labkit.Lab) -> None:
    """Lambda's operations are named by method and path; neither query string nor headers say otherwise."""
    allowed = {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"}
    status, answer = raw(lab, allowed)(
        "lambda",
        method="GET",
        target="/2015-03-31/functions/?Action=ListLayers",
        x_amz_target="Lambda.ListLayers",
    )
    assert (status, json.loads(answer)) == (200, {"Functions": []})


def test_no_header_takes_a_caller_to_another_account(lab: labkit.Lab, secrets: dict[str, str]) -> None:
    """The account is the signer's."""
    allowed = {"Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"}
    headers = {"content_type": JSON, "x_amz_target": "secretsmanager.ListSecrets", "x_moto_account_id": "444455556666"}
    status, answer = raw(lab, allowed)("secretsmanager", "{}", **headers)
    assert (status, {item["Name"] for item in json.loads(answer)["SecretList"]}) == (200, {"mine", "other"})


@pytest.mark.parametrize("path", ["/moto-api/reset", "/moto-api/data.json", "/latest/meta-data/", "/"])
def test_nothing_answers_without_credentials(lab: labkit.Lab, path: str) -> None:
    """No path of the mock beneath is reachable: unsigned requests are S3's, and refused."""
    anybody = Raw(lab.endpoint, boto3.client("sts"))
    status, answer = anybody.send({"x-moto-account-id": lab.account_id}, method="GET", target=path)
    assert status == 403
    assert "<Code>AccessDenied</Code>" in answer
