"""Who else gets in by the edited documents: everything that they allow, and the present ones do not.

The question of the checks (`labkit.exercises.reach`), asked twice in each situation: of the documents before, and of
those after. Reads the account's other principals and documents; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ...cloud.core.errors import AwsError
from ...cloud.policy.decision import decide
from ...cloud.policy.question import Policies
from ...exercises.reach import Access, Caller, CannotJudge, Reach, Thing
from ...exercises.reach.actions import ALIAS_ACTIONS, on_keys, on_nothing
from ...exercises.reach.callers import arn_words
from ...exercises.reach.later import conditions_about, forms
from ...exercises.reach.moment import is_past
from ...exercises.reach.relevant import mention, policies_of, question_of, region_of
from ...exercises.reach.situations import Mentioned
from ...exercises.reach.things import keys_of_others
from ..twin import Part, Table, Twin, Words
from .papers import Paper, Papers, policies
from .workbench import Workbench

MOST_WAYS, MOST_ACTIONS = 2, 6  # that are told in full


@dataclass(frozen=True, slots=True)
class Gain:
    """What somebody gets: who, on what, which actions, and in which cases where not in all."""

    who: str
    on: str
    actions: tuple[str, ...]
    how: str = ""


@dataclass(frozen=True, slots=True)
class WhoElse:
    """The answer: `gains`, and what it does not say (`notes`). Shown as a table."""

    gains: tuple[Gain, ...] = ()
    notes: tuple[str, ...] = ()
    caption: str = "By the edited documents, and not by the present ones"
    none: str = "nobody gets anything"

    @property
    def parts(self) -> tuple[Part, ...]:
        """The table, and the notes."""
        notes = tuple(Words(each, "note") for each in self.notes)
        if not self.gains and notes:
            return notes
        rows = [(each.who, _plain(each.on), _listed(each.actions), each.how or "always") for each in self.gains]
        return (*notes, Table(self.caption, ("Who", "On", "May", "When"), rows, self.none))

    def __repr__(self) -> str:
        return Twin(self.parts).text

    def _repr_html_(self) -> str:
        return Twin(self.parts).html


def _plain(words: str) -> str:
    """Take Markdown's marks off a name: a table shows them as they are."""
    return words.replace("`", "")


def _listed(actions: tuple[str, ...]) -> str:
    shown = ", ".join(actions[:MOST_ACTIONS])
    return f"{shown} and {len(actions) - MOST_ACTIONS} more" if len(actions) > MOST_ACTIONS else shown


@dataclass(frozen=True, slots=True)
class _Side:
    """The documents before, or after."""

    caller: Caller
    key: Thing
    scps: Any


def who_else(bench: Workbench) -> WhoElse:
    """Find everything that the edited documents allow and the present ones do not, to whomever."""
    if bench.unsound:
        return WhoElse((), (f"First mend this: {', '.join(each.title for each in bench.unsound)}.",))
    if bench.papers == bench.before:
        return WhoElse((), ("The documents are as they are in the account.",))
    if not all(each.is_sound for each in bench.before):
        return WhoElse((), ("The present documents can't be read, so there is nothing to compare with.",))
    try:
        return WhoElse(tuple(_gathered(_Search(bench).accesses())), _notes(bench))
    except CannotJudge as wrong:
        return WhoElse((), (f"This can't be told: {wrong}.",))
    except (ClientError, BotoCoreError, AwsError, LookupError) as wrong:
        return WhoElse((), (f"This can't be told, because the account can't be read: {wrong}",))


def who_loses(bench: Workbench) -> WhoElse:
    """Find everything that the present documents allow and the edited ones do not, to whomever."""
    turned = copy(bench)
    turned.before, turned.papers = bench.papers, bench.before
    caption = "By the present documents, and no longer by the edited ones"
    return replace(who_else(turned), caption=caption, none="nobody loses anything")


def _notes(bench: Workbench) -> tuple[str, ...]:
    changed = {a.kind for a in bench.papers if a not in bench.before} | {
        b.kind for b in bench.before if b not in bench.papers
    }
    notes = []
    if changed & {"scp", "rcp"}:
        notes.append("An organization's policies are over all keys and all accounts below; here this one key is asked.")
    if "session" in changed:
        notes.append("A session policy is one session's: it is not asked here.")
    return tuple(notes)


class _Search:
    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._view: Any = bench.view
        self._reach = Reach(self._view)
        self._now = bench.now
        self._before, self._after = self._side(bench.before), self._side(bench.papers)

    def _side(self, papers: Papers) -> _Side:
        bench, own = self._bench, policies(papers)
        arn, foreign = bench.asked.principal, bench.principal.account not in ("", bench.account.id)
        words = arn_words(arn, bench.account.id) if arn.startswith("arn:") else f"the service {arn}"
        caller = Caller(words, bench.principal, own.identity, own.boundary, bench.facts, foreign)
        key = replace(bench.thing, policy=own.resource, grants=own.grants, rcps=own.rcps)
        return _Side(caller, key, own.scps)

    def accesses(self) -> Iterator[Access]:
        """Find each gain: of everybody on the key, and of the principal that is asked about on everything else."""
        before, after = self._before, self._after
        me = after.caller
        for now in (me, *forms(me, conditions_about(me, before.key, after.key))):
            then = replace(before.caller, facts=now.facts, principal=now.principal)
            yield from self._gained(now, after.key, then, before.key)
            if _own(self._bench.before) != _own(self._bench.papers):
                for thing in self._others():
                    yield from self._gained(now, thing, then, thing)
        for each in self._reach.callers(before.key, after.key):
            if each.principal.kind == "Anonymous":
                continue  # "Requests must be signed" (KMS API Reference, "Signing Requests")
            if _role_of(each) != _role_of(me):
                yield from self._gained(each, after.key, each, before.key)
            elif each.principal.arn != me.principal.arn:  # a session of the same role that a document names
                now = replace(each, identity=me.identity, boundary=me.boundary, facts=me.facts)
                then = replace(now, identity=before.caller.identity, boundary=before.caller.boundary)
                yield from self._gained(now, after.key, then, before.key)

    def _others(self) -> Iterator[Thing]:
        texts = [policy.document.text for policy in self._after.caller.identity]
        seen = {self._after.key.arn}
        for thing in (*self._reach.things, *keys_of_others(self._bench.account.id, texts)):
            if thing.arn not in seen:
                seen.add(thing.arn)
                yield thing

    def _gained(self, now: Caller, thing: Thing, then: Caller, old: Thing) -> Iterator[Access]:
        after, before = self._policies(now, thing, self._after), self._policies(then, old, self._before)
        region = region_of(thing) or self._view.region
        for action in _actions(thing):
            asked = Mentioned(action, region, thing.algorithms, {name.lower() for name in (*now.facts, *thing.facts)})
            if not mention(asked, question_of(now, action, thing, {}), after):
                continue
            mention(asked, question_of(then, action, old, {}), before)
            for case in [asked.defaults()] if asked.is_empty else asked.situations():
                if is_past(case, self._now):
                    continue
                direct = {**self._now, **case}
                if "aws:ViaAWSService" in case:
                    direct.pop("aws:SourceIp", None)
                if self._may(now, action, thing, direct, after) and not self._may(then, action, old, direct, before):
                    yield Access(now, action, thing, case, asked.varied)

    def _policies(self, caller: Caller, thing: Thing, side: _Side) -> Policies:
        own = policies_of(caller, thing)
        return own if caller.foreign or not caller.account else replace(own, scps=side.scps)

    def _may(self, caller: Caller, action: str, thing: Thing, case: Any, documents: Policies) -> bool:
        ids = [grant.id for grant in thing.grants] if action == "kms:RetireGrant" else []
        return any(decide(question_of(caller, action, thing, case, each), documents).allowed for each in ids or [""])


def _role_of(caller: Caller) -> tuple[str, str, str]:
    return caller.principal.kind, caller.account, caller.name


def _own(papers: Papers) -> list[Paper]:
    return [each for each in papers if each.kind in ("identity", "boundary") and each.is_there]


def _actions(thing: Thing) -> Iterable[str]:
    if thing.kind == "key":
        return on_keys()
    return sorted(ALIAS_ACTIONS) if thing.kind == "alias" else on_nothing()


def _gathered(found: Iterable[Access]) -> Iterator[Gain]:
    """Bring together what one gets on one thing in the same cases."""
    cases: dict[tuple[str, str, str], list[str]] = {}
    for each in found:
        caller = each.caller
        strange = caller.principal.kind == "AWSService" and not caller.named
        words = "a service that no document names" if strange else caller.words
        who = words + (" (as far as its own account allows it)" if caller.foreign else "")
        cases.setdefault((who, each.thing.words or "no key", each.action), []).append(each.how)
    rows: dict[tuple[str, str, str], list[str]] = {}
    for (who, on, action), hows in cases.items():
        several = list(dict.fromkeys(how for how in hows if how))
        how = "; or ".join(several[:MOST_WAYS])
        if len(several) > MOST_WAYS:
            how += f"; and in {len(several) - MOST_WAYS} more cases that were tried"
        rows.setdefault((who, on, how), []).append(action)
    for (who, on, how), actions in rows.items():
        yield Gain(who, on, tuple(actions), how)
