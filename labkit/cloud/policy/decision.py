"""The decision: from the analysis of every policy to allowed or refused, and for which reason.

Pure. The order of things is AWS's: an explicit deny anywhere; resource control policies; service control policies; the
resource's policy; identity-based policies with their limits; grants. A VPC endpoint's policy comes last: what it
refuses "otherwise would have been allowed" (KMS Developer Guide, "Logging AWS KMS requests that use a VPC endpoint").
Sources: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; KMS Developer Guide,
"Troubleshooting key access", "Default key policy", "Allowing users in other accounts to use a KMS key".
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ..core.call import Principal
from . import condition_keys
from .facts import seen_by, values_of
from .grants import GrantAnalysis, analyse_grant
from .matching import StatementAnalysis, analyse_policy, deny_by_not_principal
from .outcome import Decision, Layer, Reason, Way
from .patterns import Values
from .principals import Naming
from .question import NamedPolicy, Policies, PolicyKind, Question
from .reference.organization_limits import is_service_linked, rcps_apply

_CROSS_ACCOUNT = frozenset(name.lower() for name in condition_keys.CROSS_ACCOUNT_OPERATIONS)


def decide(question: Question, policies: Policies) -> Decision:
    """Analyse every policy, then decide from what was found."""
    if policies.ask_for_context:
        return _decided(question, policies)
    same = _for_any_context(question.principal, question.action, question.resource, question.resource_account, policies)
    return Decision(
        question, policies, same.reason, same.layers, same.policy_kind, same.statement, same.grant, same.way
    )  # `dataclasses.replace` takes three times as long


def _decided(question: Question, policies: Policies) -> Decision:
    return judged(question, policies, analyse(question, policies))


def judged(question: Question, policies: Policies, layers: tuple[Layer, ...]) -> Decision:
    """Decide from layers that were analysed before."""
    return _Judge(question, policies, layers).decide()


@lru_cache(maxsize=2048)
def _for_any_context(principal: Principal, action: str, resource: str, owner: str, policies: Policies) -> Decision:
    """The decision by policies without a condition, a variable or a grant: each such request gets the same."""
    return _decided(Question(principal, action, resource, owner), policies)


def analyse(question: Question, policies: Policies) -> tuple[Layer, ...]:
    """Return every layer that has a policy or a grant, in the order in which they matter."""
    values = values_of(question)
    kms = question.service == "kms"
    layers = [_layer("rcp", level, question, values) for level in policies.rcps] if rcps_apply(question) else []
    if not is_service_linked(question.principal):
        layers += [_layer("scp", level, question, values) for level in policies.scps]
    if policies.resource is not None:
        kind = policies.resource.document.kind
        seen = seen_by(values, "resource") if kms else values
        layer = _layer(kind, (policies.resource,), question, seen)
        layers.append(layer if policies.boundary is None else without_exceptions(layer))
    if policies.identity:
        layers.append(_layer("identity", policies.identity, question, values))
    if policies.boundary is not None:
        layers.append(_layer("boundary", (policies.boundary,), question, values))
    if policies.session:
        layers.append(_layer("session", policies.session, question, values))
    if policies.grants and kms:
        layers.append(Layer("grant", grants=tuple(analyse_grant(g, question, values) for g in policies.grants)))
    if policies.endpoint is not None:
        layers.append(_layer("endpoint", (policies.endpoint,), question, values))
    return tuple(layers)


def _layer(kind: PolicyKind, policies: tuple[NamedPolicy, ...], question: Question, values: Values) -> Layer:
    return Layer(kind, tuple(analyse_policy(p, question, values) for p in policies))


def without_exceptions(layer: Layer) -> Layer:
    """Return the layer as it counts for somebody with a permissions boundary: a Deny with NotPrincipal spares nobody.

    ("AWS JSON policy elements: NotPrincipal": it "will always deny any IAM principal that has a permissions boundary
    policy attached, regardless of the values specified".)
    """
    return replace(layer, policies=tuple(deny_by_not_principal(policy) for policy in layer.policies))


def needs_resource_policy(question: Question) -> bool:
    """Tell whether the resource's own policy must agree even inside one account: KMS keys and IAM roles.

    ("Policy evaluation logic": role trust policies and KMS key policies must explicitly allow.) An alias has no
    policy, and CreateKey and the List operations ask on no key.
    """
    arn = question.resource.split(":", 5)
    if len(arn) < 6 or question.names_no_resource:
        return False
    if question.service == "kms":
        return arn[2] == "kms" and arn[5].startswith("key/")
    return question.service == "sts" and arn[2] == "iam" and arn[5].startswith("role/")


class _Judge:
    """Decides from the layers alone: no policy is read again."""

    def __init__(self, question: Question, policies: Policies, layers: tuple[Layer, ...]) -> None:
        self.question = question
        self.policies = policies
        self.layers = layers
        self.caller = question.principal
        self.root = question.principal.kind == "Root"
        self.allows: dict[str, list[StatementAnalysis]] = {}
        for layer in layers:
            self.allows.setdefault(layer.kind, []).extend(layer.allowances)
        self.grants = [g for layer in layers for g in layer.grants if g.applies]

    def decide(self) -> Decision:
        """Decide by all policies but the VPC endpoint's; what they allow has still to come through that."""
        decision = self._by_policies()
        endpoint = next((layer for layer in self.layers if layer.kind == "endpoint"), None)
        if endpoint is None or not decision.allowed or endpoint.opinion == "allow":
            return decision
        if endpoint.denial is not None:
            return self._answer(Reason.EXPLICIT_DENY, "endpoint", endpoint.denial)
        return self._answer(Reason.ENDPOINT, "endpoint")

    def _by_policies(self) -> Decision:
        for layer in self.layers:
            if layer.kind != "endpoint" and (denial := layer.denial) is not None:
                kind = layer.kind if layer.kind != "grant" else None
                return self._answer(Reason.EXPLICIT_DENY, kind, denial)
        if any(layer.kind == "rcp" and layer.opinion != "allow" for layer in self.layers):
            return self._answer(Reason.RCP, "rcp")
        if self.caller.kind not in ("AWSService", "Anonymous"):
            for layer in self.layers:
                if layer.kind == "scp" and layer.opinion != "allow":
                    return self._answer(Reason.SCP, "scp")
        if self.question.service == "kms" and self.question.operation.lower() == "retiregrant":
            return self._retire()
        if self.caller.kind in ("AWSService", "Anonymous"):
            return self._without_identity()
        if self.question.crosses_accounts:
            return self._across_accounts()
        return self._inside_the_account()

    # What the layers say

    def _first(self, kind: str) -> StatementAnalysis | None:
        return next(iter(self.allows.get(kind, ())), None)

    def _resource(self, *how: Naming) -> StatementAnalysis | None:
        """The resource-based policy's first Allow that names the caller in one of these ways."""
        if self.policies.resource is None:
            return None
        return next((s for s in self.allows[self.policies.resource.document.kind] if s.naming in how), None)

    def _grant(self, *how: Naming) -> GrantAnalysis | None:
        return next((g for g in self.grants if g.naming in how), None)

    def _limit(self) -> Reason | None:
        """The limit that stops a permission of the caller's user or role, if one does."""
        if self.policies.boundary is not None and self._first("boundary") is None:
            return Reason.BOUNDARY
        if self.policies.session and self._first("session") is None:
            return Reason.SESSION
        return None

    # The cases

    def _inside_the_account(self) -> Decision:
        required = needs_resource_policy(self.question)
        direct = self._resource("directly", "everyone")
        if direct is not None:  # implicit denies in identity-based policies, boundary and session do not count
            return self._allow(Way.RESOURCE, direct)
        grant = self._grant("directly")
        if grant is not None:
            return self._allow(Way.GRANT, grant=grant)
        if self.root and not required:
            return self._allow(Way.ROOT)
        role, account, identity = self._resource("role"), self._resource("account"), self._first("identity")
        role_grant, account_grant = self._grant("role"), self._grant("account")
        limit = self._limit()
        if limit is None:
            if role is not None:
                return self._allow(Way.RESOURCE, role)
            if role_grant is not None:
                return self._allow(Way.GRANT, grant=role_grant)
            if identity is not None and (account is not None or not required):
                way = Way.IDENTITY_AND_RESOURCE if required else Way.IDENTITY
                return self._allow(way, identity)
            if identity is not None and account_grant is not None:
                return self._allow(Way.GRANT_AND_IDENTITY, identity, account_grant)
        if required and role is None and account is None and role_grant is None and account_grant is None:
            return self._answer(Reason.NO_RESOURCE_ALLOW, self._resource_kind())
        if identity is None and role is None and role_grant is None:
            return self._answer(Reason.NO_IDENTITY_ALLOW, "identity")
        return self._limited(limit)

    def _across_accounts(self) -> Decision:
        """Both accounts must agree; a grant, made in the key's account, is enough for the one it names."""
        question = self.question
        on_a_key = question.service == "kms" and needs_resource_policy(question)
        if on_a_key and question.operation.lower() not in _CROSS_ACCOUNT:
            return self._answer(Reason.NO_CROSS_ACCOUNT_USE, self._resource_kind())
        limit = self._limit()
        direct_grant, role_grant, account_grant = self._grant("directly"), self._grant("role"), self._grant("account")
        if direct_grant is not None:
            return self._allow(Way.GRANT, grant=direct_grant)
        if role_grant is not None and limit is None:
            return self._allow(Way.GRANT, grant=role_grant)
        resource = self._resource("directly", "everyone", "role", "account")
        if resource is None and account_grant is None and role_grant is None:
            return self._answer(Reason.NO_RESOURCE_ALLOW, self._resource_kind())
        identity = self._first("identity")
        if identity is None and not self.root and role_grant is None:
            return self._answer(Reason.NO_IDENTITY_ALLOW, "identity")
        if limit is not None:
            return self._limited(limit)
        if resource is not None:
            return self._allow(Way.IDENTITY_AND_RESOURCE if identity else Way.RESOURCE, identity or resource)
        return self._allow(Way.GRANT_AND_IDENTITY, identity, account_grant)

    def _without_identity(self) -> Decision:
        """AWS services acting for themselves, and anonymous callers, have only what the resource gives them."""
        resource = self._resource("directly", "everyone")
        if resource is not None:
            return self._allow(Way.RESOURCE, resource)
        grant = self._grant("directly")
        if grant is not None:
            return self._allow(Way.GRANT, grant=grant)
        return self._answer(Reason.NO_RESOURCE_ALLOW, self._resource_kind())

    def _retire(self) -> Decision:
        """The grant says who may retire it; kms:RetireGrant in an IAM policy counts only where the account may.

        ("Retiring and revoking grants": the permission alone retires nothing, and is not effective in a key policy.)
        """
        grant = self._grant("directly") or self._grant("role")
        if grant is not None:
            return self._allow(Way.GRANT, grant=grant)
        account = self._grant("account")
        if account is None:
            return self._answer(Reason.NOT_RETIRABLE, None)
        identity = self._first("identity")
        if identity is None:
            return self._answer(Reason.NO_IDENTITY_ALLOW, "identity")
        limit = self._limit()
        if limit is not None:
            return self._limited(limit)
        return self._allow(Way.GRANT_AND_IDENTITY, identity, account)

    # Answers

    def _resource_kind(self) -> PolicyKind:
        if self.policies.resource is not None:
            return self.policies.resource.document.kind
        return "trust" if self.question.service == "sts" else "key" if self.question.service == "kms" else "resource"

    def _limited(self, limit: Reason | None) -> Decision:
        if limit is None:
            raise AssertionError("a refusal without a limit has another reason")
        return self._answer(limit, "boundary" if limit is Reason.BOUNDARY else "session")

    def _answer(self, reason: Reason, kind: PolicyKind | None, statement: StatementAnalysis | None = None) -> Decision:
        return Decision(self.question, self.policies, reason, self.layers, kind, statement)

    def _allow(
        self, way: Way, statement: StatementAnalysis | None = None, grant: GrantAnalysis | None = None
    ) -> Decision:
        return Decision(self.question, self.policies, Reason.ALLOWED, self.layers, None, statement, grant, way)
