"""Browsers' forms: a policy that was signed lets through what it says, over the socket, and nothing else."""

from __future__ import annotations

import base64
import hmac
import json
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

import labkit
from labkit.cloud.services.s3_crc import digest
from labkit.principals import Role

BUCKET = "papers"
BOUNDARY = "----browser"


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file."""
    lab = labkit.start("s3-forms")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return lab


@pytest.fixture(scope="module")
def key(lab: labkit.Lab) -> str:
    """A KMS key."""
    return str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])


def client(version: str = "s3v4", role: Role | None = None) -> Any:
    """S3 that signs forms, as the administrator or as a role."""
    held = role.client("s3")._request_signer._credentials.get_frozen_credentials() if role else None
    keys = dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), held or (), strict=False))
    return boto3.client("s3", config=Config(signature_version=version), **keys)


def form(name: str = "f", version: str = "s3v4", expires: int = 60, **more: Any) -> dict[str, str]:
    """A form's fields, signed; `fields` are in the policy too, unless `conditions` are given."""
    fields = more.get("fields", {})
    conditions = more.get("conditions", [{each: value} for each, value in fields.items()])
    signed = client(version).generate_presigned_post(
        BUCKET, name, Fields=dict(fields), Conditions=conditions, ExpiresIn=expires
    )
    return dict(signed["fields"])


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    """One field as a browser sends it."""
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def post(
    lab: labkit.Lab,
    fields: Mapping[str, str],
    content: bytes | None = b"abcdef",
    filename: str | None = "my-file",
    content_type: str = f"multipart/form-data; boundary={BOUNDARY}",
    bucket: str = BUCKET,
) -> tuple[int, dict[str, str], str]:
    """Send the form as a browser does; status, headers (names in lower case) and answer."""
    body = b"".join(part(name, value.encode()) for name, value in fields.items())
    if content is not None:
        body += part("file", content, filename)
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    try:
        connection.request("POST", f"/{bucket}", body + f"--{BOUNDARY}--\r\n".encode(), {"Content-Type": content_type})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode()
    finally:
        connection.close()


def said(answer: str) -> tuple[str, str]:
    """The error's code and message."""
    code = re.search("<Code>(.*?)</Code>", answer)
    message = re.search("<Message>(.*?)</Message>", answer)
    return (code[1], message[1].replace("&quot;", '"')) if code and message else ("", answer)


def read(name: str) -> bytes:
    """The object."""
    return bytes(client().get_object(Bucket=BUCKET, Key=name)["Body"].read())


# --- What is stored --------------------------------------------------------------------------------------------------


def test_a_form_is_stored(lab: labkit.Lab) -> None:
    """204, the object's place, its ETag, and the checksum that S3 makes (recorded)."""
    status, headers, answer = post(lab, form("plain"))
    assert (status, answer) == (204, "")
    assert headers["location"] == "https://papers.s3.amazonaws.com/plain"
    assert headers["etag"] == '"e80b5017098950fc58aad83c8c14978e"'
    assert headers["x-amz-checksum-crc64nvme"] == "Pact6XRTYyA="
    assert (headers["x-amz-checksum-type"], headers["x-amz-server-side-encryption"]) == ("FULL_OBJECT", "AES256")
    assert read("plain") == b"abcdef"
    stored = client().head_object(Bucket=BUCKET, Key="plain")
    assert stored["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize("content", [b"", b"\0\r\n--\r\n\xff", b"0" * 70_000])
def test_the_file_is_kept_to_the_byte(lab: labkit.Lab, content: bytes) -> None:
    """Whatever is in it."""
    assert post(lab, form("bytes"), content)[0] == 204
    assert read("bytes") == content


@pytest.mark.parametrize(
    ("name", "filename", "stored"),
    [
        ("key-${filename}", "my-file", "key-my-file"),
        ("key-${filename}", "C:\\papers\\my-file", "key-my-file"),
        ("key-${filename}", None, "key-${filename}"),  # recorded
        ("a b/${filename}", "ü.pdf", "a b/ü.pdf"),
    ],
)
def test_the_name_of_the_file(lab: labkit.Lab, name: str, filename: str | None, stored: str) -> None:
    """It stands for ${filename}, before the conditions are looked at."""
    assert post(lab, form(name), filename=filename)[0] == 204
    assert read(stored) == b"abcdef"


def test_fields_are_the_objects_headers(lab: labkit.Lab) -> None:
    """Metadata, types, tags and storage class; names of fields in any case (recorded)."""
    tagging = "<Tagging><TagSet><Tag><Key>team</Key><Value>a b</Value></Tag></TagSet></Tagging>"
    fields = {
        "x-amz-meta-TEST-2": "two",
        "x-amz-meta-nonascii": "ÄMÄZÕÑ S3",
        "Content-Type": "text/plain",
        "Cache-Control": "no-store",
        "x-amz-storage-class": "STANDARD_IA",
        "tagging": tagging,
    }
    conditions = [{name.lower(): value} for name, value in fields.items()]
    assert post(lab, form("headers", fields=fields, conditions=conditions))[0] == 204
    stored = client().head_object(Bucket=BUCKET, Key="headers")
    assert stored["Metadata"] == {"test-2": "two", "nonascii": "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="}
    assert (stored["ContentType"], stored["CacheControl"]) == ("text/plain", "no-store")
    assert stored["StorageClass"] == "STANDARD_IA"
    assert client().get_object_tagging(Bucket=BUCKET, Key="headers")["TagSet"] == [{"Key": "team", "Value": "a b"}]


def test_tags_that_are_none(lab: labkit.Lab) -> None:
    """Another document has no tags; what is no document is refused (recorded)."""
    other = form("tags", fields={"tagging": "<InvalidXmlTagging></InvalidXmlTagging>"})
    assert post(lab, other)[0] == 204
    assert client().get_object_tagging(Bucket=BUCKET, Key="tags")["TagSet"] == []
    status, _, answer = post(lab, form("none", fields={"tagging": "not-xml"}))
    assert (status, said(answer)[0]) == (400, "MalformedXML")


@pytest.mark.parametrize(
    ("fields", "status", "location"),
    [
        ({"success_action_status": "200"}, 200, "https://papers.s3.amazonaws.com/done"),
        ({"success_action_status": "201"}, 201, "https://papers.s3.amazonaws.com/done"),
        ({"success_action_status": "418"}, 204, "https://papers.s3.amazonaws.com/done"),
        ({"success_action_redirect": "/no/url"}, 204, "https://papers.s3.amazonaws.com/done"),
        ({"success_action_redirect": "http://localhost.test/next"}, 303, "http://localhost.test/next?"),
        ({"success_action_redirect": "http://localhost.test/next?a=b"}, 303, "http://localhost.test/next?a=b&"),
        ({"redirect": "http://localhost.test/next"}, 303, "http://localhost.test/next?"),
    ],
)
def test_what_the_browser_gets(lab: labkit.Lab, fields: dict[str, str], status: int, location: str) -> None:
    """A status, a document, or another page that is told what was stored."""
    got, headers, answer = post(lab, form("done", fields=fields))
    assert (got, headers["location"].startswith(location)) == (status, True)
    if status == 303:
        told = parse_qs(urlsplit(headers["location"]).query)
        etag = '"e80b5017098950fc58aad83c8c14978e"'
        assert (told["bucket"], told["key"], told["etag"], answer) == ([BUCKET], ["done"], [etag], "")
    if status == 201:
        assert f"<PostResponse><Location>{location}</Location><Bucket>{BUCKET}</Bucket><Key>done</Key><ETag>" in answer


# --- Encryption ------------------------------------------------------------------------------------------------------


def test_a_form_under_a_kms_key(lab: labkit.Lab, key: str) -> None:
    """The data key is made for the signer; both calls are recorded as theirs."""
    fields = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}
    before = len(lab.events())
    status, headers, _ = post(lab, form("secret", fields=fields))
    assert (status, headers["x-amz-server-side-encryption-aws-kms-key-id"]) == (204, key)
    assert headers["etag"] != '"e80b5017098950fc58aad83c8c14978e"'
    assert read("secret") == b"abcdef"
    inner, outer = lab.events()[before : before + 2]
    who = boto3.client("sts").get_caller_identity()["Arn"]
    assert (inner["eventName"], inner["userIdentity"]["arn"]) == ("GenerateDataKey", who)
    assert (outer["eventName"], outer["userIdentity"]["arn"]) == ("PutObject", who)
    assert outer["requestParameters"]["key"] == "secret"


def test_a_signer_without_the_key_is_refused(lab: labkit.Lab, key: str) -> None:
    """The browser may do what the signer may, with the signer's session token in the form."""
    role = lab.role("Uploader", policy=[{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}])
    s3 = client(role=role)
    fields = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}
    conditions = [{name: value} for name, value in fields.items()]
    signed = s3.generate_presigned_post(BUCKET, "theirs", Fields=fields, Conditions=conditions)["fields"]
    status, _, answer = post(lab, signed)
    assert (status, "is not authorized to perform: kms:GenerateDataKey" in said(answer)[1]) == (403, True)
    signed = s3.generate_presigned_post(BUCKET, "theirs")["fields"]
    assert post(lab, signed)[0] == 204
    assert post(lab, signed | {"x-amz-security-token": "another"})[0] == 403
    reader = lab.role("Reader", policy=[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}])
    signed = client(role=reader).generate_presigned_post(BUCKET, "x")["fields"]
    status, _, answer = post(lab, signed)
    assert (status, "is not authorized to perform: s3:PutObject" in said(answer)[1]) == (403, True)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"x-amz-server-side-encryption": "aes256"}, "InvalidArgument", "The encryption method specified is not"),
        (
            {"x-amz-server-side-encryption-aws-kms-key-id": "alias/none"},
            "InvalidArgument",
            "Server Side Encryption with AWS KMS managed key requires HTTP header",
        ),
        (
            {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-context": "e30"},
            "InvalidArgument",
            "The header 'x-amz-server-side-encryption-context' shall be",
        ),
        (
            {
                "x-amz-server-side-encryption": "aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id": "134f2428-cec1-4b25-a1ae-9048164dba47",
            },
            "KMS.NotFoundException",
            "Key 'arn:aws:kms:us-east-1:111122223333:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
        ),
    ],
)
def test_encryption_that_is_none(lab: labkit.Lab, fields: dict[str, str], code: str, message: str) -> None:
    """A form's fields are refused as a request's headers are."""
    status, _, answer = post(lab, form("bad", fields=fields))
    assert (status, said(answer)[0], said(answer)[1].startswith(message)) == (400, code, True)


def test_signature_version_2(lab: labkit.Lab) -> None:
    """It does for a plain form, and not for a KMS key."""
    assert post(lab, form("old", "s3"))[0] == 204
    fields = {"x-amz-server-side-encryption": "aws:kms"}
    status, _, answer = post(lab, form("old", "s3", fields=fields))
    assert (status, said(answer)[0]) == (400, "InvalidArgument")
    assert said(answer)[1].endswith("require AWS Signature Version 4.")
    assert "<ArgumentName>Authorization</ArgumentName><ArgumentValue>null</ArgumentValue>" in answer


# --- Conditions ------------------------------------------------------------------------------------------------------

REDIRECT = "http://localhost.test/random"
FAILED = "Invalid according to Policy: Policy Condition failed: "


@pytest.mark.parametrize(
    ("condition", "sent", "refused"),
    [
        (["eq", "$success_action_redirect", REDIRECT], REDIRECT, None),
        (["eq", "$success_Action_REDIRECT", REDIRECT], REDIRECT, None),
        ({"success_action_redirect": REDIRECT}, REDIRECT, None),
        (["starts-with", "$success_action_redirect", "http://localhost"], REDIRECT, None),
        (["starts-with", "$success_action_redirect", ""], "http://elsewhere.test/", None),
        (["eq", "$success_action_redirect", REDIRECT], "http://elsewhere.test/", '["eq", "$success_action_redirect",'),
        (["eq", "$success_action_redirect", REDIRECT.upper()], REDIRECT, '["eq", "$success_action_redirect", "HTTP'),
        ({"success_action_redirect": REDIRECT}, "http://a.test/", f'["eq", "$success_action_redirect", "{REDIRECT}"]'),
        (["eq", "success_action_redirect", REDIRECT], REDIRECT, '["eq", "success_action_redirect", "http://local'),
        (["starts-with", "$success_action_redirect", "http://local"], "HTTP://local", '["starts-with", "$success'),
        (["starts-with", "$success_action_redirect", "http://local"], "http://a", '["starts-with", "$success_action_'),
        (["eq", "$x-amz-meta-none", "x"], REDIRECT, '["eq", "$x-amz-meta-none", "x"]'),
        (["starts-with", "$x-amz-meta-none", ""], REDIRECT, '["starts-with", "$x-amz-meta-none", ""]'),
        (["content-length-range", "test", "10"], REDIRECT, '["content-length-range", "test", "10"]'),
        (["like", "$success_action_redirect", "http"], REDIRECT, '["like", "$success_action_redirect", "http"]'),
    ],
)
def test_conditions(lab: labkit.Lab, condition: Any, sent: str, refused: str | None) -> None:
    """Each form of a condition, met and not (recorded); a field that is not there meets none."""
    fields = form("c", fields={"success_action_redirect": sent}, conditions=[condition])
    status, _, answer = post(lab, fields)
    if refused is None:
        assert status in (204, 303)
    else:
        assert (status, said(answer)[0]) == (403, "AccessDenied")
        assert said(answer)[1].startswith(FAILED + refused)


@pytest.mark.parametrize(
    ("given", "status"), [("image/png", 204), ("image/png, image/gif", 204), ("image/png, text/html", 403)]
)
def test_a_list_of_types(lab: labkit.Lab, given: str, status: int) -> None:
    """Each type of the list has to meet the condition."""
    fields = form("t", fields={"Content-Type": given}, conditions=[["starts-with", "$Content-Type", "image/"]])
    assert post(lab, fields)[0] == status


@pytest.mark.parametrize("limits", [(5, 10), ("5", "10")])
@pytest.mark.parametrize(
    ("size", "code", "members"),
    [
        (4, "EntityTooSmall", "<ProposedSize>4</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>"),
        (5, "", ""),
        (10, "", ""),
        (11, "EntityTooLarge", "<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>"),
    ],
)
def test_content_length_range(lab: labkit.Lab, limits: tuple[Any, Any], size: int, code: str, members: str) -> None:
    """Both limits are inside; numbers may be texts (recorded)."""
    fields = form("size", conditions=[["content-length-range", *limits]])
    status, _, answer = post(lab, fields, b"a" * size)
    assert (status, said(answer)[0]) == ((400, code) if code else (204, ""))
    assert members in answer


@pytest.mark.parametrize("name", ["acl", "Content-Type", "x-amz-meta-a", "x-amz-server-side-encryption", "tagging"])
def test_fields_that_the_policy_does_not_cover(lab: labkit.Lab, name: str) -> None:
    """A browser adds nothing to what was signed, save what it says is to be ignored."""
    status, _, answer = post(lab, form("extra") | {name: "<Tagging/>" if name == "tagging" else "AES256"})
    expected = ("AccessDenied", f"Invalid according to Policy: Extra input fields: {name.lower()}")
    assert (status, said(answer)) == (403, expected)
    assert post(lab, form("extra") | {"x-ignore-submit": "Send"})[0] == 204


def test_another_bucket_or_key(lab: labkit.Lab) -> None:
    """The bucket is that of the address."""
    client().create_bucket(Bucket="others")
    status, _, answer = post(lab, form("mine"), bucket="others")
    assert (status, said(answer)[1]) == (403, f'{FAILED}["eq", "$bucket", "{BUCKET}"]')
    status, _, answer = post(lab, form("mine") | {"key": "yours"})
    assert (status, said(answer)[1]) == (403, f'{FAILED}["eq", "$key", "mine"]')


def signed_by_hand(policy: bytes) -> dict[str, str]:
    """A form whose policy is this text, signed with version 2: one HMAC."""
    keys = boto3.Session().get_credentials().get_frozen_credentials()
    text = base64.b64encode(policy).decode()
    value = base64.b64encode(hmac.digest(keys.secret_key.encode(), text.encode(), "sha1")).decode()
    fields = {"key": "hand", "AWSAccessKeyId": keys.access_key, "policy": text, "signature": value}
    return fields | ({"x-amz-security-token": keys.token} if keys.token else {})


def test_a_policy_without_a_condition_on_the_bucket(lab: labkit.Lab) -> None:
    """The bucket is a field that has to be covered (aws-sdk-php 3292)."""
    token = boto3.Session().get_credentials().get_frozen_credentials().token
    conditions = [{"key": "hand"}, *([{"x-amz-security-token": token}] if token else [])]
    later = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    document = json.dumps({"expiration": later, "conditions": conditions}).encode()
    status, _, answer = post(lab, signed_by_hand(document))
    assert (status, said(answer)[1]) == (403, "Invalid according to Policy: Extra input fields: bucket")
    document = json.dumps({"expiration": later, "conditions": [*conditions, {"bucket": BUCKET}]}).encode()
    assert post(lab, signed_by_hand(document))[0] == 204


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (b"no json", "Invalid Policy: Invalid JSON."),
        (b"[]", "Invalid Policy: Invalid JSON."),
        (b'{"conditions": []}', "The content of the form does not meet the conditions specified"),
        (b'{"expiration": "soon", "conditions": []}', "The content of the form does not meet the conditions"),
        (b'{"expiration": "2999-01-01T00:00:00Z"}', "The content of the form does not meet the conditions"),
        (
            b'{"expiration": "2999-01-01T00:00:00.000Z", "conditions": [{"bucket": "papers", "key": "hand"}]}',
            "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
    ],
)
def test_policies_that_are_none(lab: labkit.Lab, policy: bytes, message: str) -> None:
    """A signature alone makes no policy."""
    status, _, answer = post(lab, signed_by_hand(policy))
    assert (status, said(answer)[0], said(answer)[1].startswith(message)) == (400, "InvalidPolicyDocument", True)


def test_a_policy_ends(lab: labkit.Lab) -> None:
    """By the machine's clock, which the signer went by (recorded)."""
    status, _, answer = post(lab, form("late", expires=-1))
    assert (status, said(answer)) == (403, ("AccessDenied", "Invalid according to Policy: Policy expired."))


# --- Signatures and forms that are none -------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "name"), [("s3", "signature"), ("s3v4", "x-amz-signature")])
def test_a_policy_that_was_changed(lab: labkit.Lab, version: str, name: str) -> None:
    """What was signed is told: the policy, as it came (recorded)."""
    fields = form("changed", version)
    fields["policy"] = fields["policy"][:-2]
    status, _, answer = post(lab, fields)
    assert (status, said(answer)[0]) == (403, "SignatureDoesNotMatch")
    assert f"<StringToSign>{fields['policy']}</StringToSign>" in answer
    assert f"<SignatureProvided>{fields[name]}</SignatureProvided>" in answer


@pytest.mark.parametrize(
    ("version", "without", "name"),
    [
        ("s3", ("signature",), "Signature"),
        ("s3", ("AWSAccessKeyId",), "AWSAccessKeyId"),
        ("s3v4", ("x-amz-signature",), "X-Amz-Signature"),
        ("s3v4", ("x-amz-algorithm", "x-amz-credential"), "X-Amz-Algorithm"),
        ("s3v4", ("x-amz-credential",), "X-Amz-Credential"),
        ("s3v4", ("x-amz-date",), "X-Amz-Date"),
        ("s3v4", ("policy",), "policy"),
        ("s3v4", ("key",), "key"),
    ],
)
def test_missing_fields(lab: labkit.Lab, version: str, without: tuple[str, ...], name: str) -> None:
    """The first of them is named (recorded)."""
    fields = {each: value for each, value in form("m", version).items() if each not in without}
    status, _, answer = post(lab, fields)
    message = f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the "
    assert (status, said(answer)[0], said(answer)[1]) == (400, "InvalidArgument", message + "fields.")
    assert f"<ArgumentName>{name}</ArgumentName><ArgumentValue></ArgumentValue>" in answer


def test_nobody_signed(lab: labkit.Lab) -> None:
    """A key and a policy without a signature are anonymous (recorded); a public bucket takes them."""
    fields = {name: value for name, value in form("anyone").items() if name in ("key", "policy")}
    status, _, answer = post(lab, fields)
    assert (status, said(answer)) == (403, ("AccessDenied", "Access Denied"))
    client().create_bucket(Bucket="public")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::public/*"}
    client().put_bucket_policy(Bucket="public", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert post(lab, {"key": "anyone"}, bucket="public")[0] == 204


def test_unknown_signers(lab: labkit.Lab) -> None:
    """A key that nobody has."""
    fields = form("who")
    fields["x-amz-credential"] = fields["x-amz-credential"].replace(fields["x-amz-credential"][:20], "AKIA" + "Q" * 16)
    assert said(post(lab, fields)[2])[0] == "InvalidAccessKeyId"
    for name, value in (("x-amz-credential", "nobody"), ("x-amz-algorithm", "AWS4-HMAC-SHA1")):
        status, _, answer = post(lab, form("who") | {name: value})
        assert (status, said(answer)[0]) == (400, "AuthorizationHeaderMalformed")


@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("text/html", 412, "PreconditionFailed"),
        ("application/x-www-form-urlencoded", 412, "PreconditionFailed"),
        ("multipart/form-data", 412, "PreconditionFailed"),
        ("multipart/form-data; boundary=other", 400, "MalformedPOSTRequest"),
    ],
)
def test_bodies_that_are_no_form(lab: labkit.Lab, content_type: str, status: int, code: str) -> None:
    """The enclosure type is told (recorded)."""
    got, _, answer = post(lab, form("none"), content_type=content_type)
    assert (got, said(answer)[0]) == (status, code)
    assert status != 412 or "<Condition>Bucket POST must be of the enclosure-type multipart/form-data<" in answer


def test_a_form_has_one_file(lab: labkit.Lab) -> None:
    """None is too few; fields behind it are not looked at; those before it are not without end."""
    assert said(post(lab, form("no"), None)[2])[0] == "IncorrectNumberOfFilesInPostRequest"
    long = form("long", fields={"x-amz-meta-a": "a" * 30_000})
    assert said(post(lab, long)[2])[0] == "MaxPostPreDataLengthExceeded"


def test_no_bucket(lab: labkit.Lab) -> None:
    """NoSuchBucket, as for any other write."""
    signed = client().generate_presigned_post("never-made", "x")["fields"]
    assert said(post(lab, signed, bucket="never-made")[2])[0] == "NoSuchBucket"


@pytest.mark.parametrize(
    "name", ["/lead", "a//b", "a/../b", "a?b#c", "ü ö", "a%2Fb", "a+b", "${file}", "a/", "x" * 900]
)
def test_keys_of_any_kind(lab: labkit.Lab, name: str) -> None:
    """The object has the key that the form says."""
    assert post(lab, form(name))[0] == 204
    assert read(name) == b"abcdef"
    client().delete_object(Bucket=BUCKET, Key=name)


def test_a_key_has_a_length(lab: labkit.Lab) -> None:
    """An empty one would be the bucket itself."""
    status, _, answer = post(lab, form("x") | {"key": ""})
    assert (status, said(answer)[0]) == (400, "InvalidArgument")


def test_what_a_put_refuses_a_form_is_refused_too(lab: labkit.Lab) -> None:
    """A storage class that is none (recorded)."""
    status, _, answer = post(lab, form("class", fields={"x-amz-storage-class": "FakeClass"}))
    assert (status, said(answer)[0]) == (400, "InvalidStorageClass")


def test_a_form_copies_nothing(lab: labkit.Lab) -> None:
    """A field of another call's header is no header: what is stored is the file."""
    assert post(lab, form("source"), b"secret")[0] == 204
    assert post(lab, form("mine", fields={"x-amz-copy-source": f"{BUCKET}/source"}))[0] == 204
    assert read("mine") == b"abcdef"


def test_damaged_forms_are_refused(lab: labkit.Lab) -> None:
    """Whatever is cut off or changed, it is the request's fault."""
    chance, fields = random.Random(7), form("damaged")
    body = b"".join(part(name, value.encode()) for name, value in fields.items()) + part("file", b"abc", "f")
    whole = body + f"--{BOUNDARY}--\r\n".encode()
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    for _ in range(150):
        damaged = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randrange(4)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        connection.request("POST", f"/{BUCKET}", bytes(damaged), headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status < 500, (answer.status, text, bytes(damaged))
    connection.close()


def test_damaged_policies_are_refused(lab: labkit.Lab) -> None:
    """Values of every kind in every place of a policy."""
    odd: list[Any] = [None, True, 1, 1e999, "", [], {}, [[]], {"a": {}}, ["eq"], ["eq", None, None], [1, 2, 3]]
    limits = [["content-length-range", low, high] for low in odd for high in (1, 1e999, None)]
    policies = [{"expiration": each, "conditions": []} for each in odd]
    policies += [{"expiration": "2999-01-01T00:00:00Z", "conditions": each} for each in odd]
    policies += [{"expiration": "2999-01-01T00:00:00Z", "conditions": [each]} for each in [*odd, *limits]]
    for policy in policies:
        assert post(lab, signed_by_hand(json.dumps(policy).encode()))[0] in (400, 403), policy


def test_the_checksum_may_be_given(lab: labkit.Lab) -> None:
    """A field as any other, checked against the file."""
    right = base64.b64encode(digest("SHA256", b"abcdef")).decode()
    assert post(lab, form("sum", fields={"x-amz-checksum-sha256": right}))[0] == 204
    status, _, answer = post(lab, form("sum", fields={"x-amz-checksum-sha256": right}), b"other")
    assert (status, said(answer)[0]) == (400, "BadDigest")
