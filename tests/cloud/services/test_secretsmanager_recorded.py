"""Secrets Manager's answers beside those of the real service: refusals, staging labels, members, deletion, accounts.

The facts come from LocalStack's validated snapshots (recorded 2022-2026) where a row says "recorded", else from the
source that it names.
"""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit

ROWS = list(
    csv.DictReader(
        (Path(__file__).parent / "secretsmanager_refusals.tsv").read_text(encoding="utf-8").splitlines(),
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
    )
)
MODELLED = {shape.name for shape in botocore.session.get_session().get_service_model("secretsmanager").error_shapes}


def token(number: int) -> str:
    """A version id that says its number."""
    return f"00000000-0000-4000-8000-{number:012}"


@pytest.fixture
def secrets(lab: labkit.Lab) -> Any:
    """Secrets Manager; nothing of a request is checked before it is sent."""
    return boto3.client("secretsmanager", config=Config(parameter_validation=False))


def _call(client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    names = {name: method for method, name in client.meta.method_to_api_mapping.items()}
    answer: dict[str, Any] = getattr(client, names[operation])(**parameters)
    return answer


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['operation']} {row['parameters'][:60]}")
def test_refusals(secrets: Any, row: dict[str, str]) -> None:
    """Each by its code, 400, and the message, which also stands in the error's member Message."""
    arn = secrets.create_secret(Name="db", SecretString="1", ClientRequestToken=token(1))["ARN"]
    secrets.create_secret(Name="empty")
    secrets.create_secret(Name="gone", SecretString="1")
    secrets.delete_secret(SecretId="gone")
    parameters = json.loads(row["parameters"])
    if "SecretBinary" in parameters:
        parameters["SecretBinary"] = base64.b64decode(parameters["SecretBinary"])
    with pytest.raises(ClientError) as refused:
        _call(secrets, row["operation"], parameters)
    answer: dict[str, Any] = dict(refused.value.response)
    message = row["message"].replace("{db}", arn)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Error"] == {"Code": row["code"], "Message": message}
    assert answer.get("Message", message) == message
    assert ("Message" in answer) == (row["code"] in MODELLED)


# What is done with versions 1, 2, ... of a secret that was created with version 1, and the labels that they have then.
# "2 PENDING" puts version 2 with that label, "2" without any; "1>2 CURRENT" moves a label.
STAGES: dict[str, dict[int, str]] = {
    "": {1: "AWSCURRENT"},
    "2": {1: "AWSPREVIOUS", 2: "AWSCURRENT"},
    "2, 3": {2: "AWSPREVIOUS", 3: "AWSCURRENT"},
    "2 AWSPENDING": {1: "AWSCURRENT", 2: "AWSPENDING"},
    "2 AWSPENDING, 1>2 AWSCURRENT": {1: "AWSPREVIOUS", 2: "AWSCURRENT AWSPENDING"},
    "2 AWSPENDING, 1>2 AWSCURRENT, 3": {2: "AWSPREVIOUS", 3: "AWSCURRENT"},
    "2 AWSPENDING, 1>2 AWSCURRENT, 3 AWSPENDING": {1: "AWSPREVIOUS", 2: "AWSCURRENT", 3: "AWSPENDING"},
    "2 AWSPENDING, 1>2 AWSCURRENT, 3 AWSPENDING, 2>3 AWSCURRENT": {2: "AWSPREVIOUS", 3: "AWSCURRENT AWSPENDING"},
    "2 PENDING, 1>2 AWSCURRENT": {1: "AWSPREVIOUS", 2: "AWSCURRENT PENDING"},
    "2 PENDING, 1>2 AWSCURRENT, 2> PENDING": {1: "AWSPREVIOUS", 2: "AWSCURRENT"},
    "2 AWSCURRENT PUT, 3 AWSPENDING, 2>3 AWSCURRENT": {2: "AWSPREVIOUS PUT", 3: "AWSCURRENT AWSPENDING"},
    "2 AWSCURRENT PUT, 3, 4": {2: "PUT", 3: "AWSPREVIOUS", 4: "AWSCURRENT"},
    "2 one two three, 3 one two three four": {1: "AWSCURRENT", 3: "four one three two"},
    "2 one two three, 3 one two four": {1: "AWSCURRENT", 2: "three", 3: "four one two"},
}


@pytest.mark.parametrize("story", STAGES)
def test_staging_labels(secrets: Any, story: str) -> None:
    """ListSecretVersionIds and DescribeSecret show the same; versions without labels only where they are asked for."""
    secrets.create_secret(Name="db", SecretString="1", ClientRequestToken=token(1))
    put = {1}
    for step in filter(None, story.split(", ")):
        where, *labels = step.split()
        if ">" in where:
            source, _, target = where.partition(">")
            to = {"MoveToVersionId": token(int(target))} if target else {}
            secrets.update_secret_version_stage(
                SecretId="db", VersionStage=labels[0], RemoveFromVersionId=token(int(source)), **to
            )
        else:
            put.add(int(where))
            stages = {"VersionStages": labels} if labels else {}
            secrets.put_secret_value(SecretId="db", SecretString=where, ClientRequestToken=token(int(where)), **stages)
    expected = {token(number): sorted(labels.split()) for number, labels in STAGES[story].items()}
    listed = secrets.list_secret_version_ids(SecretId="db")["Versions"]
    assert {each["VersionId"]: sorted(each["VersionStages"]) for each in listed} == expected
    described = secrets.describe_secret(SecretId="db")["VersionIdsToStages"]
    assert {version: sorted(labels) for version, labels in described.items()} == expected
    everything = secrets.list_secret_version_ids(SecretId="db", IncludeDeprecated=True)["Versions"]
    assert {each["VersionId"] for each in everything} == {token(number) for number in put}
    assert all("VersionStages" in each for each in everything if each["VersionId"] in expected)
    assert not any("VersionStages" in each for each in everything if each["VersionId"] not in expected)


def _members(answer: dict[str, Any]) -> set[str]:
    return set(answer) - {"ResponseMetadata"}


def test_members_of_answers(secrets: Any) -> None:
    """Only members that have a value; no date of access before the first, a day without a time after it."""
    short = {"ARN", "Name"}
    assert _members(secrets.create_secret(Name="empty", Description="")) == short
    assert _members(secrets.describe_secret(SecretId="empty")) == short | {"CreatedDate", "LastChangedDate"}
    assert _members(secrets.create_secret(Name="db", SecretString="1")) == short | {"VersionId"}
    known = short | {"CreatedDate", "LastChangedDate", "VersionIdsToStages"}
    assert _members(secrets.describe_secret(SecretId="db")) == known
    got = secrets.get_secret_value(SecretId="db")
    assert _members(got) == short | {"CreatedDate", "SecretString", "VersionId", "VersionStages"}
    accessed = secrets.describe_secret(SecretId="db")["LastAccessedDate"]
    assert (accessed.hour, accessed.minute, accessed.second) == (0, 0, 0)
    assert _members(secrets.update_secret(SecretId="db", Description="d")) == short
    assert _members(secrets.update_secret(SecretId="db", SecretString="2")) == short | {"VersionId"}
    entry = next(each for each in secrets.list_secrets()["SecretList"] if each["Name"] == "db")
    listed = short | {"CreatedDate", "Description", "LastChangedDate", "LastAccessedDate", "SecretVersionsToStages"}
    assert set(entry) == listed
    deleted = secrets.delete_secret(SecretId="db")
    assert _members(deleted) == short | {"DeletionDate"}
    assert secrets.describe_secret(SecretId="db")["DeletedDate"] == deleted["DeletionDate"]
    assert _members(secrets.restore_secret(SecretId="db")) == short
    assert "DeletedDate" not in secrets.describe_secret(SecretId="db")


def test_tags(secrets: Any) -> None:
    """Absent until the first tag, an empty list after the last one."""
    secrets.create_secret(Name="db")
    assert "Tags" not in secrets.describe_secret(SecretId="db")
    for key in ("a", "b"):
        secrets.tag_resource(SecretId="db", Tags=[{"Key": key, "Value": "1"}])
    secrets.tag_resource(SecretId="db", Tags=[{"Key": "a", "Value": "2"}])
    assert secrets.describe_secret(SecretId="db")["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]
    secrets.untag_resource(SecretId="db", TagKeys=["a", "b"])
    assert secrets.describe_secret(SecretId="db")["Tags"] == []


def test_partial_arns(secrets: Any) -> None:
    """Without the six last characters; a name that ends like them is taken for a whole ARN."""
    for name, found in (("plain", True), ("x-a1b2", True), ("x-a1b2c3-", True), ("x-a1b2c3", False)):
        arn = secrets.create_secret(Name=name, SecretString="1")["ARN"]
        assert secrets.get_secret_value(SecretId=arn)["Name"] == name
        if found:
            assert secrets.get_secret_value(SecretId=arn[:-7])["Name"] == name
        else:
            with pytest.raises(ClientError, match="can't find the specified secret"):
                secrets.get_secret_value(SecretId=arn[:-7])


def test_deletion(secrets: Any, lab: labkit.Lab) -> None:
    """By force also what is marked or isn't there; the name is free again; a recovery window ends."""
    first = secrets.create_secret(Name="db", SecretString="1")["ARN"]
    secrets.delete_secret(SecretId="db")
    assert [each["Name"] for each in secrets.list_secrets()["SecretList"]] == []
    assert [each["Name"] for each in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]] == ["db"]
    assert secrets.delete_secret(SecretId="db", ForceDeleteWithoutRecovery=True)["ARN"] == first
    for _ in range(2):
        assert secrets.delete_secret(SecretId="db", ForceDeleteWithoutRecovery=True)["Name"] == "db"
    assert secrets.create_secret(Name="db", SecretString="1")["ARN"] != first
    secrets.delete_secret(SecretId="db", RecoveryWindowInDays=7)
    lab.clock.advance(days=8)
    with pytest.raises(ClientError, match="can't find the specified secret"):
        secrets.restore_secret(SecretId="db")


FILTERS: dict[str, tuple[list[dict[str, Any]], set[int]]] = {
    "name prefix": ([{"Key": "name", "Values": ["/"]}], {2, 4}),
    "name not": ([{"Key": "name", "Values": ["!/"]}], {1, 3}),
    "name words": ([{"Key": "name", "Values": ["testing1 one"]}], set()),
    "description": ([{"Key": "description", "Values": ["a"]}], {1, 2, 3}),
    "description not": ([{"Key": "description", "Values": ["!a"]}], {4}),
    "description words": ([{"Key": "description", "Values": ["a secret"]}], {1, 2}),
    "both": ([{"Key": "description", "Values": ["a"]}, {"Key": "name", "Values": ["an"]}], set()),
}


@pytest.mark.parametrize("case", FILTERS)
def test_filters(secrets: Any, case: str) -> None:
    """What the real service found by the same filters."""
    names = {"testing1/one": "a secret", "/testing2/two": "an secret", "testing3/three": "asecret"}
    for name, description in (names | {"/testing4/four": "thesecret"}).items():
        secrets.create_secret(Name=name, SecretString="x", Description=description)
    filters, expected = FILTERS[case]
    found = secrets.list_secrets(Filters=filters)["SecretList"]
    assert {int(each["Name"].strip("/")[7]) for each in found} == expected


def test_pages_and_order(secrets: Any) -> None:
    """Every secret once, page by page; by name downwards."""
    for number in range(5):
        secrets.create_secret(Name=f"s{number}", SecretString="x")
    pages = list(secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2}))
    assert [[each["Name"] for each in page["SecretList"]] for page in pages] == [["s0", "s1"], ["s2", "s3"], ["s4"]]
    downwards = secrets.list_secrets(SortBy="name", SortOrder="desc")["SecretList"]
    assert [each["Name"] for each in downwards] == ["s4", "s3", "s2", "s1", "s0"]


def test_a_batch_goes_on_where_one_is_refused(secrets: Any, lab: labkit.Lab) -> None:
    """A secret without permission, and one that isn't there, stand among the errors."""
    mine, other = (secrets.create_secret(Name=name, SecretString="x")["ARN"] for name in ("mine", "other"))
    rules = [
        {"Effect": "Allow", "Action": "secretsmanager:BatchGetSecretValue", "Resource": "*"},
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": [mine, f"{mine[:-11]}nobody*"]},
    ]
    clerk = lab.role("Clerk", policy=rules).client("secretsmanager")
    answer = clerk.batch_get_secret_value(SecretIdList=["mine", "other", "nobody"])
    assert [each["Name"] for each in answer["SecretValues"]] == ["mine"]
    errors = [(each["SecretId"], each["ErrorCode"]) for each in answer["Errors"]]
    assert errors == [(other, "AccessDeniedException"), ("nobody", "ResourceNotFoundException")]
    events = [each for each in lab.events() if each["eventName"] == "GetSecretValue"]
    assert [each.get("errorCode") for each in events] == [None, "AccessDenied", "ResourceNotFoundException"]
    asked = [each["requestParameters"]["secretId"] for each in events if each.get("errorCode") != "AccessDenied"]
    assert asked == ["mine", "nobody"]


def test_passwords(secrets: Any) -> None:
    """At least one character of each type; none that is excluded."""
    password = secrets.get_random_password(PasswordLength=120, ExcludeCharacters="xyzDje@?!.")["RandomPassword"]
    assert len(password) == 120
    assert not set(password) & set("xyzDje@?!.")
    short = secrets.get_random_password(PasswordLength=4)["RandomPassword"]
    assert [any(test(c) for c in short) for test in (str.islower, str.isupper, str.isdigit)] == [True] * 3
    assert set(secrets.get_random_password(IncludeSpace=True, PasswordLength=999)["RandomPassword"]) >= {" "}


def test_other_accounts(secrets: Any, lab: labkit.Lab, key: str, reader: Callable[..., Any]) -> None:
    """A policy lets another account in; values under aws/secretsmanager stay at home (recorded)."""
    visitor = lab.account("Visitor")
    arn = secrets.create_secret(Name="db", SecretString="1")["ARN"]
    allow = {"Effect": "Allow", "Principal": {"AWS": visitor.account_id}, "Action": "secretsmanager:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    secrets.put_resource_policy(SecretId="db", ResourcePolicy=policy)
    abroad = visitor.client("secretsmanager")
    assert abroad.describe_secret(SecretId=arn)["ARN"] == arn
    assert abroad.list_secrets()["SecretList"] == []
    for attempt in (
        lambda: abroad.get_secret_value(SecretId=arn),
        lambda: abroad.put_secret_value(SecretId=arn, SecretString="2"),
    ):
        with pytest.raises(ClientError, match="from a different AWS account if you encrypt") as refused:
            attempt()
        assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    statement = {"Effect": "Allow", "Principal": {"AWS": visitor.account_id}, "Action": "kms:*", "Resource": "*"}
    kms = boto3.client("kms")
    document = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    kms.put_key_policy(KeyId=key, Policy=json.dumps(document | {"Statement": [*document["Statement"], statement]}))
    secrets.update_secret(SecretId="db", KmsKeyId=key.rpartition("/")[2])
    assert abroad.get_secret_value(SecretId=arn)["SecretString"] == "1"
    abroad.put_secret_value(SecretId=arn, SecretString="2")
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "2"
