"""One id for a request: in the answer's head, in its body and in CloudTrail's record, whatever made the answer.

moto makes up ids of its own, in head and body, which no record has: they are taken out. Pure.
Sources: S3 API Reference, "Common response headers" (x-amz-request-id, x-amz-id-2) and "Error responses" (RequestId,
HostId); the answers' shapes in botocore's parsers (ResponseMetadata; EC2's requestId).
"""

from __future__ import annotations

import re
from dataclasses import replace

from .protocols import HttpResponse, host_id, id_headers

_HEADERS = frozenset({"x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id", "x-amz-id-2"})
_IN_BODY = re.compile(rb"<(RequestI[dD]|requestId)>[^<]*</\1>|<(?:RequestI[dD]|requestId)\s*/>")
_HOST_ID = re.compile(rb"<HostId>[^<]*</HostId>|<HostId\s*/>")
_LAST_TAG = re.compile(rb"</[^<>]*>\s*$")


def stamped(answer: HttpResponse, service: str, protocol: str, request_id: str) -> HttpResponse:
    """Return the answer with this id wherever one stands, and no other."""
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _HEADERS}
    headers |= id_headers(service, request_id)
    if service == "s3":
        body = _of_s3(answer.body, request_id) if answer.status >= 400 else answer.body
    elif protocol in ("query", "ec2") or (protocol == "rest-xml" and answer.status >= 400):
        body = _of_form(answer.body, _element(protocol, answer.status), request_id)
    else:
        body = answer.body
    return replace(answer, headers=headers, body=body)


def _of_s3(body: bytes, request_id: str) -> bytes:
    """S3's <Error>, with RequestId and HostId at its end; a body that is none (that of a HEAD) stays."""
    if not body.rstrip().endswith(b"</Error>"):
        return body
    bare = _HOST_ID.sub(b"", _IN_BODY.sub(b"", body))
    ids = f"<RequestId>{request_id}</RequestId><HostId>{host_id(request_id)}</HostId>"
    return _LAST_TAG.sub(lambda end: ids.encode() + end[0], bare)


def _element(protocol: str, status: int) -> bytes:
    """Where an answer has the id: botocore's parsers look there."""
    if protocol == "ec2":
        return b"<requestId>%s</requestId>" if status < 400 else b"<RequestID>%s</RequestID>"
    return b"<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>" if status < 400 else (
        b"<RequestId>%s</RequestId>"
    )  # fmt: skip


def _of_form(body: bytes, element: bytes, request_id: str) -> bytes:
    """An answer in XML; one that moto has written without an id gets it."""
    told = request_id.encode()
    written, places = _IN_BODY.subn(lambda found: b"<%s>%s</%s>" % (name := _name(found[0]), told, name), body)
    return written if places else _LAST_TAG.sub(lambda end: element % told + end[0], body)


def _name(element: bytes) -> bytes:
    return element.strip(b"</> ").partition(b">")[0]
