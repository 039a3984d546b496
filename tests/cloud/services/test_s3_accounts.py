"""S3 across accounts: bucket policies, and keys of another account by their ARN."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit

BUCKET = "payroll-data"
PLACE = {"Bucket": BUCKET, "Key": "pay.csv"}
VISITOR = "444455556666"


@pytest.fixture
def s3(lab: labkit.Lab) -> Any:
    """The owner's S3, with a bucket."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def visitor(lab: labkit.Lab) -> Any:
    """S3 of the administrator of another account."""
    return lab.account("Visitor").client("s3")


def open_bucket(s3: Any) -> None:
    """Let the other account put and get objects."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{VISITOR}:root"},
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def open_key(kms: Any, key: str) -> None:
    """Let the other account use the key."""
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{VISITOR}:root"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
        }
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def test_a_bucket_is_its_owners(s3: Any, visitor: Any) -> None:
    """Another account's administrator gets in only by the bucket's policy."""
    s3.put_object(**PLACE, Body=b"x")
    with labkit.expect_error("AccessDenied"):
        visitor.get_object(**PLACE)
    open_bucket(s3)
    assert visitor.get_object(**PLACE)["Body"].read() == b"x"


def test_the_bucket_policy_does_not_open_the_key(s3: Any, kms: Any, key: str, visitor: Any) -> None:
    """Bucket and key are two doors: the key's policy must let the other account in too."""
    open_bucket(s3)
    s3.put_object(**PLACE, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    with labkit.expect_error("AccessDenied") as refused:
        visitor.get_object(**PLACE)
    assert "is not authorized to perform: kms:Decrypt" in refused.message
    open_key(kms, key)
    assert visitor.get_object(**PLACE)["Body"].read() == b"x"


def test_a_key_of_another_account_by_its_arn(s3: Any, kms: Any, key: str, visitor: Any) -> None:
    """The ARN finds the owner's key; the bare key id is looked for in the requester's account."""
    open_bucket(s3)
    open_key(kms, key)
    written = visitor.put_object(**PLACE, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert written["SSEKMSKeyId"] == key
    with labkit.expect_error("KMS.NotFoundException") as refused:
        visitor.put_object(**PLACE, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key.rpartition("/")[2])
    assert refused.message == f"Key '{key.replace('111122223333', VISITOR)}' does not exist"


def test_aws_s3_is_each_accounts_own(s3: Any, visitor: Any) -> None:
    """What a visitor writes under aws/s3 is under the visitor's key, and the bucket's owner can't read it."""
    open_bucket(s3)
    written = visitor.put_object(**PLACE, Body=b"x", ServerSideEncryption="aws:kms")
    assert f":{VISITOR}:key/" in written["SSEKMSKeyId"]
    with labkit.expect_error("AccessDenied"):
        s3.get_object(**PLACE)
