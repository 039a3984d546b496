"""Who is behind an event, and which keys it names, from the JSON text of its nested parts. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from .event import UNREADABLE


class _Issuer(msgspec.Struct):
    arn: str = ""


class _Attributes(msgspec.Struct):
    creationDate: str = ""
    mfaAuthenticated: str = ""


class _Session(msgspec.Struct):
    sessionIssuer: _Issuer | None = None
    attributes: _Attributes | None = None
    sourceIdentity: str = ""


class _Identity(msgspec.Struct):
    type: str = ""
    arn: str = ""
    invokedBy: str = ""
    accessKeyId: str = ""
    sessionContext: _Session | None = None


_IDENTITY = msgspec.json.Decoder(_Identity)
ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+")
_BARE = re.compile(r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_TRUTHS = {"true": True, "false": False}
_UNISSUED = _Attributes()


class Who(NamedTuple):
    """The caller of an event, as columns; None where the record doesn't say.

    caller: role and session, user name, service or root, for reading. principal: the IAM ARN of the role or user, the
    same for all sessions of a role; for a service its name, for a person of IAM Identity Center the user's id.
    invoked_by: the service that made the call for somebody. session_issued: microseconds since 1970.
    """

    caller: str | None = None
    caller_type: str | None = None
    principal: str | None = None
    invoked_by: str | None = None
    access_key: str | None = None
    session_issued: int | None = None
    mfa: bool | None = None
    source_identity: str | None = None


NOBODY = Who()


def opened(text: str | bytes | None) -> Any:
    """Read the value of a JSON text; None if there is none or it can't be read."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except UNREADABLE:
        return None


def who_of(text: str) -> Who:
    """Read the caller that the JSON text of a `userIdentity` describes: role sessions, the most by far, in one step."""
    try:
        identity = _IDENTITY.decode(text)
    except UNREADABLE:
        return who(opened(text))
    session = identity.sessionContext
    issuer = session and session.sessionIssuer
    caller = identity.arn.partition(":assumed-role/")[2]
    if identity.type == "AssumedRole" and caller and session and issuer and issuer.arn:
        given = session.attributes or _UNISSUED
        return Who(
            caller,
            "AssumedRole",
            issuer.arn,
            identity.invokedBy or None,
            identity.accessKeyId or None,
            _moment(given.creationDate),
            _TRUTHS.get(given.mfaAuthenticated),
            session.sourceIdentity or None,
        )
    return who(opened(text))


def who(identity: Any) -> Who:
    """Read the caller that a `userIdentity` describes."""
    if not isinstance(identity, dict):
        return NOBODY
    caller, principal = _named(identity)
    session = part(identity, "sessionContext")
    attributes = part(session, "attributes")
    mfa = attributes.get("mfaAuthenticated")
    return Who(
        caller or None,
        _text(identity, "type") or None,
        principal or None,
        _text(identity, "invokedBy") or None,
        _text(identity, "accessKeyId") or None,
        _moment(_text(attributes, "creationDate")),
        mfa if isinstance(mfa, bool) else _TRUTHS.get(mfa) if isinstance(mfa, str) else None,
        _text(session, "sourceIdentity") or None,
    )


def _named(identity: dict[str, Any]) -> tuple[str, str]:
    """Caller and principal; empty where the record doesn't say."""
    kind, arn = _text(identity, "type"), _text(identity, "arn")
    invoked_by, principal_id = _text(identity, "invokedBy"), _text(identity, "principalId")
    if kind == "AssumedRole":
        return arn.partition("assumed-role/")[2] or arn or principal_id, _role(identity, arn)
    person = _text(part(identity, "onBehalfOf"), "userId") if kind == "IdentityCenterUser" else ""
    name = _text(identity, "userName") or (invoked_by if not arn else "") or arn.rpartition(":")[2].rpartition("/")[2]
    principal = arn or (invoked_by if kind in ("", "AWSService") else "") or person or principal_id
    return person or name or principal_id or _text(identity, "accountId"), principal


def _role(identity: dict[str, Any], arn: str) -> str:
    """The role of a session: as its issuer is named, else from the session's ARN, which leaves the role's path out."""
    issuer = part(part(identity, "sessionContext"), "sessionIssuer")
    if _text(issuer, "arn"):
        return _text(issuer, "arn")
    before, _, after = arn.partition(":assumed-role/")
    return f"{before.replace(':sts:', ':iam:')}:role/{after.partition('/')[0]}" if after else ""


def _moment(text: str) -> int | None:
    """Microseconds since 1970 of a creation date; None if it is none."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    since = (when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def key_arns(resources: Any) -> list[str]:
    """Find the ARNs of the KMS keys among an event's `resources`, in their order (ReEncrypt: source, destination)."""
    if not isinstance(resources, list):
        return []
    arns = (_text(item, "ARN") or _text(item, "arn") for item in resources if isinstance(item, dict))
    return [arn for arn in arns if ":kms:" in arn and ":key/" in arn]


def key_in(value: Any) -> str:
    """Find the key's ARN or bare id in a `keyId`; empty for an alias, which only its owner can resolve."""
    if not isinstance(value, str):
        return ""
    return value if ARN.fullmatch(value) or _BARE.fullmatch(value) else ""


def part(holder: Any, name: str) -> dict[str, Any]:
    """Find the object under this name; an empty one where there is none."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else {}


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
