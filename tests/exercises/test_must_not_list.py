"""The must-not list of lab 26: what the check says of each call of KMS is what the account answers to the Clerk."""

from __future__ import annotations

import importlib
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

attempts = importlib.import_module("labkit.labs.26_test_your_own_code.attempts")
policies = importlib.import_module("labkit.labs.26_test_your_own_code.policies")

GIVEN: dict[str, Any] = {
    "AliasName": "alias/none",
    "CustomKeyStoreId": "cks-1234567890abcdef0",
    "GrantId": "a" * 64,
    "Policy": "{}",
    "PrimaryRegion": "eu-west-1",
    "ReplicaRegion": "eu-west-1",
}
ALSO = ("KeyId", "SourceKeyId", "CiphertextBlob")  # what an entry has to have, though the model takes it as optional
ADA = {"customer": "ada"}
LIMITS = {"EncryptionContextSubset": ADA}
IGNORE = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"], "EncryptionContext": {"customer": "bob"}}


@pytest.fixture(scope="module")
def world() -> dict[str, Any]:
    """An account with the key and the role of the exercise."""
    lab = labkit.start("must-not")
    key = boto3.client("kms").create_key(Description="invoices")["KeyMetadata"]["Arn"]
    clerk = lab.role("Clerk", [policies.of_clerk(key)])
    return {"lab": lab, "key": key, "arn": clerk.arn, "as_clerk": clerk.client("kms")}


def operations() -> list[str]:
    """The methods of the KMS client that are calls."""
    kms = boto3.client("kms", "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    return sorted(kms.meta.method_to_api_mapping)


@pytest.mark.parametrize("method", operations())
def test_what_is_called_refused_is_refused_by_access_denied(method: str, world: dict[str, Any]) -> None:
    """Each call of KMS, with as little as it takes; what the account answers otherwise, the check does not take."""
    kms = world["as_clerk"]
    shape = kms.meta.service_model.operation_model(kms.meta.method_to_api_mapping[method]).input_shape
    names = {*shape.required_members, *(name for name in ALSO if name in shape.members)}
    parameters = {name: value(name, shape.members[name], world) for name in names}
    assert verdict(world, method, parameters) == (said(world, method, parameters) == "AccessDeniedException")


@pytest.mark.parametrize(
    ("method", "parameters", "wider"),
    [
        ("create_grant", {"Operations": ["Decrypt"], "Constraints": LIMITS, "GranteePrincipal": ""}, "any action"),
        ("create_grant", {"Operations": ["Decrypt"], "GranteePrincipal": ""}, ""),
        ("decrypt", IGNORE, "any customer"),
        ("encrypt", {"Plaintext": b"1", "EncryptionContext": {"CUSTOMER": "ada"}}, "any action"),
        ("generate_data_key", {"KeySpec": "AES_256", "EncryptionContext": ADA}, "any action"),
    ],
)
def test_what_a_wider_policy_lets_through(
    method: str, parameters: dict[str, Any], wider: str, world: dict[str, Any]
) -> None:
    """The policy that lets a call through is found, by whatever the condition asks about."""
    given = {"KeyId": world["key"], **parameters}
    if "GranteePrincipal" in given:
        given["GranteePrincipal"] = world["arn"]
    (attempt,) = attempts.read_attempts(world["lab"], [(method, given)])
    found = [n for n, each in policies.wider(world["key"]).items() if policies.allowed(world["lab"], attempt, each)]
    assert found == [each for each in [wider] if each]


def test_a_grant_token_says_nothing_of_a_policy(world: dict[str, Any]) -> None:
    """KMS refuses a token that it does not know, and lets through by one that it knows."""
    given = {"KeyId": world["key"], "Plaintext": b"1", "GrantTokens": ["x"]}
    assert said(world, "encrypt", given) != "AccessDeniedException"
    with pytest.raises(attempts.Unclear, match="grant token"):
        attempts.read_attempts(world["lab"], [("encrypt", given)])


def verdict(world: dict[str, Any], method: str, parameters: dict[str, Any]) -> bool:
    """Whether the check takes the call as one that the Clerk's own policy refuses."""
    try:
        (attempt,) = attempts.read_attempts(world["lab"], [(method, parameters)])
    except attempts.Unclear:
        return False
    return not policies.allowed(world["lab"], attempt, policies.of_clerk(world["key"]))


def said(world: dict[str, Any], method: str, parameters: dict[str, Any]) -> str:
    """The code of the account's answer; empty if the call is allowed."""
    try:
        getattr(world["as_clerk"], method)(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def value(name: str, shape: Any, world: dict[str, Any]) -> Any:
    """Something that boto3 sends for a member."""
    if "KeyId" in name:
        return world["key"]
    if name.endswith("Principal"):
        return world["arn"]
    least = max(1, shape.metadata.get("min", 1))
    plain = {"string": "x" * least, "blob": b"x" * least, "integer": least, "boolean": False}
    if shape.type_name == "list":
        return [value("", shape.member, world)]
    if shape.type_name == "structure":
        return {each: value(each, shape.members[each], world) for each in shape.required_members}
    return GIVEN.get(name) or (shape.enum[0] if getattr(shape, "enum", None) else plain[shape.type_name])
