"""What was signed of a request to S3: its headers, its Region, a link, and what comes in chunks."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

import labkit

from .signing import SSE, invalid, members, send


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket, an object and an upload for the file: refused requests change nothing."""
    lab = labkit.start("s3-signing")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="papers")
    s3.put_object(Bucket="papers", Key="a", Body=b"x")
    return lab


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
