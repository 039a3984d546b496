"""`PolicyLab`: the widget round a `Workbench`, with the last answers. It sends documents only when it is asked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...cloud.policy.explanation import Explanation
from ...exercises.engine import LabView
from ..calls import Caller, Explain, Outcome, outcomes
from ..clients import clients_of
from ..frame import Widget
from ..twin import Part, Twin, Words
from . import pages, sending
from .papers import PaperKind
from .who_else import WhoElse, who_else
from .workbench import Workbench

if TYPE_CHECKING:
    from .view import PolicyLabView


@dataclass(frozen=True, slots=True)
class Value:
    """The decision (None where a document can't be read), its explanation, and the documents by title."""

    allowed: bool | None
    explanation: Explanation | None
    documents: Mapping[str, str]

    def __repr__(self) -> str:
        said = {True: "allowed", False: "refused", None: "not decided"}[self.allowed]
        return f"{said}; {', '.join(self.documents)}"


class PolicyLab(Widget):
    """Documents to edit, a question, and the decision at once.

    `view` is a lab, or `account_of(session)`; `clients` are those that `send` calls with, `explain` is `lab.explain`.
    """

    def __init__(self, view: LabView, clients: Mapping[str, Any] | None = None, explain: Explain | None = None) -> None:
        self.logic = Workbench(view)
        self._clients = clients
        self._explain = explain
        self.said: Sequence[Part] = ()
        self.found: WhoElse | None = None

    @property
    def value(self) -> Value:
        """The decision and the documents as they are now."""
        decided = self.logic.decide()
        documents = {each.title: each.text for each in self.logic.papers if each.is_there}
        return Value(decided.allowed if decided else None, decided, documents)

    def choose(self, **asked: Any) -> PolicyLab:
        """Ask something else; see `Asked`."""
        self.logic.choose(**asked)
        return self._fresh()

    def set_document(self, kind: PaperKind, text: str, number: int = 1) -> PolicyLab:
        """Write a document: "key", "identity", "boundary", "session", "scp", "rcp" or "grants"."""
        self.logic.set_document(kind, text, number)
        return self._fresh()

    def decide(self) -> Explanation | None:
        """Decide by the documents as they are written; None while one of them can't be read."""
        return self.logic.decide()

    def put_back(self) -> PolicyLab:
        """Take back every change."""
        self.logic.put_back()
        return self._fresh()

    def make_it_pass(self, number: int = 1) -> PolicyLab:
        """Apply one of the smallest changes that allow the request to the documents, and decide again."""
        change = self.logic.make_it_pass(number)
        self._fresh()
        if change is None:
            words = "It is allowed already." if self.value.allowed else "No change of these documents is known to help."
            self.said = (Words(words, "note"),)
        else:
            self.said = (Words(f"Changed here, and not in the account: {change.text}.", "done"),)
        return self

    def who_else(self) -> WhoElse:
        """Find what the edited documents allow and the present ones do not, to whomever."""
        self.found = who_else(self.logic)
        return self.found

    def send(self) -> list[Outcome]:
        """Send the edited documents to the account: the key policy, inline policies of the role, new grants."""
        if self.logic.unsound or self.logic.asked.key == self.logic.account.example:
            self.said = (Words("There is nothing to send: mend the documents first, or choose a key.", "note"),)
            return []
        calls, left = sending.calls(self.logic)
        clients = self._clients or clients_of(getattr(self.logic.view, "session", None), self.logic.view.region)
        made = Caller(clients, self._explain).change(*calls)
        parts: list[Part] = list(outcomes(made))
        parts += [Words(f"Not sent: {each}.", "note") for each in left]
        self.said = parts or (Words("The documents are as they are in the account.", "note"),)
        return made

    def _fresh(self) -> PolicyLab:
        self.said, self.found = (), None
        return self

    def twin(self) -> Twin:
        """Show the question, the decision, the documents with their marks, and the last answers."""
        bench, decided = self.logic, self.logic.decide()
        parts = [*pages.head(), *pages.question(bench), *pages.decision(bench, decided), *self.said]
        parts += pages.changes(bench, decided)
        parts += self.found.parts if self.found else ()
        for paper in bench.papers:
            parts += pages.document(bench, paper) if paper.is_there or not paper.is_sound else []
        return Twin((*parts, *pages.care(decided), *pages.reasons(decided), *pages.unread(bench)))

    def make_view(self) -> PolicyLabView:
        """Make the live policy lab."""
        from .view import PolicyLabView

        return PolicyLabView(self)
