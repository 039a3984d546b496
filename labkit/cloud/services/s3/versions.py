"""Versions of objects where moto knows only buckets with versioning and without.

A bucket that never had versioning has one version of each object, "null", and no answer names it; where versioning is
suspended, a write replaces the null version and leaves the others. Sources: S3 User Guide, "Working with objects in a
versioning-suspended bucket"; answers recorded from the real service (LocalStack's validated snapshots, 2026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import unquote_plus

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends

from ...core.call import Call
from ...wire.protocols import HttpRequest, HttpResponse
from .objects import NULL, find, never_versioned, place_of

Onward = Callable[[HttpRequest], HttpResponse]
_HEADER = "x-amz-version-id"
_WRITES = frozenset({"CompleteMultipartUpload", "CopyObject", "PutObject"})


def without(request: HttpRequest, *names: str) -> HttpRequest:
    """Return the request without these parameters of its query string."""
    parts = (part for part in request.query.split("&") if unquote_plus(part.partition("=")[0]) not in names)
    return replace(request, query="&".join(parts))


def as_moto_takes_it(bucket: FakeBucket, request: HttpRequest) -> HttpRequest:
    """moto has no version "null" of an object in a bucket without versioning: it is the object."""
    return without(request, "versionId") if never_versioned(bucket) else request


def told_of_versions(
    call: Call, bucket: FakeBucket, response: HttpResponse, read: FakeKey | None = None
) -> HttpResponse:
    """Name the version that was read in the answer, where there are versions; a null version's write tells none."""
    silent = never_versioned(bucket) or (bucket.versioning_status == "Suspended" and call.operation in _WRITES)
    if not silent and read is None:
        return response
    headers = {name: value for name, value in response.headers.items() if name.lower() != _HEADER}
    return replace(response, headers=headers if silent or read is None else headers | {_HEADER: str(read.version_id)})


@contextmanager
def writing(bucket: FakeBucket, key: str) -> Iterator[None]:
    """Plan a write to this key: where versioning is suspended, it takes the place of the null version alone."""
    if bucket.versioning_status != "Suspended":
        yield
        return
    before = list(bucket.keys.getlist(key, []))
    with _versioned(bucket):
        yield
    after = bucket.keys.getlist(key, [])
    if len(after) > len(before) and isinstance(after[-1], FakeKey):
        _become_null(bucket, key, after[-1])


def delete(call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
    """DeleteObject: a delete marker that is deleted is told as one (recorded)."""
    place = place_of(call)
    if bucket.versioning_status == "Suspended" and place.version_id is None:
        return _delete_suspended(bucket, place.key)
    target = find(bucket, place) if place.version_id is not None else None
    with _versioned(bucket) if not never_versioned(bucket) else _as_it_is():
        response = onward(request)
    if isinstance(target, FakeDeleteMarker) and response.status < 300:
        return replace(response, headers=response.headers | {"x-amz-delete-marker": "true"})
    return response


def _delete_suspended(bucket: FakeBucket, key: str) -> HttpResponse:
    """The null version goes, and a delete marker of that id comes."""
    versions = list(bucket.keys.getlist(key, []))
    if not versions:
        return HttpResponse(204, {}, b"")
    marker = FakeDeleteMarker(key=versions[-1])
    marker._version_id = NULL  # moto has no other way
    bucket.keys.setlist(key, [each for each in versions if each.version_id != NULL] + [marker])
    return HttpResponse(204, {"x-amz-delete-marker": "true", _HEADER: NULL}, b"")


@contextmanager
def reading(bucket: FakeBucket) -> Iterator[None]:
    """Look at a version by its id, which moto allows where versioning is enabled alone."""
    if bucket.versioning_status != "Suspended":
        yield
        return
    with _versioned(bucket):
        yield


@contextmanager
def _versioned(bucket: FakeBucket) -> Iterator[None]:
    status = bucket.versioning_status
    bucket.versioning_status = "Enabled"
    try:
        yield
    finally:
        bucket.versioning_status = status


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def _become_null(bucket: FakeBucket, key: str, written: FakeKey) -> None:
    before = written.arn
    written._version_id = NULL
    written._is_versioned = False
    s3_backends[written.account_id][written.partition].tagger.copy_tags(before, written.arn)
    others = [each for each in bucket.keys.getlist(key) if each is not written and each.version_id != NULL]
    bucket.keys.setlist(key, [*others, written])
