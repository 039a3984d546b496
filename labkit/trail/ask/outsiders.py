"""Whom a policy of a resource lets in that is of no account of ours: conditions are weighed by the policy engine. Pure.

A stranger is made up, of an account that nobody names, and others of the accounts and organizations that the policy
names; each statement's conditions are held against what would be seen of them. What says nothing about who asks (an
address, a tag, an encryption context) can't be weighed: such an opening is "under a condition". A Deny that takes back
the whole of it counts. Sources: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS
condition keys".
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from ...cloud.core.errors import AwsError
from ...cloud.policy import conditions
from ...cloud.policy.documents import Condition, DocumentKind, Statement, parse_document
from ...cloud.policy.patterns import glob

ACCOUNT = re.compile(r"(?:arn:[\w-]+:\w+:[\w-]*:)?(\d{12})(?::.*)?")
_NUMBER = re.compile(r"(?<!\d)\d{12}(?!\d)")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_OF_ACCOUNT = frozenset({"kms:calleraccount", "aws:principalaccount"})
_OF_ORGANIZATION = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
# Seen only where a service calls: of whom it was told to do so. A stranger can also call directly, without them.
_OF_SOURCE = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
_KNOWN = {"aws:principalisawsservice": "false", "aws:securetransport": "true"}
_ORGANIZATION_KEYS = _OF_ORGANIZATION | {"aws:sourceorgid", "aws:sourceorgpaths"}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Somebody outside. `organization`: theirs, "" for none, None if not known; `arn`: "" for any of the account."""

    account: str
    organization: str | None
    arn: str = ""


def let_in(policy: Any, kind: DocumentKind, ours: Collection[str]) -> list[str]:
    """Whom a policy (JSON text, or an object) lets in from outside, in words; each once.

    ours: the ids of accounts, and of organizations, as in o-exampleorgid, that count as ours.
    """
    text = policy if isinstance(policy, str) else json.dumps(policy)
    try:
        statements = parse_document(text, kind).statements
    except AwsError:  # AWS has taken it: what we can't read may be newer than we are
        return list(dict.fromkeys(_roughly(text, ours)))
    denies = [statement for statement in statements if statement.effect == "Deny"]
    found = (who for statement in statements if statement.effect == "Allow" for who in _of(statement, denies, ours))
    return list(dict.fromkeys(found))


def _of(allow: Statement, denies: list[Statement], ours: Collection[str]) -> Iterator[str]:
    if allow.principals is None:
        return
    entries = allow.principals.entries
    if allow.principals.negated or any(kind in ("*", "AWS") and value == "*" for kind, value in entries):
        yield from _of_everybody(allow, denies, ours)
        return
    for kind, value in entries:
        account = ACCOUNT.fullmatch(value) if kind == "AWS" else None
        if account and account.group(1) not in ours:
            arn = "" if value.endswith((":root", account.group(1))) else value
            yield from _words(value, _enters(_Candidate(account.group(1), None, arn), allow, denies))


def _of_everybody(allow: Statement, denies: list[Statement], ours: Collection[str]) -> Iterator[str]:
    written = [condition for statement in (allow, *denies) for condition in statement.conditions]
    named = [value for condition in written for value in condition.values]
    numbers = dict.fromkeys(number for value in named for number in _NUMBER.findall(value))
    account = next(f"{at:012}" for at in range(999999999990, 0, -1) if f"{at:012}" not in {*numbers, *ours})
    who = "everybody but some" if allow.principals and allow.principals.negated else "everybody"
    stranger = list(_words(who, _enters(_Candidate(account, "o-0000000000"), allow, denies)))
    if stranger:
        yield from stranger
        return
    yield from _words("accounts of no organization", _enters(_Candidate(account, ""), allow, denies))
    for number in numbers:
        if number not in ours:
            yield from _words(number, _enters(_Candidate(number, None), allow, denies))
    for key in sorted(_ORGANIZATION_KEYS):
        values = [value for each in written if each.key.lower() == key for value in each.values]
        for organization in dict.fromkeys(found for value in values for found in _ORGANIZATION.findall(value)):
            inside = _enters(_Candidate(account, organization), allow, denies) if organization not in ours else None
            if inside is not None:
                yield f"accounts of {organization} under a condition ({', '.join(sorted({*inside, _as_written(key)}))})"


def _as_written(key: str) -> str:
    return {"aws:principalorgid": "aws:PrincipalOrgID", "aws:principalorgpaths": "aws:PrincipalOrgPaths"}.get(key, key)


def _words(who: str, conditional: tuple[str, ...] | None) -> Iterator[str]:
    if conditional is not None:
        yield f"{who} under a condition ({', '.join(conditional)})" if conditional else who


def _enters(who: _Candidate, allow: Statement, denies: list[Statement]) -> tuple[str, ...] | None:
    """The condition keys on which it depends whether the candidate is let in; empty: is let in; None: is not."""
    answers = []
    for through_service in (False, True):
        weighed = [(each.key, _weigh(each, who, through_service)) for each in allow.conditions]
        refused = any(holds is False for _, holds in weighed)
        if not refused and not any(_takes_back(deny, allow, who, through_service) for deny in denies):
            answers.append(tuple(dict.fromkeys(key for key, holds in weighed if holds is None)))
    return min(answers, key=len) if answers else None


def _takes_back(deny: Statement, allow: Statement, who: _Candidate, through_service: bool) -> bool:
    """Whether a Deny refuses the candidate everything that the Allow gives."""
    if not deny.principals or not all(_weigh(each, who, through_service) for each in deny.conditions):
        return False
    names = {"*", who.account, who.arn}
    meant = any(value in names or value.endswith(f"::{who.account}:root") for _, value in deny.principals.entries)
    if meant == deny.principals.negated:
        return False
    return _covers(deny.lowered if deny.actions else None, allow.lowered if allow.actions else None) and (
        deny.resources is None or _covers(deny.resources, allow.resources)
    )


def _covers(wide: tuple[str, ...] | None, narrow: tuple[str, ...] | None) -> bool:
    if wide is None:
        return False
    if narrow is None:
        return "*" in wide
    return all(any(glob(pattern, each) for pattern in wide) for each in narrow)


def _weigh(condition: Condition, who: _Candidate, through_service: bool) -> bool | None:
    """Whether a condition holds for the candidate; None where nobody can tell."""
    key = condition.key.lower()
    options = _seen(key, condition, who, through_service)
    if options is None:
        return None
    return any(conditions.analyse(condition, {key: (seen,)} if seen else {}).matched for seen in options)


def _seen(key: str, condition: Condition, who: _Candidate, through_service: bool) -> list[str] | None:
    """What may be seen under this key, one or the other; "" where the key is not there; None where it isn't known."""
    if any("${" in value for value in condition.values):
        return None
    if key in _KNOWN:
        return [_KNOWN[key]]
    if key in _OF_ACCOUNT:
        return [who.account]
    if key in _OF_SOURCE and not through_service:
        return [""]
    if key == "aws:sourceaccount":
        return [who.account]
    if key in _ORGANIZATION_KEYS:
        if who.organization is None:
            return None
        if not who.organization:
            return [""]
        return [who.organization if key.endswith("id") else f"{who.organization}/r-0000/"]
    if key == "aws:principalarn":
        return [who.arn] if who.arn else [_theirs(value, who.account) for value in condition.values]
    if key == "aws:sourcearn" and not any(value.startswith("arn:") and ":::" in value for value in condition.values):
        return [_theirs(value, who.account) for value in condition.values]
    return None


def _theirs(pattern: str, account: str) -> str:
    """An ARN that fits a pattern, but for the account, which is theirs."""
    parts = pattern.split(":", 5)
    if len(parts) == 6:
        parts[4] = account
    elif pattern == "*":
        parts = f"arn:aws:iam::{account}:role/x".split(":", 5)
    return ":".join(part.replace("*", "x").replace("?", "x") for part in parts)


def _roughly(text: str, ours: Collection[str]) -> Iterator[str]:
    """As `let_in`, of a policy that the engine can't read: no condition is weighed."""
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        tail = " under a condition" if statement.get("Condition") else ""
        if "NotPrincipal" in statement:
            yield f"everybody but some{tail}"
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, dict) else principal
        for who in named if isinstance(named, list) else [named]:
            account = ACCOUNT.fullmatch(str(who))
            if who == "*":
                yield f"everybody{tail}"
            elif account and account.group(1) not in ours:
                yield f"{who}{tail}"
