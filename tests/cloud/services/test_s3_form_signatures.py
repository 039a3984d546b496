"""Who signed a browser's form, and forms that are none."""

from __future__ import annotations

import json
import random
from http.client import HTTPConnection
from urllib.parse import urlsplit

import boto3
import pytest

import labkit

from .browser import BOUNDARY, BUCKET, client, form, part, post, said


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file."""
    lab = labkit.start("s3-form-signatures")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return lab


def test_signature_version_2(lab: labkit.Lab) -> None:
    """It does for a plain form, and not for a KMS key."""
    assert post(lab, form("old", "s3"))[0] == 204
    fields = {"x-amz-server-side-encryption": "aws:kms"}
    status, _, answer = post(lab, form("old", "s3", fields=fields))
    assert (status, said(answer)[0]) == (400, "InvalidArgument")
    assert said(answer)[1].endswith("require AWS Signature Version 4.")
    assert "<ArgumentName>Authorization</ArgumentName><ArgumentValue>null</ArgumentValue>" in answer


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


def test_a_key_has_a_length(lab: labkit.Lab) -> None:
    """An empty one would be the bucket itself."""
    status, _, answer = post(lab, form("x") | {"key": ""})
    assert (status, said(answer)[0]) == (400, "InvalidArgument")


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
