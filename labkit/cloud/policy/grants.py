"""Grants, KMS's third way in: does a grant give this permission to this caller, and why.

Pure. Sources: KMS Developer Guide, "Grants in AWS KMS" (grantee principals, constraints, tokens, "Granting
CreateGrant permission", "Retiring and revoking grants"); KMS API Reference, GrantConstraints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.kms_operations import table as operations
from .patterns import Values
from .principals import Naming, naming
from .question import Grant, GrantConstraints, Question

# Operations that carry no encryption context: the constraint does not apply to them (GrantConstraints).
# With these, and with operations on asymmetric and HMAC keys, such a grant cannot be made in the first place.
_WITHOUT_CONTEXT = frozenset(("describekey", "retiregrant"))
_CONTEXT = "kms:encryptioncontext:"
_NO_CONSTRAINTS = GrantConstraints()
GRANT_OPERATIONS = tuple(name for each in operations().values() if each.grantable for name in each.permissions)
"""What a grant can allow (KMS API Reference, GrantOperation)."""


@dataclass(frozen=True, slots=True)
class GrantAnalysis:
    """One grant: whether it gives the permission, and each thing looked at, as (what, held, in words)."""

    grant: Grant
    checks: tuple[tuple[str, bool, str], ...]
    naming: Naming | None = None  # how the grant names the caller

    @property
    def applies(self) -> bool:
        """Whether the grant gives the permission."""
        return all(held for _, held, _ in self.checks)


def analyse_grant(grant: Grant, question: Question, values: Values) -> GrantAnalysis:
    """Hold a grant against the question."""
    if question.operation.lower() == "retiregrant":
        return _retire(grant, question, values)
    how = grantee_naming(grant.grantee, question)
    operation = next((o for o in grant.operations if o.lower() == question.operation.lower()), "")
    checks = [
        ("Grantee principal", how is not None, f"the grant names {grant.grantee}"),
        ("Operations", bool(operation), f"the grant allows {', '.join(grant.operations)}"),
        _in_force(grant, question),
        *_constraints(grant, question, values),
    ]
    return GrantAnalysis(grant, tuple(checks), how)


def grantee_naming(principal: str, question: Question) -> Naming | None:
    """Tell how a principal that a grant names stands to the caller."""
    if not principal or principal == "*":
        return None
    return naming("Service" if _is_service(principal) else "AWS", principal, question.principal)


def _is_service(principal: str) -> bool:
    return not principal.startswith("arn:") and "." in principal


def _in_force(grant: Grant, question: Question) -> tuple[str, bool, str]:
    if grant.effective:
        return "Effective", True, "the grant has reached all of KMS"
    if not grant.tokens.isdisjoint(question.grant_tokens):
        return "Effective", True, "the request brings the grant's token"
    return "Effective", False, "the grant has not reached all of KMS yet, and the request brings no grant token of it"


def _constraints(grant: Grant, question: Question, values: Values) -> list[tuple[str, bool, str]]:
    constraints, operation = grant.constraints, question.operation.lower()
    if constraints == _NO_CONSTRAINTS and operation != "creategrant":
        return []  # most grants: a key may have thousands
    checks = []
    pairs = {name.removeprefix(_CONTEXT): seen for name, seen in values.items() if name.startswith(_CONTEXT)}
    if operation == "creategrant":
        checks += _parent(grant, pairs, values)
    elif operation not in _WITHOUT_CONTEXT:
        if constraints.encryption_context_equals is not None:
            held = _folded(constraints.encryption_context_equals) == pairs
            checks.append(("EncryptionContextEquals", held, _written(constraints.encryption_context_equals)))
        if constraints.encryption_context_subset is not None:
            held = _folded(constraints.encryption_context_subset).items() <= pairs.items()
            checks.append(("EncryptionContextSubset", held, _written(constraints.encryption_context_subset)))
    if constraints.source_arn is not None and operation != "retiregrant":
        held = values.get("aws:sourcearn") == (constraints.source_arn,)
        checks.append(("SourceArn", held, f"the grant works for {constraints.source_arn} only"))
    return checks


def _parent(grant: Grant, pairs: Mapping[str, tuple[str, ...]], values: Values) -> list[tuple[str, bool, str]]:
    """A child grant may hold no more operations, and no weaker constraint, than the grant it is made from.

    Source: "Granting CreateGrant permission", AWS KMS Developer Guide.
    """
    wanted = {o.lower() for o in values.get("kms:grantoperations", ())}
    allowed = {o.lower() for o in grant.operations}
    checks = [("Child's operations", wanted <= allowed, f"the new grant allows only {', '.join(grant.operations)}")]
    kind = values.get("kms:grantconstrainttype", ("",))[0]
    constraints = grant.constraints
    if constraints.encryption_context_equals is not None:
        held = kind == "EncryptionContextEquals" and _folded(constraints.encryption_context_equals) == pairs
        checks.append(("Child's constraint", held, "the new grant is at least as strict"))
    elif constraints.encryption_context_subset is not None:
        held = bool(kind) and _folded(constraints.encryption_context_subset).items() <= pairs.items()
        checks.append(("Child's constraint", held, "the new grant is at least as strict"))
    if constraints.source_arn is not None:
        held = values.get("kms:grantconstraintsourcearn") == (constraints.source_arn,)
        checks.append(("Child's constraint", held, f"the new grant works for {constraints.source_arn} only"))
    return checks


def _folded(written: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """A constraint's pairs: in a grant the key's case does not count, the value's does (GrantConstraints)."""
    return {name.lower(): (value,) for name, value in written.items()}


def _written(pairs: Mapping[str, str]) -> str:
    return "the grant asks for " + (", ".join(f"{k}={v}" for k, v in pairs.items()) or "no encryption context")


def _retire(grant: Grant, question: Question, values: Values) -> GrantAnalysis:
    """Who may retire: the retiring principal, a grantee whose grant says RetireGrant, the account it was made in."""
    about = ("Grant", grant.id == question.grant_id, f"the request retires {question.grant_id}")
    retiring = grantee_naming(grant.retiring, question)
    grantee = grantee_naming(grant.grantee, question)
    account = grant.issuing_account and naming("AWS", grant.issuing_account, question.principal)
    if retiring in ("directly", "role"):
        named = ("Retiring principal", True, f"the grant names {grant.retiring}")
        return GrantAnalysis(grant, (about, named), retiring)
    if grantee is not None and "retiregrant" in (o.lower() for o in grant.operations):
        named = ("Grantee principal", True, "the grant allows its grantee to retire it")
        return GrantAnalysis(grant, (about, named, *_constraints(grant, question, values)), grantee)
    if retiring is not None or account:
        how: Naming = "directly" if "directly" in (retiring, account) else "account"
        return GrantAnalysis(grant, (about, ("Account", True, "the caller's account may retire the grant")), how)
    nobody = ("Retiring principal", False, "the grant gives this caller no right to retire it")
    return GrantAnalysis(grant, (about, nobody))
