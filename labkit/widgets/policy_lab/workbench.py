"""`Workbench`: documents, a question, the decision. What is changed here stays here; nothing is sent to the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...cloud.core.call import Principal
from ...cloud.policy.decision import decide
from ...cloud.policy.explanation import Explanation, explain
from ...cloud.policy.lockout import lockout_check, lockout_error
from ...cloud.policy.question import Policies, Question
from ...cloud.policy.simulation import principal_of
from ...cloud.policy.steps import Change
from ...exercises.engine import LabView
from ...exercises.reach.actions import ALIAS_ACTIONS, on_keys, on_nothing
from ...exercises.reach.callers import EVERYTHING
from ...exercises.reach.situations import Mentioned, in_context, through
from ...exercises.reach.things import Thing, named
from .account import Account, example_papers, now_in, quick
from .marks import Mark
from .notes import nobody
from .papers import KINDS, Paper, PaperKind, Papers, complete, policies, written_back

ACTIONS = (*on_keys(), *(each for each in on_nothing() if each not in ALIAS_ACTIONS))
"""What can be asked: the actions on a key, then those on none. An alias is asked for beside its key; not here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who does what, and what the request brings. `mfa` None: the request does not say."""

    principal: str
    action: str
    key: str
    encryption_context: Mapping[str, str] = field(default_factory=dict)
    source_ip: str = ""
    mfa: bool | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    via_service: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


class Workbench:
    """Documents and a question over an account's own; `view` is a lab, or `account_of(session)`.

    `writer` is the ARN of the identity that would send the documents; else it is whose calls read the account.
    """

    def __init__(self, view: LabView, writer: str = "") -> None:
        self.view = quick(view)
        self.account = Account(self.view)
        self._me = writer or self.account.me
        key = next(iter(self.account.keys))
        offered = self.account.principals
        own = next(iter(offered), "") if key != self.account.example else ""
        self._read(own or f"arn:aws:iam::{self.account.id}:role/Clerk", "kms:Decrypt", key)

    def _read(self, principal: str, action: str, key: str) -> None:
        self.asked = Asked(principal, action, key)
        self.now = now_in(self.view)
        self.thing: Thing = self.account.key(key)
        self._tags: Mapping[str, str] = {}
        self.before: Papers = complete([*self._of_principal(principal), *self.account.key_papers(self.thing)])
        if key == self.account.example:
            given = [each for each in self.before if each.is_there and each.kind != "grants"]
            self.before = complete([*example_papers(self.account.id, key), *given])
        self.papers: Papers = self.before

    def _of_principal(self, arn: str) -> list[Paper]:
        found = self.account.owner(arn)
        self._tags = dict(found.tags) if found else {}
        if found is None and principal_of(arn).account not in ("", self.account.id):
            # what another account allows its own people is not known here: everything, until one says otherwise
            text = named("", EVERYTHING, "identity").document.text
            return [Paper("identity", text, "whatever its own account allows")]
        return self.account.owner_papers(found)

    # --- the question ---------------------------------------------------------------------------------------------

    def choose(self, **asked: Any) -> Workbench:
        """Ask something else: principal, action, key (ARN), encryption_context, source_ip, mfa, tags, …

        See `Asked`. Another principal, or another key, brings its own documents as they are in the account.
        """
        asked = {name: getattr(value, "arn", value) for name, value in asked.items()}
        wanted = replace(self.asked, **asked)
        principal_of(wanted.principal)  # ValueError where it is none
        if wanted.action not in ACTIONS:
            raise ValueError(f"KMS has no action {wanted.action!r} that can be asked here.")
        if wanted.key != self.asked.key:
            self.thing = self.account.key(wanted.key)
            self._exchange(("key", "grants", "rcp"), self.account.key_papers(self.thing))
        if wanted.principal != self.asked.principal:
            self._exchange(("identity", "boundary", "session"), self._of_principal(wanted.principal))
        self.asked = wanted
        return self

    def _exchange(self, kinds: Sequence[PaperKind], papers: Sequence[Paper]) -> None:
        self.before = complete([*(each for each in self.before if each.kind not in kinds), *papers])
        self.papers = complete([*(each for each in self.papers if each.kind not in kinds), *papers])

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return principal_of(self.asked.principal)

    @property
    def facts(self) -> dict[str, str | Sequence[str]]:
        """What follows from who asks: its tags."""
        return {f"aws:PrincipalTag/{name}": value for name, value in {**self._tags, **self.asked.tags}.items()}

    @property
    def question(self) -> Question:
        """The question, with everything that such a request brings."""
        asked, thing = self.asked, self.thing
        region = thing.arn.split(":")[3]
        context: dict[str, str | Sequence[str]] = {"aws:SecureTransport": "true", "aws:RequestedRegion": region}
        context |= {**self.now, **self.facts}
        context |= Mentioned(asked.action, region, thing.algorithms).defaults()
        on_key = asked.action in on_keys()
        context |= thing.facts if on_key else {}
        context |= in_context(asked.encryption_context)
        if asked.via_service:
            context |= through(asked.via_service.partition(".")[0], region)
            context.pop("aws:SourceIp", None)
        if asked.source_ip:
            context["aws:SourceIp"] = asked.source_ip
        if asked.mfa is not None:
            context["aws:MultiFactorAuthPresent"] = str(asked.mfa).lower()
        context |= asked.context
        resource = thing.arn if on_key else "*"
        return Question(self.principal, asked.action, resource, thing.account if on_key else "", context)

    # --- the documents --------------------------------------------------------------------------------------------

    def number(self, kind: PaperKind, number: int = 1) -> int:
        """Find the place of the nth document of a kind."""
        if kind not in KINDS:
            raise ValueError(f"There is no document {kind!r}; there are {', '.join(KINDS)}.")
        places = [at for at, each in enumerate(self.papers) if each.kind == kind]
        if not 1 <= number <= len(places):
            raise ValueError(f"There are {len(places)} documents of the kind {kind!r}, no number {number}.")
        return places[number - 1]

    def document(self, kind: PaperKind, number: int = 1) -> str:
        """Return a document's text."""
        return self.papers[self.number(kind, number)].text

    def set_document(self, kind: PaperKind, text: str, number: int = 1) -> Workbench:
        """Write a document: "key", "identity", "boundary", "session", "scp", "rcp" or "grants"."""
        at = self.number(kind, number)
        self.papers = (*self.papers[:at], replace(self.papers[at], text=text), *self.papers[at + 1 :])
        return self

    def put_back(self) -> Workbench:
        """Take back every change: the documents as they were in the account when they were read."""
        self.papers = self.before
        return self

    def marks(self, paper: Paper) -> tuple[Mark, ...]:
        """Say what is wrong with a document; of a key policy also what KMS finds out by asking the account."""
        marks = paper.marks
        if paper.kind != "key" or not paper.is_there or not paper.is_sound:
            return marks
        if self.account.everybody is not None:
            marks += nobody(paper.text, self.account.everybody, self.account.id)
        if paper.text != self.document_before("key") and self._is_lockout(paper):
            marks += (Mark(1, 1, f"{lockout_error().code}: {lockout_error().message} (You are {self._me}.)"),)
        return marks

    def document_before(self, kind: PaperKind) -> str:
        """Return a document as it is in the account."""
        return next((each.text for each in self.before if each.kind == kind), "")

    def _is_lockout(self, paper: Paper) -> bool:
        me = self._me
        if self._writer is None:
            self._writer = tuple(each.policy for each in self.account.owner_papers(self.account.owner(me)))
        question = Question(principal_of(me), "kms:PutKeyPolicy", self.thing.arn, self.thing.account, self.thing.facts)
        return not lockout_check(paper.policy.document, question, Policies(identity=self._writer))

    _writer: tuple[Any, ...] | None = None

    # --- the answers ----------------------------------------------------------------------------------------------

    @property
    def unsound(self) -> tuple[Paper, ...]:
        """The documents that AWS would not keep: with these there is nothing to decide."""
        return tuple(each for each in self.papers if not each.is_sound)

    def decide(self) -> Explanation | None:
        """Decide by the documents as they are written; None while one of them can't be read."""
        if self.unsound:
            return None
        asked = self.question
        own = policies(self.papers)
        return explain(decide(asked, own if asked.resource != "*" else replace(own, resource=None, grants=(), rcps=())))

    @property
    def changes(self) -> tuple[Change, ...]:
        """The smallest changes that would allow it, each tried."""
        decided = self.decide()
        return decided.changes if decided else ()

    def make_it_pass(self, number: int = 1) -> Change | None:
        """Apply one of the smallest changes to the documents and the question; None where there is none.

        It is decided again afterwards: where the documents don't allow it then, they are as before.
        """
        changes = self.changes
        if not changes:
            return None
        if not 1 <= number <= len(changes):
            raise ValueError(f"There are {len(changes)} changes, no number {number}.")
        change, kept, before = changes[number - 1], (self.asked, self.papers), policies(self.papers)
        situation = self.question, before
        for step in change.steps:
            situation = step.apply(situation)
        question, after = situation
        self.papers = written_back(self.papers, before, after)
        added = {n: v for n, v in question.context.items() if self.question.context.get(n) != v}
        if added:
            self.asked = replace(self.asked, context={**self.asked.context, **added})
        again = self.decide()
        if again is None or not again.allowed:
            self.asked, self.papers = kept
            return None
        return change
