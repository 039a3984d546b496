"""AWS's own Encryption SDK for Python works with the account: envelopes go round, and only with their context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aws_encryption_sdk
import boto3
import botocore.session
import pytest
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError

import labkit

TEXT = b"meet at nine " * 4000
CONTEXT = {"tenant": "blue", "purpose": "notes"}
# A decryptor that failed complains again when it is finalized, and Python reports that since 3.13.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored .*<aws_encryption_sdk:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh account."""
    return labkit.start("encryption-sdk-tests")


@pytest.fixture
def provider(lab: labkit.Lab) -> Iterator[Any]:
    """A strict master key provider for two KMS keys."""
    kms = boto3.client("kms")
    arns = [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    yield aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(
        key_ids=arns, botocore_session=botocore.session.get_session()
    )


def test_a_message_goes_round(lab: labkit.Lab, provider: Any) -> None:
    """52 kB in frames, under two keys, with a committing and signing suite."""
    client = aws_encryption_sdk.EncryptionSDKClient()
    sealed, _ = client.encrypt(source=TEXT, key_provider=provider, encryption_context=CONTEXT)
    opened, header = client.decrypt(source=sealed, key_provider=provider)
    assert opened == TEXT
    assert CONTEXT.items() <= header.encryption_context.items()
    calls = [event["eventName"] for event in lab.events() if event["eventSource"] == "kms.amazonaws.com"]
    assert calls == ["CreateKey", "CreateKey", "GenerateDataKey", "Encrypt", "Decrypt"]


def test_a_changed_message_does_not_open(provider: Any) -> None:
    """One bit of the body."""
    client = aws_encryption_sdk.EncryptionSDKClient()
    sealed, _ = client.encrypt(source=TEXT, key_provider=provider, encryption_context=CONTEXT)
    changed = sealed[:2000] + bytes([sealed[2000] ^ 1]) + sealed[2001:]
    with pytest.raises(Exception):  # noqa: B017  # the SDK lets the cipher's own exception through
        client.decrypt(source=changed, key_provider=provider)


def test_a_disabled_key_closes_the_message_and_the_other_key_opens_it(lab: labkit.Lab, provider: Any) -> None:
    """Two wrapped data keys: the message opens as long as one of their keys does."""
    client, kms = aws_encryption_sdk.EncryptionSDKClient(), boto3.client("kms")
    sealed, _ = client.encrypt(source=TEXT, key_provider=provider)
    first, second = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    kms.disable_key(KeyId=first)
    assert client.decrypt(source=sealed, key_provider=provider)[0] == TEXT
    kms.disable_key(KeyId=second)
    with pytest.raises(AWSEncryptionSDKClientError):
        client.decrypt(source=sealed, key_provider=provider)
