"""What could be done about a refusal, reason by reason: the steps that suggestions are tried from.

Pure. A step is only a candidate here; whether it helps is decided by deciding again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .decision import needs_resource_policy
from .facts import principal_arn, service_name
from .grammar import FULL_ACCESS
from .grants import GRANT_OPERATIONS
from .matching import StatementAnalysis
from .other_requests import other_requests
from .outcome import Decision, Reason
from .question import Grant, NamedPolicy, PolicyKind, Question
from .steps import Situation, Step, new_policy, with_statement, without_statement


def remedies(decision: Decision) -> Iterator[Step]:
    """Return what could be done about the reason at hand."""
    if decision.reason is Reason.EXPLICIT_DENY and decision.statement is not None:
        yield from other_requests(decision.question, [decision.statement])
        yield _remove(decision.statement)
        if decision.policy_kind == "endpoint":
            yield Step("call past the VPC endpoint", apply=_past_the_endpoint)
        return
    kinds: dict[Reason, tuple[PolicyKind, ...]] = {
        Reason.RCP: ("rcp",),
        Reason.SCP: ("scp",),
        Reason.NO_IDENTITY_ALLOW: ("identity",),
        Reason.NO_RESOURCE_ALLOW: ("key", "trust", "resource"),
        Reason.BOUNDARY: ("boundary",),
        Reason.SESSION: ("session",),
        Reason.ENDPOINT: ("endpoint",),
    }
    wanted = kinds.get(decision.reason, ())
    near = [s for layer in decision.layers if layer.kind in wanted for p in layer.policies for s in p.statements]
    yield from other_requests(decision.question, [s for s in near if s.statement.effect == "Allow"])
    if decision.reason is Reason.SCP:
        yield _allow_in_scp(decision)
    elif decision.reason is Reason.RCP:
        yield _full_access(decision)
    elif decision.reason is Reason.ENDPOINT:
        yield _allow_in_endpoint(decision)
        yield Step("call past the VPC endpoint", apply=_past_the_endpoint)
    elif decision.reason is Reason.NO_RESOURCE_ALLOW:
        yield from _allow_in_resource(decision)
    elif decision.reason is Reason.NO_IDENTITY_ALLOW:
        yield _allow_in_identity(decision)
        yield from _name_in_resource(decision)
        yield from _grant(decision)
    elif decision.reason in (Reason.BOUNDARY, Reason.SESSION):
        yield _allow_in_limit(decision)


# The caller's own side


def _plain_statement(question: Question) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": question.action, "Resource": question.resource}


def _allow_in_identity(decision: Decision) -> Step:
    statement = _plain_statement(decision.question)
    added = new_policy("a new identity-based policy", "identity", statement)
    return Step(
        f"allow {decision.question.action} in an identity-based policy of the caller",
        statement,
        apply=lambda s: (s[0], replace(s[1], identity=(*s[1].identity, added))),
    )


def _allow_in_limit(decision: Decision) -> Step:
    statement = _plain_statement(decision.question)
    if decision.reason is Reason.BOUNDARY:
        return Step(
            f"allow {decision.question.action} in the permissions boundary",
            statement,
            apply=lambda s: (s[0], replace(s[1], boundary=s[1].boundary and with_statement(s[1].boundary, statement))),
        )
    return Step(
        f"take a session whose session policy allows {decision.question.action}",
        statement,
        apply=lambda s: (s[0], replace(s[1], session=(with_statement(s[1].session[0], statement), *s[1].session[1:]))),
    )


def _allow_in_scp(decision: Decision) -> Step:
    statement = _plain_statement(decision.question) | {"Resource": "*"}
    levels = [layer for layer in decision.layers if layer.kind == "scp"]
    level = next(number for number, layer in enumerate(levels) if layer.opinion != "allow")

    def apply(situation: Situation) -> Situation:
        question, policies = situation
        scps = list(policies.scps)
        scps[level] = (*scps[level], new_policy("a new service control policy", "scp", statement))
        return question, replace(policies, scps=tuple(scps))

    return Step(f"allow {decision.question.action} in a service control policy of level {level + 1}", statement,
                apply=apply)  # fmt: skip


def _full_access(decision: Decision) -> Step:
    """Attach RCPFullAWSAccess again: no other RCP may allow anything."""
    levels = [layer for layer in decision.layers if layer.kind == "rcp"]
    level = next(number for number, layer in enumerate(levels) if layer.opinion != "allow")

    def apply(situation: Situation) -> Situation:
        question, policies = situation
        rcps = list(policies.rcps)
        rcps[level] = (*rcps[level], new_policy("RCPFullAWSAccess", "rcp", FULL_ACCESS))
        return question, replace(policies, rcps=tuple(rcps))

    return Step(f"attach RCPFullAWSAccess at level {level + 1} over the resource's account", apply=apply)


def _allow_in_endpoint(decision: Decision) -> Step:
    statement = _plain_statement(decision.question) | {"Principal": "*"}

    def apply(situation: Situation) -> Situation:
        question, policies = situation
        return question, replace(policies, endpoint=policies.endpoint and with_statement(policies.endpoint, statement))

    return Step(f"allow {decision.question.action} in the VPC endpoint's policy", statement, apply=apply)


def _past_the_endpoint(situation: Situation) -> Situation:
    """The same request from elsewhere: without the endpoint's policy, and without what tells of the endpoint."""
    question, policies = situation
    told = {n: v for n, v in question.context.items() if n.lower() not in ("aws:sourcevpce", "aws:sourcevpc")}
    return replace(question, context=told), replace(policies, endpoint=None)


# The resource's side


def _principal_element(question: Question) -> dict[str, str] | str:
    caller = question.principal
    if caller.kind == "AWSService":
        return {"Service": service_name(caller)}
    return "*" if caller.kind == "Anonymous" else {"AWS": principal_arn(caller)}


def _allow_in_resource(decision: Decision) -> Iterator[Step]:
    yield from _name_in_resource(decision)
    question = decision.question
    if question.principal.kind in ("IAMUser", "AssumedRole"):
        root = {"AWS": f"arn:aws:iam::{question.principal.account}:root"}
        own = "the account" if not question.crosses_accounts else "the caller's account"
        words = f"let {own}'s IAM policies speak: name its root in {_resource_words(question)}"
        yield _in_resource(question, root, words)
    yield from _grant(decision)


def _name_in_resource(decision: Decision) -> Iterator[Step]:
    question = decision.question
    if decision.reason is Reason.NO_IDENTITY_ALLOW and (
        question.crosses_accounts or question.service == "iam" or question.names_no_resource
    ):
        return  # naming the caller is no way in, or there is no policy to name it in
    if decision.policies.resource is None and not needs_resource_policy(question) and question.principal.kind not in (
        "AWSService", "Anonymous") and not question.crosses_accounts:  # fmt: skip
        return
    yield _in_resource(question, _principal_element(question), f"name the caller in {_resource_words(question)}")


def _resource_words(question: Question) -> str:
    if question.service == "kms":
        return "the key policy"
    return "the role's trust policy" if question.service == "sts" else "the resource's policy"


def _in_resource(question: Question, principal: Mapping[str, str] | str, words: str) -> Step:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": question.action}
    kind: PolicyKind = "key" if question.service == "kms" else "trust" if question.service == "sts" else "resource"
    if kind != "trust":
        statement["Resource"] = "*" if kind == "key" else question.resource

    def apply(situation: Situation) -> Situation:
        asked, policies = situation
        if policies.resource is None:
            return asked, replace(policies, resource=new_policy(words, kind, statement))
        return asked, replace(policies, resource=with_statement(policies.resource, statement))

    return Step(words, statement, apply=apply)


def _grant(decision: Decision) -> Iterator[Step]:
    question = decision.question
    operation = next((o for o in GRANT_OPERATIONS if o.lower() == question.operation.lower()), "")
    may_hold_grants = question.principal.kind in ("IAMUser", "AssumedRole")
    if question.service != "kms" or not operation or not may_hold_grants or not needs_resource_policy(question):
        return
    if operation == "RetireGrant":
        return
    grant = Grant("a new grant", principal_arn(question.principal), (operation,))
    yield Step(
        f"create a grant of {operation} on the key for {grant.grantee}",
        {"GranteePrincipal": grant.grantee, "Operations": [operation]},
        apply=lambda s: (s[0], replace(s[1], grants=(*s[1].grants, grant))),
    )


def _remove(denial: StatementAnalysis) -> Step:
    name, statement = denial.policy.name, denial.statement

    def without(policy: NamedPolicy) -> NamedPolicy:
        there = policy.name == name and statement in policy.document.statements
        return without_statement(policy, statement.index) if there else policy

    def apply(situation: Situation) -> Situation:
        question, old = situation
        return question, replace(
            old,
            identity=tuple(without(p) for p in old.identity),
            session=tuple(without(p) for p in old.session),
            scps=tuple(tuple(without(p) for p in level) for level in old.scps),
            rcps=tuple(tuple(without(p) for p in level) for level in old.rcps),
            endpoint=old.endpoint and without(old.endpoint),
            boundary=old.boundary and without(old.boundary),
            resource=old.resource and without(old.resource),
        )

    return Step(f"remove the Deny {statement.label} from {name}", apply=apply)
