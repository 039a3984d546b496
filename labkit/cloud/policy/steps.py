"""What a change is made of: one thing to do, in words, as a statement, and as an act on a situation.

Changed copies of policies with it, a statement more or less: text in, text out. A policy is read again after each
change, so what is asked is what would be stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .documents import DocumentKind, parse_document
from .grammar import listed
from .question import NamedPolicy, Policies, Question

Situation = tuple[Question, Policies]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: in words, and the statement or grant to add, if there is one."""

    say: str
    statement: Mapping[str, Any] | None = None
    apply: Callable[[Situation], Situation] = field(kw_only=True, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """Steps that together allow the request."""

    steps: tuple[Step, ...]

    @property
    def text(self) -> str:
        """The steps, in one line."""
        return "; and ".join(step.say for step in self.steps)


def with_statement(policy: NamedPolicy, statement: Mapping[str, Any]) -> NamedPolicy:
    """`policy` with one statement more, at the end."""
    raw = json.loads(policy.document.text)
    return _read(policy, raw | {"Statement": [*listed(raw["Statement"]), statement]})


def without_statement(policy: NamedPolicy, index: int) -> NamedPolicy:
    """`policy` without one statement. What is left of a policy of one statement says nothing."""
    raw = json.loads(policy.document.text)
    raw["Statement"] = [s for i, s in enumerate(listed(raw["Statement"])) if i != index]
    if raw["Statement"]:
        return _read(policy, raw)
    return replace(policy, document=replace(policy.document, statements=(), text=json.dumps(raw)))


def new_policy(name: str, kind: DocumentKind, statement: Mapping[str, Any]) -> NamedPolicy:
    """Return a policy of one statement."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return NamedPolicy(name, parse_document(text, kind))


def _read(policy: NamedPolicy, raw: dict[str, Any]) -> NamedPolicy:
    return replace(policy, document=parse_document(json.dumps(raw), policy.document.kind))
