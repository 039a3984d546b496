"""S3 with server-side encryption: who and what is refused, and in which words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config

import labkit

BUCKET = "payroll-data"
PLACE = {"Bucket": BUCKET, "Key": "pay.csv"}
ADMINISTRATOR = "arn:aws:sts::111122223333:assumed-role/LabAdministrator/learner"


@pytest.fixture
def s3(lab: labkit.Lab, key: str) -> Any:
    """S3 as the administrator, with a bucket and an object under the key."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_object(**PLACE, Body=b"secret", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    return client


def put(s3: Any, key: str | None = None, algorithm: str | None = "aws:kms", **more: Any) -> Any:
    """A put with SSE-KMS."""
    options = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": key}
    return s3.put_object(**PLACE, Body=b"x", **{k: v for k, v in options.items() if v}, **more)


def test_readers_without_the_key_are_denied(s3: Any, key: str, reader: Any, inner: Any) -> None:
    """All of S3 does not open an object: the key's answer is S3's AccessDenied, in KMS's words."""
    clerk = reader("Clerk", "s3:*").client("s3")
    who = "arn:aws:sts::111122223333:assumed-role/Clerk/clerk"
    inner()
    with labkit.expect_error("AccessDenied") as refused:
        clerk.get_object(**PLACE)
    assert refused.message == (
        f"User: {who} is not authorized to perform: kms:Decrypt on resource: {key} "
        "because no identity-based policy allows the kms:Decrypt action"
    )
    assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    (event,) = inner()
    assert (event["eventName"], event["errorCode"]) == ("Decrypt", "AccessDenied")
    assert event["userIdentity"]["arn"] == who and event["requestParameters"] is None
    with labkit.expect_error("AccessDenied") as refused:
        put(clerk, key)
    assert f"kms:GenerateDataKey on resource: {key} because no identity-based policy" in refused.message
    with labkit.expect_error("AccessDenied"):
        clerk.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/pay.csv")


def test_via_service_lets_s3_alone_use_the_key(s3: Any, kms: Any, lab: labkit.Lab, key: str) -> None:
    """A permission under kms:ViaService works through S3 and not directly."""
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    clerk = lab.role(
        "Clerk",
        policy=[
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
            {"Effect": "Allow", "Action": "kms:*", "Resource": key, "Condition": condition},
        ],
    )
    assert clerk.client("s3").get_object(**PLACE)["Body"].read() == b"secret"
    with labkit.expect_error("AccessDeniedException"):
        clerk.client("kms").encrypt(KeyId=key, Plaintext=b"x")


def test_a_context_condition_names_the_object(s3: Any, lab: labkit.Lab, key: str) -> None:
    """kms:EncryptionContext:aws:s3:arn decides object by object."""
    condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{BUCKET}/pay.csv"}}
    clerk = lab.role(
        "Clerk",
        policy=[
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": condition},
        ],
    ).client("s3")
    s3.put_object(Bucket=BUCKET, Key="other", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert clerk.get_object(**PLACE)["Body"].read() == b"secret"
    with labkit.expect_error("AccessDenied"):
        clerk.get_object(Bucket=BUCKET, Key="other")


def test_a_disabled_key_closes_and_opens(s3: Any, kms: Any, key: str) -> None:
    """Disabled: KMS.DisabledException (400) at get and put; enabled again: readable again."""
    kms.disable_key(KeyId=key)
    for attempt in (lambda: s3.get_object(**PLACE), lambda: put(s3, key)):
        with labkit.expect_error("KMS.DisabledException") as refused:
            attempt()
        assert refused.message == f"{key} is disabled."
        assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    kms.enable_key(KeyId=key)
    assert s3.get_object(**PLACE)["Body"].read() == b"secret"


def test_a_deleted_key_takes_its_objects_along(s3: Any, kms: Any, lab: labkit.Lab, key: str) -> None:
    """Pending deletion: KMSInvalidStateException; gone: the data key can't be decrypted by anybody any more."""
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with labkit.expect_error("KMS.KMSInvalidStateException") as refused:
        s3.get_object(**PLACE)
    assert refused.message == f"{key} is pending deletion."
    lab.clock.advance(days=8)
    with labkit.expect_error("AccessDenied") as refused:
        s3.get_object(**PLACE)
    assert refused.message.startswith("The ciphertext refers to a customer master key that does not exist")
    with labkit.expect_error("KMS.NotFoundException") as refused:
        put(s3, key)
    assert refused.message == f"Key '{key}' does not exist"
    s3.delete_object(**PLACE)  # deleting needs no key


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        ("aws/s3", "Invalid keyId 'aws/s3'"),
        (
            "134f2428-cec1-4b25-a1ae-9048164dba47",
            "Key 'arn:aws:kms:us-east-1:111122223333:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
        ),
        ("arn:aws:kms:eu-west-1:111122223333:key/134f2428-cec1-4b25-a1ae-9048164dba47", "Invalid arn eu-west-1"),
    ],
)
def test_keys_that_are_not_there(s3: Any, name: str, message: str) -> None:
    """KMS.NotFoundException with KMS's message (recorded from the real service)."""
    for attempt in (s3.put_object, s3.create_multipart_upload):
        with labkit.expect_error("KMS.NotFoundException") as refused:
            attempt(**PLACE, ServerSideEncryption="aws:kms", SSEKMSKeyId=name)
        assert refused.message == message


def test_headers_that_do_not_go_together(s3: Any, key: str) -> None:
    """A KMS key without aws:kms, and customer-provided keys."""
    with labkit.expect_error("InvalidArgument") as refused:
        put(s3, key, algorithm=None)
    assert refused.message.startswith("Server Side Encryption with AWS KMS managed key requires HTTP header")
    with labkit.expect_error("InvalidArgument"):
        put(s3, key, algorithm="AES256")
    with labkit.expect_error("AccessDenied") as refused:
        s3.put_object(**PLACE, Body=b"x", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
    assert refused.message == (
        f"User: {ADMINISTRATOR} is not authorized to perform: s3:PutObject on resource: "
        f'"arn:aws:s3:::{BUCKET}/pay.csv" '
        "because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided "
        "keys (SSE-C). Please specify a different server-side encryption type"
    )


@pytest.mark.parametrize(
    ("inner_call", "error", "code", "status"),
    [
        ("kms:Decrypt", "ThrottlingException", "SlowDown", 503),  # aws-samples/cql-replicator 92 (2024)
        ("kms:GenerateDataKey", "ThrottlingException", "SlowDown", 503),
        ("kms:Decrypt", "KMSInternalException", "KMS.KMSInternalException", 500),
    ],
)
def test_kms_throttles_or_fails(
    s3: Any, lab: labkit.Lab, key: str, inner_call: str, error: str, code: str, status: int
) -> None:
    """S3 answers that it is to be asked less often, with 503; boto3 tries three times, and the fourth goes through."""
    put(s3, key)
    lab.disturb(inner_call, error=error, times=1)
    once = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))
    with labkit.expect_error(code) as refused:
        if inner_call == "kms:Decrypt":
            once.get_object(**PLACE)
        else:
            put(once, key)
    assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == status
    if code == "SlowDown":
        assert refused.message == "Please reduce your request rate for operations involving AWS KMS."
    put(s3, key)
    assert s3.get_object(**PLACE)["Body"].read()


def test_presigned_links(s3: Any, lab: labkit.Lab, kms: Any, key: str) -> None:
    """A presigned link opens the object as its signer; Signature Version 2 does not do for KMS."""
    link = s3.generate_presigned_url("get_object", Params=PLACE)
    new = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
    link = new.generate_presigned_url("get_object", Params=PLACE)
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"secret"
        assert answer.headers["x-amz-server-side-encryption-aws-kms-key-id"] == key
    old = boto3.client("s3", config=Config(signature_version="s3", s3={"addressing_style": "path"}))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(old.generate_presigned_url("get_object", Params=PLACE))
    with refused.value as answer:
        text = answer.read().decode()
    assert answer.status == 400 and "<Code>InvalidArgument</Code>" in text
    assert "AWS KMS managed keys require AWS Signature Version 4." in text
    kms.disable_key(KeyId=key)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link)
    refused.value.close()
    assert refused.value.status == 400


def test_nobody_reads_anonymously(s3: Any) -> None:
    """A public bucket policy opens no object under a KMS key."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{s3.meta.endpoint_url}/{BUCKET}/pay.csv")
    with refused.value as answer:
        assert b"require AWS Signature Version 4." in answer.read()


def test_bucket_policies_that_demand_a_key(s3: Any, key: str) -> None:
    """The policy sees the headers as sent: the bucket's default does not fill them in."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    statements = [
        deny | {"Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}},
        deny | {"Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key}}},
    ]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    for attempt in ({"algorithm": None}, {"algorithm": "AES256"}, {"algorithm": "aws:kms"}):
        with labkit.expect_error("AccessDenied") as refused:
            put(s3, **attempt)
        assert "with an explicit deny in a resource-based policy" in refused.message
    assert put(s3, key)["SSEKMSKeyId"] == key


def test_a_copy_needs_the_right_to_read(s3: Any, lab: labkit.Lab) -> None:
    """CopyObject asks for s3:GetObject on the source."""
    writer = lab.role("Writer", policy=[{"Effect": "Allow", "Action": ["s3:PutObject", "kms:*"], "Resource": "*"}])
    with labkit.expect_error("AccessDenied") as refused:
        writer.client("s3").copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/pay.csv")
    assert "s3:GetObject" in refused.message


def test_the_kits_checks_use_no_key(s3: Any, lab: labkit.Lab, inner: Any) -> None:
    """An observer may look at an object's encryption and not at its content."""
    inner()
    assert lab.observer.client("s3").head_object(**PLACE)["ServerSideEncryption"] == "aws:kms"
    with labkit.expect_error("AccessDenied"):
        lab.observer.client("s3").get_object(**PLACE)
    assert inner() == []


def test_the_explanation_is_about_the_key(s3: Any, lab: labkit.Lab, reader: Any) -> None:
    """S3 let the caller in; the explanation tells which KMS permission was missing."""
    with labkit.expect_error("AccessDenied") as refused:
        reader("Clerk", "s3:*").client("s3").get_object(**PLACE)
    assert "kms:Decrypt" in str(lab.explain(refused))
