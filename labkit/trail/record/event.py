"""One CloudTrail event as it is read: AWS's members by AWS's names, nested parts kept as their JSON text.

The members are those of "CloudTrail record contents for management, data, and network activity events" in the
CloudTrail User Guide. What is not among them goes to `extra`, to the byte: nothing unknown is lost.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

NULL = Raw(b"null")


class Event(msgspec.Struct, forbid_unknown_fields=True, rename={"extra": "labkit:extra"}, gc=False):
    """An event. Absent and null are both None for text, and `null` for nested parts; `extra` is a JSON object."""

    eventVersion: str | None = None
    userIdentity: Raw = NULL
    eventTime: str | None = None
    eventSource: str | None = None
    eventName: str | None = None
    awsRegion: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    requestParameters: Raw = NULL
    responseElements: Raw = NULL
    additionalEventData: Raw = NULL
    requestID: str | None = None
    eventID: str | None = None
    readOnly: bool | None = None
    resources: Raw = NULL
    eventType: str | None = None
    apiVersion: str | None = None
    managementEvent: bool | None = None
    recipientAccountId: str | None = None
    sharedEventID: str | None = None
    vpcEndpointId: str | None = None
    vpcEndpointAccountId: str | None = None
    serviceEventDetails: Raw = NULL
    eventCategory: str | None = None
    tlsDetails: Raw = NULL
    sessionCredentialFromConsole: str | None = None
    extra: Raw = NULL


NESTED = frozenset(name for name, kind in Event.__annotations__.items() if kind == "Raw") - {"extra"}
TRUTHS = frozenset({"readOnly", "managementEvent"})
TEXTS = frozenset(Event.__struct_fields__) - NESTED - TRUTHS - {"extra"}
PROPER = {name.lower(): name for name in NESTED | TRUTHS | TEXTS}  # as exports from SQL write them -> as AWS does

_EVENT = msgspec.json.Decoder(Event)
_PARTS = msgspec.json.Decoder(dict[str, Raw])
# What msgspec raises on text that it can't read: malformed or of another shape, nested too deeply, not UTF-8.
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def event_from(text: bytes | Raw) -> Event:
    """Read the event that a JSON object describes; UNREADABLE if it is no JSON object."""
    try:
        return _EVENT.decode(text)
    except msgspec.ValidationError:  # a member that is new to us, or of another type
        return event_from_parts(_PARTS.decode(text))


def event_from_parts(parts: dict[str, Raw]) -> Event:
    """Make the event of these members; what has no place of its own, or another type than AWS documents, is `extra`."""
    known: dict[str, Any] = {}
    extra: dict[str, Raw] = {}
    for name, raw in parts.items():
        if name in NESTED:
            known[name] = raw
        elif name in TEXTS or name in TRUTHS:
            value = _scalar(raw, name in TRUTHS)
            if value is None and raw != NULL:
                extra[name] = raw
            else:
                known[name] = value
        else:
            extra[name] = raw
    if extra:
        known["extra"] = Raw(msgspec.json.encode(extra))
    return Event(**known)


def _scalar(raw: Raw, is_truth: bool) -> str | bool | None:
    """The text or truth value of a member; a number is text as it stands; None for anything else."""
    try:
        value = msgspec.json.decode(raw)
    except UNREADABLE:
        return None
    if is_truth:
        return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else _only(value, bool)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return bytes(raw).decode()
    return _only(value, str)


def _only(value: Any, kind: type[Any]) -> Any:
    return value if isinstance(value, kind) else None
