"""Versions that a bucket can't have, statuses that are none, and markers that stand alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

BUCKET, VERSIONED = "papers-plain", "papers-versioned"


@pytest.fixture(scope="module")
def s3() -> Any:
    """A bucket without versioning, and one with it."""
    labkit.start("s3-no-versions")
    client = boto3.client("s3")
    for name in (BUCKET, VERSIONED):
        client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.mark.parametrize("bucket", [BUCKET, VERSIONED])
def test_an_object_is_not_deleted_for_a_version_that_is_none(s3: Any, bucket: str) -> None:
    """DeleteObjects tells the error of that object alone, deletes the others, and takes "null" where there is none."""
    for key in ("a", "b&c", "d"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    wrong = {"Key": "b&c", "VersionId": "junk"}
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, wrong]})
    assert [each["Key"] for each in answer["Deleted"]] == ["a"]
    said = {"Code": "NoSuchVersion", "Message": "The specified version does not exist."}
    assert answer["Errors"] == [wrong | said]
    assert s3.delete_objects(Bucket=bucket, Delete={"Objects": [wrong], "Quiet": True})["Errors"] == [wrong | said]
    assert s3.get_object(Bucket=bucket, Key="b&c")["Body"].read() == b"x"
    if bucket == BUCKET:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "d", "VersionId": "null"}]})
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["b&c"]


REFUSED: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "status": (
        lambda s3: s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "On"}),
        "MalformedXML",
        "The XML you provided was not well-formed",
    ),
    "no-status": (
        lambda s3: s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"MFADelete": "Disabled"}),
        "IllegalVersioningConfigurationException",
        "The Versioning element must be specified",
    ),
    "marker": (
        lambda s3: s3.list_object_versions(Bucket=BUCKET, VersionIdMarker="junk"),
        "InvalidArgument",
        "A version-id marker cannot be specified without a key marker.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_s3_refuses(s3: Any, case: str) -> None:
    """In S3's words."""
    call, code, says = REFUSED[case]
    with pytest.raises(ClientError) as refused:
        call(s3)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"].startswith(says)
