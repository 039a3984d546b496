"""Checks Signature Version 4 as the receiver of a request: header form and presigned (query) form.

Pure functions. Source: AWS's "Signature Version 4 for API requests" (IAM User Guide). Written here
because botocore only signs; its canonical form leaves out headers that other SDKs sign.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from posixpath import normpath
from urllib.parse import parse_qsl, quote, unquote_plus

from ..wire.forms import Form
from ..wire.protocols import HttpRequest
from . import sigv2
from .signature import Signature

ALGORITHM = "AWS4-HMAC-SHA256"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 604800  # seconds that a link may be good for: a week (S3 API Reference, "Authenticating requests", query)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]+)\s*$"
)


def read_signature(request: HttpRequest) -> Signature | None:
    """Return the signature of a request, or None where it carries none that can be read."""
    if request.form is not None:
        return _form_signature(request.form)
    authorization = request.headers.get("authorization")
    if authorization:
        found = _AUTHORIZATION.match(authorization)
        if not found:
            return None
        timestamp = request.headers.get("x-amz-date", "")
        token = request.headers.get("x-amz-security-token")
        return _signature(found["credential"], found["headers"], found["signature"], timestamp, token, None)
    if "X-Amz-Credential=" not in request.query:
        return sigv2.read_presigned(request)
    fields = dict(parse_qsl(request.query, keep_blank_values=True))
    if fields.get("X-Amz-Algorithm") != ALGORITHM or "X-Amz-Credential" not in fields:
        return None
    return _signature(
        fields["X-Amz-Credential"],
        fields.get("X-Amz-SignedHeaders", ""),
        fields.get("X-Amz-Signature", ""),
        fields.get("X-Amz-Date", ""),
        fields.get("X-Amz-Security-Token"),
        fields.get("X-Amz-Expires", "0"),
    )


def _form_signature(form: Form) -> Signature | None:
    """The signature over the policy of a browser's form ("Authenticating requests in browser-based uploads")."""
    fields, policy = form.fields, form.fields.get("policy", "")
    if "awsaccesskeyid" in fields:
        return sigv2.form_signature(form)
    if fields.get("x-amz-algorithm") != ALGORITHM:
        return None
    signed = (fields["x-amz-credential"], "", fields["x-amz-signature"], fields["x-amz-date"])
    found = _signature(*signed, fields.get("x-amz-security-token"), None)
    return replace(found, policy=policy) if found is not None else None


def _signature(
    credential: str, headers: str, value: str, timestamp: str, token: str | None, expires: str | None
) -> Signature | None:
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        return None
    access_key_id, date, region, service, _ = parts
    signature = Signature(access_key_id, date, region, service, tuple(headers.split(";")), value, timestamp, token)
    if expires is None:
        return signature
    seconds = int(expires) if expires.isdecimal() and len(expires) < 9 and int(expires) <= LONGEST else 0
    return replace(signature, expires_at=(signature.signed_at or EPOCH) + timedelta(seconds=seconds))


def expected_signature(request: HttpRequest, signature: Signature, secret: str) -> str:
    """Return the signature that the holder of `secret` would have made for this request."""
    if signature.version == 2:
        return sigv2.expected_signature(request, signature, secret)
    key = _signing_key(secret, signature.date, signature.region, signature.service)
    if signature.policy:
        return hmac.digest(key, signature.policy.encode(), "sha256").hex()
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    canonical = sha256(_canonical_request(request, signature).encode()).hexdigest()
    text = f"{ALGORITHM}\n{signature.timestamp}\n{scope}\n{canonical}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def unsigned_headers(request: HttpRequest, signature: Signature) -> tuple[str, ...]:
    """Headers that had to be signed and were not: host everywhere; for S3 every x-amz- header, save the body's hash.

    Sources: IAM User Guide, "Create a signed AWS API request"; answers of S3 and of the JSON services in public issues
    (S3 takes an unsigned x-amz-content-sha256 in a link).
    """
    if signature.version == 2 or signature.policy:
        return ()
    required = {"host"}
    if signature.service == "s3":
        required |= {name for name in request.headers if name.startswith("x-amz-")} - {"x-amz-content-sha256"}
    return tuple(sorted(required.difference(signature.signed_headers)))


def body_matches(request: HttpRequest) -> bool:
    """Does the body have the SHA-256 that the request declares (where it declares one)?"""
    declared = request.headers.get("x-amz-content-sha256", "")
    return not _SHA256.fullmatch(declared) or declared.lower() == sha256(request.body).hexdigest()


@lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical_request(request: HttpRequest, signature: Signature) -> str:
    path = request.path or "/"
    if (
        signature.service != "s3" and path != "/"
    ):  # S3 keys may hold any path; everywhere else it is normalized and encoded once more
        trailing = "/" if path.endswith("/") else ""
        path = quote(normpath(path).replace("//", "/") + trailing, safe="/~")
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signature.signed_headers
    )
    payload = "UNSIGNED-PAYLOAD" if signature.presigned and signature.service == "s3" else None
    payload = payload or request.headers.get("x-amz-content-sha256") or sha256(request.body).hexdigest()
    query, names = _canonical_query(request.query), ";".join(signature.signed_headers)
    return "\n".join((request.method, path, query, headers, names, payload))


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = sorted((_encode(name), _encode(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")


def _encode(text: str) -> str:
    return quote(unquote_plus(text), safe="-_.~")
