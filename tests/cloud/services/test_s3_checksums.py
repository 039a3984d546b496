"""The checksum that S3 keeps with each object: whose it is, what it is of, and which answers tell it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

import labkit
from labkit.cloud.services.s3.crc import ALGORITHMS, digest

from .bare import BUCKET, TAIL, client_without_checksums, error, in_base64


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file."""
    lab = labkit.start("s3-checksums")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return lab


@pytest.fixture(scope="module")
def s3(lab: labkit.Lab) -> Any:
    """S3 whose client adds no checksums of its own."""
    return client_without_checksums()


@pytest.mark.parametrize(
    "encryption", [{}, {"ServerSideEncryption": "aws:kms"}, {"ServerSideEncryption": "aws:kms:dsse"}]
)
@pytest.mark.parametrize("algorithm", [None, *ALGORITHMS])
def test_an_object_has_a_checksum(s3: Any, encryption: dict[str, str], algorithm: str | None) -> None:
    """The client's, or the one that S3 makes; each answer that shows one says that it is of the whole."""
    name = algorithm or "CRC64NVME"
    value = in_base64(name, b"test-sse")
    given = {f"Checksum{algorithm}": value} if algorithm else {}
    expected = {f"Checksum{name}": value, "ChecksumType": "FULL_OBJECT"}

    def shown(answer: dict[str, Any]) -> dict[str, Any]:
        return {each: found for each, found in answer.items() if each.startswith("Checksum")}

    place = {"Bucket": BUCKET, "Key": "sums"}
    assert shown(s3.put_object(**place, Body=b"test-sse", **given, **encryption)) == expected
    assert shown(s3.get_object(**place)) == shown(s3.head_object(**place)) == {}
    assert shown(s3.get_object(**place, ChecksumMode="ENABLED")) == expected
    assert shown(s3.head_object(**place, ChecksumMode="ENABLED")) == expected
    assert s3.get_object_attributes(**place, ObjectAttributes=["Checksum"])["Checksum"] == expected
    copied = s3.copy_object(Bucket=BUCKET, Key="copied", CopySource=place)["CopyObjectResult"]
    assert shown(copied) == expected
    copied = s3.copy_object(Bucket=BUCKET, Key="copied", CopySource=place, ChecksumAlgorithm="SHA1")
    assert shown(copied["CopyObjectResult"])["ChecksumSHA1"] == in_base64("SHA1", b"test-sse")
    found = error(lambda: s3.copy_object(Bucket=BUCKET, Key="copied", CopySource=place, ChecksumAlgorithm="TEST"))
    assert found["Message"].startswith("Checksum algorithm provided is unsupported.")
    (listed,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="sums")["Contents"]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([name], "FULL_OBJECT")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("operation", ["put", "part"])
def test_checksums_that_are_wrong(s3: Any, algorithm: str, operation: str) -> None:
    """No digest of that length, and not the digest of the content (recorded)."""

    def write(**sums: str) -> Any:
        if operation == "put":
            return s3.put_object(Bucket=BUCKET, Key="bad", Body=b"x", **sums)
        upload_id = s3.create_multipart_upload(Bucket=BUCKET, Key="bad")["UploadId"]
        return s3.upload_part(Bucket=BUCKET, Key="bad", UploadId=upload_id, PartNumber=1, Body=b"x", **sums)

    found = error(lambda: write(**{f"Checksum{algorithm}": "nonsense"}))
    said = f"Value for x-amz-checksum-{algorithm.lower()} header is invalid."
    assert (found["Code"], found["Message"]) == ("InvalidRequest", said)
    found = error(lambda: write(**{f"Checksum{algorithm}": in_base64(algorithm, b"other")}))
    said = f"The {algorithm} you specified did not match the calculated checksum."
    assert (found["Code"], found["Message"]) == ("BadDigest", said)


def test_content_md5(s3: Any) -> None:
    """What is none, and what is another's (recorded)."""
    found = error(lambda: s3.put_object(Bucket=BUCKET, Key="md5", Body=b"something", ContentMD5="MTIz"))
    assert (found["Code"], found["Content-MD5"]) == ("InvalidDigest", "MTIz")
    other = "CYketZBSTjX8czcs3cXVlg=="
    found = error(lambda: s3.put_object(Bucket=BUCKET, Key="md5", Body=b"something", ContentMD5=other))
    assert (found["Code"], found["CalculatedDigest"]) == ("BadDigest", "Q3uTDbhLgHnC3YBKcZNrXw==")
    right = "Q3uTDbhLgHnC3YBKcZNrXw=="
    assert s3.put_object(Bucket=BUCKET, Key="md5", Body=b"something", ContentMD5=right)["ETag"]


@pytest.mark.parametrize(
    ("more", "kind", "one", "value"),
    [
        ({"ChecksumAlgorithm": "CRC32C"}, "COMPOSITE", "fwuu0Q==", "sZB91Q==-1"),
        ({"ChecksumAlgorithm": "CRC32C", "ChecksumType": "FULL_OBJECT"}, "FULL_OBJECT", "fwuu0Q==", "fwuu0Q=="),
    ],
)
def test_checksums_of_an_upload(s3: Any, more: dict[str, str], kind: str, one: str, value: str) -> None:
    """Of the parts' checksums, or of the whole: values of the real service."""
    place = {"Bucket": BUCKET, "Key": "planned"}
    begun = s3.create_multipart_upload(**place, **more)
    assert (begun["ChecksumAlgorithm"], begun["ChecksumType"]) == ("CRC32C", kind)
    place["UploadId"] = begun["UploadId"]
    part = s3.upload_part(**place, PartNumber=1, Body=TAIL)
    assert (part["ChecksumCRC32C"], "ChecksumType" in part) == (one, False)
    listed = s3.list_parts(**place)
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ("CRC32C", kind)
    assert listed["Parts"][0]["ChecksumCRC32C"] == one
    taken = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32C": one}]
    done = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": taken})
    assert (done["ETag"], done["ChecksumCRC32C"]) == ('"b972025bc34adf8d76d6d51e93c035cc-1"', value)
    wanted = {"Bucket": BUCKET, "Key": "planned", "ChecksumMode": "ENABLED"}
    assert s3.get_object(**wanted)["ChecksumCRC32C"] == value
    for answer in (s3.get_object(**wanted, PartNumber=1), s3.head_object(**wanted, PartNumber=1)):
        assert (answer["ChecksumCRC32C"], answer["ChecksumType"], answer["PartsCount"]) == (one, kind, 1)
    told = s3.get_object_attributes(Bucket=BUCKET, Key="planned", ObjectAttributes=["Checksum", "ObjectParts"])
    assert told["Checksum"] == {"ChecksumCRC32C": value.partition("-")[0], "ChecksumType": kind}
    assert told["ObjectParts"]["TotalPartsCount"] == 1
    assert ("Parts" in told["ObjectParts"]) == (kind == "COMPOSITE")
    copied = s3.copy_object(Bucket=BUCKET, Key="copied", CopySource={"Bucket": BUCKET, "Key": "planned"})
    assert copied["CopyObjectResult"]["ChecksumCRC32C"] == one
    assert copied["CopyObjectResult"]["ChecksumType"] == "FULL_OBJECT"
    assert copied["CopyObjectResult"]["ETag"] == '"eee506dd7ada7ded524c77e359a0e7c6"'
    assert "PartsCount" not in s3.get_object(Bucket=BUCKET, Key="copied", PartNumber=1)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"}, "The COMPOSITE checksum type cannot be used"),
        ({"ChecksumAlgorithm": "SHA1", "ChecksumType": "FULL_OBJECT"}, "The FULL_OBJECT checksum type cannot be used"),
        ({"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"}, "The FULL_OBJECT checksum type cannot be"),
        ({"ChecksumType": "COMPOSITE"}, "The x-amz-checksum-type header can only be used with"),
        ({"ChecksumAlgorithm": "TEST"}, "Checksum algorithm provided is unsupported."),
    ],
)
def test_plans_that_are_none(s3: Any, more: dict[str, str], message: str) -> None:
    """InvalidRequest (recorded)."""
    found = error(lambda: s3.create_multipart_upload(Bucket=BUCKET, Key="p", **more))
    assert (found["Code"], found["Message"].startswith(message)) == ("InvalidRequest", True)


def test_completions_that_do_not_fit(s3: Any) -> None:
    """Parts, their order, their checksums and the size (recorded)."""
    place = {"Bucket": BUCKET, "Key": "p"}
    place["UploadId"] = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")["UploadId"]
    part = s3.upload_part(**place, PartNumber=1, Body=b"abc")
    taken = {"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}

    def complete(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
        return error(lambda: s3.complete_multipart_upload(**place, MultipartUpload={"Parts": list(parts)}, **more))

    found = complete(taken | {"PartNumber": 2})
    assert (found["Code"], found["PartNumber"], found["ETag"]) == ("InvalidPart", "2", part["ETag"].strip('"'))
    assert complete(taken | {"ETag": "x"})["Code"] == "InvalidPart"
    assert complete(taken | {"PartNumber": 2}, taken)["Code"] == "InvalidPartOrder"
    assert complete(taken | {"ChecksumSHA256": in_base64("SHA256", b"x")})["Code"] == "InvalidPart"
    found = complete({name: value for name, value in taken.items() if name != "ChecksumSHA256"})
    assert found["Message"].startswith("The upload was created using a sha256 checksum. The complete request must inc")
    found = complete(taken, ChecksumType="FULL_OBJECT")
    assert found["Message"].startswith("The upload was created using the COMPOSITE checksum mode.")
    found = complete(taken, MpuObjectSize=5)
    assert found["Message"].endswith("'x-amz-mp-object-size' header value 5 does not match what was computed: 3")
    found = error(lambda: s3.upload_part(**place, PartNumber=2, Body=b"x", ChecksumCRC32=in_base64("CRC32", b"x")))
    assert found["Message"].endswith("expected checksum Type: sha256, actual checksum Type: crc32")
    assert (
        error(lambda: s3.upload_part(**(place | {"UploadId": "fakeid"}), PartNumber=1, Body=b"x"))["UploadId"]
        == "fakeid"
    )
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": [taken]})


@pytest.mark.parametrize(
    ("algorithm", "content", "value"),
    [  # values that the real service answered
        ("CRC64NVME", b"test-sse", "Kr7StX/uFlQ="),
        ("CRC64NVME", b"abcdef", "Pact6XRTYyA="),
        ("CRC64NVME", b"aaaaaaaaaa", "DBqAA21lxVU="),
        ("CRC32C", b"test content 123", "fwuu0Q=="),
        ("CRC32", b"test-sse", "KHcEKQ=="),
        ("SHA1", b"test-checksum", "jbXkHAsXUrubtL3dqDQ4w+7WXc0="),
        ("SHA256", b"a" * 10, "vyy1imj2hNlaO3jvj2Ycmk5bCegsyPnMiMzpBSjK6yc="),
        ("CRC32", b"a" * 5242881, "NRU+Sw=="),
    ],
)
def test_digests(algorithm: str, content: bytes, value: str) -> None:
    """Each algorithm says what the service says."""
    assert in_base64(algorithm, content) == value


@pytest.mark.parametrize("algorithm", ["CRC32C", "CRC64NVME"])
@pytest.mark.parametrize("size", [65535, 65536, 65537, 300_001])
def test_long_contents_are_digested_in_lanes(algorithm: str, size: int) -> None:
    """And come to the same as byte by byte."""
    from labkit.cloud.services.s3.crc import _CRC32C, _CRC64NVME, _carried

    content = bytes(place * place % 251 for place in range(size))
    crc = {"CRC32C": _CRC32C, "CRC64NVME": _CRC64NVME}[algorithm]
    slow = (_carried(crc, crc.ones, content) ^ crc.ones).to_bytes(crc.size, "big")
    assert digest(algorithm, content) == slow
