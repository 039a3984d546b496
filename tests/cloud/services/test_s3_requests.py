"""Requests that S3 does not take: bucket names, numbers, bodies. moto would take some, and trip over others."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

import labkit

FORM = "application/x-www-form-urlencoded"  # what curl and urllib send a body with
TAGGING = "<Tagging><TagSet><Tag><Key>team</Key><Value>payroll</Value></Tag></TagSet></Tagging>"


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file: refused requests change nothing."""
    lab = labkit.start("s3-requests")
    boto3.client("s3").create_bucket(Bucket="papers")
    return lab


def send(lab: labkit.Lab, method: str, target: str, body: str = "", **headers: str) -> tuple[int, str]:
    """Sign and send over the socket; status and answer."""
    named = {"content-type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest(method, lab.endpoint + target, named, body.encode())
    S3SigV4Auth(boto3.Session().get_credentials().get_frozen_credentials(), "s3", "us-east-1").add_auth(request)
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    try:
        connection.request(method, target, body.encode() or None, dict(request.headers))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("max-keys", "maxKeys"),
        ("list-type=2&max-keys", "maxKeys"),
        ("versions&max-keys", "maxKeys"),
        ("uploads&max-uploads", "max-uploads"),
    ],
)
def test_counts_are_not_negative(lab: labkit.Lab, query: str, argument: str) -> None:
    """InvalidArgument, and in no case a fault."""
    status, answer = send(lab, "GET", f"/papers?{query}=-1")
    said = f"<Message>Argument {argument} must be an integer between 0 and 2147483647</Message>"
    assert (status, "<Code>InvalidArgument</Code>" in answer, said in answer) == (400, True, True)
    assert f"<ArgumentName>{argument}</ArgumentName><ArgumentValue>-1</ArgumentValue>" in answer


@pytest.mark.parametrize("query", ["", "list-type=2&", "versions&"])
def test_keys_are_encoded_as_in_addresses_or_not(lab: labkit.Lab, query: str) -> None:
    """No other encoding (versitygw 1984)."""
    status, answer = send(lab, "GET", f"/papers?{query}encoding-type=other")
    said = "<Message>Invalid Encoding Method specified in Request</Message><ArgumentName>encoding-type</ArgumentName>"
    assert (status, f"{said}<ArgumentValue>other</ArgumentValue>" in answer) == (400, True)


def test_a_count_is_a_number(lab: labkit.Lab) -> None:
    """What is no number is an argument of the wrong kind, not malformed XML."""
    status, answer = send(lab, "GET", "/papers?max-keys=many")
    assert (status, "<Code>InvalidArgument</Code>" in answer) == (400, True)


@pytest.mark.parametrize(
    "mark",
    ["accelerate", "cors", "encryption", "lifecycle", "logging", "notification", "object-lock", "ownershipControls",
     "policy", "publicAccessBlock", "replication", "requestPayment", "tagging", "versioning", "website"],
)  # fmt: skip
def test_empty_configurations(lab: labkit.Lab, mark: str) -> None:
    """ "Request Body is empty" (recorded); no configuration is kept."""
    status, answer = send(lab, "PUT", f"/papers?{mark}")
    assert (status, "<Code>MissingRequestBodyError</Code><Message>Request Body is empty<" in answer) == (400, True)


def test_an_acl_may_come_in_headers(lab: labkit.Lab) -> None:
    """Neither body nor header is too little."""
    status, answer = send(lab, "PUT", "/papers?acl")
    assert (status, "<Code>MissingSecurityHeader</Code>" in answer) == (400, True)
    assert send(lab, "PUT", "/papers?acl", x_amz_acl="private") == (200, "")


@pytest.mark.parametrize("body", ["<a/>", "<Tagging/>", "<Tagging>", "x", '{"TagSet": []}'])
def test_malformed_configurations(lab: labkit.Lab, body: str) -> None:
    """Another root, nothing in it, not well-formed, no XML at all."""
    status, answer = send(lab, "PUT", "/papers?tagging", body)
    said = "The XML you provided was not well-formed or did not validate against our published schema"
    assert (status, f"<Code>MalformedXML</Code><Message>{said}" in answer) == (400, True)


def test_a_body_counts_whatever_its_type(lab: labkit.Lab) -> None:
    """XML that is sent as a form is read as what it is."""
    assert send(lab, "PUT", "/papers?tagging", TAGGING)[0] in (200, 204)
    tags = boto3.client("s3").get_bucket_tagging(Bucket="papers")["TagSet"]
    assert tags == [{"Key": "team", "Value": "payroll"}]


@pytest.mark.parametrize(
    "name",
    ["Papers", "my_papers", "a..b", "-papers", "papers-", "192.168.5.4", "xn--papers", "sthree-papers", "a" * 64,
     "amzn-s3-demo-papers", "papers-s3alias", "papers--ol-s3", "papers.mrap", "papers--x-s3", "papers--table-s3"],
)  # fmt: skip
def test_bucket_names_that_are_none(lab: labkit.Lab, name: str) -> None:
    """The rules for general purpose buckets; nothing is made."""
    status, answer = send(lab, "PUT", f"/{name}")
    refused = "<Code>InvalidBucketName</Code><Message>The specified bucket is not valid.<" in answer
    assert (status, refused) == (400, True)
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["papers"]


def test_bucket_names_that_are_good(lab: labkit.Lab) -> None:
    """Periods, digits and 63 characters are."""
    s3: Any = boto3.client("s3")
    for name in ("a.b.c", "2026-papers", "a" * 63):
        s3.create_bucket(Bucket=name)
        s3.delete_bucket(Bucket=name)
