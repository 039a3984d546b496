"""Soft mode: what the policies would refuse is let through, and noted. Off unless somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from ..core.call import Call
from ..policy.outcome import Decision
from ..policy.refusals import refusal

LET_THROUGH = "Soft mode let this through. Without it:"
"""How an explanation of such a call begins."""

BEGUN = "Soft mode is on: calls that policies refuse are let through, and listed."
ENDED = "Soft mode is off: permissions are decided as AWS decides them."


@dataclass(frozen=True, slots=True)
class LetThrough:
    """A call that soft mode let through: who asked for what, and the refusal in AWS's words."""

    principal: str
    action: str
    resource: str
    code: str
    message: str | None
    request_id: str
    reason: str  # the name of the decision's reason


@dataclass(slots=True)
class SoftMode:
    """Whether refusals of policies count, and those that did not, oldest first."""

    on: bool = False
    let_through: list[LetThrough] = field(default_factory=list)
    tell: Callable[[str], object] = field(default=lambda _: None, repr=False)  # `labkit serve`'s terminal

    def begin(self) -> None:
        """Let calls through from now on."""
        if not self.on:
            self.tell(BEGUN)
        self.on = True

    def end(self) -> None:
        """Let refusals count again."""
        if self.on:
            self.tell(ENDED)
        self.on = False

    def refuse(self, call: Call, decision: Decision) -> None:
        """Raise the refusal in AWS's words (AwsError), or note it where soft mode is on."""
        error = refusal(decision, call.service)
        if not self.on:
            raise error
        question = decision.question
        self.let_through.append(
            LetThrough(
                question.principal.arn,
                question.action,
                question.resource,
                error.code,
                error.message,
                call.request_id,
                decision.reason.name,
            )
        )

    def told(self) -> dict[str, Any]:
        """Answer both, as JSON has them."""
        return {"on": self.on, "let_through": [asdict(each) for each in self.let_through]}
