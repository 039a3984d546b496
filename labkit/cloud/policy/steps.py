"""What a change is made of: one thing to do, in words, as a statement, and as an act on a situation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .question import Policies, Question

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
