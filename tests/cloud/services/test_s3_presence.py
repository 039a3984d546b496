"""Objects that are not there: 404 for those who may list the bucket, 403 for all others, and 405 for a marker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

BUCKET = "papers"
OLD = "11111111-2222-3333-4444-555555555555"  # in the form of a version's id, of no version
READS: dict[str, Callable[[Any, dict[str, str]], Any]] = {
    "GetObject": lambda s3, place: s3.get_object(**place),
    "HeadObject": lambda s3, place: s3.head_object(**place),
    "GetObjectAttributes": lambda s3, place: s3.get_object_attributes(**place, ObjectAttributes=["ETag"]),
    "GetObjectAcl": lambda s3, place: s3.get_object_acl(**place),
    "GetObjectTagging": lambda s3, place: s3.get_object_tagging(**place),
    "PutObjectTagging": lambda s3, place: s3.put_object_tagging(**place, Tagging={"TagSet": []}),
    "DeleteObjectTagging": lambda s3, place: s3.delete_object_tagging(**place),
    "CopyObject": lambda s3, place: s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=place),
}


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file: an object, a marker over another, and one that was never there."""
    lab = labkit.start("s3-presence")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for name in ("here", "gone"):
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    return lab


@pytest.fixture(scope="module")
def lister(lab: labkit.Lab) -> Any:
    """S3 of a role that may do everything with S3."""
    return lab.role("Lister", policy=[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]).client("s3")


@pytest.fixture(scope="module")
def stranger(lab: labkit.Lab) -> Any:
    """S3 of a role that may do everything with objects, and not list them."""
    objects = {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    return lab.role("Stranger", policy=[objects]).client("s3")


def refused(attempt: Callable[[], Any]) -> tuple[str, int, dict[str, Any], str]:
    """The refusal's code, status, headers and message."""
    with pytest.raises(ClientError) as error:
        attempt()
    answer = error.value.response
    told = answer["ResponseMetadata"]
    return answer["Error"]["Code"], told["HTTPStatusCode"], told["HTTPHeaders"], answer["Error"]["Message"]


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("version", [None, OLD])
def test_which_403_is_which(lister: Any, stranger: Any, operation: str, version: str | None) -> None:
    """The same request, with and without s3:ListBucket; the 403 names that permission."""
    place = {"Bucket": BUCKET, "Key": "never"} | ({"VersionId": version} if version else {})
    missing = ("404" if operation == "HeadObject" else "NoSuchVersion" if version else "NoSuchKey", 404)
    assert refused(lambda: READS[operation](lister, place))[:2] == missing
    code, status, _, message = refused(lambda: READS[operation](stranger, place))
    if operation == "HeadObject":
        assert (code, status) == ("403", 403)
        return
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        "User: arn:aws:sts::111122223333:assumed-role/Stranger/stranger is not authorized to perform: s3:ListBucket "
        f'on resource: "arn:aws:s3:::{BUCKET}" because no identity-based policy allows the s3:ListBucket action'
    )


@pytest.mark.parametrize("operation", READS)
def test_what_is_there_needs_no_list(stranger: Any, operation: str) -> None:
    """The permission is asked for where there is nothing, and nowhere else."""
    assert READS[operation](stranger, {"Bucket": BUCKET, "Key": "here"})["ResponseMetadata"]["HTTPStatusCode"] < 300


def test_a_source_without_a_key(lister: Any) -> None:
    """The header is named, twice (recorded)."""
    with pytest.raises(ClientError) as found:
        lister.copy_object(Bucket=BUCKET, Key="copy", CopySource=BUCKET)
    error = found.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "Invalid copy source object key")


def test_a_part_is_copied_from_what_is_there(lister: Any, stranger: Any) -> None:
    """UploadPartCopy reads a source too."""
    for s3, code in ((lister, "NoSuchKey"), (stranger, "AccessDenied")):
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="m")["UploadId"]
        place = {"Bucket": BUCKET, "Key": "m", "UploadId": upload, "PartNumber": 1}
        assert refused(lambda s3=s3, place=place: s3.upload_part_copy(**place, CopySource=f"{BUCKET}/never"))[0] == code


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("GetObject", "NoSuchKey", 404),
        ("HeadObject", "404", 404),
        ("GetObjectAttributes", "NoSuchKey", 404),
        ("GetObjectAcl", "NoSuchKey", 404),
        ("GetObjectTagging", "MethodNotAllowed", 405),
        ("PutObjectTagging", "MethodNotAllowed", 405),
        ("DeleteObjectTagging", "MethodNotAllowed", 405),
        ("CopyObject", "NoSuchKey", 404),
    ],
)
def test_a_delete_marker_on_top(lister: Any, operation: str, code: str, status: int) -> None:
    """As if the object were not there, but for tags (recorded); a read is told that it is a marker."""
    got = refused(lambda: READS[operation](lister, {"Bucket": BUCKET, "Key": "gone"}))
    assert got[:2] == (code, status)
    if operation in ("GetObject", "HeadObject"):
        assert got[2]["x-amz-delete-marker"] == "true" and "x-amz-version-id" in got[2]


@pytest.mark.parametrize("operation", READS)
def test_a_delete_marker_by_its_id(lister: Any, operation: str) -> None:
    """405; a copy says it in words of its own (recorded)."""
    (marker,) = lister.list_object_versions(Bucket=BUCKET, Prefix="gone")["DeleteMarkers"]
    place = {"Bucket": BUCKET, "Key": "gone", "VersionId": marker["VersionId"]}
    expected = {"CopyObject": ("InvalidRequest", 400), "HeadObject": ("405", 405)}
    got = refused(lambda: READS[operation](lister, place))
    assert got[:2] == expected.get(operation, ("MethodNotAllowed", 405))


def test_behind_a_marker_without_list(stranger: Any) -> None:
    """Nobody learns of the marker who may not list."""
    code, status, headers, _ = refused(lambda: stranger.get_object(Bucket=BUCKET, Key="gone"))
    assert (code, status, "x-amz-delete-marker" in headers) == ("AccessDenied", 403, False)


def test_a_deny_on_list_hides_too(lab: labkit.Lab) -> None:
    """An explicit deny is told as such, and the lab explains the permission that was missing."""
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}
    s3 = lab.role("Denied", policy=[allow, deny]).client("s3")
    with labkit.expect_error("AccessDenied") as error:
        s3.get_object(Bucket=BUCKET, Key="never")
    assert "with an explicit deny in an identity-based policy" in error.message
    assert "s3:ListBucket" in str(lab.explain(error))


def test_another_account(lab: labkit.Lab) -> None:
    """The bucket's policy has to let it list as well; outside the organization no reasons are told."""
    visitor = lab.account("Visitor").client("s3")
    who = {"AWS": "arn:aws:iam::444455556666:root"}
    read = {"Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    listed = {"Effect": "Allow", "Principal": who, "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}
    for statements, code in (([read], "AccessDenied"), ([read, listed], "NoSuchKey")):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        boto3.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=document)
        assert refused(lambda: visitor.get_object(Bucket=BUCKET, Key="never"))[0] == code
    boto3.client("s3").delete_bucket_policy(Bucket=BUCKET)


@pytest.mark.parametrize("operation", READS)
def test_no_bucket(lister: Any, operation: str) -> None:
    """NoSuchBucket, whoever asks."""
    got = refused(lambda: READS[operation](lister, {"Bucket": "never-made", "Key": "x"}))
    assert got[:2] == (("404" if operation == "HeadObject" else "NoSuchBucket"), 404)


def test_the_kits_checks_are_told(lab: labkit.Lab) -> None:
    """Nobody asks permission of them."""
    with labkit.expect_error("NoSuchKey"):
        lab.observer.client("s3").get_object(Bucket=BUCKET, Key="never")


# --- Versions --------------------------------------------------------------------------------------------------------


@pytest.fixture
def single(lab: labkit.Lab) -> Any:
    """S3, with a bucket that never had versioning and an object in it."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="single")
    s3.put_object(Bucket="single", Key="a", Body=b"one")
    yield s3
    for each in s3.list_object_versions(Bucket="single").get("Versions", []):
        s3.delete_object(Bucket="single", Key=each["Key"], VersionId=each["VersionId"])
    for each in s3.list_object_versions(Bucket="single").get("DeleteMarkers", []):
        s3.delete_object(Bucket="single", Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket="single")


@pytest.mark.parametrize("operation", ["GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging"])
def test_the_null_version(single: Any, operation: str) -> None:
    """In a bucket that never had versioning it is the object, and no answer names it (recorded)."""
    answer = READS[operation](single, {"Bucket": "single", "Key": "a", "VersionId": "null"})
    assert "VersionId" not in answer


def test_writes_name_no_version(single: Any) -> None:
    """PutObject, CopyObject, CompleteMultipartUpload (recorded; rclone's rcat rests on it), DeleteObject."""
    assert "VersionId" not in single.put_object(Bucket="single", Key="b", Body=b"x")
    source = {"Bucket": "single", "Key": "a", "VersionId": "null"}
    copied = single.copy_object(Bucket="single", Key="c", CopySource=source)
    assert "VersionId" not in copied and "CopySourceVersionId" not in copied
    upload = single.create_multipart_upload(Bucket="single", Key="d")["UploadId"]
    place = {"Bucket": "single", "Key": "d", "UploadId": upload}
    etag = single.upload_part(**place, PartNumber=1, Body=b"x")["ETag"]
    done = single.complete_multipart_upload(**place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert "VersionId" not in done
    assert "VersionId" not in single.delete_object(Bucket="single", Key="b")
    single.delete_object(Bucket="single", Key="a", VersionId="null")
    assert refused(lambda: single.get_object(Bucket="single", Key="a"))[0] == "NoSuchKey"


@pytest.mark.parametrize("version", ["HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD", OLD, "1"])
@pytest.mark.parametrize("operation", [*READS, "DeleteObject"])
def test_other_versions_of_a_bucket_without_any(single: Any, operation: str, version: str) -> None:
    """InvalidArgument (recorded)."""
    place = {"Bucket": "single", "Key": "a", "VersionId": version}
    attempt = READS.get(operation, lambda s3, place: s3.delete_object(**place))
    code, status, _, message = refused(lambda: attempt(single, place))
    assert status == 400
    assert operation == "HeadObject" or (code, message) == ("InvalidArgument", "Invalid version id specified")


def test_suspended_versioning(single: Any) -> None:
    """A write takes the place of the null version alone; so does a marker (recorded)."""
    single.put_bucket_versioning(Bucket="single", VersioningConfiguration={"Status": "Enabled"})
    second = single.put_object(Bucket="single", Key="a", Body=b"two")["VersionId"]
    single.put_bucket_versioning(Bucket="single", VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in single.put_object(Bucket="single", Key="a", Body=b"three", Tagging="a=b")
    assert single.get_object_tagging(Bucket="single", Key="a")["TagSet"] == [{"Key": "a", "Value": "b"}]
    now = single.get_object(Bucket="single", Key="a")
    assert (now["Body"].read(), now["VersionId"]) == (b"three", "null")
    assert single.get_object(Bucket="single", Key="a", VersionId=second)["Body"].read() == b"two"
    assert single.head_object(Bucket="single", Key="a", VersionId=second)["VersionId"] == second
    found = single.list_object_versions(Bucket="single")["Versions"]
    assert {(each["VersionId"], each["IsLatest"]) for each in found} == {("null", True), (second, False)}
    gone = single.delete_object(Bucket="single", Key="a")
    assert (gone["DeleteMarker"], gone["VersionId"]) == (True, "null")
    assert single.get_object(Bucket="single", Key="a", VersionId=second)["Body"].read() == b"two"
    assert single.delete_object(Bucket="single", Key="a", VersionId="null")["DeleteMarker"] is True
    assert single.get_object(Bucket="single", Key="a")["Body"].read() == b"two"
