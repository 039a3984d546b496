"""Remarks: what a policy holds that is not evaluated, or not as it looks, and whether AWS could decide otherwise.

Pure. Each is a sentence on one element: what it is, how it is treated, what AWS does. A remark is open where AWS may
take the element otherwise; whether that could turn the decision is tried, with the element taken both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from .decision import judged
from .documents import Document
from .element_remarks import Found, on_statement
from .facts import seen_by, values_of
from .matching import ElementAnalysis, StatementAnalysis
from .outcome import Decision, Layer
from .patterns import Values

_MAY_DIFFER = "AWS may take it otherwise, and decide otherwise."
_NO_MATTER = "AWS may take it otherwise, and would decide the same."


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence on an element of one statement, or of a whole policy; `matters`: it could turn the decision."""

    policy: str
    sid: str
    index: int
    about: str
    text: str
    is_open: bool
    matters: bool

    @property
    def where(self) -> str:
        """Which statement of which policy."""
        return f"{repr(self.sid) if self.sid else f'Statement {self.index + 1}'} of {self.policy}"


def remarks(decision: Decision, unread: Callable[[str], bool] = lambda _: False) -> tuple[Remark, ...]:
    """Make the remarks on a decision's policies.

    unread: tells of a condition key, in lower case, that it could not be found out whether the request has it.
    """
    found: list[tuple[StatementAnalysis, Found]] = []
    for layer in decision.layers:
        values = _values(decision, layer)
        for policy in layer.policies:
            for statement in policy.statements:
                found += [(statement, each) for each in on_statement(statement, decision, values, unread)]
    turns = _could_turn(decision, found)
    return tuple(_unique(_remark(statement, each, turns) for statement, each in found))


def document_remarks(document: Document) -> Iterator[tuple[int, Found]]:
    """Make the remarks that hold whatever is asked: (index of the statement, what was found)."""
    for statement in document.statements:
        for found in on_statement(StatementAnalysis.of(document, statement), None, {}, lambda _: False):
            yield statement.index, found


def _values(decision: Decision, layer: Layer) -> Values:
    values = values_of(decision.question)
    return seen_by(values, "resource") if layer.kind == "key" else values


def _remark(statement: StatementAnalysis, found: Found, turns: bool) -> Remark:
    end = f" {_MAY_DIFFER if turns else _NO_MATTER}" if found.is_open else ""
    written = statement.statement
    text = f"{found.text}{end}"
    return Remark(statement.policy.name, written.sid, written.index, found.about, text, found.is_open,
                  found.is_open and turns)  # fmt: skip


def _unique(found: Iterable[Remark]) -> Iterator[Remark]:
    said: set[tuple[str, str]] = set()
    for each in found:
        if (each.policy, each.text) not in said:
            said.add((each.policy, each.text))
            yield each


def _could_turn(decision: Decision, found: list[tuple[StatementAnalysis, Found]]) -> bool:
    """Decide again, with everything open taken for the request, then against it."""
    free: dict[int, set[tuple[str, ...]]] = {}
    for statement, each in found:
        if each.is_open:
            free.setdefault(id(statement), set()).add(each.path)
    if not free:
        return False
    answers = {judged(decision.question, decision.policies, tuple(_taken(layer, free, effect)
               for layer in decision.layers)).allowed for effect in ("Allow", "Deny")}  # fmt: skip
    return answers != {decision.allowed}


def _taken(layer: Layer, free: dict[int, set[tuple[str, ...]]], effect: str) -> Layer:
    """The layer where statements of this effect apply if they could, and the others don't if they need not."""
    policies = []
    for policy in layer.policies:
        statements = tuple(
            _apply_if(each, free[id(each)], each.statement.effect == effect) if id(each) in free else each
            for each in policy.statements
        )
        policies.append(replace(policy, statements=statements))
    return replace(layer, policies=tuple(policies))


def _apply_if(statement: StatementAnalysis, free: set[tuple[str, ...]], wanted: bool) -> StatementAnalysis:
    def is_free(element: ElementAnalysis) -> bool:
        return (element.name,) in free

    held = all(each.matched or is_free(each) for each in statement.elements) and all(
        each.matched or ("Condition", each.condition.operator, each.condition.key) in free
        for each in statement.conditions
    )
    applies = held if wanted else False
    named = statement.statement.principals is not None and statement.naming is None
    return replace(statement, applies=applies, naming="account" if applies and named else statement.naming)
