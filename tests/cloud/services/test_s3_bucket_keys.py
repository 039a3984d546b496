"""S3 Bucket Keys: fewer KMS calls, one bucket key a requester."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

import labkit
from labkit.cloud.services.s3.bucket_keys import LIFETIME

BUCKET = "payroll-data"


@pytest.fixture
def s3(lab: labkit.Lab, key: str) -> Any:
    """S3 with a bucket whose default is SSE-KMS with a bucket key."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    client.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    return client


def put(s3: Any, *names: str, **more: Any) -> None:
    """Write objects."""
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"x", **more)


def get(s3: Any, *names: str) -> None:
    """Read objects."""
    for name in names:
        assert s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() == b"x"


def test_many_objects_one_call(s3: Any, inner: Any) -> None:
    """Three puts make one GenerateDataKey, three gets one Decrypt, both with the bucket's ARN."""
    put(s3, "a", "b", "c")
    get(s3, "a", "b", "c")
    events = inner()
    assert [e["eventName"] for e in events] == ["GenerateDataKey", "Decrypt"]
    context = {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}
    assert all(e["requestParameters"]["encryptionContext"] == context for e in events)


def test_without_it_each_object_has_its_own_call(s3: Any, inner: Any) -> None:
    """BucketKeyEnabled=False in the request overrides the bucket's setting."""
    put(s3, "a", "b", "c", BucketKeyEnabled=False, ServerSideEncryption="aws:kms")
    assert [e["eventName"] for e in inner()] == ["GenerateDataKey"] * 3
    assert "BucketKeyEnabled" not in s3.head_object(Bucket=BUCKET, Key="a")


def test_it_lasts_a_limited_time(s3: Any, lab: labkit.Lab, inner: Any) -> None:
    """When the time is over, S3 asks KMS again."""
    put(s3, "a")
    lab.clock.advance(seconds=LIFETIME.total_seconds())
    put(s3, "b")
    assert [e["eventName"] for e in inner()] == ["GenerateDataKey"] * 2


def test_each_requester_has_their_own(s3: Any, reader: Any, inner: Any) -> None:
    """Another role's read asks KMS anew, and is refused without the permission."""
    put(s3, "a")
    get(s3, "a")
    allowed = reader("Allowed", "s3:*", "kms:Decrypt").client("s3")
    denied = reader("Denied", "s3:*").client("s3")
    inner()
    get(allowed, "a", "a")
    assert [e["eventName"] for e in inner()] == ["Decrypt"]
    with labkit.expect_error("AccessDenied"):
        denied.get_object(Bucket=BUCKET, Key="a")


def test_a_disabled_key_is_noticed_when_the_bucket_key_ends(s3: Any, kms: Any, lab: labkit.Lab, key: str) -> None:
    """Until then S3 has the bucket key in plaintext, and reads and writes go on."""
    put(s3, "a")
    get(s3, "a")
    kms.disable_key(KeyId=key)
    get(s3, "a")
    lab.clock.advance(seconds=LIFETIME.total_seconds())
    with labkit.expect_error("KMS.DisabledException"):
        s3.get_object(Bucket=BUCKET, Key="a")
    with labkit.expect_error("KMS.DisabledException"):
        put(s3, "b")


def test_objects_from_before_do_not_use_it(s3: Any, inner: Any) -> None:
    """An object keeps what it was written with."""
    put(s3, "old", BucketKeyEnabled=False, ServerSideEncryption="aws:kms")
    put(s3, "new")
    inner()
    get(s3, "old", "old", "new", "new")
    contexts = [e["requestParameters"]["encryptionContext"]["aws:s3:arn"] for e in inner()]
    assert contexts == [f"arn:aws:s3:::{BUCKET}/old"] * 2 + [f"arn:aws:s3:::{BUCKET}"]
