"""What the real S3 answered about encryption, call by call: the same calls here get the same members and values.

The facts are from LocalStack's snapshots that were validated against AWS in February 2026 (tests/aws/services/s3:
test_s3 and test_s3_api, the cases about SSE-S3, SSE-KMS and bucket encryption). The cases about customer-provided keys
(SSE-C) are told in test_s3_headers.py as far as the account has them: buckets made since April 2026 refuse such keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

import boto3
import pytest

import labkit

PLACE = {"Bucket": "papers", "Key": "a"}
SSE_S3 = {"ServerSideEncryption": "AES256"}
KMS = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "{key}"}
MANAGED = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "{managed}"}
BUCKET_KEY = {"BucketKeyEnabled": True}
WHOLE = {"ChecksumType": "FULL_OBJECT"}
SUM, BODY = {"ChecksumCRC32": "KHcEKQ=="} | WHOLE, b"test-sse"
READ = {"AcceptRanges": "bytes", "ContentType": "binary/octet-stream", "Metadata": {}, "ContentLength": len(BODY)}
NO_BUCKET = ("NoSuchBucket", "The specified bucket does not exist", {"BucketName": "never-made"})
MALFORMED = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    {},
)
UUID = "134f2428-cec1-4b25-a1ae-9048164dba47"
HERE = "arn:aws:kms:us-east-1:111122223333:key/"
VOLATILE = ("ResponseMetadata", "LastModified", "Location", "UploadId", "Body")


@dataclass(frozen=True)
class Of:
    """The ETag of this content: its MD5, or under a KMS key another one."""

    content: bytes = BODY
    kms: bool = False


@dataclass(frozen=True)
class Step:
    """A call and its answer: all members but those that change from run to run; or code, message and members."""

    operation: str
    params: dict[str, Any]
    answer: dict[str, Any] | None = None
    error: tuple[str, str, dict[str, str]] | None = None
    status: int = 200
    keep: dict[str, str] = field(default_factory=dict)  # members that later steps name, by the name there


def default(algorithm: str, key: str | None = None, bucket_key: bool = False) -> dict[str, Any]:
    """A bucket's default encryption."""
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    if key:
        rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = key
    return {"Rules": [rule | {"BucketKeyEnabled": bucket_key}]}


def shown(*rule: Any) -> dict[str, Any]:
    """A bucket's default encryption as AWS answers it since April 2026: with what the bucket blocks."""
    rules = default(*rule)["Rules"]
    return {"Rules": [each | {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}} for each in rules]}


def configure(*rule: Any, bucket: str = "papers") -> dict[str, Any]:
    """The parameters of a PutBucketEncryption."""
    return {"Bucket": bucket, "ServerSideEncryptionConfiguration": default(*rule)}


def put(*params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a PutObject."""
    return merged(PLACE, {"Body": BODY}, *params)


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    """One of many."""
    return {name: value for part in parts for name, value in part.items()}


def missing(message: str) -> tuple[str, str, dict[str, str]]:
    """A key that is not there."""
    return "KMS.NotFoundException", message, {}


MD5, OTHER = {"ETag": Of()}, {"ETag": Of(kms=True)}
CONFIGURATION = "ServerSideEncryptionConfiguration"
NOT_APPLICABLE = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
PART = {"PartNumber": 1, "ETag": "{etag}"}
COPY = {"Bucket": "papers", "CopySource": "papers/a"}

CASES: dict[str, list[Step]] = {
    "a copy under a KMS key": [
        Step("put_object", put(), merged(SUM, MD5, SSE_S3)),
        Step("get_object", PLACE, merged(READ, SUM, MD5, SSE_S3)),
        Step("copy_object", merged(COPY, {"Key": "copy"}, KMS, BUCKET_KEY),
             merged({"CopyObjectResult": merged(SUM, OTHER)}, KMS, BUCKET_KEY)),
        Step("get_object", merged(PLACE, {"Key": "copy"}), merged(READ, SUM, OTHER, KMS, BUCKET_KEY)),
    ],
    "keys that are not there": [
        Step("put_object", put(KMS, {"SSEKMSKeyId": "fake-key-id"}), None, missing("Invalid keyId 'fake-key-id'"), 400),
        Step("put_object", put(KMS, {"SSEKMSKeyId": UUID}), None, missing(f"Key '{HERE}{UUID}' does not exist"), 400),
        Step("put_object", put(KMS, {"SSEKMSKeyId": HERE + UUID}), None,
             missing(f"Key '{HERE}{UUID}' does not exist"), 400),
        Step("put_object", put(KMS, {"SSEKMSKeyId": "{far}"}), None, missing("Invalid arn eu-west-1"), 400),
        Step("create_multipart_upload", merged(PLACE, KMS, {"SSEKMSKeyId": "fake-key-id"}), None,
             missing("Invalid keyId 'fake-key-id'"), 400),
        Step("put_object", put(), merged(SUM, MD5, SSE_S3)),
        Step("copy_object", merged(COPY, {"Key": "copy"}, KMS, {"SSEKMSKeyId": "fake-key-id"}), None,
             missing("Invalid keyId 'fake-key-id'"), 400),
    ],
    "a key's states": [
        Step("put_object", put(KMS), merged(SUM, OTHER, KMS)),
        Step("get_object", PLACE, merged(READ, SUM, OTHER, KMS)),
        Step("kms:disable_key", {"KeyId": "{key}"}, {}),
        Step("get_object", PLACE, None, ("KMS.DisabledException", "{key} is disabled.", {}), 400),
        Step("put_object", put(KMS), None, ("KMS.DisabledException", "{key} is disabled.", {}), 400),
        Step("kms:schedule_key_deletion", {"KeyId": "{key}"}),
        Step("get_object", PLACE, None, ("KMS.KMSInvalidStateException", "{key} is pending deletion.", {}), 400),
    ],
    "a multipart upload": [
        Step("create_multipart_upload", merged(PLACE, KMS, BUCKET_KEY), merged(PLACE, KMS, BUCKET_KEY),
             keep={"UploadId": "upload"}),
        Step("upload_part", put({"UploadId": "{upload}", "PartNumber": 1}),
             merged({"ChecksumCRC32": "KHcEKQ=="}, OTHER, KMS, BUCKET_KEY), keep={"ETag": "etag"}),
        Step("complete_multipart_upload",
             merged(PLACE, {"UploadId": "{upload}", "MultipartUpload": {"Parts": [PART]}}),
             merged(PLACE, {"ETag": Of(kms=True)}, KMS, BUCKET_KEY)),
        Step("get_object", PLACE,
             merged(READ, {"ChecksumCRC64NVME": "Kr7StX/uFlQ="}, WHOLE, OTHER, KMS, BUCKET_KEY)),
    ],
    "a bucket's default with a bucket key": [
        Step("put_object", put(), merged(SUM, MD5, SSE_S3)),
        Step("put_bucket_encryption", configure("aws:kms", "{key}", True), {}),
        Step("get_bucket_encryption", {"Bucket": "papers"}, {CONFIGURATION: shown("aws:kms", "{key}", True)}),
        Step("get_object", PLACE, merged(READ, SUM, MD5, SSE_S3)),
        Step("put_object", put(), merged(SUM, OTHER, KMS, BUCKET_KEY)),
        Step("get_object", PLACE, merged(READ, SUM, OTHER, KMS, BUCKET_KEY)),
    ],
    "S3's managed key": [
        Step("put_object", put({"ServerSideEncryption": "aws:kms"}), merged(SUM, OTHER, MANAGED)),
        Step("get_object", PLACE, merged(READ, SUM, OTHER, MANAGED)),
        Step("put_bucket_encryption", configure("aws:kms", None, True), {}),
        Step("get_bucket_encryption", {"Bucket": "papers"}, {CONFIGURATION: shown("aws:kms", None, True)}),
        Step("put_object", put(), merged(SUM, OTHER, MANAGED, BUCKET_KEY)),
        Step("get_object", PLACE, merged(READ, SUM, OTHER, MANAGED, BUCKET_KEY)),
        Step("head_object", PLACE, merged(READ, OTHER, MANAGED, BUCKET_KEY)),
    ],
    "a copy onto itself with another encryption": [
        Step("put_object", put(KMS, BUCKET_KEY), merged(SUM, OTHER, KMS, BUCKET_KEY)),
        Step("head_object", PLACE, merged(READ, OTHER, KMS, BUCKET_KEY)),
        Step("copy_object", merged(COPY, {"Key": "a", "ServerSideEncryption": "aws:kms"}),
             merged({"CopyObjectResult": merged(SUM, OTHER)}, MANAGED)),
        Step("head_object", PLACE, merged(READ, OTHER, MANAGED)),
        Step("copy_object", merged(COPY, {"Key": "a"}), merged({"CopyObjectResult": merged(SUM, MD5)}, SSE_S3)),
        Step("head_object", PLACE, merged(READ, MD5, SSE_S3)),
        Step("copy_object", merged(COPY, {"Key": "a"}, SSE_S3), merged({"CopyObjectResult": merged(SUM, MD5)}, SSE_S3)),
        Step("head_object", PLACE, merged(READ, MD5, SSE_S3)),
    ],
    "a copy onto itself in a bucket with a default": [
        Step("put_bucket_encryption", configure("AES256"), {}),
        Step("put_object", put({"Body": b""}),
             merged({"ChecksumCRC32": "AAAAAA=="}, WHOLE, {"ETag": Of(b"")}, SSE_S3)),
        Step("copy_object", merged(COPY, {"Key": "a"}),
             merged({"CopyObjectResult": merged({"ChecksumCRC32": "AAAAAA==", "ETag": Of(b"")}, WHOLE)}, SSE_S3)),
    ],
    "a bucket's default that nobody has set": [
        Step("get_bucket_encryption", {"Bucket": "papers"}, {CONFIGURATION: shown("AES256")}),
        Step("delete_bucket_encryption", {"Bucket": "papers"}, {}, status=204),
        Step("delete_bucket_encryption", {"Bucket": "papers"}, {}, status=204),
    ],
    "defaults that are refused": [
        Step("get_bucket_encryption", {"Bucket": "never-made"}, None, NO_BUCKET, 404),
        Step("delete_bucket_encryption", {"Bucket": "never-made"}, None, NO_BUCKET, 404),
        Step("put_bucket_encryption", configure("AES256", bucket="never-made"), None, NO_BUCKET, 404),
        Step("put_bucket_encryption", {"Bucket": "papers", CONFIGURATION: {"Rules": []}}, None, MALFORMED, 400),
        Step("put_bucket_encryption", {"Bucket": "papers", CONFIGURATION: {"Rules": default("AES256")["Rules"] * 2}},
             None, MALFORMED, 400),
        Step("put_bucket_encryption", configure("AES256", "{key}"), None,
             ("InvalidArgument", NOT_APPLICABLE, {"ArgumentName": "ApplyServerSideEncryptionByDefault"}), 400),
    ],
    "SSE-S3 as the default": [
        Step("put_bucket_encryption", configure("AES256", None, True), {}),
        Step("put_object", put(), merged(SUM, MD5, SSE_S3)),
        Step("head_object", PLACE, merged(READ, MD5, SSE_S3)),
        Step("get_object", PLACE, merged(READ, SUM, MD5, SSE_S3)),
    ],
    "a bucket key, and none": [
        Step("put_bucket_encryption", configure("aws:kms", "{key}", True), {}),
        Step("put_object", put(), merged(SUM, OTHER, KMS, BUCKET_KEY)),
        Step("put_bucket_encryption", configure("aws:kms", "{key}", False), {}),
        Step("put_object", put(), merged(SUM, OTHER, KMS)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_as_the_real_service_answered(case: str) -> None:
    """Every step of the case, in order."""
    labkit.start("s3-recorded")
    s3, kms = boto3.client("s3"), boto3.client("kms")
    s3.create_bucket(Bucket="papers")
    known = {"key": kms.create_key()["KeyMetadata"]["Arn"]}
    known["far"] = boto3.client("kms", region_name="eu-west-1").create_key()["KeyMetadata"]["Arn"]
    seen: list[str] = []
    for number, step in enumerate(CASES[case]):
        service, _, operation = step.operation.rpartition(":")
        params = filled(step.params, known)
        try:
            answer = getattr(kms if service else s3, operation)(**params)
        except s3.exceptions.ClientError as refused:
            answer = refused.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == step.status, (number, answer)
        if step.error is not None:
            code, message, more = filled(step.error, known)
            assert answer["Error"] == {"Code": code, "Message": message} | more, number
        elif step.answer is not None:
            if "managed" not in known:
                aliases = {each["AliasName"]: each.get("TargetKeyId") for each in kms.list_aliases()["Aliases"]}
                known |= {"managed": HERE + aliases["alias/aws/s3"]} if aliases.get("alias/aws/s3") else {}
            known |= {later: answer[name] for name, later in step.keep.items()}
            same(without_volatile(answer), filled(step.answer, known), seen)


def filled(value: Any, known: dict[str, str]) -> Any:
    """The value with names in braces replaced by what they stand for."""
    if isinstance(value, str) and value.startswith("{"):
        name, _, rest = value[1:].partition("}")
        return known[name] + rest
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {name: filled(each, known) for name, each in value.items()}
    return type(value)(filled(each, known) for each in value) if isinstance(value, list | tuple) else value


def without_volatile(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what changes from run to run."""
    nested = {name: without_volatile(each) if isinstance(each, dict) else each for name, each in answer.items()}
    return {name: each for name, each in nested.items() if name not in VOLATILE}


def same(answer: dict[str, Any], expected: dict[str, Any], seen: list[str]) -> None:
    """Assert that all members are there and no other; ETags by what they are of."""
    assert answer.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, Of):
            digest = md5(value.content, usedforsecurity=False).hexdigest()
            assert (answer[name].strip('"').partition("-")[0] == digest) != value.kms
        elif isinstance(value, dict):
            same(answer[name], value, seen)
        else:
            assert answer[name] == value
