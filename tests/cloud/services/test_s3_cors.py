"""What S3 tells browsers: preflight requests, and the headers of other answers, as recorded from the real service."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit

PAGE = "https://localhost:4200"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
RULES: dict[str, list[dict[str, Any]]] = {
    "get-put": [{"AllowedOrigins": [PAGE], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}],
    "anybody": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["ETag", "x-amz-id-2"]}],
    "part": [{"AllowedOrigins": ["http://*.origin.com"], "AllowedMethods": ["GET"], "MaxAgeSeconds": 3000}],
    "named": [{"AllowedOrigins": [PAGE], "AllowedMethods": ["GET"], "AllowedHeaders": ["x-AMZ-Meta-*", "If-Match"]}],
    "second": [
        {"AllowedOrigins": [PAGE], "AllowedMethods": ["PUT"]},
        {"AllowedOrigins": [PAGE, "http://b"], "AllowedMethods": ["GET", "HEAD"], "MaxAgeSeconds": 5},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """A bucket for each configuration, and one without any."""
    lab = labkit.start("s3-cors")
    s3 = boto3.client("s3")
    for name in ("none-at-all", *RULES):
        s3.create_bucket(Bucket=f"cors-{name}")
        s3.put_object(Bucket=f"cors-{name}", Key="a", Body=b"content")
    for name, rules in RULES.items():
        s3.put_bucket_cors(Bucket=f"cors-{name}", CORSConfiguration={"CORSRules": rules})
    return lab


def ask(url: str, method: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
    """Send a request as a browser does; the status, the headers that are about CORS, the body."""
    request = urllib.request.Request(url, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request) as answer:
            status, told, body = answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refused:
        status, told, body = refused.code, refused.headers, refused.read().decode()
    names = {"Allow-Origin", "Allow-Methods", "Allow-Headers", "Expose-Headers", "Max-Age", "Allow-Credentials"}
    shown = {name: told[f"Access-Control-{name}"] for name in names if f"Access-Control-{name}" in told}
    assert told["Vary"] == (VARY if shown else None)
    return status, shown, body


def preflight(lab: labkit.Lab, place: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Ask by OPTIONS: `origin`, `method`, `headers`."""
    names = {"method": "Access-Control-Request-Method", "headers": "Access-Control-Request-Headers"}
    endpoint = boto3.client("s3").meta.endpoint_url
    return ask(f"{endpoint}/cors-{place}", "OPTIONS", {names.get(name, name): text for name, text in headers.items()})


@pytest.mark.parametrize(
    ("place", "asked", "told"),
    [
        ("get-put/a", {"origin": PAGE, "method": "PUT"}, {"Allow-Methods": "GET, PUT"}),
        ("get-put", {"origin": PAGE, "method": "PUT"}, {"Allow-Methods": "GET, PUT"}),
        ("get-put/not/there", {"origin": PAGE, "method": "GET"}, {"Allow-Methods": "GET, PUT"}),
        (
            "get-put/a",
            {"origin": PAGE, "method": "PUT", "headers": "X-AMZ-one,content-type"},
            {"Allow-Methods": "GET, PUT", "Allow-Headers": "x-amz-one, content-type"},
        ),
        ("part/a", {"origin": "http://test.origin.com", "method": "GET"}, {"Allow-Methods": "GET", "Max-Age": "3000"}),
        (
            "named/a",
            {"origin": PAGE, "method": "GET", "headers": "x-amz-meta-a, IF-match"},
            {"Allow-Methods": "GET", "Allow-Headers": "x-amz-meta-a, if-match"},
        ),
        ("second/a", {"origin": PAGE, "method": "HEAD"}, {"Allow-Methods": "GET, HEAD", "Max-Age": "5"}),
        ("second/a", {"origin": "http://b", "method": "GET"}, {"Allow-Methods": "GET, HEAD", "Max-Age": "5"}),
    ],
)
def test_what_a_rule_lets_through(lab: labkit.Lab, place: str, asked: dict[str, str], told: dict[str, str]) -> None:
    """The origin comes back, with leave to send credentials; of the headers those that were asked for."""
    own = {"Allow-Origin": asked["origin"], "Allow-Credentials": "true"}
    assert preflight(lab, place, **asked) == (200, own | told, "")


def test_any_origin_is_told_as_a_star(lab: labkit.Lab) -> None:
    """And nothing is said of credentials."""
    status, told, _ = preflight(lab, "anybody/a", origin="http://random:1234", method="GET")
    assert (status, told) == (
        200,
        {"Allow-Origin": "*", "Allow-Methods": "GET", "Expose-Headers": "ETag, x-amz-id-2"},
    )


NOT = "This CORS request is not allowed."


@pytest.mark.parametrize(
    ("place", "asked", "said", "method", "kind"),
    [
        ("get-put/a", {"origin": "http://localhost:4200", "method": "PUT"}, NOT, "PUT", "OBJECT"),
        ("get-put", {"origin": "http://localhost:4200", "method": "PUT"}, NOT, "PUT", "BUCKET"),
        ("get-put/a", {"origin": PAGE, "method": "DELETE"}, NOT, "DELETE", "OBJECT"),
        ("get-put/a", {"origin": PAGE}, NOT, "OPTIONS", "OBJECT"),
        ("anybody/a", {"origin": PAGE, "method": "GET", "headers": "x-amz-one"}, NOT, "GET", "OBJECT"),
        ("named/a", {"origin": PAGE, "method": "GET", "headers": "if-match, x-amz-one"}, NOT, "GET", "OBJECT"),
        ("part/a", {"origin": "http://test.origin.com/", "method": "GET"}, NOT, "GET", "OBJECT"),
        ("part/a", {"origin": "http://test-origin.com", "method": "GET"}, NOT, "GET", "OBJECT"),
        ("second/a", {"origin": "http://b", "method": "PUT"}, NOT, "PUT", "OBJECT"),
        ("none-at-all/a", {"origin": "x", "method": "PUT"}, "CORS is not enabled for this bucket.", "PUT", "BUCKET"),
        ("none-at-all/a", {"origin": "x"}, "CORS is not enabled for this bucket.", "OPTIONS", "BUCKET"),
        ("nowhere/a", {"origin": "x"}, "Bucket not found", "OPTIONS", "BUCKET"),
    ],
)
def test_what_no_rule_lets_through(
    lab: labkit.Lab, place: str, asked: dict[str, str], said: str, method: str, kind: str
) -> None:
    """The error names what was asked for."""
    status, told, body = preflight(lab, place, **asked)
    assert (status, told) == (403, {})
    assert "<Code>AccessForbidden</Code>" in body
    assert f"<Message>CORSResponse: {said}" in body
    assert f"<Method>{method}</Method><ResourceType>{kind}</ResourceType>" in body


@pytest.mark.parametrize("place", ["get-put/a", "none-at-all/a", "nowhere/a"])
def test_a_preflight_request_names_an_origin(lab: labkit.Lab, place: str) -> None:
    """Whatever the bucket."""
    status, _, body = preflight(lab, place, referer=PAGE, method="PUT")
    assert (status, re.findall("<Code>(.*)</Code>", body)) == (400, ["BadRequest"])
    assert "Insufficient information. Origin request header needed." in body


@pytest.mark.parametrize(
    ("bucket", "headers", "told"),
    [
        ("get-put", {}, {}),
        ("get-put", {"Origin": "http://other"}, {}),
        ("get-put", {"Origin": PAGE}, {"Allow-Origin": PAGE, "Allow-Methods": "GET, PUT", "Allow-Credentials": "true"}),
        ("get-put", {"Origin": PAGE, "Access-Control-Request-Method": "DELETE"}, {}),
        ("named", {"Origin": PAGE, "Access-Control-Request-Headers": "x-amz-one"}, {}),
        ("none-at-all", {"Origin": PAGE}, {}),
    ],
)
def test_other_answers_tell_it_too(lab: labkit.Lab, bucket: str, headers: dict[str, str], told: dict[str, str]) -> None:
    """The object comes in any case: it is the browser that keeps it from the page."""
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    link = s3.generate_presigned_url("get_object", Params={"Bucket": f"cors-{bucket}", "Key": "a"})
    assert ask(link, "GET", headers) == (200, told, "content")


def test_a_preflight_request_is_nobodys_call(lab: labkit.Lab) -> None:
    """It leaves no record, and the clock stands still."""
    before, now = len(lab.events()), lab.clock.now()
    preflight(lab, "get-put/a", origin=PAGE, method="PUT")
    preflight(lab, "get-put/a", origin="http://other", method="PUT")
    assert (len(lab.events()), lab.clock.now()) == (before, now)


def test_the_configuration(lab: labkit.Lab) -> None:
    """It is told as it was written, refused where it makes no sense, and can be taken away."""
    s3 = boto3.client("s3")
    assert s3.get_bucket_cors(Bucket="cors-part")["CORSRules"] == RULES["part"]
    with pytest.raises(ClientError, match="Found unsupported HTTP method in CORS config. Unsupported method is MINE"):
        rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["MINE"]}
        s3.put_bucket_cors(Bucket="cors-part", CORSConfiguration={"CORSRules": [rule]})
    s3.delete_bucket_cors(Bucket="cors-none-at-all")
    with pytest.raises(ClientError, match="The CORS configuration does not exist") as refused:
        s3.get_bucket_cors(Bucket="cors-none-at-all")
    assert refused.value.response["Error"]["Code"] == "NoSuchCORSConfiguration"
