"""Signatures of every form that botocore makes are accepted, and none that was touched."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

import labkit

KEY = "a b/ü%20+&=~.txt"


@pytest.fixture
def bucket(lab: labkit.Lab) -> Any:
    """An S3 bucket with one object of an awkward name."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="signatures")
    s3.put_object(Bucket="signatures", Key=KEY, Body=b"hello")
    return s3


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_link_opens_until_it_is_touched(bucket: Any, version: str) -> None:
    """Both signature versions of links, as boto3 makes them."""
    s3 = boto3.client("s3", config=Config(signature_version=version))
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "signatures", "Key": KEY})
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"hello"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link.replace("signatures/", "signatures/other"))
    with refused.value:
        assert refused.value.code == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in refused.value.read()


def test_an_expired_link_does_not_open(bucket: Any) -> None:
    """A link that was good for no time at all."""
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "signatures", "Key": KEY}, ExpiresIn=-1)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link)
    with refused.value:
        assert refused.value.code == 403


names = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=40)


def test_any_object_name_signs(bucket: Any) -> None:
    """Paths are percent-encoded once for S3; whatever the name, the signature agrees."""

    @given(names.filter(lambda name: name.strip("./") and "//" not in name and not name.startswith("/")))
    def check(name: str) -> None:
        bucket.put_object(Bucket="signatures", Key=name, Body=name.encode())
        assert bucket.get_object(Bucket="signatures", Key=name)["Body"].read() == name.encode()

    check()


def test_a_body_that_was_changed_on_the_way_is_refused(lab: labkit.Lab) -> None:
    """The signature covers the body."""
    kms = boto3.client("kms")

    def change(request: Any, **_: Any) -> None:
        request.body = b'{"Limit": 7}'

    kms.meta.events.register_first("before-send", change)
    with labkit.expect_error("InvalidSignatureException"):
        kms.list_keys(Limit=8)
