"""Who may do what: the gateway's step that reads the policies, decides, and keeps the decision on the call.

The judging itself is in `policy/`: pure functions. This file brings a call and the policies together.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from ..core.call import Call, Target
from ..core.errors import AwsError
from ..kms.model import Key
from ..policy.decision import decide
from ..policy.explanation import explain
from ..policy.outcome import Decision
from ..policy.question import Policies, Question
from .permissions import targets_of
from .policy_documents import check_documents
from .policy_sources import owner_of, policies_for
from .request_context import context_of
from .service_permissions import PLAIN, ServicePermissions
from .soft_mode import LET_THROUGH, SoftMode


class Authority:
    """Judges calls by what the services say of themselves; keeps what soft mode has let through, and nothing else."""

    def __init__(self, services: ServicePermissions) -> None:
        self._services = services
        self.soft_mode = SoftMode()

    def authorize(self, call: Call) -> None:
        """Allow the call, or raise AwsError in AWS's words; `call.decision` holds every decision made."""
        permissions = self._services.get(call.service, PLAIN)
        if call.operation in permissions.free:
            return
        targets = call.targets or targets_of(call, permissions)
        if call.operation == "AssumeRole" and targets[0].entity is None:
            raise AwsError("AccessDenied", _no_such_role(call, targets[0]), 403)
        decisions: list[Decision] = []
        call.decision = decisions
        for target in targets:
            decision = self._decide(call, target)
            decisions.append(decision)
            if not decision.allowed:
                self.soft_mode.refuse(call, decision)

    def demand(self, call: Call, target: Target) -> None:
        """Ask for one more permission of a call that is being carried out; its refusal is the call's.

        The kit's own checks, of which nobody asks permission, are not asked here either.
        """
        if call.decision is None:
            return
        decision = self._decide(call, target)
        call.decision.append(decision)
        if not decision.allowed:
            self.soft_mode.refuse(call, decision)

    def check_documents(self, call: Call) -> None:
        """Refuse a call whose policy the service would not keep."""
        check_documents(call, self._services.get(call.service, PLAIN))

    def _decide(self, call: Call, target: Target) -> Decision:
        assert call.principal
        known = isinstance(target.entity, Key)
        question = Question(
            principal=call.principal,
            action=target.action,
            resource=target.arn,
            resource_account=target.entity.account if known else owner_of(target.arn, self._services),
            context=context_of(call, target, self._services),
            grant_tokens=frozenset(call.params.get("GrantTokens", ())),
            grant_id=_retired_grant(call, target) if call.operation == "RetireGrant" else "",
        )
        return decide(question, policies_for(call, call.principal, target, self._services))


def _retired_grant(call: Call, target: Target) -> str:
    """The grant that a RetireGrant call names, by its id or by one of its tokens alone."""
    token = call.params.get("GrantToken")
    if token is None:
        return str(call.params.get("GrantId", ""))
    return next((grant.id for grant in target.entity.grants if token in grant.tokens), "")


def _no_such_role(call: Call, target: Target) -> str:
    """AssumeRole does not tell whether a role exists (seen in public issues)."""
    assert call.principal
    return f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {target.arn}"


@dataclass(frozen=True, slots=True)
class Judged:
    """What an explanation needs of an answered call: what was asked last, and the policies that were read for it.

    Not the decision, which is many times larger: `decide` is pure and makes the same one again. And of an error only
    its text: an exception holds on to the frames that it went through, and so to the call's parameters.
    """

    operation: str
    asked: tuple[Question, Policies] | None
    error: str = ""

    @classmethod
    def of(cls, call: Call) -> Judged:
        """Return what is to be remembered of this call."""
        last: Decision | None = call.decision[-1] if call.decision else None
        return cls(
            call.operation,
            (last.question, last.policies) if last else None,
            str(call.error) if call.error is not None else "",
        )


def explanation(call: Judged) -> dict[str, Any]:
    """Tell why a call was allowed or refused, as "text", "html" (escaped) and "data": of its decisive permission.

    A refusal that no policy made (an unknown key, a disabled one) is told as such: no permission would change it.
    """
    decision = decide(*call.asked) if call.asked else None
    if decision and not (call.error and decision.allowed):
        told = explain(decision)
        if not decision.allowed and not call.error:
            text, html = f"{LET_THROUGH}\n{told.text}", f"<p>{escape(LET_THROUGH)}</p>{told.html}"
            return {"text": text, "html": html, "data": told.data}
        return {"text": told.text, "html": told.html, "data": told.data}
    read = "Every policy allowed it." if decision else "No policy was asked."
    text = f"{call.operation} was refused, and not for lack of permission: {call.error}\n{read}"
    return {"text": text, "html": f"<pre>{escape(text)}</pre>", "data": {"operation": call.operation, "allowed": None}}
