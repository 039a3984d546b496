"""Browsers' forms: what is stored of them, under which key, and what the browser gets."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

import labkit
from labkit.cloud.services.s3.crc import digest

from .browser import BUCKET, client, form, post, read, said


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


def test_what_a_put_refuses_a_form_is_refused_too(lab: labkit.Lab) -> None:
    """A storage class that is none (recorded)."""
    status, _, answer = post(lab, form("class", fields={"x-amz-storage-class": "FakeClass"}))
    assert (status, said(answer)[0]) == (400, "InvalidStorageClass")


def test_a_form_copies_nothing(lab: labkit.Lab) -> None:
    """A field of another call's header is no header: what is stored is the file."""
    assert post(lab, form("source"), b"secret")[0] == 204
    assert post(lab, form("mine", fields={"x-amz-copy-source": f"{BUCKET}/source"}))[0] == 204
    assert read("mine") == b"abcdef"


def test_the_checksum_may_be_given(lab: labkit.Lab) -> None:
    """A field as any other, checked against the file."""
    right = base64.b64encode(digest("SHA256", b"abcdef")).decode()
    assert post(lab, form("sum", fields={"x-amz-checksum-sha256": right}))[0] == 204
    status, _, answer = post(lab, form("sum", fields={"x-amz-checksum-sha256": right}), b"other")
    assert (status, said(answer)[0]) == (400, "BadDigest")
