"""Separation of duties: administrators of a key do not use it, users of a key do not administer it.

Source: AWS Prescriptive Guidance, "AWS KMS best practices", identity and access management. Administrators of the whole
account are left out: no policy of a key or of IAM keeps them from anything for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..facts.account import Account, Found
from ..facts.finding import Fault, Mend
from ..facts.keys import Key
from ..facts.mending import File, mend
from ..facts.people import Person
from ..facts.questions import ADMINISTER, ADMINISTRATOR, USE, Way, possible, ways

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Both:
    """That a person may do both with a key: one way of each kind, and whether it is the key's administrator."""

    person: Person
    key: Key
    use: Way
    administer: Way
    is_administrator: bool


def administrators(account: Account) -> Iterator[Found]:
    """Find administrators of a key (its policy, its state, its end) that can use it."""
    yield from _duties(account, "administrator-can-use")


def users(account: Account) -> Iterator[Found]:
    """Find users of a key that can do some of what its administrators do."""
    yield from _duties(account, "user-can-administer")


def _duties(account: Account, check: str) -> Iterator[Found]:
    elsewhere: dict[str, list[Both]] = {}

    def judge(key: Key) -> Iterator[Found]:
        for both in both_on(account, key):
            if both.is_administrator != (check == "administrator-can-use"):
                continue
            way = _to_mend(both)
            if way.by_grant:
                call = mend("kms", "revoke_grant", KeyId=key.arn, GrantId=way.by_grant)
                yield Fault(check, key.arn, _why(both, key.in_words), call)
            elif way.by_key_policy:
                call = mend("kms", "put_key_policy", _note(both), KeyId=key.arn, Policy=File("policy.json"))
                yield Fault(check, key.arn, _why(both, key.in_words), call)
            else:  # IAM gives it: one finding for the person, whatever the number of keys
                elsewhere.setdefault(both.person.arn, []).append(both)

    yield from account.customer_keys(judge)
    for arn, several in elsewhere.items():
        names = [each.key.quoted for each in several]
        call = _written(several[0].person, _note(several[0]))
        yield Fault(check, arn, _why(several[0], _list(names)), call)


def both_on(account: Account, key: Key) -> tuple[Both, ...]:
    """Find everybody who may both use and administer the key."""
    return account.once("duties", key.arn, lambda: tuple(_both_on(account, key)))


def _both_on(account: Account, key: Key) -> Iterator[Both]:
    if key.state in ("PendingDeletion", "Creating"):
        return
    for person in account.people.others:
        can = possible(person, key)
        if can.isdisjoint(USE) or can.isdisjoint(ADMINISTER):
            continue
        use = next(ways(person, key, USE), None)
        if use is None:
            continue
        administer = list(ways(person, key, ADMINISTER))
        if administer:
            is_one = set(ADMINISTRATOR) <= {each.action for each in administer}
            yield Both(person, key, use, administer[0], is_one)


def _to_mend(both: Both) -> Way:
    """The right that should go: an administrator's use, a user's administration."""
    return both.use if both.is_administrator else both.administer


def _why(both: Both, on: str) -> str:
    words = both.person.words[:1].upper() + both.person.words[1:]
    if both.is_administrator:
        return f"{words} administers {on}, and may use it too: {both.use.action} is allowed."
    return f"{words} uses {on}, and may administer it too: {both.administer.action} is allowed."


def _note(both: Both) -> str:
    return f"in it, take {_to_mend(both).action} and its like from {both.person.name}"


def create_grant(account: Account) -> Iterator[Found]:
    """CT.KMS.PR.3: grants are made for AWS services only. Those who administer and use a key are left out."""
    elsewhere: dict[Person, list[str]] = {}

    def judge(key: Key) -> Iterator[Found]:
        for person, way in _granting(account, key):
            if way.by_grant:  # the grant's own finding tells
                continue
            if way.by_key_policy:
                note = f"in it, add the condition kms:GrantIsForAWSResource for {person.name}"
                call = mend("kms", "put_key_policy", note, KeyId=key.arn, Policy=File("policy.json"))
                yield Fault("create-grant-unlimited", key.arn, _grants(person, key.in_words), call)
            else:
                elsewhere.setdefault(person, []).append(key.quoted)

    yield from account.customer_keys(judge)
    for person, names in elsewhere.items():
        note = "in it, add the condition kms:GrantIsForAWSResource to kms:CreateGrant"
        yield Fault("create-grant-unlimited", person.arn, _grants(person, _list(names)), _written(person, note))


_ANY = {"kms:GrantIsForAWSResource": "false"}


def _grants(person: Person, on: str) -> str:
    return (
        f"{person.words[:1].upper()}{person.words[1:]} may make grants on {on} for anybody, not for AWS services alone."
    )


def _granting(account: Account, key: Key) -> Iterator[tuple[Person, Way]]:
    if key.state in ("PendingDeletion", "Creating"):
        return
    both = {each.person for each in both_on(account, key)}
    for person in account.people.others:
        if person not in both:
            yield from ((person, way) for way in ways(person, key, ("kms:CreateGrant",), _ANY))


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _written(person: Person, note: str) -> Mend:
    """Write the IAM policy of the person anew."""
    who = {f"{person.kind.title()}Name": person.name}
    document = {"PolicyName": "POLICY-NAME", "PolicyDocument": File("policy.json")}
    return mend("iam", f"put_{person.kind}_policy", note, **who, **document)
