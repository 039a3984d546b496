"""Why a request was allowed or refused: the decision's own facts as text, as HTML and as data.

Pure. There is no second way to the answer in here: everything is read off the Decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from . import wording
from .matching import StatementAnalysis
from .outcome import Decision, Layer
from .refusals import message
from .remarks import Remark, remarks
from .steps import Change
from .suggestions import suggest


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision for readers: `text`, `html` (escaped) and `data` (plain lists and dicts, fit for JSON).

    `changes` are the smallest changes that would allow a refused request; each was verified. `remarks` tell of what the
    policies hold that was not evaluated, or otherwise than it looks.
    """

    decision: Decision
    changes: tuple[Change, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.decision.allowed

    @property
    def headline(self) -> str:
        """One line: allowed, or AWS's refusal."""
        question = self.decision.question
        if self.allowed:
            return f"Allowed: {question.principal.arn or 'anybody'} may {question.action} on {question.resource}"
        return f"Refused: {message(self.decision)}"

    @property
    def text(self) -> str:
        """Plain text, one fact a line."""
        return "\n".join(_text(self))

    @property
    def html(self) -> str:
        """A fragment of HTML in which everything that came from outside is escaped."""
        return _html(self)

    @property
    def data(self) -> dict[str, Any]:
        """The same facts as lists and dicts."""
        return _data(self)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def explain(decision: Decision, unread: Callable[[str], bool] = lambda _: False) -> Explanation:
    """Explain a decision, with the changes that would turn a refusal round.

    unread: tells of a condition key, in lower case, that it could not be found out whether the request has it.
    """
    return Explanation(decision, suggest(decision), remarks(decision, unread))


_READ_WITH_CARE = "Read with care:"


def _mark(held: bool) -> str:
    return "✓" if held else "✗"


def _text(explanation: Explanation) -> Iterator[str]:
    decision = explanation.decision
    yield explanation.headline
    yield f"Why: {wording.verdict(decision)}"
    if decision.layers:
        yield "Read, in this order:"
    for number, layer in enumerate(decision.layers, 1):
        yield f"{number}. {wording.KIND_NAMES[layer.kind]}: {wording.layer_opinion(layer)}"
        for statement in _statements(layer):
            yield f"   {wording.where(statement)} ({wording.statement_effect(statement)})"
            for held, line in _facts(statement):
                yield f"     {_mark(held)} {line}"
        for grant in layer.grants:
            yield f"   {wording.grant_line(grant)}"
            for what, held, line in grant.checks:
                yield f"     {_mark(held)} {what}: {line}"
    if explanation.remarks:
        yield _READ_WITH_CARE
    for remark in explanation.remarks:
        yield f" - {remark.where}: {remark.text}"
    if explanation.changes:
        yield "Each of these would allow it (tried):"
        for change in explanation.changes:
            yield f" - {change.text}"


def _statements(layer: Layer) -> Iterator[StatementAnalysis]:
    return (statement for policy in layer.policies for statement in policy.statements)


def _facts(statement: StatementAnalysis) -> Iterator[tuple[bool, str]]:
    for element in statement.elements:
        yield element.matched, wording.element(element)
    for condition in statement.conditions:
        yield condition.matched, wording.condition(condition)


def _html(explanation: Explanation) -> str:
    decision = explanation.decision
    color = "#1b7f3b" if explanation.allowed else "#b3261e"
    parts = [
        '<div class="labkit-explanation" style="max-width:60em">',
        f'<p style="border-left:4px solid {color};padding-left:.6em;margin:.3em 0">',
        f"<b>{escape(explanation.headline)}</b><br>{escape(wording.verdict(decision))}</p>",
    ]
    for number, layer in enumerate(decision.layers, 1):
        title = f"{number}. {wording.KIND_NAMES[layer.kind]}: {wording.layer_opinion(layer)}"
        parts.append(f"<details><summary>{escape(title)}</summary><ul>")
        for statement in _statements(layer):
            head = f"{wording.where(statement)} ({wording.statement_effect(statement)})"
            facts = "".join(f"<li>{_mark(held)} {escape(line)}</li>" for held, line in _facts(statement))
            parts.append(f"<li>{escape(head)}<ul>{facts}</ul></li>")
        for grant in layer.grants:
            facts = "".join(f"<li>{_mark(held)} {escape(f'{what}: {line}')}</li>" for what, held, line in grant.checks)
            parts.append(f"<li>{escape(wording.grant_line(grant))}<ul>{facts}</ul></li>")
        parts.append("</ul></details>")
    if explanation.remarks:
        told = "".join(f"<li>{escape(f'{each.where}: {each.text}')}</li>" for each in explanation.remarks)
        parts.append(f"<p style='margin:.3em 0'>{_READ_WITH_CARE}</p><ul>{told}</ul>")
    if explanation.changes:
        changes = "".join(f"<li>{escape(change.text)}</li>" for change in explanation.changes)
        parts.append(f"<p style='margin:.3em 0'>Each of these would allow it (tried):</p><ul>{changes}</ul>")
    return "".join([*parts, "</div>"])


def _data(explanation: Explanation) -> dict[str, Any]:
    decision, question = explanation.decision, explanation.decision.question
    return {
        "allowed": decision.allowed,
        "reason": decision.reason.name,
        "policy_kind": decision.policy_kind,
        "way": decision.way.name if decision.way else None,
        "verdict": wording.verdict(decision),
        "message": None if decision.allowed else message(decision),
        "question": {
            "principal": question.principal.arn,
            "action": question.action,
            "resource": question.resource,
            "context": {name: seen if isinstance(seen, str) else list(seen) for name, seen in question.context.items()},
        },
        "remarks": [asdict(remark) for remark in explanation.remarks],
        "layers": [_layer_data(layer) for layer in decision.layers],
        "changes": [
            [{"say": step.say, "statement": dict(step.statement) if step.statement else None} for step in change.steps]
            for change in explanation.changes
        ],
    }


def _layer_data(layer: Layer) -> dict[str, Any]:
    return {
        "kind": layer.kind,
        "opinion": layer.opinion,
        "statements": [_statement_data(statement) for statement in _statements(layer)],
        "grants": [
            {
                "id": grant.grant.id,
                "applies": grant.applies,
                "checks": [{"what": what, "held": held, "because": line} for what, held, line in grant.checks],
            }
            for grant in layer.grants
        ],
    }


def _statement_data(analysis: StatementAnalysis) -> dict[str, Any]:
    return {
        "policy": analysis.policy.name,
        "sid": analysis.statement.sid,
        "index": analysis.statement.index,
        "effect": analysis.statement.effect,
        "applies": analysis.applies,
        "names_caller": analysis.naming,
        "elements": [
            {"element": e.name, "written": list(e.written), "seen": e.seen, "matched": e.matched, "by": e.by}
            for e in analysis.elements
        ],
        "conditions": [
            {
                "operator": c.condition.operator,
                "key": c.condition.key,
                "written": list(c.condition.values),
                "seen": None if c.seen is None else list(c.seen),
                "matched": c.matched,
                "note": c.note,
            }
            for c in analysis.conditions
        ],
    }
