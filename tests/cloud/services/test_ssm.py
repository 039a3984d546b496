"""Parameter Store: SecureString under KMS keys, who is denied, and in which words."""

from __future__ import annotations

import base64
from typing import Any

import boto3
import pytest

import labkit

ARN = "arn:aws:ssm:us-east-1:111122223333:parameter/app/db"
CONTEXT = {"PARAMETER_ARN": ARN}
MANAGED = "alias/aws/ssm"


@pytest.fixture
def ssm(lab: labkit.Lab) -> Any:
    """Systems Manager as the administrator."""
    return boto3.client("ssm")


def put(ssm: Any, value: str = "hunter2", **more: Any) -> Any:
    """Keep a SecureString."""
    return ssm.put_parameter(Name="/app/db", Value=value, Type="SecureString", **more)


def value(ssm: Any, **more: Any) -> str:
    """Read it."""
    return str(ssm.get_parameter(Name="/app/db", **more)["Parameter"]["Value"])


def test_a_standard_parameter(ssm: Any, inner: Any) -> None:
    """Encrypt at the put, Decrypt at the get with decryption; the context is the parameter's ARN."""
    put(ssm)
    assert value(ssm, WithDecryption=True) == "hunter2"
    encrypted, decrypted = inner()
    assert encrypted["eventName"] == "Encrypt"
    assert encrypted["requestParameters"] == {
        "keyId": MANAGED,
        "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "encryptionContext": CONTEXT,
    }
    assert (decrypted["eventName"], decrypted["requestParameters"]["encryptionContext"]) == ("Decrypt", CONTEXT)
    for event in (encrypted, decrypted):
        assert event["userIdentity"]["invokedBy"] == event["userAgent"] == "AWS Internal"
        assert event["userIdentity"]["arn"].endswith("LabAdministrator/learner")


def test_without_decryption_it_is_kms_ciphertext(ssm: Any, kms: Any, key: str, inner: Any) -> None:
    """What is answered then can be decrypted by KMS with the context, and only so."""
    put(ssm, KeyId=key)
    inner()
    blob = base64.b64decode(value(ssm))
    assert inner() == []
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == b"hunter2"
    with labkit.expect_error("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob)


def test_an_advanced_parameter(ssm: Any, inner: Any) -> None:
    """Envelope encryption: a data key at the put, its Decrypt at the get."""
    put(ssm, "v" * 5000, Tier="Advanced")
    assert value(ssm, WithDecryption=True) == "v" * 5000
    assert [e["eventName"] for e in inner()] == ["GenerateDataKey", "Decrypt"]
    assert "vvvv" not in base64.b64decode(value(ssm)).decode("latin-1")
    with labkit.expect_error("ValidationException") as refused:
        ssm.put_parameter(Name="b", Value="v" * 5000, Type="SecureString")
    assert refused.message.startswith("Standard tier parameters support a maximum parameter value of 4096 characters.")


@pytest.mark.parametrize("operation", ["get_parameters", "get_parameters_by_path", "get_parameter_history"])
def test_every_way_to_read_decrypts(ssm: Any, inner: Any, operation: str) -> None:
    """Each reading operation answers plaintext after a Decrypt, and ciphertext without one."""
    put(ssm)
    which = {
        "get_parameters": {"Names": ["/app/db"]},
        "get_parameters_by_path": {"Path": "/app"},
        "get_parameter_history": {"Name": "/app/db"},
    }[operation]
    inner()
    sealed = getattr(ssm, operation)(**which)["Parameters"][0]["Value"]
    assert inner() == [] and "hunter2" not in sealed
    opened = getattr(ssm, operation)(**which, WithDecryption=True)["Parameters"][0]["Value"]
    assert (opened, [e["eventName"] for e in inner()]) == ("hunter2", ["Decrypt"])


def test_plain_strings_need_no_key(ssm: Any, inner: Any) -> None:
    """String parameters never meet KMS."""
    ssm.put_parameter(Name="plain", Value="kms:x:y", Type="String")
    assert ssm.get_parameter(Name="plain", WithDecryption=True)["Parameter"]["Value"] == "kms:x:y"
    assert inner() == []


def test_readers_without_the_key_are_denied(ssm: Any, key: str, reader: Any) -> None:
    """All of Systems Manager does not open a SecureString; KMS's refusal is quoted."""
    put(ssm, KeyId=key)
    clerk = reader("Clerk", "ssm:*").client("ssm")
    with labkit.expect_error("AccessDeniedException") as refused:
        value(clerk, WithDecryption=True)
    assert "is not authorized to perform: kms:Decrypt" in refused.message
    assert "(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: " in refused.message
    assert value(clerk) == value(ssm)
    with labkit.expect_error("AccessDeniedException"):
        put(clerk, "other", KeyId=key, Overwrite=True)


def test_disabled_and_deleted_keys(ssm: Any, kms: Any, key: str, lab: labkit.Lab) -> None:
    """InvalidKeyId with KMS's message; readable again once the key is enabled; lost with the key."""
    put(ssm, KeyId=key)
    kms.disable_key(KeyId=key)
    with labkit.expect_error("InvalidKeyId") as refused:
        value(ssm, WithDecryption=True)
    assert refused.message.startswith(
        f"{key} is disabled. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: "
    )
    assert refused.message.endswith("; Proxy: null)")
    kms.enable_key(KeyId=key)
    assert value(ssm, WithDecryption=True) == "hunter2"
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with labkit.expect_error("InvalidKeyId") as refused:
        value(ssm, WithDecryption=True)
    assert f"{key} is pending deletion." in refused.message
    lab.clock.advance(days=8)
    with labkit.expect_error("AccessDeniedException"):
        value(ssm, WithDecryption=True)
    with labkit.expect_error("InvalidKeyId") as refused:
        put(ssm, KeyId=key, Overwrite=True)
    assert refused.message.startswith(f"Key '{key}' does not exist (Service: AWSKMS;")


def test_overwriting_and_versions(ssm: Any, kms: Any, key: str) -> None:
    """Each version stays under the key that it was written with."""
    put(ssm, "1", KeyId=key)
    other = kms.create_key()["KeyMetadata"]["Arn"]
    put(ssm, "2", KeyId=other, Overwrite=True)
    kms.disable_key(KeyId=key)
    assert value(ssm, WithDecryption=True) == "2"
    with labkit.expect_error("InvalidKeyId"):
        ssm.get_parameter(Name="/app/db:1", WithDecryption=True)
    with labkit.expect_error("ParameterAlreadyExists"):
        put(ssm, "3")


def test_permissions_are_asked_on_each_parameter(ssm: Any, lab: labkit.Lab) -> None:
    """GetParameters needs every parameter that it names."""
    put(ssm)
    ssm.put_parameter(Name="/app/open", Value="x", Type="String")
    allow = {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": ARN.replace("db", "open")}
    clerk = lab.role("Clerk", policy=[allow]).client("ssm")
    assert clerk.get_parameters(Names=["/app/open"])["Parameters"][0]["Value"] == "x"
    with labkit.expect_error("AccessDeniedException") as refused:
        clerk.get_parameters(Names=["/app/open", "/app/db"])
    assert ARN in refused.message


def test_two_runs_say_the_same() -> None:
    """Ciphertexts and dates are the same at each run, of both tiers."""

    def run() -> list[Any]:
        labkit.start("same")
        ssm = boto3.client("ssm")
        put(ssm)
        ssm.put_parameter(Name="b", Value="x", Type="SecureString", Tier="Advanced")
        return [ssm.get_parameters(Names=["/app/db", "b"])["Parameters"], ssm.describe_parameters()["Parameters"]]

    assert run() == run()
