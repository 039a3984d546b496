"""Secrets Manager: which KMS calls it makes, who is denied, and in which words."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit


@pytest.fixture
def secrets(lab: labkit.Lab) -> Any:
    """Secrets Manager as the administrator."""
    return boto3.client("secretsmanager")


def test_a_secret_under_the_managed_key(secrets: Any, kms: Any, inner: Any) -> None:
    """CreateSecret makes a data key under aws/secretsmanager, GetSecretValue decrypts it: for the caller."""
    made = secrets.create_secret(Name="db", SecretString="hunter2")
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "hunter2"
    managed = kms.describe_key(KeyId=MANAGED)["KeyMetadata"]
    generated, decrypted = inner()
    context = {"SecretARN": made["ARN"], "SecretVersionId": made["VersionId"]}
    assert generated["eventName"] == "GenerateDataKey"
    assert generated["requestParameters"] == {"keyId": MANAGED, "keySpec": "AES_256", "encryptionContext": context}
    assert decrypted["eventName"] == "Decrypt"
    assert decrypted["requestParameters"] == {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context}
    for event in (generated, decrypted):
        assert event["resources"][0]["ARN"] == managed["Arn"]
        assert event["userIdentity"]["invokedBy"] == event["sourceIPAddress"] == "secretsmanager.amazonaws.com"
        assert event["userIdentity"]["arn"].endswith("LabAdministrator/learner")


MANAGED = "alias/aws/secretsmanager"


def test_a_key_of_ones_own_is_tried_out(secrets: Any, key: str, inner: Any) -> None:
    """Before a key is kept, GenerateDataKey and Decrypt validate the caller's access to it."""
    made = secrets.create_secret(Name="db", SecretString="x", KmsKeyId=key)
    versions = [(e["eventName"], e["requestParameters"]["encryptionContext"]["SecretVersionId"]) for e in inner()]
    assert versions == [
        ("GenerateDataKey", "RequestToValidateKeyAccess"),
        ("Decrypt", "RequestToValidateKeyAccess"),
        ("GenerateDataKey", made["VersionId"]),
    ]


def test_readers_without_the_key_are_denied(secrets: Any, key: str, reader: Any, lab: labkit.Lab) -> None:
    """All of Secrets Manager does not open a secret under a customer managed key."""
    secrets.create_secret(Name="db", SecretString="x", KmsKeyId=key)
    clerk = reader("Clerk", "secretsmanager:*").client("secretsmanager")
    for attempt in (
        lambda: clerk.get_secret_value(SecretId="db"),
        lambda: clerk.put_secret_value(SecretId="db", SecretString="y"),
        lambda: clerk.create_secret(Name="mine", SecretString="y", KmsKeyId=key),
    ):
        with labkit.expect_error("AccessDeniedException") as refused:
            attempt()
        assert refused.message == "Access to KMS is not allowed"
    assert "kms:GenerateDataKey" in str(lab.explain(refused))
    with labkit.expect_error("ResourceNotFoundException"):
        secrets.describe_secret(SecretId="mine")  # nothing is left of the refused secret
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "x"


def test_the_managed_key_serves_everybody_through_the_service(secrets: Any, reader: Any) -> None:
    """aws/secretsmanager needs no KMS permission of the reader, and does not open directly."""
    secrets.create_secret(Name="db", SecretString="x")
    clerk = reader("Clerk", "secretsmanager:GetSecretValue", "kms:*")
    assert clerk.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"] == "x"
    with labkit.expect_error("AccessDeniedException"):
        clerk.client("kms").generate_data_key(KeyId=MANAGED, KeySpec="AES_256")


def test_a_context_condition_names_the_secret(secrets: Any, key: str, lab: labkit.Lab) -> None:
    """kms:EncryptionContext:SecretARN decides secret by secret."""
    mine = secrets.create_secret(Name="mine", SecretString="x", KmsKeyId=key)["ARN"]
    secrets.create_secret(Name="other", SecretString="x", KmsKeyId=key)
    condition = {"StringEquals": {"kms:EncryptionContext:SecretARN": mine}}
    clerk = lab.role(
        "Clerk",
        policy=[
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": condition},
        ],
    ).client("secretsmanager")
    assert clerk.get_secret_value(SecretId="mine")["SecretString"] == "x"
    with labkit.expect_error("AccessDeniedException"):
        clerk.get_secret_value(SecretId="other")


def test_a_disabled_key(secrets: Any, kms: Any, key: str) -> None:
    """Disabled: DecryptionFailure and EncryptionFailure with KMS's message; enabled again: readable again."""
    secrets.create_secret(Name="db", SecretString="x", KmsKeyId=key)
    kms.disable_key(KeyId=key)
    with labkit.expect_error("DecryptionFailure") as refused:
        secrets.get_secret_value(SecretId="db")
    assert refused.message.startswith(
        f"Secrets Manager can't decrypt the secret value: {key} is disabled. "
        "(Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: "
    )
    with labkit.expect_error("EncryptionFailure"):
        secrets.put_secret_value(SecretId="db", SecretString="y")
    kms.enable_key(KeyId=key)
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "x"


def test_a_deleted_key(secrets: Any, kms: Any, key: str, lab: labkit.Lab) -> None:
    """Pending deletion, then gone: the secret's value is lost, the secret itself is there."""
    secrets.create_secret(Name="db", SecretString="x", KmsKeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with labkit.expect_error("DecryptionFailure") as refused:
        secrets.get_secret_value(SecretId="db")
    assert f"{key} is pending deletion." in refused.message
    lab.clock.advance(days=8)
    with labkit.expect_error("AccessDeniedException"):
        secrets.get_secret_value(SecretId="db")
    assert secrets.describe_secret(SecretId="db")["KmsKeyId"] == key


def test_a_batch_names_what_it_could_not_decrypt(secrets: Any, kms: Any, key: str) -> None:
    """BatchGetSecretValue answers the others, and no value of the one under the disabled key."""
    closed = secrets.create_secret(Name="closed", SecretString="hunter2", KmsKeyId=key)["ARN"]
    secrets.create_secret(Name="open", SecretString="x")
    kms.disable_key(KeyId=key)
    answer = secrets.batch_get_secret_value(SecretIdList=["closed", "open"])
    assert [value["Name"] for value in answer["SecretValues"]] == ["open"]
    assert [(error["SecretId"], error["ErrorCode"]) for error in answer["Errors"]] == [(closed, "DecryptionFailure")]
    assert "hunter2" not in json.dumps(answer, default=str)


def test_a_new_key_re_encrypts_the_staged_versions(secrets: Any, kms: Any, key: str, inner: Any) -> None:
    """UpdateSecret with another key: validation, then Decrypt and Encrypt of each staged version's data key."""
    secrets.create_secret(Name="db", SecretString="1", KmsKeyId=key)
    secrets.put_secret_value(SecretId="db", SecretString="2")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    inner()
    secrets.update_secret(SecretId="db", KmsKeyId=other)
    assert [(e["eventName"], e["resources"][0]["ARN"]) for e in inner()] == [
        ("GenerateDataKey", other),
        ("Decrypt", other),
        ("Decrypt", key),
        ("Encrypt", other),
        ("Decrypt", key),
        ("Encrypt", other),
    ]
    kms.disable_key(KeyId=key)
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "2"
    assert secrets.get_secret_value(SecretId="db", VersionStage="AWSPREVIOUS")["SecretString"] == "1"
    versions = secrets.list_secret_version_ids(SecretId="db")["Versions"]
    assert [version["KmsKeyIds"] for version in versions] == [[other, key], [other, key]]


def test_a_version_stays_under_its_old_key_too(secrets: Any, kms: Any, key: str, lab: labkit.Lab) -> None:
    """After UpdateSecret the old key or the new one opens a version; what is put afterwards, the new one alone."""
    secrets.create_secret(Name="db", SecretString="1", KmsKeyId=key)
    other = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.update_secret(SecretId="db", KmsKeyId=other)
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    old, new = (
        lab.role(name, policy=[read, {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": arn}])
        for name, arn in (("Old", key), ("New", other))
    )
    for who in (old, new):
        assert who.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"] == "1"
    with labkit.expect_error("AccessDeniedException"):
        lab.role("None", policy=[read]).client("secretsmanager").get_secret_value(SecretId="db")
    secrets.put_secret_value(SecretId="db", SecretString="2")
    assert new.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"] == "2"
    with labkit.expect_error("AccessDeniedException"):
        old.client("secretsmanager").get_secret_value(SecretId="db")


def test_put_gives_each_version_a_data_key(secrets: Any, inner: Any) -> None:
    """The same request again changes nothing and is compared, which takes a Decrypt."""
    secrets.create_secret(Name="db", SecretString="1")
    token = "b1946ac9-2c4e-4d3a-9b0a-0123456789ab"
    inner()
    for _ in range(2):
        put = secrets.put_secret_value(SecretId="db", SecretString="2", ClientRequestToken=token)
        assert put["VersionId"] == token
    assert [e["eventName"] for e in inner()] == ["GenerateDataKey", "Decrypt"]


def test_secret_policies_are_read(secrets: Any, reader: Any) -> None:
    """A Deny in the secret's own policy refuses even who has every permission; the resource is the full ARN."""
    arn = secrets.create_secret(Name="db", SecretString="x")["ARN"]
    clerk = reader("Clerk", "secretsmanager:*").client("secretsmanager")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    condition = {"StringLike": {"aws:PrincipalArn": "*role/Clerk"}}
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Condition": condition}]}
    secrets.put_resource_policy(SecretId="db", ResourcePolicy=json.dumps(policy))
    with labkit.expect_error("AccessDeniedException") as refused:
        clerk.get_secret_value(SecretId="db")
    assert f"on resource: {arn} with an explicit deny in a resource-based policy" in refused.message
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "x"


def test_deleted_secrets_and_replicas(secrets: Any) -> None:
    """AWS's words for a secret that is marked for deletion; replicas are refused."""
    secrets.create_secret(Name="db", SecretString="x")
    secrets.delete_secret(SecretId="db")
    with labkit.expect_error("InvalidRequestException") as refused:
        secrets.get_secret_value(SecretId="db")
    assert refused.message == "You can't perform this operation on the secret because it was marked for deletion."
    with labkit.expect_error("NotImplemented"):
        secrets.create_secret(Name="b", SecretString="x", AddReplicaRegions=[{"Region": "eu-west-1"}])


def test_two_runs_say_the_same() -> None:
    """ARN suffixes, version ids (botocore's own tokens), dates: the same at each run."""

    def run() -> list[Any]:
        labkit.start("same")
        secrets = boto3.client("secretsmanager")
        answers = [secrets.create_secret(Name="db", SecretString="1")]
        answers.append(secrets.put_secret_value(SecretId="db", SecretString="2"))
        return [*answers, secrets.describe_secret(SecretId="db"), secrets.get_random_password()]

    assert run() == run()
