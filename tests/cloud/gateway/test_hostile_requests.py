"""Requests that no SDK makes: refused in AWS's words, never a fault of the account, and nothing gained by them."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labkit

from .raw import FORM, Raw

_ROLE = "arn:aws:iam::ACCOUNT:role/LabAdministrator"
LIST_KEYS = {"content_type": "application/x-amz-json-1.1", "x_amz_target": "TrentService.ListKeys"}


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab for the file: nothing here changes what the others see."""
    return labkit.start("gateway-tests")


@pytest.fixture
def raw(lab: labkit.Lab) -> Raw:
    """Requests signed as the lab's administrator."""
    return Raw(lab.endpoint, boto3.client("kms"))


@pytest.fixture(scope="module")
def kim(lab: labkit.Lab) -> dict[str, str]:
    """A user's access key."""
    boto3.client("iam").create_user(UserName="kim")
    key: dict[str, str] = boto3.client("iam").create_access_key(UserName="kim")["AccessKey"]
    return key


def _resigned(headers: dict[str, str], **changes: str) -> dict[str, str]:
    """The same headers with another signature, or another list of what is signed."""
    changed = dict(headers)
    for before, after in changes.items():
        changed["Authorization"] = changed["Authorization"].replace(before, after)
    return changed


def test_host_must_be_signed(raw: Raw) -> None:
    """A signature that leaves out host would be good at any endpoint (recorded message)."""
    headers = _resigned(raw.signed("kms", "{}", **LIST_KEYS), **{"host;": ""})
    status, answer = raw.send(headers, "{}")
    assert (status, json.loads(answer)) == (
        400,
        {
            "__type": "InvalidSignatureException",
            "message": "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        },
    )


def test_s3_takes_no_unsigned_header_of_its_own(raw: Raw) -> None:
    """An x-amz- header that is added to a signed request is refused (recorded message)."""
    headers = raw.signed("s3", method="PUT", target="/some-bucket") | {"x-amz-acl": "public-read"}
    status, answer = raw.send(headers, method="PUT", target="/some-bucket")
    assert status == 403
    assert "<Message>There were headers present in the request which were not signed</Message>" in answer


def test_a_users_own_key_comes_without_a_token(kim: dict[str, str]) -> None:
    """A session token beside an IAM user's access key is refused."""
    sts = boto3.client(
        "sts",
        aws_access_key_id=kim["AccessKeyId"],
        aws_secret_access_key=kim["SecretAccessKey"],
        aws_session_token="made up",
    )
    with labkit.expect_error("InvalidClientTokenId"):
        sts.get_caller_identity()


def test_a_token_can_not_be_left_out(raw: Raw) -> None:
    """Nor is a session's key good without its token."""
    headers = raw.signed("kms", "{}", **LIST_KEYS)
    del headers["X-Amz-Security-Token"]
    status, answer = raw.send(headers, "{}")
    assert (status, json.loads(answer)["__type"]) == (400, "UnrecognizedClientException")


@pytest.mark.parametrize("region", ["mars-north-1", "", "us-east-1a"])
def test_a_signature_is_for_a_region_that_exists(raw: Raw, region: str) -> None:
    """No account has resources in a Region that there is not (recorded message)."""
    status, answer = raw.send(raw.signed("kms", "{}", region=region, **LIST_KEYS), "{}")
    assert (status, json.loads(answer)["message"]) == (400, "Credential should be scoped to a valid region.")


@pytest.mark.parametrize(
    "query",
    [
        "AWSAccessKeyId=AKIA&Signature=%C3%BC&Expires=9999999999",
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA/20260101/us-east-1/s3/aws4_request"
            "&X-Amz-Signature=%C3%BC&X-Amz-Date=20260101T000000Z&X-Amz-Expires=99&X-Amz-SignedHeaders=host"
        ),
        "xX-Amz-Credential=1&X-Amz-Algorithm=AWS4-HMAC-SHA256",
    ],
    ids=["version 2, not ASCII", "version 4, not ASCII", "no credential"],
)
def test_a_link_that_is_nonsense_is_refused(raw: Raw, kim: dict[str, str], query: str) -> None:
    """Also with the access key id of a user who exists."""
    target = "/bucket/object?" + query.replace("AKIA", kim["AccessKeyId"])
    status, answer = raw.send({}, method="GET", target=target)
    assert status == 403
    assert "AccessDenied" in answer or "SignatureDoesNotMatch" in answer


@pytest.mark.parametrize(("seconds", "code"), [(604800, 404), (604801, 403)])
def test_a_link_is_good_for_a_week_at_most(lab: labkit.Lab, raw: Raw, seconds: int, code: int) -> None:
    """X-Amz-Expires above 604800 is refused."""
    from botocore.config import Config

    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "none-such", "Key": "k"}, ExpiresIn=seconds)
    target = link.removeprefix(lab.endpoint)
    assert raw.send({}, method="GET", target=target)[0] == code


def test_the_target_names_the_service_too(raw: Raw) -> None:
    """An operation of KMS is not asked for under another service's name."""
    headers = LIST_KEYS | {"x_amz_target": "secretsmanager.ListKeys"}
    status, answer = raw("kms", "{}", **headers)
    assert (status, json.loads(answer)["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("service", ["s3control", "monitoring", "apigateway"])
def test_a_service_without_such_a_path_says_so(raw: Raw, service: str) -> None:
    """Whatever the content type."""
    status, answer = raw(service, "{}", target="/none/such", content_type="application/json")
    assert (status, "UnknownOperationException" in answer) == (400, True)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ("Action=AssumeRole", "roleArn"),
        ("Action=AssumeRole&RoleArn=arn:aws:iam::111122223333:role/X", "roleSessionName"),
        ("Action=AssumeRole&RoleArn=arn:aws:iam::111122223333:role/X&RoleSessionName=a/b", "roleSessionName"),
        ("Action=GetSessionToken&DurationSeconds=99999999999", "durationSeconds"),
    ],
)
def test_sts_checks_what_it_is_given(raw: Raw, fields: str, place: str) -> None:
    """Missing and impossible parameters are validation errors."""
    status, answer = raw("sts", f"{fields}&Version=2011-06-15", content_type=FORM)
    assert status == 400
    assert "<Code>ValidationError</Code>" in answer
    assert f"at '{place}' failed to satisfy constraint" in answer


def test_a_session_has_tags(lab: labkit.Lab, raw: Raw) -> None:
    """Their names may be of any script; a tag without a value is none."""
    fields = f"Action=AssumeRole&Version=2011-06-15&RoleSessionName=tagged&Tags.member.1.Key=%C3%BC&RoleArn={_ROLE}"
    account = fields.replace("ACCOUNT", lab.account_id)
    status, answer = raw("sts", account, content_type=FORM)
    assert (status, "at 'tags.1.member.value'" in answer) == (400, True)
    assert raw("sts", account + "&Tags.member.1.Value=1", content_type=FORM)[0] in (200, 403)


def test_deleting_no_objects_is_malformed(raw: Raw) -> None:
    """A DeleteObjects without a body asks permission for nothing, and gets nothing."""
    boto3.client("s3").create_bucket(Bucket="empty-delete")
    status, answer = raw("s3", target="/empty-delete?delete")
    assert (status, "<Code>MalformedXML</Code>" in answer) == (400, True)


def test_json_is_utf_8(raw: Raw) -> None:
    """Not any encoding that a parser may guess."""
    body = '{"Limit": 1}\x00'
    assert json.loads(raw("kms", body, **LIST_KEYS)[1])["__type"] == "SerializationException"


def test_times_without_a_zone_are_utc(lab: labkit.Lab) -> None:
    """A time in any of the forms that JSON services take never breaks a call."""
    client = boto3.client("kms")
    key_id = client.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    headers = LIST_KEYS | {"x_amz_target": "TrentService.ImportKeyMaterial"}
    for when in ("2026-02-01T00:00:00", "12:00", "2026", "Sun, 01 Feb 2026 00:00:00 GMT"):
        body = {"KeyId": key_id, "ImportToken": "YQ==", "EncryptedKeyMaterial": "YQ==", "ValidTo": when}
        status, answer = Raw(lab.endpoint, client)("kms", json.dumps(body), **headers)
        assert (status, json.loads(answer)["__type"]) in (
            (400, "InvalidImportTokenException"),
            (400, "ValidationException"),
        )


@pytest.mark.parametrize("when", ["1e400", "-1e400", "nan", "never", "9" * 400])
def test_what_is_no_time_is_refused(lab: labkit.Lab, when: str) -> None:
    """Also what botocore's own reader stumbles over."""
    client = boto3.client("kms")
    key_id = client.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    headers = LIST_KEYS | {"x_amz_target": "TrentService.ImportKeyMaterial"}
    body = {"KeyId": key_id, "ImportToken": "YQ==", "EncryptedKeyMaterial": "YQ==", "ValidTo": when}
    status, answer = Raw(lab.endpoint, client)("kms", json.dumps(body), **headers)
    assert (status, json.loads(answer)["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    "token",
    ["WzUsICJ4Il0=", "Wy01LCAiW1tdLCBcIk5vbmVcIiwgXCJOb25lXCJdIl0=", "W1tb" * 3000],
    ids=["other", "back", "deep"],
)
def test_a_next_token_of_somebody_elses_making_is_refused(lab: labkit.Lab, token: str) -> None:
    """LookupEvents takes back its own tokens alone."""
    with labkit.expect_error("InvalidNextTokenException"):
        boto3.client("cloudtrail").lookup_events(NextToken=token)


LINES = [
    b"GET //[ HTTP/1.1",
    b"GET //_labkit/health HTTP/1.1",
    b"GET /x/../_labkit/health HTTP/1.1",
    b"GET /%5Flabkit/health HTTP/1.1",
    b"GET / HTTP/1.0",
]


@pytest.mark.parametrize("line", LINES, ids=[line.split()[1].decode() for line in LINES])
def test_odd_request_lines_reach_the_account_and_nothing_else(lab: labkit.Lab, line: bytes) -> None:
    """Unsigned, so refused; the control requests have one spelling only."""
    address = urlsplit(lab.endpoint)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30) as connection:
        connection.sendall(line + b"\r\nHost: 127.0.0.1\r\nX-Labkit-Control: 1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.split()[1] in (b"400", b"403")
    assert b"<Error><Code>" in answer


@pytest.mark.parametrize("seconds", ["1e300", "1e12", "NaN", "-1", "[" * 100000, '"x"'], ids=lambda text: text[:6])
def test_the_clock_refuses_what_it_can_not_do(lab: labkit.Lab, raw: Raw, seconds: str) -> None:
    """A distance beyond the calendar is an error in words, and the clock stays."""
    before = lab.clock.now()
    status, answer = raw.send({"x-labkit-control": "1"}, f'{{"seconds": {seconds}}}', target="/_labkit/clock")
    assert (status, "error" in json.loads(answer)) == (400, True)
    assert lab.clock.now() == before


@pytest.mark.parametrize("seconds", ["1e300", "NaN", "-1"])
def test_grants_can_not_be_in_force_before_they_are_made(lab: labkit.Lab, raw: Raw, seconds: str) -> None:
    """A delay that is none is an error in words."""
    status, answer = raw.send({"x-labkit-control": "1"}, f'{{"seconds": {seconds}}}', target="/_labkit/grant-delay")
    assert (status, "error" in json.loads(answer)) == (400, True)
    if seconds == "-1":
        assert json.loads(answer)["error"] == "A grant takes effect after it was made, not before."


def test_the_id_in_an_xml_answer_is_the_requests(lab: labkit.Lab) -> None:
    """SDKs take it from there; it leads to the event, and to the explanation."""
    for ask in (boto3.client("iam").list_users, boto3.client("ec2").describe_volumes):
        answer = ask()
        assert answer["ResponseMetadata"]["RequestId"] == lab.events()[-1]["requestID"]


def test_a_fault_of_ours_is_told_and_recorded(lab: labkit.Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """500, in words that blame the kit; the event is kept, and so is the account."""
    from labkit.cloud.cloudtrail import record
    from labkit.cloud.kms.service import Kms

    kms = boto3.client("kms")
    with monkeypatch.context() as broken:
        broken.setattr(Kms, "perform", lambda *_: 1 / 0)
        with labkit.expect_error("InternalFailure"):
            kms.list_keys()
    assert (lab.events()[-1]["eventName"], lab.events()[-1]["errorCode"]) == ("ListKeys", "InternalFailure")
    with monkeypatch.context() as broken:
        broken.setattr(record, "_elements", lambda call: 1 / (call.result is None) and None)
        assert "Keys" in kms.list_keys()
    assert lab.events()[-1]["eventName"] == "ListKeys"
    assert "errorCode" not in lab.events()[-1]


MARKER = "PLAINTEXT-MARKER"


@given(st.binary(max_size=20))
def test_no_repr_shows_what_a_call_carries(noise: bytes) -> None:
    """Neither plaintext nor credentials get into a log by way of a repr."""
    from labkit.cloud.core.call import Call
    from labkit.cloud.identity.signature import Signature
    from labkit.cloud.wire.protocols import HttpRequest, HttpResponse

    secret: Any = MARKER.encode() + noise
    call = Call("kms", "Encrypt", "us-east-1", {"Plaintext": secret}, datetime(2026, 1, 5, tzinfo=UTC), "id")
    call.result = {"Plaintext": secret}
    request = HttpRequest("POST", "/", MARKER, {"x-amz-security-token": MARKER}, secret)
    call.http = request
    signature = Signature("AKIA", "20260105", "us-east-1", "kms", ("host",), MARKER, "20260105T090000Z", MARKER)
    assert MARKER not in repr((call, request, HttpResponse(200, {"x": MARKER}, secret), signature))
