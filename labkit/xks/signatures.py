"""Whether a request is signed by a credential of the proxy: Signature Version 4, service kms-xks-proxy.

The signed headers are taken as they are sent: `host` and `x-amz-date` must be among them (the spec, appendix A).
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from ..cloud.identity.sigv4 import expected_signature, read_signature
from ..cloud.wire.protocols import HttpRequest
from .credentials import Credentials
from .refusals import Refusal

SERVICE = "kms-xks-proxy"
SKEW = timedelta(minutes=5)
"""How far a request's time may be from the proxy's, either way."""
_REQUIRED = frozenset({"host", "x-amz-date"})
_REGION = re.compile(r"[a-z0-9-]{1,32}")


def signer(request: HttpRequest, credentials: Credentials, now: datetime | None = None) -> str:
    """Return the access key id that signed the request; AuthenticationFailedException otherwise."""
    signature = read_signature(request) if request.headers.get("authorization") else None
    if signature is None or signature.version != 4 or signature.presigned:
        raise _failed("The request carries no AWS Signature Version 4 that can be read.")
    signed_at = signature.signed_at
    if signature.service != SERVICE or not _REGION.fullmatch(signature.region):
        raise _failed(f"The signature is not of the service {SERVICE}.")
    if signed_at is None or not signature.timestamp.startswith(signature.date):
        raise _failed("The request's X-Amz-Date and the date of its signature are not the same, or not there.")
    if abs((now or datetime.now(UTC)) - signed_at) > SKEW:
        raise _failed("The request was signed more than 5 minutes from now, by the proxy's clock.")
    if not _REQUIRED <= set(signature.signed_headers) <= request.headers.keys():
        raise _failed("The signature has to cover Host and X-Amz-Date, and headers that are there.")
    declared = request.headers.get("x-amz-content-sha256")
    if declared is not None and declared.lower() != sha256(request.body).hexdigest():
        raise _failed("The body is not the one that was signed.")
    secret = credentials.secret_of(signature.access_key_id)
    expected = expected_signature(request, signature, secret or "no secret at all")
    if not hmac.compare_digest(expected, signature.value) or secret is None:
        raise _failed("The signature does not match the request, or its access key id is not known here.")
    return signature.access_key_id


def _failed(message: str) -> Refusal:
    return Refusal("AuthenticationFailedException", message)
