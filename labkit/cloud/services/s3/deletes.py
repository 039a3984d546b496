"""DeleteObjects where it names a version that its bucket can't have: an error for that object, and it stays.

moto overlooks the version and deletes the object. Source: LocalStack's S3 provider (its snapshots are recorded of the
real service): in a bucket without versioning, any version but "null" is NoSuchVersion, "The specified version does not
exist.".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape

from moto.s3.models import FakeBucket

from ...core.call import Call
from ...wire.protocols import HttpRequest, HttpResponse
from .objects import NULL, never_versioned
from .presence import is_version_id
from .versions import Onward

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_SAID = "The specified version does not exist."


def delete_several(call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
    """Delete those objects whose versions can be, and tell of the others."""
    objects = call.params["Delete"]["Objects"]
    wrong = [each for each in objects if not _can_be(bucket, each)]
    named = [each for each in objects if each.get("VersionId")]
    if not wrong and not (named and never_versioned(bucket)):
        return onward(request)
    right = [each for each in objects if each not in wrong]
    errors = "".join(f"<Error>{_members(each)}{_error()}</Error>" for each in wrong).encode()
    if not right:
        said = f'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="{_NAMESPACE}">'.encode()
        return HttpResponse(200, {"content-type": "application/xml"}, said + errors + b"</DeleteResult>")
    plain = [{"Key": each["Key"]} if never_versioned(bucket) else each for each in right]
    quiet = "<Quiet>true</Quiet>" if call.params["Delete"].get("Quiet") else ""
    asked = "".join(f"<Object>{_members(each)}</Object>" for each in plain)
    body = f'<Delete xmlns="{_NAMESPACE}">{asked}{quiet}</Delete>'.encode()
    headers = request.headers | {"content-length": str(len(body))}
    response = onward(replace(request, body=body, headers=headers))
    return replace(response, body=response.body.replace(b"</DeleteResult>", errors + b"</DeleteResult>"))


def _can_be(bucket: FakeBucket, named: Mapping[str, Any]) -> bool:
    version = named.get("VersionId")
    return not version or version == NULL or (not never_versioned(bucket) and is_version_id(version))


def _members(named: Mapping[str, Any]) -> str:
    found = {name: named[name] for name in ("Key", "VersionId") if named.get(name)}
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in found.items())


def _error() -> str:
    return f"<Code>NoSuchVersion</Code><Message>{_SAID}</Message>"
