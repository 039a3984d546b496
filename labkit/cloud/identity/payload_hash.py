"""x-amz-content-sha256 as S3 wants it in a signed request: there, and of a form that it knows. Pure.

Sources: S3 API Reference, "Common request headers"; the refusals as versity/versitygw and openstack/swift have them,
both checked against the real service.
"""

from __future__ import annotations

import re

from ..core.errors import AwsError
from ..wire.protocols import HttpRequest
from .signature import Signature

HEADER = "x-amz-content-sha256"
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_NAMES = (
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
)
_UNKNOWN = f"{HEADER} must be {', '.join(_NAMES)} or a valid sha256 value."
_MISSING = f"Missing required header for this request: {HEADER}"


def check_payload_hash(request: HttpRequest, signature: Signature) -> None:
    """Refuse a request to S3, signed in its headers, that tells no hash of its body or none that can be one."""
    if signature.service != "s3" or signature.version != 4 or "authorization" not in request.headers:
        return
    told = request.headers.get(HEADER)
    if told is None:
        raise AwsError("InvalidRequest", _MISSING)
    if told not in _NAMES and not _HASH.fullmatch(told):
        raise AwsError("InvalidArgument", _UNKNOWN, ArgumentName=HEADER, ArgumentValue=told)
