"""Headers of encryption where they don't belong, and values that are none: told by name and value."""

from __future__ import annotations

import base64
from hashlib import md5

import boto3
import pytest

import labkit

from .signing import SSE, invalid, members, send

CUSTOMER = f"{SSE}-customer"

KEY = b"k" * 32

NOT_HERE = f"{SSE} header is not supported for this operation."

NO_METHOD = "The encryption method specified is not supported"

NO_KMS = f"Server Side Encryption with AWS KMS managed key requires HTTP header {SSE} : aws:kms"

NO_CONTEXT = (
    f"The header '{SSE}-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map"
)


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket, an object and an upload for the file: refused requests change nothing."""
    lab = labkit.start("s3-headers")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="papers")
    s3.put_object(Bucket="papers", Key="a", Body=b"x")
    return lab


@pytest.fixture(scope="module")
def upload(lab: labkit.Lab) -> str:
    """The id of a multipart upload."""
    return str(boto3.client("s3").create_multipart_upload(Bucket="papers", Key="m")["UploadId"])


@pytest.mark.parametrize("value", ["AES256", "aws:kms", "nonsense", ""])
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/papers/a"),
        ("HEAD", "/papers/a"),
        ("GET", "/papers/never"),
        ("GET", "/papers/a?attributes"),
        ("GET", "/papers/a?tagging"),
        ("GET", "/papers"),
        ("GET", "/papers?list-type=2"),
        ("GET", "/papers?versions"),
        ("HEAD", "/papers"),
        ("DELETE", "/papers/a"),
        ("PUT", "/papers/m?partNumber=1&uploadId={upload}"),
        ("GET", "/papers/m?uploadId={upload}"),
        ("DELETE", "/papers/m?uploadId={upload}"),
        ("PUT", "/papers?versioning"),
        ("PUT", "/papers/a?acl"),
        ("GET", "/"),
    ],
)
def test_where_it_does_not_belong(lab: labkit.Lab, upload: str, method: str, target: str, value: str) -> None:
    """Every operation that writes no object with an encryption of its own."""
    status, _, answer = send(lab, method, target.format(upload=upload), {SSE: value})
    assert status == 400
    assert method == "HEAD" or members(answer) == invalid(NOT_HERE, value)


def test_completion_takes_none_either(lab: labkit.Lab, upload: str) -> None:
    """Seen with ClickHouse."""
    body = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>"
    status, _, answer = send(lab, "POST", f"/papers/m?uploadId={upload}", {SSE: "AES256"}, body)
    assert (status, members(answer)) == (400, invalid(NOT_HERE, "AES256"))


WRITES = [
    ("PUT", "/papers/b", {}),
    ("PUT", "/papers/b", {"x-amz-copy-source": "papers/a"}),
    ("POST", "/papers/b?uploads", {}),
]


@pytest.mark.parametrize(("method", "target", "more"), WRITES)
@pytest.mark.parametrize("value", ["", "aes256", "AES128", "KMS", "aws:KMS", "aws:kms:other", "true", "NOT_SET"])
def test_methods_that_are_none(lab: labkit.Lab, method: str, target: str, more: dict[str, str], value: str) -> None:
    """An empty one is none either; with a key it is the method that is looked at first."""
    for key in ({}, {f"{SSE}-aws-kms-key-id": "alias/aws/s3"}):
        status, _, answer = send(lab, method, target, {SSE: value} | more | key)
        assert (status, members(answer)) == (400, invalid(NO_METHOD, value))


@pytest.mark.parametrize(("method", "target", "more"), WRITES)
@pytest.mark.parametrize("value", [None, "AES256"])
def test_a_kms_key_without_kms(
    lab: labkit.Lab, method: str, target: str, more: dict[str, str], value: str | None
) -> None:
    """Whatever the bucket's default."""
    headers = {f"{SSE}-aws-kms-key-id": "alias/aws/s3"} | more | ({} if value is None else {SSE: value})
    status, _, answer = send(lab, method, target, headers)
    assert (status, members(answer)) == (400, invalid(NO_KMS, value))


@pytest.mark.parametrize(("method", "target", "more"), WRITES)
@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize(
    "text", [b"{", b"[]", b'"a"', b"1", b'{"a": 1}', b'{"a": {"b": "c"}}', b'{"a": null}', b"\xff", None]
)
def test_contexts_that_are_none(
    lab: labkit.Lab, method: str, target: str, more: dict[str, str], algorithm: str, text: bytes | None
) -> None:
    """No base64, no JSON, no map of strings (minio-go 2235)."""
    value = "{no base64}" if text is None else base64.b64encode(text).decode()
    status, _, answer = send(lab, method, target, {SSE: algorithm, f"{SSE}-context": value} | more)
    assert (status, members(answer)) == (400, invalid(NO_CONTEXT, value, f"{SSE}-context"))


ALGORITHM = {f"{CUSTOMER}-algorithm": "AES256"}

SECRET = {f"{CUSTOMER}-key": base64.b64encode(KEY).decode()}

DIGEST = {f"{CUSTOMER}-key-md5": base64.b64encode(md5(KEY, usedforsecurity=False).digest()).decode()}

BOTH = "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"

BAD_KEY = "The secret key was invalid for the specified algorithm."

WITH = "Requests specifying Server Side Encryption with Customer provided keys must provide"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (ALGORITHM | SECRET | DIGEST | {SSE: "AES256"}, invalid(BOTH, "AES256")),
        (ALGORITHM | SECRET | DIGEST | {SSE: "aws:kms"}, invalid(BOTH, "aws:kms")),
        (SECRET | DIGEST, invalid(f"{WITH} a valid encryption algorithm.", None)),
        (ALGORITHM | DIGEST, invalid(f"{WITH} an appropriate secret key.", None)),
        (ALGORITHM | SECRET, invalid(BAD_KEY, None)),
        (ALGORITHM | DIGEST | {f"{CUSTOMER}-key": "c2hvcnQ="}, invalid(BAD_KEY, None)),
        (
            ALGORITHM | SECRET | {f"{CUSTOMER}-key-md5": "DtTFzBvzbRRTN7vLEuXCqA=="},
            invalid("The calculated MD5 hash of the key did not match the hash that was provided.", None),
        ),
        (
            SECRET | DIGEST | {f"{CUSTOMER}-algorithm": "KMS"},
            invalid(
                "The Encryption request you specified is not valid. Supported value: AES256.",
                "KMS",
                code="InvalidEncryptionAlgorithmError",
            ),
        ),
    ],
)
@pytest.mark.parametrize(("method", "target", "more"), WRITES)
def test_customer_provided_keys(
    lab: labkit.Lab, method: str, target: str, more: dict[str, str], headers: dict[str, str], expected: dict[str, str]
) -> None:
    """What does not go together is told before anything else (recorded)."""
    status, _, answer = send(lab, method, target, headers | more)
    assert (status, members(answer)) == (400, expected)


def test_dual_layer_encryption(lab: labkit.Lab) -> None:
    """aws:kms:dsse is a method, and has no bucket key."""
    headers = {SSE: "aws:kms:dsse", f"{SSE}-bucket-key-enabled": "true"}
    status, told, _ = send(lab, "PUT", "/papers/dual", headers, b"x")
    assert (status, told[SSE], f"{SSE}-bucket-key-enabled" in told) == (200, "aws:kms:dsse", False)


def test_a_default_that_is_none(lab: labkit.Lab) -> None:
    """PutBucketEncryption names the element (recorded)."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}
    with labkit.expect_error("InvalidArgument") as refused:
        boto3.client("s3").put_bucket_encryption(Bucket="papers", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert refused.response["Error"]["ArgumentName"] == "ApplyServerSideEncryptionByDefault"
