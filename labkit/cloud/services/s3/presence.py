"""What S3 says of an object that is not there: 404 to those who may list the bucket, 403 to everybody else.

Sources: S3 API Reference, GetObject, HeadObject and GetObjectAttributes ("If the object that you request doesn't exist,
the error that Amazon S3 returns depends on whether you also have the s3:ListBucket permission"); the words of that 403
in schubergphilis/terraform-aws-mcaf-securityhub-findings-manager 64 (2025); delete markers and versions recorded from
the real service (LocalStack's validated snapshots, 2026).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from moto.s3.models import FakeBucket, FakeDeleteMarker

from ...core.call import Call, Target
from ...core.errors import AwsError
from .objects import NULL, Place, find, find_bucket, never_versioned, place_of, source_of

# Operations on an object that has to be there, by what the service says of one whose latest version is a delete marker.
_READS = frozenset({"GetObject", "GetObjectAcl", "GetObjectAttributes", "HeadObject", "SelectObjectContent"})
_OTHERS = frozenset(
    {
        "DeleteObjectTagging", "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "PutObjectAcl",
        "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject",
    }
)  # fmt: skip
_VERSION_ID = re.compile(r"[0-9A-Za-z._]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of AWS, of the lab

Demand = Callable[[Call, Target], None]  # asks one more permission of a call


def check_presence(call: Call, bucket: FakeBucket, demand: Demand) -> None:
    """Raise AwsError where the call needs an object that its bucket does not have, or names a version that is none."""
    place = place_of(call)
    if place.version_id is not None:
        _check_version_id(bucket, place.version_id)
    if call.operation in _READS | _OTHERS:
        _require(call, bucket, place, demand)
    source = source_of(call)
    if source is not None:
        _require_source(call, source, demand)


def is_version_id(text: str) -> bool:
    """Tell whether it has the form of a version's id."""
    return _VERSION_ID.fullmatch(text) is not None


def _check_version_id(bucket: FakeBucket, version_id: str) -> None:
    """A bucket without versioning has no version but "null" (recorded)."""
    if version_id == NULL or (not never_versioned(bucket) and is_version_id(version_id)):
        return
    raise AwsError(
        "InvalidArgument", "Invalid version id specified", ArgumentName="versionId", ArgumentValue=version_id
    )


def _require(call: Call, bucket: FakeBucket, place: Place, demand: Demand) -> None:
    found = find(bucket, place)
    if isinstance(found, FakeDeleteMarker):
        marked = {"x-amz-delete-marker": "true"}
        if place.version_id is not None or call.operation in _OTHERS:
            method = call.http.method if call.http is not None else ""
            raise AwsError(
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
                405,
                Method=method,
                ResourceType="DeleteMarker",
            ).carrying(marked | {"Allow": "DELETE"})
        _may_know(call, place, demand)
        raise _no_such_key(place).carrying(marked | {"x-amz-version-id": str(found.version_id)})
    if found is None:
        _may_know(call, place, demand)
        raise _no_such_key(place) if place.version_id is None else _no_such_version(place)


def _require_source(call: Call, source: Place, demand: Demand) -> None:
    if not source.key:
        said, name = "Invalid copy source object key", "x-amz-copy-source"
        raise AwsError("InvalidArgument", said, ArgumentName=name, ArgumentValue=name)  # both recorded so
    bucket = find_bucket(source.bucket)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=source.bucket)
    if source.version_id is not None:
        _check_version_id(bucket, source.version_id)
    found = find(bucket, source)
    if isinstance(found, FakeDeleteMarker) and source.version_id is not None:
        said = "The source of a copy request may not specifically refer to a delete marker by version id."
        raise AwsError("InvalidRequest", said)
    if found is None or isinstance(found, FakeDeleteMarker):
        _may_know(call, source, demand)
        raise _no_such_key(source) if source.version_id is None else _no_such_version(source)


def _may_know(call: Call, place: Place, demand: Demand) -> None:
    """Who may not list the bucket does not learn whether an object is there."""
    demand(call, Target("s3:ListBucket", place.bucket_arn))


def _no_such_key(place: Place) -> AwsError:
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=place.key)


def _no_such_version(place: Place) -> AwsError:
    said = "The specified version does not exist."
    return AwsError("NoSuchVersion", said, 404, Key=place.key, VersionId=place.version_id)
