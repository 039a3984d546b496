"""Parts, ranges and checksums: what a read of some of an object answers, and what S3 keeps of its content."""

from __future__ import annotations

import base64
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit
from labkit.cloud.services.s3_crc import ALGORITHMS, digest

BUCKET = "papers"
LARGE = b"0" * (5 << 20)
TAIL = b"test content 123"
SIZE = len(LARGE) + len(TAIL)


def in_base64(algorithm: str, content: bytes) -> str:
    """A checksum as S3 writes it."""
    return base64.b64encode(digest(algorithm, content)).decode()


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file."""
    lab = labkit.start("s3-parts")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return lab


@pytest.fixture(scope="module")
def s3(lab: labkit.Lab) -> Any:
    """S3 whose client adds no checksums of its own."""
    config = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    return boto3.client("s3", config=config)


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


def error(attempt: Any) -> dict[str, Any]:
    """The refusal's members, and its status."""
    with pytest.raises(ClientError) as refused:
        attempt()
    answer = refused.value.response
    return dict(answer["Error"]) | {"Status": answer["ResponseMetadata"]["HTTPStatusCode"]}


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


# --- Checksums -------------------------------------------------------------------------------------------------------


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
    from labkit.cloud.services.s3_crc import _CRC32C, _CRC64NVME, _carried

    content = bytes(place * place % 251 for place in range(size))
    crc = {"CRC32C": _CRC32C, "CRC64NVME": _CRC64NVME}[algorithm]
    slow = (_carried(crc, crc.ones, content) ^ crc.ones).to_bytes(crc.size, "big")
    assert digest(algorithm, content) == slow
