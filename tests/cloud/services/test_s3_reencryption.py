"""UpdateObjectEncryption and BlockedEncryptionTypes: a stored object's key is changed, and SSE-C is let in or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

BUCKET = "papers"
BODY = b"quarterly"


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """One account with a bucket and two keys."""
    lab = labkit.start("reencryption-tests")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield lab


@pytest.fixture(scope="module")
def keys(lab: labkit.Lab) -> tuple[str, str]:
    """Two customer managed keys."""
    kms = boto3.client("kms")
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    return first, second


def update(key: str, arn: str, **more: Any) -> Any:
    """Ask for the object to be under this key."""
    wanted = {"SSEKMS": {"KMSKeyArn": arn, **more}}
    return boto3.client("s3").update_object_encryption(Bucket=BUCKET, Key=key, ObjectEncryption=wanted)


KMS = {"ServerSideEncryption": "aws:kms"}
SOURCES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "from SSE-S3": ({}, {}, ["Encrypt"]),
    "from another key": (KMS, {}, ["ReEncrypt"]),
    "to a bucket key": (
        {"ServerSideEncryption": "aws:kms"},
        {"BucketKeyEnabled": True},
        ["Decrypt", "GenerateDataKey"],
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_key_changes_and_nothing_else(lab: labkit.Lab, keys: tuple[str, str], name: str) -> None:
    """Bytes, ETag, metadata and time stay; KMS is asked for the caller; the new key is needed from then on."""
    how, asked, calls = SOURCES[name]
    s3, kms = boto3.client("s3"), boto3.client("kms")
    key = name.replace(" ", "-")
    s3.put_object(Bucket=BUCKET, Key=key, Body=BODY, Metadata={"by": "me"}, **how)
    before = s3.head_object(Bucket=BUCKET, Key=key)
    number = len(lab.events())
    update(key, keys[0], **asked)
    made = [event["eventName"] for event in lab.events()[number:]]
    assert made == [*calls, "UpdateObjectEncryption"]
    after = s3.head_object(Bucket=BUCKET, Key=key)
    for member in ("ETag", "LastModified", "Metadata", "ContentLength"):
        assert after[member] == before[member]
    assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", keys[0])
    assert after.get("BucketKeyEnabled", False) is asked.get("BucketKeyEnabled", False)
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == BODY
    kms.disable_key(KeyId=keys[0])
    reader = lab.role(f"Reader{len(key)}", policy=[{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    with labkit.expect_error("KMS.DisabledException"):
        reader.client("s3").get_object(Bucket=BUCKET, Key=key)
    kms.enable_key(KeyId=keys[0])


OURS = "arn:aws:kms:us-east-1:111122223333:"
REFUSED = {
    "no object": ("none", "{key}", "NoSuchKey", "The specified key does not exist."),
    "no ARN of a key": (
        "plain",
        "{ours}alias/x",
        "InvalidRequest",
        "require a valid AWS KMS",
    ),
    "another account's key": (
        "plain",
        "{theirs}key/x",
        "AccessDenied",
        "same account as the",
    ),
    "two layers": (
        "dsse",
        "{key}",
        "InvalidRequest",
        "doesn't support source objects with",
    ),
    "no such key": ("plain", "{ours}key/x", "KMS.NotFoundException", "Invalid keyId x"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(lab: labkit.Lab, keys: tuple[str, str], name: str) -> None:
    """AWS's words; the object stays as it is."""
    s3 = boto3.client("s3")
    s3.put_object(Bucket=BUCKET, Key="plain", Body=BODY)
    s3.put_object(Bucket=BUCKET, Key="dsse", Body=BODY, ServerSideEncryption="aws:kms:dsse")
    key, arn, code, words = REFUSED[name]
    with labkit.expect_error(code) as refused:
        update(key, arn.format(key=keys[0], ours=OURS, theirs=OURS.replace("1111222", "4444555")))
    assert words in refused.message
    assert s3.head_object(Bucket=BUCKET, Key="plain")["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize("action", ["s3:UpdateObjectEncryption", "kms:Encrypt"])
def test_permissions(lab: labkit.Lab, keys: tuple[str, str], action: str) -> None:
    """Each of them is needed."""
    boto3.client("s3").put_object(Bucket=BUCKET, Key="held", Body=BODY)
    every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = lab.role(f"No{action.partition(':')[2]}", policy=[every, every | {"Effect": "Deny", "Action": action}])
    with labkit.expect_error("AccessDenied") as refused:
        role.client("s3").update_object_encryption(
            Bucket=BUCKET, Key="held", ObjectEncryption={"SSEKMS": {"KMSKeyArn": keys[0]}}
        )
    assert action in refused.message


def configured(bucket: str, rule: dict[str, Any]) -> Any:
    """Put the rule, and return what the bucket blocks then."""
    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3 = boto3.client("s3")
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [by_default | rule]})
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return rules[0]["BlockedEncryptionTypes"]["EncryptionType"]


def test_sse_c_is_blocked_until_somebody_allows_it(lab: labkit.Lab) -> None:
    """A new bucket blocks it; NONE lets it in (where the lab says that it has none); a rule without a word keeps it."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="customers")
    own = {
        "Bucket": "customers",
        "Key": "a",
        "Body": b"x",
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": "0" * 32,
    }
    with labkit.expect_error("AccessDenied") as refused:
        s3.put_object(**own)
    assert (
        "has blocked upload requests that specify Server Side Encryption with Customer provided keys" in refused.message
    )
    assert configured("customers", {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}) == ["NONE"]
    with labkit.expect_error("NotImplemented"):
        s3.put_object(**own)
    assert configured("customers", {}) == ["NONE"]
    assert configured("customers", {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}) == ["SSE-C"]
    with labkit.expect_error("AccessDenied"):
        s3.put_object(**own)


@pytest.mark.parametrize("types", [[], ["SSE-KMS"], ["SSE-C", "NONE"]])
def test_other_types_can_not_be_blocked(lab: labkit.Lab, types: list[str]) -> None:
    """Only SSE-C and NONE are types."""
    with pytest.raises(ClientError, match="MalformedXML"):
        configured(BUCKET, {"BlockedEncryptionTypes": {"EncryptionType": types}})
