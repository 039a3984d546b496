"""Who reaches which key and how, read off an account: a link for each way, decided by the policy engine.

Roles and users of the account, accounts and principals that a key policy or a grant names, services, and everybody.
Another account is taken to allow all of it on its side. Service and resource control policies are not read: they only
take away. Of a large account so much is read as the limits here say, and `left_out` says what was not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...audit.facts.account import Account
from ...audit.facts.keys import Key, is_for_everybody
from ...audit.facts.people import Person
from ...audit.facts.questions import ADMINISTER, ALL, USE, nobody, ways
from ...audit.facts.reader import CouldNotRead, Reader
from ...cloud.policy.decision import decide
from ...cloud.policy.documents import parse_document
from ...cloud.policy.question import NamedPolicy, Policies, Question
from ...cloud.policy.simulation import principal_of

MOST_KEYS, MOST_LISTED, MOST_PEOPLE, MOST_GRANTS = 12, 100, 100, 100
KEY_POLICY, IAM_POLICY, GRANT = "the key policy", "IAM policies", "a grant"
OTHER_ACCOUNT = "the other account's policies"
CREATE_GRANT = "kms:CreateGrant"
_ALL = '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")


@dataclass(frozen=True, slots=True)
class Link:
    """One way from somebody to a key: by what, which actions, and under which conditions (keys of a policy)."""

    who: str
    key: str
    how: str
    actions: tuple[str, ...]
    conditions: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """In a few words: to use the key, to manage it, to pass it on by a grant."""
        kinds = (("use", USE), ("manage", ADMINISTER), ("pass on", (CREATE_GRANT,)))
        return ", ".join(name for name, kind in kinds if any(each in kind for each in self.actions)) or "look at"

    @property
    def says(self) -> str:
        """The actions, in short where they are all of a kind."""
        left, said = list(self.actions), []
        for words, kind in (("every action that uses a key", USE), ("every action that manages a key", ADMINISTER)):
            if set(kind) <= set(left):
                said.append(words)
                left = [each for each in left if each not in kind]
        return ", ".join([*said, *left])

    @property
    def condition(self) -> str:
        """The conditions, in words."""
        return f"if {', '.join(self.conditions)}" if self.conditions else ""


@dataclass(frozen=True, slots=True)
class Reached:
    """What was found: links in order, keys by ARN with the name that they are shown by, and what was not read."""

    links: tuple[Link, ...]
    keys: Mapping[str, str]
    left_out: tuple[str, ...] = ()


class _ShownKey(Key):
    """A key of which so many grants are read."""

    all_grants = True

    @property
    def grants(self) -> list[dict[str, Any]]:
        """Its first grants."""
        found, self.all_grants = self._reader.first(
            "kms", "list_grants", "Grants", MOST_GRANTS, self.arn, KeyId=self.id
        )
        return found


def reached(clients: Mapping[str, Any]) -> Reached:
    """Read the account with these clients ("kms", and "iam" where there is one). CouldNotRead if no key is listed."""
    reader = Reader(lambda service, _region: clients[service], "")
    left_out: list[str] = []
    keys = _keys(reader, left_out)
    people = _people(reader, left_out) if "iam" in clients else []
    links: list[Link] = []
    for key in keys:
        try:
            links += _links(key, people)
        except CouldNotRead as unread:
            left_out.append(f"{key.id}: {unread.permission} was refused ({unread.code}).")
        if not key.all_grants:
            left_out.append(f"{key.id}: only the first {MOST_GRANTS} grants were read.")
    return Reached(tuple(links), {key.arn: _name(key) for key in keys}, tuple(left_out))


def _keys(reader: Reader, left_out: list[str]) -> list[_ShownKey]:
    listed, every = reader.first("kms", "list_keys", "Keys", MOST_LISTED)
    found: list[_ShownKey] = []

    def names(key_id: str) -> list[str]:
        return [each["AliasName"] for each in reader.listed("kms", "list_aliases", "Aliases", KeyId=key_id)]

    for each in listed:
        if len(found) == MOST_KEYS:
            every = False
            break
        key = _ShownKey(reader, each["KeyId"], each["KeyArn"], names)
        try:
            if key.is_customers and key.state != "PendingDeletion":
                found.append(key)
        except CouldNotRead as unread:
            left_out.append(f"{key.id}: {unread.permission} was refused ({unread.code}).")
    if not every:
        left_out.append(f"Only the first {len(found)} customer managed keys were looked at.")
    return found


def _name(key: Key) -> str:
    try:
        alias = next(iter(key.aliases), "")
    except CouldNotRead:
        alias = ""
    return alias or str(key.metadata.get("Description") or key.id)


def _people(reader: Reader, left_out: list[str]) -> list[Person]:
    try:
        every = Account(reader).people.all
    except CouldNotRead as unread:
        left_out.append(f"Roles and users: {unread.permission} was refused ({unread.code}).")
        return []
    if len(every) > MOST_PEOPLE:
        left_out.append(f"Only the first {MOST_PEOPLE} of {len(every)} roles and users were looked at.")
    return list(every[:MOST_PEOPLE])


def _links(key: Key, people: list[Person]) -> Iterator[Link]:
    """The ways to one key: everybody, then who comes from outside, then the account's own."""
    for statement in key.document.statements:
        if statement.effect == "Allow" and is_for_everybody(statement) and statement.conditions:
            conditions = tuple(sorted({each.key for each in statement.conditions}))
            yield Link("everybody", key.arn, KEY_POLICY, statement.actions or ("all but some actions",), conditions)
    policies, caller = Policies(resource=key.policy), nobody(key)
    every = [each for each in ALL if decide(Question(caller, each, key.arn, key.account, {}), policies).allowed]
    if every:
        yield Link("everybody", key.arn, KEY_POLICY, tuple(every))
    for person in (*_outsiders(key), *people):
        yield from _of(person, key)


def _of(person: Person, key: Key) -> Iterator[Link]:
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    grants = [each for each in key.decided_grants if _is_to(each.grantee, person)]
    asked = (*USE, *ADMINISTER, CREATE_GRANT, *(f"kms:{name}" for each in grants for name in each.operations))
    allowed = set()
    for way in ways(person, key, dict.fromkeys(asked)):
        allowed.add(way.action)
        if not way.by_grant:
            how = KEY_POLICY if way.by_key_policy else IAM_POLICY
            if person.kind == "other account":
                how = f"{KEY_POLICY} and {OTHER_ACCOUNT}"
            found.setdefault((how, tuple(sorted(way.context))), []).append(way.action)
    for grant in grants:
        actions = [f"kms:{name}" for name in grant.operations]
        limits = grant.constraints
        bound = bool(limits.encryption_context_equals or limits.encryption_context_subset or limits.source_arn)
        limited: tuple[str, ...] = ("the grant's constraint",) if bound else ()
        given = actions if bound else [each for each in actions if each in allowed]
        if given:
            found.setdefault((f"{GRANT} ({grant.id[:8]}…)", limited), []).extend(given)
    for (how, conditions), actions in found.items():
        yield Link(f"{person.kind} {person.name}", key.arn, how, tuple(dict.fromkeys(actions)), conditions)


def _is_to(grantee: str, person: Person) -> bool:
    """Whether a grant is to this principal or to its whole account, as `questions.ways` takes it."""
    account = person.principal.account
    if person.kind == "service" or not account:
        return grantee == person.name
    return grantee in (person.arn, account) or grantee == f"arn:{person.arn.split(':')[1]}:iam::{account}:root"


def _outsiders(key: Key) -> Iterator[Person]:
    """Accounts, roles and users of other accounts, and services, that the key policy or a grant names."""
    allows = [each for each in key.document.statements if each.effect == "Allow" and each.principals is not None]
    named = [
        value
        for each in allows
        if each.principals is not None and not each.principals.negated
        for kind, value in each.principals.entries
        if kind in ("AWS", "Service")
    ]
    named += [grant.grantee for grant in key.decided_grants]
    everything = NamedPolicy(OTHER_ACCOUNT, parse_document(_ALL, "identity"))
    for value in dict.fromkeys(named):
        if _SERVICE.fullmatch(value):
            yield Person("service", value, value, principal_of(value), ())
            continue
        account = value if re.fullmatch(r"\d{12}", value) else (value.split(":") + [""] * 5)[4]
        if account in ("", key.account):
            continue
        try:
            if value == account or value.endswith(":root"):
                arn = f"arn:{key.partition}:iam::{account}:root"
                caller = principal_of(f"arn:{key.partition}:iam::{account}:role/Anybody")
                yield Person("other account", account, arn, caller, (everything,))
            else:
                name = f"{value.split(':', 5)[5]} of {account}"
                yield Person("other account", name, value, principal_of(value), (everything,))
        except ValueError:  # a principal that there is no more: its unique ID stands in the policy
            continue
