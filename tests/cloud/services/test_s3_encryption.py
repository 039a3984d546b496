"""S3 with server-side encryption: which KMS calls it makes, and what it answers."""

from __future__ import annotations

import base64
import json
from typing import Any

import boto3
import pytest

import labkit

BUCKET = "payroll-data"


@pytest.fixture
def s3(lab: labkit.Lab) -> Any:
    """S3 as the administrator, with a bucket."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def kms_options(key: str, **more: Any) -> dict[str, Any]:
    """Arguments of a write with SSE-KMS."""
    return {"Bucket": BUCKET, "Key": "pay.csv", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, **more}


def default_encryption(s3: Any, algorithm: str, key: str | None, bucket_key: bool) -> None:
    """Configure the bucket's default."""
    by_default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": bucket_key}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_sse_s3_is_what_nobody_asks_for(s3: Any, inner: Any) -> None:
    """An object without any word of encryption is under SSE-S3, and KMS hears nothing."""
    put = s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    got = s3.get_object(Bucket=BUCKET, Key="a")
    assert put["ServerSideEncryption"] == got["ServerSideEncryption"] == "AES256"
    assert "SSEKMSKeyId" not in got and "BucketKeyEnabled" not in got
    assert inner() == []


def test_put_and_get_call_kms_for_the_caller(s3: Any, key: str, inner: Any) -> None:
    """A put makes one GenerateDataKey and a get one Decrypt, under the caller's identity and the object's ARN."""
    put = s3.put_object(**kms_options(key), Body=b"secret")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)
    got = s3.get_object(Bucket=BUCKET, Key="pay.csv")
    assert got["Body"].read() == b"secret"
    assert (got["ServerSideEncryption"], got["SSEKMSKeyId"]) == ("aws:kms", key)
    assert "BucketKeyEnabled" not in got
    made, decrypted = inner()
    context = {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}/pay.csv"}
    assert made["eventName"] == "GenerateDataKey"
    assert made["requestParameters"] == {"keyId": key, "keySpec": "AES_256", "encryptionContext": context}
    assert decrypted["eventName"] == "Decrypt"
    assert decrypted["requestParameters"] == {"encryptionContext": context, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    for event in (made, decrypted):
        assert event["userIdentity"]["arn"].endswith("assumed-role/LabAdministrator/learner")
        assert event["userIdentity"]["invokedBy"] == event["sourceIPAddress"] == "fas.s3.amazonaws.com"
        assert event["resources"][0]["ARN"] == key
        assert "tlsDetails" not in event


@pytest.mark.parametrize("form", ["id", "arn", "alias", "alias arn"])
def test_the_key_may_be_named_in_four_ways(s3: Any, kms: Any, key: str, form: str) -> None:
    """Key id, ARN, alias and alias ARN all do; the answer has the key's ARN."""
    kms.create_alias(AliasName="alias/payroll", TargetKeyId=key)
    alias_arn = key.partition(":key/")[0] + ":alias/payroll"
    name = {"id": key.rpartition("/")[2], "arn": key, "alias": "alias/payroll", "alias arn": alias_arn}[form]
    assert s3.put_object(**kms_options(name), Body=b"x")["SSEKMSKeyId"] == key


def test_without_a_key_s3_takes_its_managed_key(s3: Any, kms: Any, key: str) -> None:
    """aws:kms alone means aws/s3, even where the bucket's default names another key."""
    default_encryption(s3, "aws:kms", key, bucket_key=False)
    put = s3.put_object(Bucket=BUCKET, Key="a", Body=b"x", ServerSideEncryption="aws:kms")
    managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert put["SSEKMSKeyId"] == managed["Arn"]
    assert managed["KeyManager"] == "AWS"
    assert s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"x"


def test_the_buckets_default_is_used(s3: Any, key: str, inner: Any) -> None:
    """An object that asks for nothing gets the bucket's algorithm, key and bucket key."""
    default_encryption(s3, "aws:kms", key, bucket_key=True)
    put = s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == ("aws:kms", key, True)
    assert inner()[0]["requestParameters"]["encryptionContext"] == {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}


def test_dsse_kms(s3: Any, key: str, inner: Any) -> None:
    """DSSE-KMS says so in its answers and uses no bucket key."""
    s3.put_object(**kms_options(key, ServerSideEncryption="aws:kms:dsse", BucketKeyEnabled=True), Body=b"x")
    got = s3.get_object(Bucket=BUCKET, Key="pay.csv")
    assert (got["ServerSideEncryption"], got["SSEKMSKeyId"]) == ("aws:kms:dsse", key)
    assert "BucketKeyEnabled" not in got
    assert [e["requestParameters"]["encryptionContext"] for e in inner()] == [
        {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}/pay.csv"}
    ] * 2


def test_the_requests_context_is_added_to(s3: Any, key: str, inner: Any) -> None:
    """The object's own encryption context and S3's pair go to KMS together, at the put and at the get."""
    context = base64.b64encode(json.dumps({"dept": "hr"}).encode()).decode()
    s3.put_object(**kms_options(key, SSEKMSEncryptionContext=context), Body=b"x")
    s3.get_object(Bucket=BUCKET, Key="pay.csv")["Body"].read()
    expected = {"dept": "hr", "aws:s3:arn": f"arn:aws:s3:::{BUCKET}/pay.csv"}
    assert [e["requestParameters"]["encryptionContext"] for e in inner()] == [expected, expected]


@pytest.mark.parametrize("context", ["not base64", base64.b64encode(b"[1]").decode(), "eyJhIjoxfQ=="])
def test_a_context_that_is_none(s3: Any, key: str, context: str) -> None:
    """The context header is base64 of a JSON object of strings, or the put is refused."""
    with labkit.expect_error("InvalidArgument") as refused:
        s3.put_object(**kms_options(key, SSEKMSEncryptionContext=context), Body=b"x")
    assert "Base64-encoded UTF-8 string holding JSON" in refused.message


def test_head_needs_no_key(s3: Any, kms: Any, key: str, inner: Any) -> None:
    """HeadObject reads metadata, which are not encrypted: no Decrypt, even when the key is disabled."""
    s3.put_object(**kms_options(key), Body=b"x")
    inner()
    kms.disable_key(KeyId=key)
    head = s3.head_object(Bucket=BUCKET, Key="pay.csv")
    assert (head["SSEKMSKeyId"], head["ServerSideEncryption"]) == (key, "aws:kms")
    assert inner() == []
    with labkit.expect_error("400") as refused:  # the checksum is encrypted; a HEAD's answer has no body
        s3.head_object(Bucket=BUCKET, Key="pay.csv", ChecksumMode="ENABLED")
    assert refused.message == "Bad Request"


def test_a_copy_decrypts_and_encrypts(s3: Any, kms: Any, key: str, inner: Any) -> None:
    """A copy has the encryption that it asks for, not its source's."""
    other = kms.create_key()["KeyMetadata"]["Arn"]
    s3.put_object(**kms_options(key), Body=b"x")
    inner()
    copied = s3.copy_object(
        Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/pay.csv", ServerSideEncryption="aws:kms", SSEKMSKeyId=other
    )
    assert copied["SSEKMSKeyId"] == other
    assert [(e["eventName"], e["resources"][0]["ARN"]) for e in inner()] == [
        ("Decrypt", key),
        ("GenerateDataKey", other),
    ]
    plain = s3.copy_object(Bucket=BUCKET, Key="c", CopySource={"Bucket": BUCKET, "Key": "pay.csv"})
    assert plain["ServerSideEncryption"] == "AES256"
    assert [e["eventName"] for e in inner()] == ["Decrypt"]
    assert s3.get_object(Bucket=BUCKET, Key="b")["Body"].read() == b"x"
    in_place = s3.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/b")  # from KMS to SSE-S3: a change
    assert in_place["ServerSideEncryption"] == "AES256"


def test_a_multipart_upload(s3: Any, key: str, inner: Any) -> None:
    """One data key for the upload; each part, and the completion where parts have checksums, decrypts it."""
    upload = s3.create_multipart_upload(**kms_options(key), ChecksumAlgorithm="CRC32")
    assert upload["SSEKMSKeyId"] == key
    place = {"Bucket": BUCKET, "Key": "pay.csv", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**place, PartNumber=1, Body=b"part", ChecksumAlgorithm="CRC32")
    assert part["SSEKMSKeyId"] == key
    taken = {"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
    done = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": [taken]})
    assert done["SSEKMSKeyId"] == key
    assert s3.get_object(Bucket=BUCKET, Key="pay.csv")["Body"].read() == b"part"
    assert [e["eventName"] for e in inner()] == ["GenerateDataKey", "Decrypt", "Decrypt", "Decrypt"]


def test_each_version_keeps_its_encryption(s3: Any, kms: Any, key: str) -> None:
    """A version under a disabled key is unreadable; the one before it is not."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=BUCKET, Key="pay.csv", Body=b"1")["VersionId"]
    second = s3.put_object(**kms_options(key), Body=b"2")["VersionId"]
    kms.disable_key(KeyId=key)
    assert s3.get_object(Bucket=BUCKET, Key="pay.csv", VersionId=first)["Body"].read() == b"1"
    with labkit.expect_error("KMS.DisabledException"):
        s3.get_object(Bucket=BUCKET, Key="pay.csv", VersionId=second)


def test_bucket_encryption_answers(s3: Any, kms: Any, key: str) -> None:
    """What GetBucketEncryption says before, during and after; S3 does not check the key."""
    blocked = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    sse_s3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False} | blocked

    def rules() -> Any:
        return s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]

    assert rules() == [sse_s3]
    default_encryption(s3, "aws:kms", "alias/nobody", bucket_key=True)
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/nobody"}
    assert rules() == [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True} | blocked]
    with labkit.expect_error("KMS.NotFoundException"):
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    s3.delete_bucket_encryption(Bucket=BUCKET)
    assert rules() == [sse_s3]
    with labkit.expect_error("InvalidArgument") as refused:
        default_encryption(s3, "AES256", key, bucket_key=False)
    assert refused.message.startswith("a KMSMasterKeyID is not applicable")


def test_two_runs_say_the_same() -> None:
    """Dates, upload ids, version ids and answers are the same at each run."""

    def run() -> list[Any]:
        labkit.start("same")
        s3, kms = boto3.client("s3"), boto3.client("kms")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        key = kms.create_key()["KeyMetadata"]["Arn"]
        answers = [s3.list_buckets(), s3.put_object(**kms_options(key), Body=b"x")]
        answers.append(s3.create_multipart_upload(**kms_options(key)))
        answers.append(s3.head_object(Bucket=BUCKET, Key="pay.csv"))
        return answers

    assert run() == run()
