"""Presigned links and forms of S3's old Signature Version 2, which boto3 still makes by default in us-east-1.

Pure; the canonical form is botocore's. Source: S3's "Signing and authenticating REST requests (AWS signature
version 2)".
"""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import HmacV1Auth
from botocore.compat import HTTPHeaders
from botocore.credentials import ReadOnlyCredentials

from ..wire.forms import Form
from ..wire.protocols import HttpRequest
from .signature import Signature

REGION = "us-east-1"


def read_presigned(request: HttpRequest) -> Signature | None:
    """Return the signature of a version 2 link, or None."""
    fields = dict(parse_qsl(request.query, keep_blank_values=True))
    if not {"AWSAccessKeyId", "Signature", "Expires"} <= fields.keys():
        return None
    expires = fields["Expires"]
    return Signature(
        access_key_id=fields["AWSAccessKeyId"],
        date="",
        region=REGION,
        service="s3",
        signed_headers=(),
        value=fields["Signature"],
        timestamp=expires,
        token=fields.get("x-amz-security-token"),
        expires_at=datetime.fromtimestamp(int(expires) if expires.isdecimal() and len(expires) < 12 else 0, UTC),
        version=2,
    )


def form_signature(form: Form) -> Signature:
    """Return the version 2 signature over the policy of a browser's form."""
    return Signature(
        access_key_id=form.fields["awsaccesskeyid"],
        date="",
        region=REGION,
        service="s3",
        signed_headers=(),
        value=form.fields["signature"],
        timestamp="",
        token=form.fields.get("x-amz-security-token"),
        version=2,
        policy=form.fields.get("policy", ""),
    )


def amz_parameters(request: HttpRequest) -> dict[str, str]:
    """Headers of AWS's that a link carries in its query string, where they stand for headers: x-amz-acl and others."""
    fields = parse_qsl(request.query, keep_blank_values=True)
    return {name: value for name, value in fields if name.startswith("x-amz-") and name != "x-amz-security-token"}


def expected_signature(request: HttpRequest, signature: Signature, secret: str) -> str:
    """Make the signature that the holder of `secret` would have made for this link or this form's policy (base64)."""
    if signature.policy:
        return base64.b64encode(hmac.digest(secret.encode(), signature.policy.encode(), "sha1")).decode()
    headers = HTTPHeaders()
    for name in ("content-md5", "content-type"):
        if name in request.headers:
            headers[name] = request.headers[name]
    for name, value in (amz_parameters(request) | request.headers).items():
        if name.startswith("x-amz-"):
            headers[name] = value
    if signature.token is not None:
        headers["x-amz-security-token"] = signature.token
    signer = _LinkAuth(ReadOnlyCredentials(signature.access_key_id, secret, None), signature.timestamp)
    return str(signer.get_signature(request.method, urlsplit(f"{request.path}?{request.query}"), headers))


class _LinkAuth(HmacV1Auth):  # type: ignore[misc]  # botocore is untyped
    """botocore's signer with the date of the link in place of now."""

    def __init__(self, credentials: ReadOnlyCredentials, expires: str) -> None:
        super().__init__(credentials)
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires
