"""What a decision is: the layers that were analysed, the reason, and the way a request came in. Plain facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from .grants import GrantAnalysis
from .matching import PolicyAnalysis, StatementAnalysis
from .question import Policies, PolicyKind, Question

Opinion = Literal["allow", "deny", "no opinion"]


class Reason(Enum):
    """Why a request was allowed or refused; the value says it in words."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "an applicable statement denies the request"
    RCP = "no resource control policy allows the action at one of the levels over the resource's account"
    SCP = "no service control policy allows the action at one of the organization's levels"
    NO_RESOURCE_ALLOW = "no resource-based policy allows the action"
    NO_IDENTITY_ALLOW = "no identity-based policy allows the action"
    BOUNDARY = "the permissions boundary does not allow the action"
    SESSION = "the session policy does not allow the action"
    NO_CROSS_ACCOUNT_USE = "the operation works on KMS keys of the caller's own account only"
    ENDPOINT = "the VPC endpoint's policy does not allow the action"
    NOT_RETIRABLE = "the grant does not let this caller retire it"


class Way(Enum):
    """What allowed the request; the value says it in words."""

    IDENTITY = "an identity-based policy"
    IDENTITY_AND_RESOURCE = "an identity-based policy, with the resource-based policy's consent"
    RESOURCE = "the resource-based policy"
    GRANT = "a grant"
    GRANT_AND_IDENTITY = "a grant to the account, and an identity-based policy"
    ROOT = "the account's root user"


@dataclass(frozen=True, slots=True)
class Layer:
    """All policies of one kind and what they say together.

    For `rcp` and `scp` each level of the organization is a layer.
    """

    kind: PolicyKind | Literal["grant"]
    policies: tuple[PolicyAnalysis, ...] = ()
    grants: tuple[GrantAnalysis, ...] = ()

    @property
    def denial(self) -> StatementAnalysis | None:
        """The first Deny that applies."""
        for policy in self.policies:
            if (denial := policy.denial) is not None:
                return denial
        return None

    @property
    def allowances(self) -> Iterable[StatementAnalysis]:
        """Every Allow that applies."""
        return (s for p in self.policies for s in p.statements if s.applies and s.statement.effect == "Allow")

    @property
    def opinion(self) -> Opinion:
        """What the layer says."""
        if self.denial:
            return "deny"
        return "allow" if any(True for _ in self.allowances) or any(g.applies for g in self.grants) else "no opinion"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a question, with everything it was made from.

    `policy_kind` is the kind of policy that refused, `statement` the statement that decided (the Deny, or the
    Allow that let the request in), `grant` the grant that did; `way` is set when the request is allowed.
    """

    question: Question
    policies: Policies
    reason: Reason
    layers: tuple[Layer, ...]
    policy_kind: PolicyKind | None = None
    statement: StatementAnalysis | None = None
    grant: GrantAnalysis | None = None
    way: Way | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.reason is Reason.ALLOWED
