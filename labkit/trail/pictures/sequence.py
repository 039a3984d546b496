"""Who called whom: CloudTrail records as a sequence of calls, with what services asked of KMS underneath.

From records alone, so it reads real logs as well. A record says who called, which service called on somebody's behalf
(invokedBy) and whether it was refused. It does not say during which call the service did so: that is inferred from the
caller, the service, the time and the encryption context, and marked where the outer call is not among the records.
Sources: CloudTrail User Guide, "CloudTrail userIdentity element"; KMS Developer Guide on services' encryption contexts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ..record.callers import key_arns, who

APART = 5.0
"""Seconds between a call and what a service does for it, at most: services' clocks are not quite the same."""
_SHORTEST = 4  # characters of a word that is compared
CLOSE = 1.0
"""Seconds apart that are as good as none: times in records are whole seconds."""
_LONGEST = 72  # characters of a label; names in records can be of any length
_INTERNAL = "AWS Internal"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "dynamodb": "DynamoDB",
        "ec2": "EC2 (EBS)",
        "iam": "IAM",
        "kms": "KMS",
        "lambda": "Lambda",
        "logs": "CloudWatch Logs",
        "monitoring": "CloudWatch",
        "s3": "S3",
        "secretsmanager": "Secrets Manager",
        "ssm": "Systems Manager",
        "sts": "STS",
    }
)
# By which member of the encryption context a service is known that calls itself "AWS Internal".
_CONTEXTS: Mapping[str, str] = MappingProxyType(
    {
        "PARAMETER_ARN": "ssm",
        "SecretARN": "secretsmanager",
        "aws:dynamodb:tableName": "dynamodb",
        "aws:ebs:id": "ec2",
        "aws:lambda:FunctionArn": "lambda",
        "aws:s3:arn": "s3",
    }
)
_OBJECTS = ("secretId", "name", "functionName", "tableName", "volumeId", "roleArn", "roleName", "userName", "aliasName",
            "keyId")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow: a call. `inner` holds what a service did for it, as far as the records let one infer."""

    time: str
    caller: str  # a person's or role's name; a service's where it called for somebody or by itself
    service: str
    operation: str
    about: str = ""  # the object, the secret, the key
    behalf: str = ""  # for whom a service called; empty for a direct call
    error: str = ""
    context: tuple[tuple[str, str], ...] = ()  # KMS's encryption context
    recorded: bool = True  # False: inferred from an inner call, not among the records
    by_itself: bool = False  # the service acted without being called
    inner: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A record, taken apart."""

    step: Step
    source: str  # s3, kms, ...
    by: str  # the service that made the call: s3, ...; empty for a direct one
    who: str
    seconds: float
    forwarded: bool  # a service made the call in the name of its own caller (invokedBy)
    words: tuple[str, ...]  # what a direct call names in its request and answer, for comparing with contexts


def steps(records: Iterable[Any]) -> list[Step]:
    """Put the calls in the order of their times, each with its inner calls; a record that comes twice counts once."""
    reads = _reads(records)
    direct = [read for read in reads if not read.by]
    inner: dict[int, list[Step]] = {}
    alone: list[_Read] = []
    for read in reads:
        if not read.by:
            continue
        parent = _parent(read, direct)
        if parent is None:
            alone.append(read)
        else:
            inner.setdefault(parent, []).append(replace(read.step, caller=direct[parent].step.service))
    found = [(read, replace(read.step, inner=tuple(inner.get(n, ())))) for n, read in enumerate(direct)]
    found += _unrecorded(alone)
    return [step for _, step in sorted(found, key=lambda pair: pair[0].seconds)]


def _reads(records: Iterable[Any]) -> list[_Read]:
    seen: dict[Any, _Read] = {}
    for number, record in enumerate(records):
        if isinstance(record, Mapping):
            seen.setdefault(_text(record, "eventID") or number, _read(record))
    return sorted(seen.values(), key=lambda read: read.seconds)


def _read(record: Mapping[str, Any]) -> _Read:
    identity = record.get("userIdentity")
    identity = identity if isinstance(identity, Mapping) else {}
    source = _text(record, "eventSource").removesuffix(".amazonaws.com") or "?"
    context = _context(record)
    who_called = who(dict(identity))
    direct_name = clean(who_called.caller or _text(identity, "accountId") or "somebody")
    by_itself = _text(record, "eventType") == "AwsServiceEvent" or not ({"arn", "principalId"} & identity.keys())
    by = _service(identity, record, context)
    itself = by_itself and (not by or by == source)
    service = NAMES.get(source, clean(source))
    step = Step(
        time=clean(_text(record, "eventTime")),
        caller=service if itself else (_name(by) if by else direct_name),
        service=service,
        operation=clean(_text(record, "eventName") or "?"),
        about=_about(record, source),
        behalf="" if not by or by_itself else direct_name,
        error=clean(_text(record, "errorCode")),
        context=tuple((clean(name), clean(value)) for name, value in sorted(context.items())),
        by_itself=itself,
    )
    words = (
        () if by else (step.about, *_words(record.get("requestParameters")), *_words(record.get("responseElements")))
    )
    own_role = ":assumed-role/aws:" in _text(identity, "arn")  # EC2's for an instance, say
    forwarded = bool(by) and not by_itself and bool(_text(identity, "invokedBy")) and not own_role
    return _Read(step, source, "" if itself else by, _person(identity), _seconds(record), forwarded, words)


def _service(identity: Mapping[str, Any], record: Mapping[str, Any], context: Mapping[str, str]) -> str:
    """The service that made the call, "?" where only that there was one is known; empty for a direct call."""
    named = _text(identity, "invokedBy")
    inside = _INTERNAL in (named, _text(record, "sourceIPAddress"))
    if not named and not inside:
        return ""
    if named and named != _INTERNAL:
        stem = named.removesuffix(".amazonaws.com").removeprefix("fas.")
        return {"ec2-frontend-api": "ec2", "internal": "?"}.get(stem, stem)
    if _text(record, "eventType") == "AwsServiceEvent":
        return _text(record, "eventSource").removesuffix(".amazonaws.com")
    return next((service for name, service in _CONTEXTS.items() if name in context), "?")


def _parent(read: _Read, direct: Sequence[_Read]) -> int | None:
    """The direct call during which a service most likely made this one: to that service, by the same caller.

    Of several, one that is close in time; of these one that names what the context names; of these the nearest, and at
    last the one that names most of it. Where a service called as itself, or with a role that it holds, the caller says
    nothing, and the time must be the same unless the context agrees.
    """
    best: tuple[bool, bool, float, int] | None = None
    place = None
    for number, other in enumerate(direct):
        apart = abs(other.seconds - read.seconds)
        if apart > APART or read.by not in ("?", other.source) or other.source == read.source:
            continue
        agreement = _agreement(other, read)
        if (other.who != read.who) if read.forwarded else (apart and not agreement):
            continue
        fits = (apart <= CLOSE, agreement > 0, -apart, agreement)
        if best is None or fits > best:
            best, place = fits, number
    return place


def _agreement(outer: _Read, inner: _Read) -> int:
    """How much of the inner call's context the outer one names: the length of the longest word that both have."""
    values = [value for _, value in inner.step.context]
    return max((len(word) for word in outer.words for value in values if word and word in value), default=0)


def _words(value: Any) -> list[str]:
    """The texts in a part of a record, wherever they stand; the shortest ("1", "on") say nothing."""
    if isinstance(value, str):
        return [clean(value)] if len(value) >= _SHORTEST else []
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [word for part in parts for word in _words(part)]


def _unrecorded(alone: Sequence[_Read]) -> list[tuple[_Read, Step]]:
    """Calls that services made for a call that the records don't have: data events are recorded by request only."""
    made = []
    for read in alone:
        if not read.forwarded:
            made.append((read, read.step))
            continue
        outer = Step(read.step.time, read.step.behalf, _name(read.by), "?", recorded=False, inner=(read.step,))
        made.append((read, outer))
    return made


# --- What a record says ----------------------------------------------------------------------------------------------


def _name(service: str) -> str:
    return "an AWS service" if service == "?" else NAMES.get(service, clean(service))


def _person(identity: Mapping[str, Any]) -> str:
    return _text(identity, "principalId") or _text(identity, "arn")


def _context(record: Mapping[str, Any]) -> dict[str, str]:
    parameters = record.get("requestParameters")
    context = parameters.get("encryptionContext") if isinstance(parameters, Mapping) else None
    if not isinstance(context, Mapping):
        return {}
    return {str(name): str(value) for name, value in context.items()}


def _about(record: Mapping[str, Any], source: str) -> str:
    """What the call was about: the object, the secret, the key by the end of its ARN or as the caller named it."""
    parameters = record.get("requestParameters")
    parameters = parameters if isinstance(parameters, Mapping) else {}
    if source == "kms":
        arns = key_arns(record.get("resources"))
        key = (arns[0] if arns else _text(parameters, "keyId")).rpartition(":key/")[2]
        return clean(f"key {key[:8]}…" if _UUID.fullmatch(key) else key)
    if _text(parameters, "bucketName"):
        return clean("/".join(filter(None, (_text(parameters, "bucketName"), _text(parameters, "key")))))
    named = next((_text(parameters, name) for name in _OBJECTS if _text(parameters, name)), "")
    return clean(named.split(":", 5)[5] if named.startswith("arn:") and named.count(":") >= 5 else named)


def _seconds(record: Mapping[str, Any]) -> float:
    try:
        return datetime.fromisoformat(_text(record, "eventTime")).timestamp()
    except ValueError:
        return 0.0


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def clean(text: str) -> str:
    """Put the text on one line: no visible character (line ends, marks that turn the writing round) is shown as �.

    The middle of a very long text is left out.
    """
    shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(each)[0] in "CZ" and each != " " else each
                    for each in text)  # fmt: skip
    half = (_LONGEST - 1) // 2
    return shown if len(shown) <= _LONGEST else f"{shown[:half]}…{shown[-half:]}"
