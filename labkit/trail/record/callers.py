"""Who is behind an event, and which keys it names, from the JSON text of its nested parts. Pure."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from .event import UNREADABLE


class _Issuer(msgspec.Struct):
    arn: str = ""


class _Session(msgspec.Struct):
    sessionIssuer: _Issuer | None = None


class _Identity(msgspec.Struct):
    type: str = ""
    arn: str = ""
    invokedBy: str = ""
    sessionContext: _Session | None = None


_IDENTITY = msgspec.json.Decoder(_Identity)
ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+")
_BARE = re.compile(r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Who(NamedTuple):
    """The caller of an event, as four columns; None where the record doesn't say.

    caller: role and session, user name, service or root, for reading. principal: the IAM ARN of the role or user, the
    same for all sessions of a role; for a service its name. invoked_by: the service that made the call for somebody.
    """

    caller: str | None
    caller_type: str | None
    principal: str | None
    invoked_by: str | None


NOBODY = Who(None, None, None, None)


def opened(text: str | bytes | None) -> Any:
    """The value of a JSON text; None if there is none or it can't be read."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except UNREADABLE:
        return None


def who_of(text: str) -> Who:
    """The caller that the JSON text of a `userIdentity` describes: role sessions, the most by far, in one step."""
    try:
        identity = _IDENTITY.decode(text)
    except UNREADABLE:
        return who(opened(text))
    issuer = identity.sessionContext and identity.sessionContext.sessionIssuer
    caller = identity.arn.partition(":assumed-role/")[2]
    if identity.type == "AssumedRole" and caller and issuer and issuer.arn:
        return Who(caller, "AssumedRole", issuer.arn, identity.invokedBy or None)
    return who(opened(text))


def who(identity: Any) -> Who:
    """The caller that a `userIdentity` describes."""
    if not isinstance(identity, dict):
        return NOBODY
    kind, arn = _text(identity, "type"), _text(identity, "arn")
    invoked_by = _text(identity, "invokedBy")
    if kind == "AssumedRole":
        caller = arn.partition("assumed-role/")[2] or arn or _text(identity, "principalId")
        return Who(caller or None, kind, _role(identity, arn) or None, invoked_by or None)
    name = _text(identity, "userName") or (invoked_by if not arn else "") or arn.rpartition(":")[2].rpartition("/")[2]
    principal = arn or (invoked_by if kind in ("", "AWSService") else "") or _text(identity, "principalId")
    caller = name or _text(identity, "principalId") or _text(identity, "accountId")
    return Who(caller or None, kind or None, principal or None, invoked_by or None)


def _role(identity: dict[str, Any], arn: str) -> str:
    """The role of a session: as its issuer is named, else from the session's ARN, which leaves the role's path out."""
    context = identity.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, dict) else None
    if isinstance(issuer, dict) and _text(issuer, "arn"):
        return _text(issuer, "arn")
    before, _, after = arn.partition(":assumed-role/")
    return f"{before.replace(':sts:', ':iam:')}:role/{after.partition('/')[0]}" if after else ""


def key_arns(resources: Any) -> list[str]:
    """The ARNs of the KMS keys among an event's `resources`, in their order (ReEncrypt: source, destination)."""
    if not isinstance(resources, list):
        return []
    arns = (_text(item, "ARN") or _text(item, "arn") for item in resources if isinstance(item, dict))
    return [arn for arn in arns if ":kms:" in arn and ":key/" in arn]


def key_in(value: Any) -> str:
    """The key's ARN or bare id in a `keyId`; empty for an alias, which only its owner can resolve."""
    if not isinstance(value, str):
        return ""
    return value if ARN.fullmatch(value) or _BARE.fullmatch(value) else ""


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
