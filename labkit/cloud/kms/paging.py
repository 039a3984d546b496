"""Pages of a list: Limit, Marker, Truncated, NextMarker. A marker is opaque and good for its own operation only.

How long a page is stands in operations.tsv, by the documentation of each operation's Limit.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

from ..core import kms_operations
from ..core.call import Call
from ..core.errors import AwsError

Item = TypeVar("Item")


def page(call: Call, items: Sequence[Item]) -> tuple[Sequence[Item], dict[str, Any]]:
    """Return the items of the page that the call asks for, and the answer's Truncated and NextMarker."""
    limits = kms_operations.table()[call.operation].page
    assert limits is not None, "an operation with pages has its limits in operations.tsv"
    return cut(call, items, *limits)


def cut(call: Call, items: Sequence[Item], default: int, most: int) -> tuple[Sequence[Item], dict[str, Any]]:
    """Return the same by limits that are given."""
    limit = call.params.get("Limit") or default
    if limit > most:
        said = f"Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to"
        raise AwsError("ValidationException", f"1 validation error detected: {said} {most}")
    marker = call.params.get("Marker")
    start = _position(call, marker) if marker is not None else 0
    more = len(items) > start + limit
    answer: dict[str, Any] = {"Truncated": more}
    if more:
        answer["NextMarker"] = _marker(call, start + limit)
    return items[start : start + limit], answer


def _marker(call: Call, position: int) -> str:
    number = position.to_bytes(4)
    return base64.urlsafe_b64encode(number + _seal(call, number)).decode()


def _position(call: Call, marker: str) -> int:
    try:
        raw = base64.b64decode(marker.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise AwsError("InvalidMarkerException", None) from None
    if len(raw) != 36 or _seal(call, raw[:4]) != raw[4:]:
        raise AwsError("InvalidMarkerException", None)
    return int.from_bytes(raw[:4])


def _seal(call: Call, number: bytes) -> bytes:
    """Binds a marker to the list that it was given for."""
    what = f"{call.account}/{call.region}/{call.operation}/{call.params.get('KeyId', '')}/".encode("utf-8", "replace")
    return hashlib.sha256(b"labkit marker\0" + what + number).digest()
