"""Cross-origin resource sharing: what S3 tells a browser whose page comes from another origin than the bucket.

Before an upload a browser asks by OPTIONS (a *preflight request*); it is nobody's call, and only the bucket's CORS
configuration decides. Source: S3 User Guide, "Using cross-origin resource sharing (CORS)" ("How does Amazon S3 evaluate
the CORS configuration on a bucket?"); answers and refusals recorded from the real service (LocalStack's validated
snapshots, 2025).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from moto.s3.models import FakeBucket

from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from .objects import find_bucket

_HEADERS = "access-control-"
_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
_NOT_ALLOWED = (  # S3's own spelling
    "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a browser says of a request that it makes, or is about to make."""

    origin: str
    method: str
    headers: tuple[str, ...]


def preflight(request: HttpRequest) -> HttpResponse:
    """Answer a browser's OPTIONS request by the bucket's first rule that lets it through; AwsError if none does."""
    if "origin" not in request.headers:
        raise AwsError("BadRequest", "Insufficient information. Origin request header needed.")
    asked = _asked(request)
    name, _, key = unquote(request.path).lstrip("/").partition("/")
    bucket = find_bucket(name)
    if bucket is None:
        raise _forbidden("Bucket not found", asked.method, "BUCKET")
    if not bucket.cors:
        raise _forbidden("CORS is not enabled for this bucket.", asked.method, "BUCKET")
    told = _told(bucket, asked)
    if not told:
        raise _forbidden(_NOT_ALLOWED, asked.method, "OBJECT" if key else "BUCKET")
    return HttpResponse(200, {**told, "Content-Length": "0"}, b"")


def told_to_browsers(bucket: FakeBucket, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response with what a browser has to know, in place of what moto tells of the bucket's rules."""
    kept = {name: value for name, value in response.headers.items() if not name.lower().startswith(_HEADERS)}
    told = _told(bucket, _asked(request)) if "origin" in request.headers and bucket.cors else {}
    return replace(response, headers=kept | told)


def _asked(request: HttpRequest) -> _Asked:
    """A request that isn't OPTIONS is looked at in the same way, the two headers included (recorded)."""
    names = request.headers.get("access-control-request-headers", "").split(",")
    headers = tuple(name.strip().lower() for name in names if name.strip())
    method = request.headers.get("access-control-request-method", request.method)
    return _Asked(request.headers["origin"], method, headers)


def _told(bucket: FakeBucket, asked: _Asked) -> dict[str, str]:
    """The headers by the first rule that matches; none where no rule does."""
    for rule in bucket.cors:
        origin = next((each for each in _several(rule.allowed_origins) if _matches(each, asked.origin)), None)
        allowed = [each.lower() for each in _several(rule.allowed_headers)]
        if origin is None or asked.method not in _several(rule.allowed_methods):
            continue
        if not all(any(_matches(each, name) for each in allowed) for name in asked.headers):
            continue
        told = {"Access-Control-Allow-Origin": "*" if origin == "*" else asked.origin}
        told["Access-Control-Allow-Methods"] = ", ".join(_several(rule.allowed_methods))
        if asked.headers:
            told["Access-Control-Allow-Headers"] = ", ".join(asked.headers)
        if exposed := _several(rule.exposed_headers):
            told["Access-Control-Expose-Headers"] = ", ".join(exposed)
        if rule.max_age_seconds is not None:
            told["Access-Control-Max-Age"] = str(rule.max_age_seconds)
        if origin != "*":
            told["Access-Control-Allow-Credentials"] = "true"
        return told | {"Vary": _VARY}
    return {}


def _several(value: Any) -> list[str]:
    """Moto keeps one value as it is, several as a list, and none as None."""
    if value is None:
        return []
    found: Iterable[str] = [value] if isinstance(value, str) else value
    return list(found)


def _matches(pattern: str, text: str) -> bool:
    """Whether the text is the pattern, in which a star stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _forbidden(said: str, method: str, kind: str) -> AwsError:
    return AwsError("AccessForbidden", f"CORSResponse: {said}", 403, Method=method, ResourceType=kind)
