"""What is relevant to a question: the statements and grants that are about it, whatever the situation. Pure."""

from __future__ import annotations

from ...cloud.policy.decision import analyse
from ...cloud.policy.grants import grantee_naming
from ...cloud.policy.matching import StatementAnalysis
from ...cloud.policy.outcome import Decision, Layer, Reason
from ...cloud.policy.patterns import first_action
from ...cloud.policy.question import Policies, Question
from .callers import Caller
from .rights import Situation
from .situations import Mentioned
from .things import Thing

# Refusals that another document, or a grant, made later would turn: what is written down already is more than nothing.
_VOID = (Reason.NO_RESOURCE_ALLOW, Reason.NO_IDENTITY_ALLOW, Reason.NO_CROSS_ACCOUNT_USE, Reason.NOT_RETIRABLE)

# What follows from the role, user or service itself, at all times. A tag may change, and a session has its own name.
_WHO_CALLS = frozenset({
    "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice", "aws:principalservicename",
    "aws:principaltype", "aws:username", "kms:calleraccount",
})  # fmt: skip


class Written:
    """What is written for a caller about a thing: read once, and then asked for each action."""

    def __init__(self, caller: Caller, thing: Thing) -> None:
        question = question_of(caller, "kms:Decrypt", thing, {})
        layers = analyse(question, policies_of(caller, thing))
        self._is_root = caller.principal.kind == "Root" and thing.kind in ("alias", "nothing")
        self._statements = [
            each.statement
            for layer in layers
            for policy in layer.policies
            for each in policy.statements
            if each.statement.effect == "Allow" and _counts(layer, each, question) and _is_about(each)
            if not (caller.foreign and layer.kind == "identity")  # which allows everything, and nothing by itself
        ]
        names = [grant for grant in thing.grants if grantee_naming(grant.grantee, question)]
        self._operations = {operation.lower() for grant in names for operation in grant.operations}
        if any(grantee_naming(grant.retiring, question) for grant in thing.grants):
            self._operations.add("retiregrant")

    def is_about(self, action: str) -> bool:
        """Tell whether an Allow, or a grant, is about the action, in some situation or other."""
        lowered = action.lower()
        if self._is_root or lowered.partition(":")[2] in self._operations:
            return True
        return any((first_action(s.lowered, lowered) >= 0) == (s.not_actions is None) for s in self._statements)


def _is_about(each: StatementAnalysis) -> bool:
    """Whether a statement takes in caller and resource, whatever the action.

    A Principal of "*" under a condition on who calls names those alone for whom the condition holds.
    """
    if not all(element.matched for element in each.elements if element.name not in ("Action", "NotAction")):
        return False
    return all(tested.matched for tested in each.conditions if tested.condition.key.lower() in _WHO_CALLS)


def region_of(thing: Thing) -> str:
    """Read the Region of a key or an alias; "" for everything else."""
    return thing.arn.split(":")[3] if thing.kind in ("key", "alias") else ""


def policies_of(caller: Caller, thing: Thing) -> Policies:
    """Gather all that has a say when the caller asks for the thing."""
    return Policies(caller.identity, caller.boundary, (), (), thing.policy, thing.grants, thing.rcps)


def question_of(caller: Caller, action: str, thing: Thing, situation: Situation, grant_id: str = "") -> Question:
    """Put the question to the decision."""
    region = region_of(thing)
    given = {"aws:SecureTransport": "true"} | ({"aws:RequestedRegion": region} if region else {})
    context = {**given, **thing.facts, **caller.facts, **situation}
    return Question(caller.principal, action, thing.arn, thing.account, context, grant_id=grant_id)


def mention(asked: Mentioned, question: Question, policies: Policies) -> bool:
    """Take in all conditions that have a say in this question; False if no Allow and no grant is about it."""
    allows = False
    for layer in analyse(question, policies):
        for policy in layer.policies:
            for each in policy.statements:
                if all(element.matched for element in each.elements):
                    allows = allows or (each.statement.effect == "Allow" and _counts(layer, each, question))
                    values = {test.condition.key.lower(): test.seen for test in each.conditions if test.seen}
                    for condition in each.statement.conditions:
                        asked.add_condition(condition, values)
        allows = _mention_grants(asked, question, layer) or allows
    return allows or question.principal.kind == "Root"


def _counts(layer: Layer, each: StatementAnalysis, question: Question) -> bool:
    """Whether an Allow gives something by itself: one that names the caller's own account only lets IAM decide."""
    if layer.kind in ("boundary", "scp", "rcp"):
        return False
    return each.naming != "account" or question.crosses_accounts


def _mention_grants(asked: Mentioned, question: Question, layer: Layer) -> bool:
    operation, found = question.operation.lower(), False
    for each in layer.grants:
        grant = each.grant
        if operation == "retiregrant" and grantee_naming(grant.retiring, question):
            found = True
        if operation in (o.lower() for o in grant.operations) and grantee_naming(grant.grantee, question):
            found = True
            if operation != "retiregrant":  # which the constraints do not limit
                asked.add_constraints(grant.constraints)
    return found


def is_silent(decision: Decision) -> bool:
    """Tell whether no document is against it: it is refused because none allows it."""
    return decision.reason in _VOID


def is_void(decision: Decision, caller: Caller) -> bool:
    """Tell whether something is written down for this caller that another document made later would put in force."""
    if decision.reason not in _VOID:
        return False
    for layer in decision.layers:
        for each in layer.allowances:
            if layer.kind == "identity" and not caller.foreign:
                return True
            if layer.kind in ("key", "trust") and (each.naming != "account" or caller.foreign):
                return True
    return False
