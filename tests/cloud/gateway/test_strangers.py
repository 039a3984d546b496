"""What another process on the machine gets without keys and without the token: refusals, and it leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit
from labkit.cloud.assembly.cloud import Cloud
from labkit.cloud.doors import control
from labkit.cloud.wire.protocols import HttpRequest

Send = Callable[..., tuple[int, dict[str, str], str]]

CONTROL = [verb.split() for verb in control._ANSWERS]
TOKENS = [
    {},
    {"X-Labkit-Control": ""},
    {"X-Labkit-Control": "1"},
    {"X-Labkit-Control": "0" * 32},
    {"X-Labkit-Control": "ä"},
    {"Authorization": "Bearer 1"},
]
MADE_UP = (
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260105/us-east-1/kms/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
UNSIGNED_CALLS: list[tuple[str, str, dict[str, str], str]] = [
    ("GET", "/", {}, ""),
    ("PUT", "/a-bucket", {}, ""),
    ("GET", "/a-bucket/k", {}, ""),
    ("PUT", "/a-bucket/k", {}, "x"),
    ("DELETE", "/a-bucket/k", {}, ""),
    ("HEAD", "/a-bucket", {}, ""),
    ("POST", "/", {"X-Amz-Target": "TrentService.CreateKey", "Content-Type": "application/x-amz-json-1.1"}, "{}"),
    ("POST", "/", {"X-Amz-Target": "secretsmanager.ListSecrets", "Content-Type": "application/x-amz-json-1.1"}, "{}"),
    ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, "Action=GetCallerIdentity&Version=2011-06-15"),
    (
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        "Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::111122223333:role/LabAdministrator&WebIdentityToken=token",
    ),
    ("POST", "/", {"X-Labkit-Observer": "", "X-Amz-Target": "TrentService.ListKeys"}, "{}"),
    ("GET", "/2015-03-31/functions/", {}, ""),
    ("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Signature=x", {}, ""),
    ("POST", "/", {"Authorization": MADE_UP, "X-Amz-Target": "TrentService.ListKeys"}, "{}"),
]  # fmt: skip


@pytest.fixture
def lab() -> labkit.Lab:
    """A lab with something in it."""
    lab = labkit.start("strangers")
    boto3.client("s3").create_bucket(Bucket="a-bucket")
    boto3.client("s3").put_object(Bucket="a-bucket", Key="k", Body=b"private")
    return lab


@pytest.fixture
def send(lab: labkit.Lab) -> Send:
    """Sends what it is told, and answers status, headers and body."""

    def exchange(method: str, target: str, headers: dict[str, str], body: str = "") -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
        try:
            encoded = {name: value.encode() for name, value in headers.items()}
            connection.request(method, target, body.encode() or None, encoded)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    return exchange


def _secrets(lab: labkit.Lab) -> list[str]:
    """What no stranger may see."""
    events = lab.events()
    return [lab._remote.token, *(event["eventID"] for event in events), "sessionToken", "AKIA", "private"]


def test_nothing_is_told_or_moved_without_the_token(lab: labkit.Lab, send: Send) -> None:
    """Each control request, with each guess: 403, and nothing in it."""
    before = (lab.clock.now(), len(lab.events()))
    for method, name in CONTROL:
        for headers in TOKENS:
            target = f"{control.PREFIX}{name}?account={lab.account_id}&request_id=x"
            status, _, told = send(method, target, headers, '{"seconds": 1, "account": "1", "management": "2"}')
            assert (status, list(json.loads(told))) == (403, ["error"]), (method, name)
            assert not any(secret in told for secret in _secrets(lab))
    assert (lab.clock.now(), len(lab.events())) == before
    assert lab.account("partner").account_id == "444455556666"


def test_the_token_is_random_and_never_told() -> None:
    """Two accounts of one seed have different ones; no control request answers it, not even with it."""
    one, other = Cloud("same"), Cloud("same")
    assert len(one.control_token) == 32
    assert one.control_token != other.control_token
    for verb in control._ANSWERS:
        method, name = verb.split()
        headers = {"host": "localhost", control.HEADER: other.control_token}
        query = "account=111122223333&request_id=x"
        answer = control.control(other, HttpRequest(method, control.PREFIX + name, query, headers, b'{"seconds": 0}'))
        assert other.control_token.encode() not in answer.body


def test_unsigned_requests_get_refusals_and_leave_no_trace(lab: labkit.Lab, send: Send) -> None:
    """Neither the clock nor ids move: what the lab shows next is what it would have shown."""
    before = lab.clock.now()
    for call in UNSIGNED_CALLS:
        status, _, told = send(*call)
        assert 400 <= status < 600, call
        assert not any(secret in told for secret in _secrets(lab)), call
    assert lab.clock.now() == before
    after = boto3.client("kms").list_keys()["ResponseMetadata"]["RequestId"]
    shown = [(event["requestID"], event["eventID"]) for event in lab.events()]
    again = labkit.start("strangers")
    boto3.client("s3").create_bucket(Bucket="a-bucket")
    boto3.client("s3").put_object(Bucket="a-bucket", Key="k", Body=b"private")
    assert boto3.client("kms").list_keys()["ResponseMetadata"]["RequestId"] == after
    assert [(event["requestID"], event["eventID"]) for event in again.events()] == shown


def test_a_public_object_is_read_without_taking_time(lab: labkit.Lab) -> None:
    """Anonymous readers get what a bucket's policy gives them; the lab's clock stays."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a-bucket/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    boto3.client("s3").put_bucket_policy(Bucket="a-bucket", Policy=policy)
    before = lab.clock.now()
    nobody = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    assert nobody.get_object(Bucket="a-bucket", Key="k")["Body"].read() == b"private"
    assert lab.clock.now() == before


def test_the_keys_of_another_account_open_nothing(lab: labkit.Lab) -> None:
    """Made-up keys are refused before anything is read."""
    for service, operation in (("kms", "list_keys"), ("s3", "list_buckets"), ("sts", "get_caller_identity")):
        stranger: Any = boto3.client(service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x")
        with pytest.raises(ClientError):
            getattr(stranger, operation)()
    assert [event["eventName"] for event in lab.events()] == ["AssumeRole", "CreateBucket", "PutObject"]


def test_the_token_alone_makes_no_observer_of_a_stranger(lab: labkit.Lab, send: Send) -> None:
    """An observer signs, too."""
    headers = {"X-Labkit-Observer": lab._remote.token, "X-Amz-Target": "TrentService.ListKeys"}
    status, _, told = send("POST", "/", headers, "{}")
    assert status == 400
    assert "MissingAuthenticationToken" in told
