"""Whose large body is taken, judged by the request's head alone: a stranger's is refused before it is read.

The whole request is judged once more when it is there (`reception.py`); nothing is recorded, and no id is used up here.
"""

from __future__ import annotations

import uuid

from ..core.errors import AwsError
from ..identity.credentials import Credentials
from ..identity.refusals import refusal
from ..identity.signature import Signature
from ..identity.sigv4 import read_signature
from ..wire import protocols
from ..wire.protocols import HttpRequest, HttpResponse
from ..wire.which_service import service_models_of
from .http_limits import FROM_ANYBODY, UNNAMED, Admitted, limit_of

_BODY_UNSEEN = frozenset({"XAmzContentSHA256Mismatch"})  # the body isn't there yet
_NEEDS_THE_BODY = frozenset({"AuthFailure", "InvalidSignatureException", "SignatureDoesNotMatch"})


def admit(head: HttpRequest, credentials: Credentials) -> Admitted | HttpResponse:
    """Tell how much the request may bring, or the answer that refuses its sender."""
    signature = read_signature(head)
    service = signature.service if signature is not None else "s3"
    try:
        protocol = protocols.protocol_of(service_models_of(service)[0], head)
        if signature is None and head.headers.get("authorization"):
            raise refusal("incomplete", protocol, service)
        if signature is not None:
            _check_sender(head, signature, protocol, credentials)
    except AwsError as refused:
        return _written(refused, head, service)
    limit = limit_of(service, head.path) if signature is not None else UNNAMED
    return Admitted(limit, _too_large(head, service, limit), _busy(head, service))


def too_large(request: HttpRequest) -> HttpResponse | None:
    """Refuse a whole request that is larger than its service takes, for a door that is handed it whole."""
    if len(request.body) <= FROM_ANYBODY:
        return None
    signature = read_signature(request)
    service = signature.service if signature is not None else "s3"
    limit = limit_of(service, request.path)
    return _too_large(request, service, limit, len(request.body)) if len(request.body) > limit else None


def _check_sender(head: HttpRequest, signature: Signature, protocol: str, credentials: Credentials) -> None:
    """Refuse a sender that is not known, or whose signature is not good as far as the head tells.

    The head tells all of it where it has the body's hash (x-amz-content-sha256) and in links to S3.
    """
    told = "x-amz-content-sha256" in head.headers or signature.presigned
    try:
        credentials.principal_of(head, signature, protocol)
    except AwsError as refused:
        if refused.code not in (_BODY_UNSEEN if told else _BODY_UNSEEN | _NEEDS_THE_BODY):
            raise


def _too_large(head: HttpRequest, service: str, limit: int, size: int | None = None) -> HttpResponse:
    """In S3's words, else in Lambda's, the others' being unknown."""
    proposed = head.headers.get("content-length", "") if size is None else str(size)
    if service == "s3":
        text = "Your proposed upload exceeds the maximum allowed size"
        refused = AwsError("EntityTooLarge", text, ProposedSize=proposed, MaxSizeAllowed=str(limit))
        if not proposed:
            del refused.members["ProposedSize"]
        return _written(refused, head, service)
    what = _lambda_operation(head) if service == "lambda" else f"simulated account's {service}"
    text = f"Request must be smaller than {limit} bytes for the {what}"
    return _written(AwsError("RequestEntityTooLargeException", text, 413), head, service)


def _lambda_operation(head: HttpRequest) -> str:
    names = {"/invocations": "InvokeFunction", "/code": "UpdateFunctionCode"}
    ends = (name for end, name in names.items() if head.path.endswith(end))
    return f"{next(ends, 'CreateFunction')} operation"


def _busy(head: HttpRequest, service: str) -> HttpResponse:
    """All connections together hold as much as the lab has room for; clients try again."""
    if service == "s3":
        return _written(AwsError("SlowDown", "Please reduce your request rate.", 503), head, service)
    return _written(
        AwsError("ServiceUnavailable", "The simulated account holds too many requests.", 503), head, service
    )


def _written(refused: AwsError, head: HttpRequest, service: str) -> HttpResponse:
    try:
        protocol = protocols.protocol_of(service_models_of(service)[0], head)
    except AwsError:
        protocol = "json"
    named = f"{head.method} {head.path} {head.headers.get('authorization', head.query)}"
    return protocols.write_error(refused, protocol, str(uuid.uuid5(uuid.NAMESPACE_URL, named)), service)
