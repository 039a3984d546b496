"""What S3 tells of objects without their content: GetObjectAttributes, and the checksums in lists. Pure.

Recorded from the real service (LocalStack's validated snapshots, 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from moto.s3.models import FakeBucket, FakeKey

from .checksums import of_object
from .kept import Part
from .objects import Place, find_object

_MOST = 1000


def attributes_of(stored: FakeKey, parts: Sequence[Part], asked: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of GetObjectAttributes: what the header `asked` names.

    Parts are listed where each has a checksum of its own; of a composite checksum no number of parts is told.
    """
    told: dict[str, Any] = {"ETag": stored.etag.strip('"')}
    checksum = of_object(stored)
    if checksum is not None:
        told["Checksum"] = {f"Checksum{checksum.algorithm}": checksum.value, "ChecksumType": checksum.kind}
    if parts:
        told["ObjectParts"] = {"TotalPartsCount": len(parts)} | _listed(parts, params)
    told |= {"StorageClass": stored.storage_class, "ObjectSize": stored.size}
    names = {name.strip() for name in asked.split(",")}
    return {name: value for name, value in told.items() if name in names} | {"LastModified": stored.last_modified}


def _listed(parts: Sequence[Part], params: Mapping[str, Any]) -> dict[str, Any]:
    if not all(part.checksum for part in parts):
        return {}
    after, most = int(params.get("PartNumberMarker") or 0), min(int(params.get("MaxParts", _MOST)), _MOST)
    page = list(enumerate(parts, start=1))[after : after + most]
    return {
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1][0] if page else after,
        "MaxParts": most,
        "IsTruncated": after + most < len(parts),
        "Parts": [
            {"PartNumber": number, "Size": part.size, f"Checksum{part.checksum.algorithm}": part.checksum.value}
            for number, part in page
            if part.checksum
        ],
    }


def add_checksums(bucket: FakeBucket, result: dict[str, Any]) -> None:
    """Put the algorithm and the kind of each object's checksum into the result of a list."""
    encoded = result.get("EncodingType") == "url"
    for each in (*result.get("Contents", ()), *result.get("Versions", ())):
        key = unquote(each["Key"]) if encoded else each["Key"]
        stored = find_object(bucket, Place(bucket.name, key, each.get("VersionId")))
        checksum = of_object(stored) if stored is not None else None
        if checksum is not None:
            each |= {"ChecksumAlgorithm": [checksum.algorithm], "ChecksumType": checksum.kind}
