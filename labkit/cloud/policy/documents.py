"""Policy documents: what a policy's JSON says, as data, and the reading of it.

Reads text only. Every kind of policy has its own rules for what must and must not be there.
Source: IAM User Guide, "Grammar of the IAM JSON policy language"; KMS API Reference, PutKeyPolicy.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..core.errors import AwsError
from . import grammar

DocumentKind = Literal["identity", "boundary", "session", "scp", "rcp", "endpoint", "key", "resource", "trust"]
Effect = Literal["Allow", "Deny"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a Condition element: an operator, a key, and the values written for it."""

    operator: str  # as written: "ForAnyValue:StringLikeIfExists"
    base: str  # "StringLike"
    set_operator: str  # "ForAnyValue", "ForAllValues" or ""
    if_exists: bool
    key: str  # as written
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal or NotPrincipal element: (type, value) pairs; `("*", "*")` for everyone."""

    negated: bool
    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `index` counts from 0; None stands for an element that is not there."""

    index: int
    sid: str
    effect: Effect
    principals: Principals | None
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    conditions: tuple[Condition, ...]
    lowered: tuple[str, ...] = ()  # the action patterns in lower case, for matching

    @property
    def label(self) -> str:
        """How a reader finds the statement: its Sid, or its place."""
        return f"{self.sid!r}" if self.sid else f"statement {self.index + 1}"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed policy; `text` is what was read."""

    kind: DocumentKind
    version: str
    statements: tuple[Statement, ...]
    text: str
    asks_for_context: bool  # whether a condition or a policy variable is in it

    @property
    def has_variables(self) -> bool:
        """Policy variables work only in version 2012-10-17; before that ${...} is literal text."""
        return self.version == "2012-10-17"

    def principals(self) -> tuple[tuple[str, str], ...]:
        """Return every (type, value) that Principal and NotPrincipal elements name, in the order written."""
        return tuple(e for s in self.statements if s.principals for e in s.principals.entries)


@lru_cache(maxsize=2048)
def parse_document(text: str, kind: DocumentKind) -> Document:
    """Read a policy.

    Raises AwsError: MalformedPolicyDocument (IAM, STS), MalformedPolicyDocumentException (KMS key policies,
    Organizations' SCPs and RCPs), InvalidPolicyDocument (EC2, VPC endpoint policies) or MalformedPolicy (S3 bucket
    policies and other resource-based policies), with AWS's sentence first where it is known and then what is wrong and
    where.
    """
    refuse = grammar.refuser(kind)
    raw = _json(text, refuse)
    statements = grammar.check(raw, kind, refuse)
    version = raw.get("Version", "2008-10-17")
    read = tuple(_statement(i, s) for i, s in enumerate(statements))
    return Document(kind, version, read, text, "${" in text or any(each.conditions for each in read))


def _json(text: str, refuse: Callable[[str, str], AwsError]) -> dict[str, Any]:
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            repeated.extend(name for name, times in Counter(name for name, _ in items).items() if times > 1)
        return made

    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    try:
        raw = json.loads(text, object_pairs_hook=pairs, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise refuse("json", f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise refuse("json", str(error)) from None
    if repeated:
        raise refuse("syntax", f"{sorted(repeated)[0]!r} is there twice in one object")
    if not isinstance(raw, dict):
        raise refuse("syntax", "a policy is a JSON object")
    return raw


def _statement(index: int, raw: dict[str, Any]) -> Statement:
    actions, not_actions = _strings(raw, "Action"), _strings(raw, "NotAction")
    return Statement(
        index=index,
        sid=raw.get("Sid", ""),
        effect=raw["Effect"],
        principals=_principals(raw),
        actions=actions,
        not_actions=not_actions,
        resources=_strings(raw, "Resource"),
        not_resources=_strings(raw, "NotResource"),
        conditions=_conditions(raw.get("Condition", {})),
        lowered=tuple(a.lower() for a in (actions or not_actions or ())),
    )


def _strings(raw: dict[str, Any], name: str) -> tuple[str, ...] | None:
    if name not in raw:
        return None
    value = raw[name]
    return (value,) if isinstance(value, str) else tuple(value)


def _principals(raw: dict[str, Any]) -> Principals | None:
    for name in ("Principal", "NotPrincipal"):
        if name in raw:
            value = raw[name]
            if value == "*":
                return Principals(name == "NotPrincipal", (("*", "*"),))
            entries = [(kind, one) for kind, many in value.items() for one in grammar.listed(many)]
            return Principals(name == "NotPrincipal", tuple(entries))
    return None


def _conditions(raw: dict[str, Any]) -> tuple[Condition, ...]:
    conditions = []
    for operator, block in raw.items():
        set_operator, base, if_exists = grammar.split_operator(operator)
        for key, values in block.items():
            written = tuple(grammar.as_text(v) for v in grammar.listed(values))
            conditions.append(Condition(operator, base, set_operator, if_exists, key, written))
    return tuple(conditions)
