"""Where S3's objects are in moto: buckets, versions, delete markers, and what a copy names as its source."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends

from ...core.call import Call

NULL = "null"
"""The id of a version that was written without versioning."""


@dataclass(frozen=True, slots=True)
class Place:
    """An object, or one version of it, as a request names it."""

    bucket: str
    key: str
    version_id: str | None = None

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:aws:s3:::{self.bucket}"


def place_of(call: Call) -> Place:
    """Return the object that the call is about."""
    return Place(call.params.get("Bucket", ""), call.params.get("Key", ""), call.params.get("VersionId"))


def source_of(call: Call) -> Place | None:
    """Return what a CopyObject or UploadPartCopy reads (CopySource: "bucket/key?versionId=...")."""
    source = call.params.get("CopySource")
    if not isinstance(source, str):
        return None
    path, _, query = source.partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return Place(bucket, key, parse_qs(query).get("versionId", [None])[0])


def find_bucket(name: str) -> FakeBucket | None:
    """moto's bucket of this name, of whichever account."""
    partition, account = s3_backends.bucket_accounts.get(name, ("", ""))
    return s3_backends[account][partition].buckets.get(name) if account else None


def find(bucket: FakeBucket, place: Place) -> FakeKey | FakeDeleteMarker | None:
    """Return what stands at this place: an object, a delete marker, or nothing."""
    versions = bucket.keys.getlist(place.key, [])
    if place.version_id is None:
        return versions[-1] if versions else None
    return next((each for each in versions if each.version_id == place.version_id), None)


def find_object(bucket: FakeBucket, place: Place) -> FakeKey | None:
    """moto's object; None where there is none, or a delete marker."""
    found = find(bucket, place)
    return found if isinstance(found, FakeKey) else None


def never_versioned(bucket: FakeBucket) -> bool:
    """Tell whether the bucket never had versioning: neither Enabled nor Suspended."""
    return bucket.versioning_status is None
