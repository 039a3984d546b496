"""The question itself: what may somebody do, and who else. Decided in this process, from documents read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, product
from typing import Any

from ...cloud.policy.decision import decide
from ...cloud.policy.outcome import Decision
from ..engine import LabView
from .actions import ALIAS_ACTIONS, ASSUME_ACTIONS, kms_actions, on_keys, on_nothing
from .callers import NOBODY, Caller, People
from .later import conditions_about, conditions_in, forms, to_come
from .moment import LATER, is_past, moment
from .relevant import Written, is_silent, is_void, mention, policies_of, question_of, region_of
from .rights import Access, Right, Situation
from .situations import Mentioned, in_context, through
from .things import NOTHING, Thing, keys_of_others, keys_that_fit, keys_to_come, read_aliases, read_keys, role_as_thing


class Reach:
    """Who may do what in the account of a lab, as its policies and grants are at this moment."""

    def __init__(self, lab: LabView) -> None:
        self._lab = lab
        self._people = People(lab)

    @cached_property
    def keys(self) -> tuple[Thing, ...]:
        """Read the customer managed keys of the lab's Region."""
        return tuple(read_keys(self._lab))

    @cached_property
    def _events(self) -> list[dict[str, Any]]:
        """The trail, read once: the question is about one moment."""
        return self._lab.events()

    @cached_property
    def _elsewhere(self) -> tuple[Thing, ...]:
        """The keys of the other Regions in which the trail saw some made."""
        made = [event for event in self._events if event["eventName"] in ("CreateKey", "ReplicateKey")]
        named = {(each["requestParameters"] or {}).get("replicaRegion") for each in made if "errorCode" not in each}
        regions = {each["awsRegion"] for each in made} | {each for each in named if each}
        return tuple(
            replace(thing, words=f"{thing.words} in {region}")
            for region in sorted(regions - {self._lab.region})
            for thing in read_keys(self._lab, region)
        )

    @cached_property
    def _now(self) -> Mapping[str, str]:
        """What every direct call of this moment carries."""
        return moment(self._events)

    def key(self, arn: str) -> Thing:
        """Find the key of that ARN; one of a Region other than the lab's is read now.

        Raises KMS's NotFoundException.
        """
        region = arn.split(":")[3]
        there = self.keys if region == self._lab.region else read_keys(self._lab, region)
        found = next((thing for thing in there if thing.arn == arn), None)
        if found is None:
            self._lab.observer.client("kms", region).describe_key(KeyId=arn)
            raise LookupError(arn)
        return found

    def role(self, name: str) -> Thing:
        """Find a role as what is asked for: to be assumed. Raises IAM's NoSuchEntity if there is none."""
        return role_as_thing(self._lab.observer.client("iam").get_role(RoleName=name)["Role"])

    @cached_property
    def things(self) -> tuple[Thing, ...]:
        """List all that KMS's permissions are asked on: keys, keys to come, aliases, and nothing at all."""
        account, texts = self._people.account, self._people.texts()
        return (
            *self.keys,
            *self._elsewhere,
            *keys_to_come(account, self._lab.region),
            *keys_of_others(account, texts),
            *keys_that_fit(account, self._lab.region, texts, (each.arn for each in self.keys)),
            *read_aliases(self._lab, account),
            NOTHING,
        )

    def caller(self, name: str) -> Caller:
        """Find the role or user of that name in the account. Raises IAM's NoSuchEntity if there is none."""
        if (found := next((each for each in self._people.own if each.name == name), None)) is None:
            self._lab.observer.client("iam").get_role(RoleName=name)
            raise LookupError(name)
        return found

    def outsider(self, arn: str) -> Caller:
        """Make the principal of that ARN, of another account: its own account is taken to allow everything."""
        return self._people.outsider(arn)

    def is_own(self, principal: str) -> bool:
        """Tell whether an ARN or account id, as a grant names it, is of the account."""
        return self._people.account in (principal, principal.split(":")[4] if principal.startswith("arn:") else "")

    def callers(self, *things: Thing) -> tuple[Caller, ...]:
        """List the account's roles and users, everybody whom the documents of these things or IAM name, strangers."""
        texts = [thing.policy.document.text for thing in things if thing.policy]
        texts += [f"{grant.grantee} {grant.retiring}" for thing in things for grant in thing.grants]
        texts += self._people.texts()
        texts += [str(role["AssumeRolePolicyDocument"]) for role in self._people.roles]
        now = (*self._people.own, *self._people.others([*texts, *self._to_come(things)]))
        return (*now, *(form for each in now for form in forms(each, conditions_about(each, *things))))

    def _to_come(self, things: Iterable[Thing]) -> list[str]:
        policies = (*(thing.policy for thing in things), *(p for each in self._people.own for p in each.identity))
        conditions = conditions_in(policy.document for policy in policies if policy)
        return sorted({f'"{arn}"' for arn in to_come(conditions, self._people.account)})

    def may(self, caller: Caller, action: str, thing: Thing, situation: Situation | None = None) -> bool:
        """Decide whether the caller may do it in this situation (none: a plain, direct call)."""
        return self.decision(caller, action, thing, situation).allowed

    def decision(self, caller: Caller, action: str, thing: Thing, situation: Situation | None = None) -> Decision:
        """Decide the same, with all that it was made from."""
        asked = Mentioned(action, region_of(thing) or self._lab.region, thing.algorithms)
        return self._ask(caller, action, thing, asked.defaults() | dict(situation or {}))

    def lacks(self, caller: Caller, *rights: Right) -> Access | None:
        """Find the first thing of these rights that the caller may not do: each action, in each case of `where`."""
        for right in rights:
            for thing in (thing for thing in self.things if thing.exists and _is_on(right, thing)):
                for action in right.actions:
                    for situation, varied in self._cases(right):
                        for time in ({}, LATER):  # now, and for long
                            if not self.may(caller, action, thing, {**situation, **time}):
                                tried = varied | ({"aws:currenttime"} if time else set())
                                return Access(caller, action, thing, {**situation, **time}, tried)
        return None

    def _cases(self, right: Right) -> Iterator[tuple[Situation, frozenset[str]]]:
        """The situations in which a right holds: with as little as it asks for, and with more in the context."""
        names, choices = list(right.where), list(right.where.values())
        for chosen in product(*choices):
            situation: dict[str, str | Sequence[str]] = {}
            pairs: dict[str, str] = {}
            varied = set()
            for name, value in zip(names, chosen, strict=True):
                if name.startswith("kms:EncryptionContext:"):
                    varied.add("context")
                    pairs |= {name.removeprefix("kms:EncryptionContext:"): value} if value is not None else {}
                elif name == "kms:ViaService":
                    varied.add("route")
                    situation |= _via(value) if value else {}
                elif value is not None:
                    varied.add(name.lower())
                    situation[name] = value
            yield situation | in_context(pairs), frozenset(varied)
            if pairs:
                yield situation | in_context(pairs | {"another": "pair"}), frozenset(varied)

    def exceeds(self, caller: Caller, *rights: Right) -> Access | None:
        """Find the first thing that the caller may do beyond these rights, anywhere; what is written and void counts.

        With keys that the rights don't name, what everybody in the account may do is left out.
        """
        asked = {arn for right in rights for arn in right.on}
        found = (
            access
            for thing in self.things
            for who in self.with_sessions(caller, thing)
            for access in self.accesses(who, thing, rights)
            if thing.arn in asked or not self._everybody_may(access)
        )
        idle = (each for thing in self.things if thing.arn in asked for each in self._idle(caller, thing, rights))
        return _first_beyond(chain(found, idle, _beside_kms(caller), self.assumes(caller)), rights)

    def with_sessions(self, caller: Caller, thing: Thing) -> Iterator[Caller]:
        """Return the caller, those of its sessions that the thing's policy or grants name, and what it may be later."""
        now = tuple(self._people.with_sessions(caller, thing))
        yield from now
        for each in now:
            yield from forms(each, conditions_about(each, thing))

    def assumes(self, caller: Caller) -> Iterator[Access]:
        """Return the other roles of the account that let the caller in by name: what they may, the caller may."""
        for role in map(role_as_thing, self._people.roles):
            if not role.arn.endswith(f"/{caller.name}"):
                yield from (each for each in self.accesses(caller, role) if each.in_force)

    def _everybody_may(self, access: Access) -> bool:
        arn = f"arn:aws:iam::{self._people.account}:role/{NOBODY}"
        anybody = self.outsider(arn)
        if access.caller.later:
            anybody = replace(anybody, facts=access.caller.facts)
        return access.thing.exists and self.may(anybody, access.action, access.thing, access.situation)

    def exceeds_on(self, thing: Thing, caller: Caller, *rights: Right) -> Access | None:
        """Find the first thing that the caller may do beyond these rights with this one thing."""
        everybody = self.with_sessions(caller, thing)
        found = (access for who in everybody for access in self.accesses(who, thing, rights))
        return _first_beyond(chain(found, self._idle(caller, thing, rights)), rights)

    def _idle(self, caller: Caller, thing: Thing, rights: Sequence[Right]) -> Iterator[Access]:
        """Actions beyond these rights that are written down about the thing, though they are never asked on it.

        Or never under the conditions that stand beside them. What a Deny or a boundary takes away is not among them.
        """
        written = Written(caller, thing)
        for action in kms_actions():
            if written.is_about(action) and not any(right.is_about(action) for right in rights):
                situation = Mentioned(action, self._lab.region, thing.algorithms).defaults()
                decision = decide(question_of(caller, action, thing, situation), policies_of(caller, thing))
                if decision.allowed or is_silent(decision):
                    yield Access(caller, action, thing, situation, in_force=False)

    def others(self, thing: Thing, *rights: Right, besides: Iterable[Caller] = ()) -> Access | None:
        """Find the first thing that somebody else may do with it beyond these rights.

        Left out are the account's administrators, and the callers of `besides`.
        """
        out = {caller.principal.arn for caller in besides}
        asked = (each for each in self.callers(thing) if not each.is_administrator and each.principal.arn not in out)
        return self.let_in(thing, asked, *rights)

    def let_in(self, thing: Thing, callers: Iterable[Caller], *rights: Right) -> Access | None:
        """Find the first thing beyond these rights that one of these callers may do with it.

        What is written down and void counts for principals of other accounts: it is the thing's own policy.
        """
        for caller in callers:
            found = (each for each in self.accesses(caller, thing, rights) if each.in_force or caller.foreign)
            if (access := _first_beyond(found, rights)) is not None:
                return access
        return None

    def accesses(self, caller: Caller, thing: Thing, about: Iterable[Right] = ()) -> Iterator[Access]:
        """Find all that the caller may do with it, in every situation that documents or these rights tell apart."""
        written = Written(caller, thing)
        for action in _actions(thing):
            if written.is_about(action):
                yield from self.ways(caller, action, thing, about)

    def ways(self, caller: Caller, action: str, thing: Thing, about: Iterable[Right] = ()) -> Iterator[Access]:
        """Find the situations in which the caller may do this one thing."""
        given = {name.lower() for name in (*caller.facts, *thing.facts)}
        asked = Mentioned(action, region_of(thing) or self._lab.region, thing.algorithms, given)
        question = question_of(caller, action, thing, {})
        policies = policies_of(caller, thing)
        is_written = mention(asked, question, policies)
        if not is_written:
            return
        for right in about:
            for name in right.where:  # the values that documents tell apart are there already
                asked.add(name, ())
        void: list[Situation] | None = []
        cases: Iterable[Situation] = [asked.defaults()] if asked.is_empty else asked.situations()
        for situation in (case for case in cases if not is_past(case, self._now)):
            decision = self._ask(caller, action, thing, situation)
            if decision.allowed:
                void = None
                yield Access(caller, action, thing, situation, asked.varied)
            elif void is not None and is_void(decision, caller):
                void.append(situation)
        for each in void or ():
            yield Access(caller, action, thing, each, asked.varied, in_force=False)

    def values(self, caller: Caller, action: str, thing: Thing, name: str, values: Iterable[str]) -> list[str]:
        """Find with which of these values of a condition key the caller may do it, whatever else there is to say."""
        left, found = list(values), set()
        for who in self.with_sessions(caller, thing):
            asked = Mentioned(action, region_of(thing) or self._lab.region, thing.algorithms)
            mention(asked, question_of(who, action, thing, {}), policies_of(who, thing))
            for situation in (each for each in asked.situations() if not is_past(each, self._now)):
                rest = (value for value in left if value not in found)
                found |= {value for value in rest if self._ask(who, action, thing, {**situation, name: value}).allowed}
        return [value for value in left if value in found]

    def _ask(self, caller: Caller, action: str, thing: Thing, situation: Situation) -> Decision:
        policies = policies_of(caller, thing)
        told = {name.lower() for name in caller.facts}  # a session of another time
        present = {name: value for name, value in self._now.items() if name.lower() not in told}
        if "aws:ViaAWSService" in situation:  # a service's call comes from no address of the caller
            present.pop("aws:SourceIp", None)
        situation = present | dict(situation)
        if action != "kms:RetireGrant" or not thing.grants:
            return decide(question_of(caller, action, thing, situation), policies)
        for grant in thing.grants:
            asked = decide(question_of(caller, action, thing, situation, grant.id), policies)
            if asked.allowed:
                break
        return asked


def _actions(thing: Thing) -> Sequence[str]:
    if thing.kind == "key":
        return on_keys()
    if thing.kind == "alias":
        return sorted(ALIAS_ACTIONS)
    return ASSUME_ACTIONS if thing.kind == "role" else on_nothing()


def _first_beyond(found: Iterable[Access], rights: Sequence[Right]) -> Access | None:
    return next((access for access in found if not any(right.covers(access) for right in rights)), None)


def _beside_kms(caller: Caller) -> Iterator[Access]:
    """What the caller's own policies allow of other services, as it is written."""
    for policy in caller.identity:
        for statement in policy.document.statements:
            if statement.effect == "Allow":
                on = Thing("nothing", "*", ", ".join(statement.resources or ("other resources",)), "")
                actions = statement.actions or ("everything but " + ", ".join(statement.not_actions or ()),)
                yield from (Access(caller, each, on, {}) for each in actions if not each.lower().startswith("kms:"))


def _is_on(right: Right, thing: Thing) -> bool:
    return thing.arn in right.on or ("*" in right.on and thing.kind == "nothing")


def _via(value: str) -> dict[str, str | Sequence[str]]:
    return through(*value.split(".")[:2])
