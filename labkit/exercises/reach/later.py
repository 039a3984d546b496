"""What a principal may be later: tagged, in a session of some name, of some name itself, in an organization. Pure.

A condition may ask for what nobody has yet. A role can be tagged, and a user be made, on any day: so each is tried as
the conditions name it. Source: IAM User Guide, "AWS global condition context keys", properties of the principal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from ...cloud.core.call import Principal
from ...cloud.policy.documents import Condition, Document
from ...cloud.policy.patterns import expand, glob
from ..engine import CannotJudge
from .callers import NOBODY, Caller
from .situations import OTHER, made_plain, neighbours
from .things import Thing

MOST = 500  # forms of one caller: beyond, a check says that it cannot judge
_TAG, _USER_ID, _USER_NAME = "aws:principaltag/", "aws:userid", "aws:username"
_ARN, _ORGANIZATION = "aws:principalarn", "aws:principalorgid"


def conditions_about(caller: Caller, *things: Thing) -> list[Condition]:
    """List the conditions that have a say when the caller asks for one of these things."""
    policies = (*caller.identity, *([caller.boundary] if caller.boundary else []))
    return conditions_in([each.document for each in (*policies, *(thing.policy for thing in things)) if each])


def conditions_in(documents: Iterable[Document]) -> list[Condition]:
    """List every condition of these documents."""
    return [each for document in documents for statement in document.statements for each in statement.conditions]


def forms(caller: Caller, conditions: Iterable[Condition]) -> Iterator[Caller]:
    """Give the caller as it may be later, in each way that these conditions tell apart; not as it is.

    Raises CannotJudge where these are too many.
    """
    if caller.principal.kind not in ("AssumedRole", "IAMUser"):
        return
    tags: dict[str, tuple[str, list[str]]] = {}
    sessions: list[str] = []
    organizations: list[str] = []
    for condition in conditions:
        name, values = condition.key.lower(), _values(condition)
        if name.startswith(_TAG):
            tags.setdefault(name, (condition.key, []))[1].extend(values)
        elif name == _USER_ID:
            sessions += [each.partition(":")[2] for each in values if ":" in each]
        elif name == _ORGANIZATION and not caller.foreign:
            organizations += values
    choices: list[Sequence[tuple[str, str] | None]] = [
        [None, *((key, value) for value in dict.fromkeys((*values, OTHER)))] for key, values in tags.values()
    ]
    if sessions and caller.principal.session is not None:
        choices.append([None, *((_USER_ID, name) for name in dict.fromkeys(sessions))])
    if organizations and "aws:PrincipalOrgID" not in caller.facts:
        choices.append([None, *(("aws:PrincipalOrgID", each) for each in dict.fromkeys(organizations))])
    number = 1
    for choice in choices:
        number *= len(choice)
    if number > MOST:
        raise CannotJudge(f"too much depends on what {caller.words} may be later: {', '.join(sorted(tags))}")
    for chosen in product(*choices):
        later = [each for each in chosen if each is not None]
        if later:
            yield _become(caller, later)


def to_come(conditions: Iterable[Condition], account: str) -> Iterator[str]:
    """Give the ARNs of users and roles of the account that these conditions take in by name; they may not exist."""
    for condition in conditions:
        name = condition.key.lower()
        if name == _USER_NAME:
            yield from (f"arn:aws:iam::{account}:user/{each}" for each in _values(condition) if each)
        elif name == _ARN:
            for pattern in condition.values:
                last = made_plain(pattern).rpartition(":")[2]
                kind, slash, path = last.partition("/")
                for each in (kind,) if kind in ("role", "user") and slash else ("role", "user"):
                    arn = f"arn:aws:iam::{account}:{each}/{path if slash else last}"
                    is_new = not glob(pattern, f"arn:aws:iam::{account}:{each}/{NOBODY}")
                    if is_new and glob(pattern, arn):
                        yield arn


def _values(condition: Condition) -> list[str]:
    """The values that are written, something in place of each star; none of what only asks whether it is there."""
    if condition.base == "Null":
        return []
    expanded = [expand(each, {}) for each in condition.values]
    plain = [made_plain(each) for each in expanded if each is not None]
    return [value for each in plain for value in neighbours(each, condition.base) if value is not None]


def _become(caller: Caller, later: Iterable[tuple[str, str]]) -> Caller:
    facts, principal, words = dict(caller.facts), caller.principal, []
    for key, value in later:
        if key == _USER_ID:
            principal = _in_session(principal, value)
            words.append(f"in a session named {value}")
        elif key == "aws:PrincipalOrgID":
            facts |= {key: value, "aws:PrincipalOrgPaths": [f"{value}/r-root/"]}
            words.append(f"once the account is in the organization {value}")
        else:
            facts = {name: each for name, each in facts.items() if name.lower() != key.lower()} | {key: value}
            words.append(f"once tagged {key.partition('/')[2]}={value}")
    return replace(caller, facts=facts, principal=principal, later=", ".join(words))


def _in_session(principal: Principal, name: str) -> Principal:
    return replace(
        principal,
        arn=f"{principal.arn.rpartition('/')[0]}/{name}",
        principal_id=f"{principal.principal_id.partition(':')[0]}:{name}",
        name=name,
    )
