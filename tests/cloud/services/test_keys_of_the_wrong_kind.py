"""A service that asks KMS for a data key under an RSA key hands on KMS's own words (AWS Backint agent's pages)."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

import labkit

ASYMMETRIC = "You cannot generate a data key with an asymmetric CMK"
NO_ALGORITHM = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."


def object_under(key: str) -> None:
    """S3: PutObject with aws:kms."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="letters")
    s3.put_object(Bucket="letters", Key="a", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


def bucket_key_under(key: str) -> None:
    """S3: PutObject with a Bucket Key."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="letters")
    how = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": True}
    s3.put_object(Bucket="letters", Key="a", Body=b"x", **how)


def secret_under(key: str) -> None:
    """Secrets Manager: CreateSecret."""
    boto3.client("secretsmanager").create_secret(Name="s", SecretString="x", KmsKeyId=key)


def advanced_parameter_under(key: str) -> None:
    """Parameter Store: an advanced parameter takes a data key."""
    put = boto3.client("ssm").put_parameter
    put(Name="/p", Value="x", Type="SecureString", KeyId=key, Tier="Advanced")


def standard_parameter_under(key: str) -> None:
    """Parameter Store: a standard parameter is encrypted by KMS itself."""
    boto3.client("ssm").put_parameter(Name="/p", Value="x", Type="SecureString", KeyId=key)


CASES = [
    (object_under, "KMS.InvalidKeyUsageException", ASYMMETRIC),
    (bucket_key_under, "KMS.InvalidKeyUsageException", ASYMMETRIC),
    (
        secret_under,
        "EncryptionFailure",
        f"Secrets Manager can't encrypt the secret value: {ASYMMETRIC} (Service: AWSKMS;",
    ),
    (advanced_parameter_under, "InvalidKeyId", f"{ASYMMETRIC} (Service: AWSKMS;"),
    (standard_parameter_under, "InvalidKeyId", f"{NO_ALGORITHM} (Service: AWSKMS;"),
]


@pytest.mark.parametrize(("keep", "code", "message"), CASES, ids=lambda it: getattr(it, "__name__", ""))
def test_an_rsa_key(lab: labkit.Lab, keep: Any, code: str, message: str) -> None:
    """Its usage would do, its spec does not."""
    key = boto3.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    with labkit.expect_error(code) as refused:
        keep(key)
    assert refused.message.startswith(message)


@pytest.mark.parametrize(("keep", "code", "message"), CASES, ids=lambda it: getattr(it, "__name__", ""))
def test_a_key_of_another_usage(lab: labkit.Lab, keep: Any, code: str, message: str) -> None:
    """The usage is asked before the spec."""
    key = boto3.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    with labkit.expect_error(code) as refused:
        keep(key)
    operation = "Encrypt" if keep is standard_parameter_under else "GenerateDataKey"
    assert f"{key} key usage is GENERATE_VERIFY_MAC which is not valid for {operation}." in refused.message


@pytest.mark.parametrize(("keep", "code"), [case[:2] for case in CASES], ids=lambda it: getattr(it, "__name__", ""))
def test_a_disabled_rsa_key(lab: labkit.Lab, keep: Any, code: str) -> None:
    """The state is asked before the spec too."""
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    with labkit.expect_error(code.replace("InvalidKeyUsage", "Disabled")) as refused:
        keep(key)
    assert f"{key} is disabled." in refused.message
