"""What CompleteMultipartUpload refuses of the parts that it is told. Pure but for moto's upload, which it reads.

All recorded from the real service (LocalStack's validated snapshots, 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from moto.s3.models import FakeKey, FakeMultipart

from ...core.errors import AwsError
from .checksums import COMPOSITE, PREFIX, WHOLE, Plan, encoded, of_members, of_object
from .crc import ALGORITHMS

_NOT_FOUND = (
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
    "entity tag may not match the part's entity tag."
)
_ORDER = "The list of parts was not in ascending order. Parts must be ordered by part number."


def check_completion(
    headers: Mapping[str, str], upload_id: str, multipart: FakeMultipart, plan: Plan, given: Sequence[Mapping[str, Any]]
) -> None:
    """Raise AwsError where the parts, their checksums or their size are not those of the upload."""
    numbers = [each.get("PartNumber", 0) for each in given]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise AwsError("InvalidPartOrder", _ORDER, UploadId=upload_id)
    _check_kind(headers, plan)
    for each in given:
        _check_part(upload_id, multipart, plan, each)
    parts = [multipart.parts[number] for number in numbers]
    total = sum(part.size for part in parts)
    size = headers.get("x-amz-mp-object-size")
    if size is not None and size != str(total):
        said = f"The provided 'x-amz-mp-object-size' header value {size} does not match what was computed:"
        raise AwsError("InvalidRequest", f"{said} {total}")
    if plan.kind == WHOLE:
        _check_whole(headers, plan, parts)


def _check_kind(headers: Mapping[str, str], plan: Plan) -> None:
    kind = headers.get(f"{PREFIX}type")
    if kind is not None and (not plan.asked or kind != plan.kind):
        said = f"The upload was created using the {plan.kind if plan.asked else 'null'} checksum mode."
        raise AwsError("InvalidRequest", f"{said} The complete request must use the same checksum mode.")


def _check_part(upload_id: str, multipart: FakeMultipart, plan: Plan, given: Mapping[str, Any]) -> None:
    number, etag = given.get("PartNumber", 0), str(given.get("ETag", "")).strip('"')
    part = multipart.parts.get(number)
    checksums = of_members(given)
    own = of_object(part) if part is not None else None
    if part is None or part.etag.strip('"') != etag:
        raise _no_part(upload_id, number, etag)
    if plan.asked and plan.kind == COMPOSITE:
        if not checksums:
            said = f"The upload was created using a {plan.algorithm.lower()} checksum. The complete request must"
            tail = f"include the checksum for each part. It was missing for part {number} in the request."
            raise AwsError("InvalidRequest", f"{said} {tail}")
        other = next((name for name in checksums if name != plan.algorithm), None)
        if other is not None:
            said = f"The {other.lower()} you specified for part {number} did not match what we received."
            raise AwsError("BadDigest", said)
    if any(own is None or (name, value) != (own.algorithm, own.value) for name, value in checksums.items()):
        raise _no_part(upload_id, number, etag)


def _check_whole(headers: Mapping[str, str], plan: Plan, parts: Sequence[FakeKey]) -> None:
    given = {name: headers[f"{PREFIX}{name.lower()}"] for name in ALGORITHMS if f"{PREFIX}{name.lower()}" in headers}
    content = b"".join(part.value for part in parts) if given else b""
    if any(name != plan.algorithm or value != encoded(name, content) for name, value in given.items()):
        raise AwsError(
            "BadDigest", f"The {plan.algorithm.lower()} you specified did not match the calculated checksum."
        )


def _no_part(upload_id: str, number: int, etag: str) -> AwsError:
    return AwsError("InvalidPart", _NOT_FOUND, UploadId=upload_id, PartNumber=number, ETag=etag)
