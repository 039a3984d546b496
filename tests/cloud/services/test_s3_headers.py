"""Headers of encryption where they don't belong, and values that are none: told by name and value."""

from __future__ import annotations

import base64
import re
from hashlib import md5
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

import labkit

SSE = "x-amz-server-side-encryption"
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


def send(
    lab: labkit.Lab, method: str, target: str, headers: dict[str, str], body: bytes = b"", region: str = "us-east-1"
) -> tuple[int, dict[str, str], str]:
    """Sign and send over the socket; status, headers and answer. Header "unsigned-x" goes unsigned as "x"."""
    named = {name: value for name, value in headers.items() if not name.startswith("unsigned-")}
    request = AWSRequest(method, lab.endpoint + target, named, body)
    signer = S3SigV4Auth(boto3.Session().get_credentials().get_frozen_credentials(), "s3", region)
    if (declared := headers.get("x-amz-content-sha256")) is not None:  # of chunks, which botocore does not send here
        signer.payload = lambda _: declared
    signer.add_auth(request)
    late = {name.removeprefix("unsigned-"): value for name, value in headers.items() if name.startswith("unsigned-")}
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    try:
        connection.request(method, target, body or None, dict(request.headers) | late)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read().decode()
    finally:
        connection.close()


def members(answer: str) -> dict[str, str]:
    """The elements of an S3 error but for the request's id."""
    found = dict(re.findall(r"<(\w[\w-]*)>([^<]*)</\1>", answer))
    found.pop("RequestId", None)
    return found


def invalid(message: str, value: str | None, name: str = SSE, code: str = "InvalidArgument") -> dict[str, str]:
    """An error that names an argument."""
    return {"Code": code, "Message": message, "ArgumentName": name} | (
        {} if value is None else {"ArgumentValue": value}
    )


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


# --- Signatures ------------------------------------------------------------------------------------------------------


def test_headers_that_were_not_signed(lab: labkit.Lab) -> None:
    """They are named (recorded)."""
    unsigned = {"unsigned-x-amz-meta-b": "1", "unsigned-x-amz-acl": "private", "unsigned-cache-control": "no-store"}
    status, _, answer = send(lab, "PUT", "/papers/b", unsigned, b"x")
    assert (status, members(answer)) == (
        403,
        {
            "Code": "AccessDenied",
            "Message": "There were headers present in the request which were not signed",
            "HeadersNotSigned": "x-amz-acl, x-amz-meta-b",
        },
    )


@pytest.mark.parametrize(
    ("target", "region", "expected"),
    [
        ("/papers/a", "US", "us-east-1"),
        ("/", "us_east_1", "us-east-1"),
        ("/europe", "EU", "eu-west-1"),
        ("/never", "mars-1", "us-east-1"),
    ],
)
def test_regions_that_are_none(lab: labkit.Lab, target: str, region: str, expected: str) -> None:
    """The service names the Region that it expects: s3cmd, with "US", signs again for that one."""
    europe = boto3.client("s3", region_name="eu-west-1")
    if target == "/europe":
        europe.create_bucket(Bucket="europe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    status, told, answer = send(lab, "GET", target, {}, region=region)
    said = f"The authorization header is malformed; the region '{region}' is wrong; expecting '{expected}'"
    wrong = {"Code": "AuthorizationHeaderMalformed", "Message": said, "Region": expected}
    assert (status, {name: value.replace("&apos;", "'") for name, value in members(answer).items()}) == (400, wrong)
    assert told.get("x-amz-bucket-region") == (expected if target in ("/papers/a", "/europe") else None)
    again = send(lab, "GET", target, {}, region=expected)[0]
    assert again == (404 if target == "/never" else 200)


def test_a_link_for_no_region(lab: labkit.Lab) -> None:
    """The query's parameter is named in place of the header."""
    s3: Any = boto3.client(
        "s3", region_name="mars-1", endpoint_url=lab.endpoint, config=Config(signature_version="s3v4")
    )
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "papers", "Key": "a"})
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    connection.request("GET", link.removeprefix(lab.endpoint))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    said = "Error parsing the X-Amz-Credential parameter; the region 'mars-1' is wrong; expecting 'us-east-1'"
    assert (answer.status, members(text)["Code"]) == (400, "AuthorizationQueryParametersError")
    assert members(text)["Message"] == said


@pytest.mark.parametrize(
    ("version", "params", "sent", "status"),
    [
        ("s3", {}, {}, 200),
        ("s3", {"ServerSideEncryption": "AES256"}, {}, 200),  # version 2 has such headers in the link itself
        ("s3", {"ServerSideEncryption": "aws:kms"}, {}, 400),
        ("s3", {}, {SSE: "aws:kms"}, 403),
        ("s3v4", {}, {SSE: "aws:kms"}, 403),
        ("s3v4", {"ServerSideEncryption": "aws:kms"}, {SSE: "aws:kms"}, 200),
    ],
)
def test_links_to_write(
    lab: labkit.Lab, version: str, params: dict[str, str], sent: dict[str, str], status: int
) -> None:
    """What the link says of encryption holds; what a client adds was not signed; version 2 does not do for KMS."""
    s3: Any = boto3.client("s3", config=Config(signature_version=version, request_checksum_calculation="when_required"))
    link = s3.generate_presigned_url("put_object", Params={"Bucket": "papers", "Key": "linked", **params})
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    connection.request("PUT", link.removeprefix(lab.endpoint), b"x", sent)
    answer = connection.getresponse()
    text, told = answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    assert answer.status == status, text
    if status == 200:
        assert told[SSE] == params.get("ServerSideEncryption", "AES256")
    elif status == 400:
        assert members(text) == invalid(
            "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
            "null",
            "Authorization",
        )


def test_a_link_copies_by_its_header_alone(lab: labkit.Lab) -> None:
    """A source in the query string makes a CopyObject of it, authorized as one; a trailer makes nothing of it."""
    s3: Any = boto3.client("s3", config=Config(signature_version="s3", request_checksum_calculation="when_required"))
    params = {"Bucket": "papers", "Key": "linked", "CopySource": "papers/a"}
    link = s3.generate_presigned_url("copy_object", Params=params, HttpMethod="PUT")
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    connection.request("PUT", link.removeprefix(lab.endpoint))
    answer = connection.getresponse()
    assert (answer.status, b"<CopyObjectResult" in answer.read()) == (200, True)
    connection.close()
    assert lab.events()[-1]["eventName"] == "CopyObject"
    body = b"3\r\nabc\r\n0\r\nx-amz-copy-source:papers/a\r\n\r\n"
    chunked = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "content-encoding": "aws-chunked"}
    headers = chunked | {"x-amz-decoded-content-length": "3", "x-amz-trailer": "x-amz-copy-source"}
    assert send(lab, "PUT", "/papers/chunked", headers, body)[0] == 200
    stored = boto3.client("s3").get_object(Bucket="papers", Key="chunked")
    assert (stored["Body"].read(), "ContentEncoding" in stored) == (b"abc", False)


@pytest.mark.parametrize(
    ("trailer", "status"), [("x-amz-checksum-crc32:NSRBwg==", 200), ("x-amz-checksum-crc32:AAAAAA==", 400)]
)
def test_a_checksum_behind_the_content(lab: labkit.Lab, trailer: str, status: int) -> None:
    """It is checked as one in a header."""
    body = f"3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\n{trailer}\r\n\r\n".encode()
    headers = {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "content-encoding": "gzip,aws-chunked",
        "x-amz-decoded-content-length": "3",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    got, _, answer = send(lab, "PUT", "/papers/trailed", headers, body)
    assert (got, members(answer).get("Code")) == (status, None if status == 200 else "BadDigest")
    if status == 200:
        stored = boto3.client("s3").get_object(Bucket="papers", Key="trailed")
        assert (stored["Body"].read(), stored["ContentEncoding"]) == (b"abc", "gzip")
        assert stored["ChecksumCRC32"] == "NSRBwg=="


@pytest.mark.parametrize("body", [b"", b"5\r\nabc", b"x\r\nabc\r\n0\r\n", b"-1\r\n", b"3\r\nabc\r\n"])
def test_bodies_whose_chunks_end_early(lab: labkit.Lab, body: bytes) -> None:
    """IncompleteBody, and nothing is stored."""
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "3"}
    status, _, answer = send(lab, "PUT", "/papers/early", headers, body)
    assert (status, members(answer)["Code"]) == (400, "IncompleteBody")


def test_a_link_that_has_expired(lab: labkit.Lab) -> None:
    """AccessDenied, with its times (recorded)."""
    for version, name in (("s3v4", "X-Amz-Expires"), ("s3", "")):
        s3: Any = boto3.client("s3", config=Config(signature_version=version))
        link = s3.generate_presigned_url("get_object", Params={"Bucket": "papers", "Key": "a"}, ExpiresIn=-1)
        if version == "s3v4":
            link = s3.generate_presigned_url("get_object", Params={"Bucket": "papers", "Key": "a"}, ExpiresIn=0)
        connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
        connection.request("GET", link.removeprefix(lab.endpoint))
        answer = connection.getresponse()
        found = members(answer.read().decode())
        connection.close()
        assert (answer.status, found["Code"], found["Message"]) == (403, "AccessDenied", "Request has expired")
        assert {"Expires", "ServerTime"} <= found.keys() and (not name or name in found)
