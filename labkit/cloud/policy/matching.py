"""Analysis: every statement of every policy held against the question, and why it applies or not.

Pure, and complete: nothing stops at the first difference, because the explanation is made of these facts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from ..core.call import Principal
from . import conditions, principals
from .conditions import ConditionAnalysis
from .documents import Document, Statement
from .patterns import Values, first_action, first_resource
from .principals import Naming
from .question import NamedPolicy, Question


@dataclass(frozen=True, slots=True)
class ElementAnalysis:
    """One element: what is written, what was seen, whether it takes the request in, and by which value.

    For a Not... element `by` is the value that keeps the request out.
    """

    name: str  # "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"
    written: tuple[str, ...]
    seen: str
    matched: bool
    by: str = ""


@dataclass(frozen=True, slots=True)
class StatementAnalysis:
    """One statement: its elements, its conditions, and whether it applies to the request.

    `naming` is how a resource-based policy's Principal names the caller; None where there is no Principal.
    """

    policy: NamedPolicy
    statement: Statement
    elements: tuple[ElementAnalysis, ...]
    conditions: tuple[ConditionAnalysis, ...]
    applies: bool
    naming: Naming | None = None

    @classmethod
    def of(cls, document: Document, statement: Statement) -> StatementAnalysis:
        """Take a statement as it is written, held against nothing."""
        return cls(NamedPolicy("the policy", document), statement, (), (), applies=False)

    @property
    def failures(self) -> int:
        """How many elements and conditions keep the statement from applying."""
        return sum(not e.matched for e in self.elements) + sum(not c.matched for c in self.conditions)


@dataclass(frozen=True, slots=True)
class PolicyAnalysis:
    """One policy, statement by statement."""

    policy: NamedPolicy
    statements: tuple[StatementAnalysis, ...]

    @property
    def denial(self) -> StatementAnalysis | None:
        """The first Deny that applies."""
        for analysis in self.statements:  # asked for every policy of every call: a loop is twice as fast as next()
            if analysis.applies and analysis.statement.effect == "Deny":
                return analysis
        return None

    @property
    def allowance(self) -> StatementAnalysis | None:
        """The first Allow that applies."""
        return next((s for s in self.statements if s.applies and s.statement.effect == "Allow"), None)


def analyse_policy(policy: NamedPolicy, question: Question, values: Values) -> PolicyAnalysis:
    """Hold a policy against the question."""
    principal, action, resource = question.principal, question.action, question.resource
    with_variables = policy.document.has_variables
    if with_variables and _has_variable_resources(policy):
        bare = _before_conditions(policy, principal, action, resource, values)
    else:
        bare = _without_variables(policy, principal, action, resource)
    return PolicyAnalysis(policy, tuple([_with_conditions(each, values, with_variables) for each in bare]))


@lru_cache(maxsize=4096)
def _has_variable_resources(policy: NamedPolicy) -> bool:
    """Whether which resources a statement is about depends on the request."""
    named = (each.resources or each.not_resources or () for each in policy.document.statements)
    return any("${" in pattern for patterns in named for pattern in patterns)


@lru_cache(maxsize=4096)
def _without_variables(
    policy: NamedPolicy, principal: Principal, action: str, resource: str
) -> tuple[StatementAnalysis, ...]:
    """The statements without their conditions: the same whatever else is known of a request."""
    return _before_conditions(policy, principal, action, resource, {})


def _before_conditions(
    policy: NamedPolicy, principal: Principal, action: str, resource: str, values: Values
) -> tuple[StatementAnalysis, ...]:
    return tuple(_statement(policy, each, principal, action, resource, values) for each in policy.document.statements)


def _statement(
    policy: NamedPolicy, statement: Statement, principal: Principal, action: str, resource: str, values: Values
) -> StatementAnalysis:
    """A statement's elements; its conditions are still to be tested."""
    elements = [_action(statement, action)]
    naming: Naming | None = None
    if statement.principals is not None:
        naming, by = principals.matches(statement.principals, statement.effect, principal)
        name = "NotPrincipal" if statement.principals.negated else "Principal"
        written = tuple(value for _, value in statement.principals.entries)
        elements.insert(0, ElementAnalysis(name, written, principal.arn, naming is not None, by))
    if policy.document.kind != "trust":  # a role's trust policy has no Resource: it is the role it hangs on
        elements.append(_resource(statement, resource, values))
    applies = all(e.matched for e in elements)
    return StatementAnalysis(policy, statement, tuple(elements), (), applies, naming)


def _with_conditions(bare: StatementAnalysis, values: Values, with_variables: bool) -> StatementAnalysis:
    """The statement's conditions, tested on this request."""
    statement = bare.statement
    if not statement.conditions:
        return bare
    tested = tuple([conditions.analyse(c, values, with_variables) for c in statement.conditions])
    applies = bare.applies and all(c.matched for c in tested)
    return StatementAnalysis(bare.policy, statement, bare.elements, tested, applies, bare.naming)


def deny_by_not_principal(analysis: PolicyAnalysis) -> PolicyAnalysis:
    """Return the policy, where a Deny with NotPrincipal takes in whoever asks, named or not."""
    if not any(s.statement.effect == "Deny" and s.naming is None for s in analysis.statements):
        return analysis
    return PolicyAnalysis(analysis.policy, tuple(map(_taking_in, analysis.statements)))


def _taking_in(analysis: StatementAnalysis) -> StatementAnalysis:
    named = analysis.statement.principals
    if analysis.statement.effect != "Deny" or named is None or not named.negated or analysis.naming is not None:
        return analysis
    elements = tuple(replace(e, matched=True, by="") if e.name == "NotPrincipal" else e for e in analysis.elements)
    applies = all(e.matched for e in elements) and all(c.matched for c in analysis.conditions)
    return replace(analysis, elements=elements, applies=applies, naming="everyone")


def _action(statement: Statement, action: str) -> ElementAnalysis:
    place = first_action(statement.lowered, action.lower())
    if statement.not_actions is not None:
        by = statement.not_actions[place] if place >= 0 else ""
        return ElementAnalysis("NotAction", statement.not_actions, action, place < 0, by)
    written = statement.actions or ()
    return ElementAnalysis("Action", written, action, place >= 0, written[place] if place >= 0 else "")


def _resource(statement: Statement, resource: str, values: Values) -> ElementAnalysis:
    if statement.not_resources is not None:
        by = first_resource(statement.not_resources, resource, values)
        return ElementAnalysis("NotResource", statement.not_resources, resource, not by, by)
    written = statement.resources or ()
    by = first_resource(written, resource, values)
    return ElementAnalysis("Resource", written, resource, bool(by), by)
