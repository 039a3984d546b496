"""The content of an S3 request: out of its chunks, if it came in chunks, and checked against what the client says.

Pure. Sources: S3 API Reference, "Signature calculations for the Authorization header: transferring payload in multiple
chunks"; S3 User Guide, "Checking object integrity"; refusals recorded from the real service (LocalStack's validated
snapshots, 2026). The chunks' own signatures are not looked at.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import md5

from ...core.errors import AwsError
from ...wire.protocols import HttpRequest
from .crc import ALGORITHMS, digest

_PREFIX = "x-amz-checksum-"
_CHUNKED = "STREAMING-"
_OF_CHUNKS = frozenset({"x-amz-decoded-content-length", "x-amz-trailer"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A checksum that the client gives: the algorithm, and the digest in base64."""

    algorithm: str
    value: str


def plain(request: HttpRequest) -> HttpRequest:
    """Return the request with its content in one piece; trailing headers are headers."""
    if not request.headers.get("x-amz-content-sha256", "").startswith(_CHUNKED):
        return request
    body, trailers = _out_of_chunks(request.body)
    headers = {name: value for name, value in request.headers.items() if name not in _OF_CHUNKS} | trailers
    codings = [each.strip() for each in headers.pop("content-encoding", "").split(",")]
    if left := ",".join(each for each in codings if each not in ("", "aws-chunked")):
        headers["content-encoding"] = left
    return replace(
        request,
        headers=headers | {"content-length": str(len(body)), "x-amz-content-sha256": "UNSIGNED-PAYLOAD"},
        body=body,
    )


def claim_of(headers: Mapping[str, str], content: bytes) -> Claim | None:
    """Return the checksum that the request gives, if it does; AwsError where it is none, or not that of the content."""
    _check_md5(headers, content)
    given = {name: headers[f"{_PREFIX}{name.lower()}"] for name in ALGORITHMS if f"{_PREFIX}{name.lower()}" in headers}
    if len(given) > 1:
        said = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        raise AwsError("InvalidRequest", said)
    for algorithm, value in given.items():
        right = digest(algorithm, content)
        claimed = _from_base64(value)
        if claimed is None or len(claimed) != len(right):
            raise AwsError("InvalidRequest", f"Value for {_PREFIX}{algorithm.lower()} header is invalid.")
        if claimed != right:
            raise AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
        return Claim(algorithm, value)
    return None


def _check_md5(headers: Mapping[str, str], content: bytes) -> None:
    value = headers.get("content-md5")
    if value is None:
        return
    claimed = _from_base64(value)
    if claimed is None or len(claimed) != 16:
        said = "The Content-MD5 you specified was invalid."
        raise AwsError("InvalidDigest", said, 400, **{"Content-MD5": value})
    right = md5(content, usedforsecurity=False).digest()
    if claimed != right:
        said = "The Content-MD5 you specified did not match what we received."
        calculated = base64.b64encode(right).decode()
        raise AwsError("BadDigest", said, ExpectedDigest=claimed.hex(), CalculatedDigest=calculated)


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _out_of_chunks(body: bytes) -> tuple[bytes, dict[str, str]]:
    """The chunks' contents, and the headers behind the last one: "size[;chunk-signature=...]", content, and again."""
    content, place = bytearray(), 0
    while True:
        end = body.find(b"\r\n", place)
        try:
            size = int(body[place:end].partition(b";")[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        start = end + 2
        if size < 0 or len(body) < start + size:
            raise AwsError(
                "IncompleteBody", "The request body terminated unexpectedly", 400
            )  # S3 API Reference, "Error responses"
        if size == 0:
            return bytes(content), _trailers(body[start:])
        content += body[start : start + size]
        place = start + size + 2


def _trailers(text: bytes) -> dict[str, str]:
    """The checksum behind the content; nothing else may come after what was authorized."""
    pairs = (line.decode("latin-1").partition(":") for line in text.replace(b"\r\n", b"\n").split(b"\n"))
    trailers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
    return {name: value for name, value in trailers.items() if name.startswith(_PREFIX)}
