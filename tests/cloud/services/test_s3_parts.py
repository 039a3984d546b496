"""Parts and ranges: what a read of some of an object answers."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

import labkit

from .bare import BUCKET, TAIL, client_without_checksums, error

LARGE = b"0" * (5 << 20)

SIZE = len(LARGE) + len(TAIL)


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file."""
    lab = labkit.start("s3-parts")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return lab


@pytest.fixture(scope="module")
def s3(lab: labkit.Lab) -> Any:
    """S3 whose client adds no checksums of its own."""
    return client_without_checksums()


@pytest.fixture(scope="module")
def key(lab: labkit.Lab) -> str:
    """A KMS key."""
    return str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])


def upload(s3: Any, name: str, contents: tuple[bytes, ...], **more: Any) -> dict[str, Any]:
    """Upload an object in parts; the last answer. Checksums of parts are told again at the end."""
    place = {"Bucket": BUCKET, "Key": name}
    place["UploadId"] = s3.create_multipart_upload(**place, **more)["UploadId"]
    taken = []
    for number, content in enumerate(contents, start=1):
        part = s3.upload_part(**place, PartNumber=number, Body=content)
        sums = {each: value for each, value in part.items() if each.startswith("Checksum")}
        taken.append({"PartNumber": number, "ETag": part["ETag"]} | sums)
    return dict(s3.complete_multipart_upload(**place, MultipartUpload={"Parts": taken}))


@pytest.fixture(scope="module")
def large(s3: Any, key: str) -> dict[str, str]:
    """Two objects in two parts: one under S3's keys, one under a KMS key; their ETags by name."""
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    return {name: upload(s3, name, (LARGE, TAIL), **more)["ETag"] for name, more in (("plain", {}), ("secret", kms))}


@pytest.mark.parametrize("name", ["plain", "secret"])
@pytest.mark.parametrize(
    ("number", "content", "place"),
    [
        (1, LARGE, f"bytes 0-{len(LARGE) - 1}/{SIZE}"),
        (2, TAIL, f"bytes {len(LARGE)}-{SIZE - 1}/{SIZE}"),
    ],
)
def test_a_part_by_its_number(
    s3: Any, large: dict[str, str], name: str, number: int, content: bytes, place: str
) -> None:
    """206, that part, the number of parts, and the whole object's ETag (recorded)."""
    wanted = {"Bucket": BUCKET, "Key": name, "PartNumber": number}
    for answer in (s3.get_object(**wanted), s3.head_object(**wanted), s3.get_object(**wanted, ChecksumMode="ENABLED")):
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert (answer["ContentLength"], answer["ContentRange"]) == (len(content), place)
        assert (answer["PartsCount"], answer["ETag"]) == (2, large[name])
        assert not [each for each in answer if each.startswith("Checksum")]
    assert s3.get_object(**wanted)["Body"].read() == content


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_parts_that_are_not_there(s3: Any, large: dict[str, str], operation: str) -> None:
    """416, with the number that there is; never a fault (recorded)."""
    s3.put_object(Bucket=BUCKET, Key="one", Body=b"test-123")
    for name, number, count in (("plain", 10, 2), ("secret", 3, 2), ("one", 2, 1)):
        found = error(
            lambda name=name, number=number: getattr(s3, operation)(Bucket=BUCKET, Key=name, PartNumber=number)
        )
        assert found["Status"] == 416
        if operation == "get_object":
            assert (found["Code"], found["Message"]) == (
                "InvalidPartNumber",
                "The requested partnumber is not satisfiable",
            )
            assert (found["ActualPartCount"], found["PartNumberRequested"]) == (str(count), str(number))
    for number in (0, -1, 10001):
        found = error(lambda number=number: getattr(s3, operation)(Bucket=BUCKET, Key="plain", PartNumber=number))
        assert found["Status"] == 400


def test_an_object_in_one_piece_is_a_part(s3: Any) -> None:
    """206 with the whole, and no number of parts (recorded); an empty one has no bytes to name."""
    s3.put_object(Bucket=BUCKET, Key="piece", Body=b"test-123")
    answer = s3.get_object(Bucket=BUCKET, Key="piece", PartNumber=1)
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["ContentRange"]) == (206, "bytes 0-7/8")
    assert "PartsCount" not in answer
    s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert s3.get_object(Bucket=BUCKET, Key="empty", PartNumber=1)["ContentLength"] == 0


def test_a_part_or_a_range(s3: Any, large: dict[str, str]) -> None:
    """Not both (recorded)."""
    found = error(lambda: s3.get_object(Bucket=BUCKET, Key="plain", PartNumber=2, Range="bytes=0-8"))
    said = "Cannot specify both Range header and partNumber query parameter"
    assert (found["Status"], found["Code"], found["Message"]) == (400, "InvalidRequest", said)


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
@pytest.mark.parametrize("encryption", [{}, {"ServerSideEncryption": "aws:kms"}])
@pytest.mark.parametrize(
    ("header", "content", "place"),
    [
        ("bytes=0-8", b"012345678", "bytes 0-8/10"),
        ("bytes=1-1", b"1", "bytes 1-1/10"),
        ("bytes=1-0", b"0123456789", None),
        ("bytes=1-", b"123456789", "bytes 1-9/10"),
        ("bytes=-1-", b"0123456789", None),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-15", b"0123456789", "bytes 0-9/10"),
        ("bytes=0-100", b"0123456789", "bytes 0-9/10"),
        ("bytes=0-1,3-4,7-9", b"0123456789", None),
        ("bytes=-", b"0123456789", None),
        ("bytes=0--1", b"0123456789", None),
        ("lines=0-1", b"0123456789", None),
        ("nonsense", b"0123456789", None),
    ],
)
def test_ranges(
    s3: Any, operation: str, encryption: dict[str, str], header: str, content: bytes, place: str | None
) -> None:
    """A part of the object with no checksum, or all of it with one (recorded); what can't be read is no range."""
    s3.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789", **encryption)
    answer = getattr(s3, operation)(Bucket=BUCKET, Key="digits", Range=header, ChecksumMode="ENABLED")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == (206 if place else 200)
    assert (answer["ContentLength"], answer.get("ContentRange")) == (len(content), place)
    assert ("ChecksumCRC64NVME" in answer) == (len(content) == 10)
    if operation == "get_object":
        assert answer["Body"].read() == content


@pytest.mark.parametrize(
    ("content", "header"), [(b"0123456789", "bytes=100-200"), (b"0123456789", "bytes=-0"), (b"", "bytes=0-0")]
)
def test_ranges_without_bytes(s3: Any, content: bytes, header: str) -> None:
    """416, with what was asked and the size (recorded)."""
    s3.put_object(Bucket=BUCKET, Key="short", Body=content)
    found = error(lambda: s3.get_object(Bucket=BUCKET, Key="short", Range=header))
    assert (found["Status"], found["Code"]) == (416, "InvalidRange")
    assert (found["RangeRequested"], found["ActualObjectSize"]) == (header, str(len(content)))
    assert error(lambda: s3.head_object(Bucket=BUCKET, Key="short", Range=header))["Status"] == 416


FORM = "The x-amz-copy-source-range value must be of the form bytes=first-last"


@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        ("0-8", "InvalidArgument", FORM),
        ("bytes=1-0", "InvalidArgument", FORM),
        ("bytes=-1-", "InvalidArgument", FORM),
        ("bytes=0-1,3-4,7-9", "InvalidArgument", FORM),
        ("bytes=1-", "InvalidArgument", FORM),
        ("bytes=-2", "InvalidArgument", FORM),
        ("bytes=0-100", "InvalidArgument", "Range specified is not valid for source object of size: 10"),
        ("bytes=100-200", "InvalidRequest", "The specified copy range is invalid for the source object size"),
    ],
)
def test_ranges_of_a_copied_part(s3: Any, header: str, code: str, message: str) -> None:
    """Both ends are told, and lie in the source (recorded)."""
    s3.put_object(Bucket=BUCKET, Key="source", Body=b"0123456789")
    place = {"Bucket": BUCKET, "Key": "parts"}
    place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
    wanted = {"CopySource": f"{BUCKET}/source", "CopySourceRange": header}
    found = error(lambda: s3.upload_part_copy(**place, PartNumber=1, **wanted))
    assert (found["Status"], found["Code"], found["Message"].startswith(message)) == (400, code, True)
    part = s3.upload_part_copy(**place, PartNumber=1, CopySource=f"{BUCKET}/source", CopySourceRange="bytes=2-5")
    taken = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": taken})
    assert s3.get_object(Bucket=BUCKET, Key="parts")["Body"].read() == b"2345"


def test_an_upload_id_marker_is_of_an_upload_of_its_key(s3: Any) -> None:
    """InvalidArgument for every other; one without a key marker counts for nothing (recorded)."""
    made = s3.create_multipart_upload(Bucket=BUCKET, Key="marked")["UploadId"]
    for key, marker in (("marked", "junk"), ("other", made)):
        found = error(
            lambda key=key, marker=marker: s3.list_multipart_uploads(
                Bucket=BUCKET, KeyMarker=key, UploadIdMarker=marker
            )
        )
        assert (found["Code"], found["Message"]) == ("InvalidArgument", "Invalid uploadId marker")
        assert (found["ArgumentName"], found["ArgumentValue"]) == ("upload-id-marker", marker)
    s3.list_multipart_uploads(Bucket=BUCKET, KeyMarker="marked", UploadIdMarker=made)
    assert s3.list_multipart_uploads(Bucket=BUCKET, UploadIdMarker="junk")["Uploads"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key="marked", UploadId=made)
