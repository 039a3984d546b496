"""Parameter Store's answers beside those of the real service: refusals in a table, references to secrets, names."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit

ROWS = list(
    csv.DictReader(
        (Path(__file__).parent / "ssm_refusals.tsv").read_text(encoding="utf-8").splitlines(),
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
    )
)
REFERENCE = "/aws/reference/secretsmanager/db"


@pytest.fixture
def ssm(lab: labkit.Lab) -> Any:
    """Systems Manager, with three parameters; nothing of a request is checked before it is sent."""
    client = boto3.client("ssm", config=Config(parameter_validation=False))
    client.put_parameter(Name="/a/string", Value="1", Type="String")
    client.put_parameter(Name="/a/secure", Value="1", Type="SecureString")
    client.put_parameter(Name="/a/advanced", Value="1", Type="String", Tier="Advanced")
    return client


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['operation']} {row['parameters'][:60]}")
def test_refusals(ssm: Any, row: dict[str, str]) -> None:
    """Each by its code, 400, and the message; ParameterNotFound has none."""
    boto3.client("secretsmanager").create_secret(Name="db", SecretString="x")
    names = {name: method for method, name in ssm.meta.method_to_api_mapping.items()}
    with pytest.raises(ClientError) as refused:
        getattr(ssm, names[row["operation"]])(**json.loads(row["parameters"]))
    answer = refused.value.response
    assert answer["Error"]["Code"] == row["code"]
    assert answer["Error"].get("Message", "") == row["message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(("tier", "size", "fits"), [("Standard", 4096, True), ("Standard", 4097, False)])
@pytest.mark.parametrize("kind", ["String", "StringList", "SecureString"])
def test_sizes_hold_for_every_type(ssm: Any, kind: str, tier: str, size: int, fits: bool) -> None:
    """4,096 bytes and no more in the standard tier."""
    put = {"Name": "/a/new", "Value": "x" * size, "Type": kind, "Tier": tier}
    if fits:
        assert ssm.put_parameter(**put)["Tier"] == tier
        return
    with pytest.raises(ClientError, match="Standard tier parameters support a maximum parameter value of 4096"):
        ssm.put_parameter(**put)


def test_a_type_may_change(ssm: Any) -> None:
    """From SecureString to String the key goes; back again the managed key comes."""
    ssm.put_parameter(Name="/a/secure", Value="2", Type="String", Overwrite=True)
    assert ssm.get_parameter(Name="/a/secure")["Parameter"]["Value"] == "2"
    filters = [{"Key": "Name", "Values": ["/a/secure"]}]
    assert "KeyId" not in ssm.describe_parameters(ParameterFilters=filters)["Parameters"][0]
    ssm.put_parameter(Name="/a/secure", Value="3", Type="SecureString", Overwrite=True)
    assert ssm.get_parameter(Name="/a/secure", WithDecryption=True)["Parameter"]["Value"] == "3"
    assert ssm.describe_parameters(ParameterFilters=filters)["Parameters"][0]["KeyId"] == "alias/aws/ssm"


def test_a_name_without_levels_has_two_forms(ssm: Any) -> None:
    """With a slash or without; the answer has the form that was asked for (LocalStack, validated)."""
    ssm.put_parameter(Name="plain", Value="123", Type="SecureString")
    for name in ("plain", "/plain"):
        assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Name"] == name
        assert [each["Name"] for each in ssm.get_parameters(Names=[name])["Parameters"]] == [name]
    ssm.put_parameter(Name="/other", Value="1", Type="SecureString")
    ssm.put_parameter(Name="/other", Value="2", Overwrite=True)
    assert ssm.get_parameter(Name="/other", WithDecryption=True)["Parameter"]["Value"] == "2"


def test_many_are_answered_in_the_order_asked(ssm: Any) -> None:
    """At each run the same; what isn't there stands apart."""
    names = [f"/a/p{number}" for number in range(8)]
    for name in names:
        ssm.put_parameter(Name=name, Value="x", Type="String")
    arn = ssm.get_parameter(Name=names[3])["Parameter"]["ARN"]
    asked = [*names[4:], arn, "/a/none", *names[:3]]
    answer = ssm.get_parameters(Names=asked)
    assert [each["Name"] for each in answer["Parameters"]] == [*names[4:], names[3], *names[:3]]
    assert answer["InvalidParameters"] == ["/a/none"]


def test_a_secret_is_read_as_a_parameter(ssm: Any, lab: labkit.Lab) -> None:
    """GetSecretValue on the caller's behalf, which is recorded; versions and labels stand behind a colon."""
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="db", SecretString="1")["ARN"]
    secrets.put_secret_value(SecretId="db", SecretString="2")
    shown = ssm.get_parameter(Name=REFERENCE, WithDecryption=True)["Parameter"]
    assert (shown["Name"], shown["Type"], shown["Value"], shown["Version"]) == (REFERENCE, "SecureString", "2", 0)
    source = json.loads(shown["SourceResult"])
    assert (source["name"], source["ARN"]) == ("db", arn)
    event = [each for each in lab.events() if each["eventName"] == "GetSecretValue"][-1]
    assert event["userIdentity"]["invokedBy"] == "AWS Internal"  # as for KMS
    assert event["userIdentity"]["arn"].endswith("LabAdministrator/learner")
    before = ssm.get_parameter(Name=f"{REFERENCE}:AWSPREVIOUS", WithDecryption=True)["Parameter"]
    assert before["Value"] == "1"
    answer = ssm.get_parameters(Names=[REFERENCE, "/a/string", f"{REFERENCE}x", "/none"], WithDecryption=True)
    assert [each["Name"] for each in answer["Parameters"]] == [REFERENCE, "/a/string"]
    assert set(answer["InvalidParameters"]) == {f"{REFERENCE}x", "/none"}
    rule = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"}
    clerk = lab.role("Clerk", policy=[rule]).client("ssm")
    with labkit.expect_error("AccessDeniedException") as refused:
        clerk.get_parameter(Name=REFERENCE, WithDecryption=True)
    assert "secretsmanager:GetSecretValue" in refused.message
