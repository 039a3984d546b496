"""The words of an explanation: what each fact of a decision says to a reader. Plain text, nothing escaped."""

from __future__ import annotations

from collections.abc import Callable

from .conditions import ConditionAnalysis
from .grants import GrantAnalysis
from .matching import ElementAnalysis, StatementAnalysis
from .outcome import Decision, Layer, Reason, Way

KIND_NAMES = {
    "rcp": "Resource control policies",
    "scp": "Service control policies",
    "key": "Key policy",
    "trust": "Role trust policy",
    "resource": "Resource-based policy",
    "identity": "Identity-based policies",
    "boundary": "Permissions boundary",
    "session": "Session policies",
    "grant": "Grants",
    "endpoint": "VPC endpoint policy",
}

_ALLOWED_BY = {
    Way.IDENTITY: "An identity-based policy allows it.",
    Way.IDENTITY_AND_RESOURCE: "An identity-based policy allows it, and the resource's policy lets that count.",
    Way.RESOURCE: "The resource's policy names the caller; that is enough.",
    Way.GRANT: "A grant on the KMS key gives the caller this permission.",
    Way.GRANT_AND_IDENTITY: "A grant lets the caller's account do it, and an identity-based policy passes that on.",
    Way.ROOT: "The caller is the account's root user.",
}

_SHOWN_VALUES = 6


def verdict(decision: Decision) -> str:
    """Return one sentence or two: allowed or refused, by what."""
    if decision.way is not None:
        by = f" Deciding: {where(decision.statement)}." if decision.statement else ""
        by += f" Deciding: grant {decision.grant.grant.id}." if decision.grant else ""
        return f"{_ALLOWED_BY[decision.way]}{by}"
    if decision.reason is Reason.EXPLICIT_DENY and decision.statement is not None:
        return f"{where(decision.statement)} denies it. A Deny wins over every Allow."
    return _REFUSED[decision.reason](decision)


def _no_resource_allow(decision: Decision) -> str:
    if decision.question.crosses_accounts:
        return "The account that owns the resource must allow it too, and its resource-based policy does not."
    if decision.policy_kind == "key":
        return (
            "No statement of the key policy names this caller for the action, and none lets the account's IAM policies"
            " speak for it. Without the key policy's consent an IAM policy counts for nothing."
        )
    if decision.policy_kind == "trust":
        return "The role's trust policy does not let this caller assume it."
    return "The resource's policy does not allow it."


def _no_identity_allow(decision: Decision) -> str:
    if decision.question.crosses_accounts:
        return "The resource's account agrees, but in the caller's own account no identity-based policy allows it."
    if any(layer.kind == "key" for layer in decision.layers):
        return "The key policy lets the account's IAM policies speak, but none of the caller's allows it."
    return "No identity-based policy of the caller allows it."


_REFUSED: dict[Reason, Callable[[Decision], str]] = {
    Reason.RCP: lambda _: "At one level over the resource's account no resource control policy allows it.",
    Reason.SCP: lambda _: "At one level of the organization no service control policy allows it.",
    Reason.NO_RESOURCE_ALLOW: _no_resource_allow,
    Reason.NO_IDENTITY_ALLOW: _no_identity_allow,
    Reason.BOUNDARY: lambda _: "The caller's permissions boundary does not allow it.",
    Reason.SESSION: lambda _: "The session was taken with a session policy, and that does not allow it.",
    Reason.NO_CROSS_ACCOUNT_USE: lambda _: "This operation works on KMS keys of the caller's own account only.",
    Reason.ENDPOINT: lambda _: (
        "Everything else allows it, but the request came by a VPC endpoint, and its policy does not."
    ),
    Reason.NOT_RETIRABLE: lambda _: "The grant says who may retire it, and this caller is not among them.",
}


def where(statement: StatementAnalysis | None) -> str:
    """Tell which statement of which policy."""
    if statement is None:
        return ""
    label = statement.statement.label
    return f"{label[0].upper()}{label[1:]} of {statement.policy.name}"


def listing(values: tuple[str, ...]) -> str:
    """Values, cut short if there are many."""
    shown = ", ".join(values[:_SHOWN_VALUES])
    more = len(values) - _SHOWN_VALUES
    return f"{shown} and {more} more" if more > 0 else shown or "nothing"


def element(analysis: ElementAnalysis) -> str:
    """Return one element: written and seen."""
    written = listing((analysis.by,) if analysis.by else analysis.written)
    return f"{analysis.name}: written {written}; seen {analysis.seen or 'nobody'}"


def condition(analysis: ConditionAnalysis) -> str:
    """Return one condition: operator, key, written and seen."""
    line = analysis.condition
    seen = "not in the request" if analysis.seen is None else listing(analysis.seen)
    note = f" ({analysis.note})" if analysis.note and analysis.seen is not None else ""
    passes = analysis.note.partition("; ")[2] if analysis.seen is None else ""
    note = f" ({passes})" if passes else note
    return f"{line.operator} {line.key}: written {listing(line.values)}; seen {seen}{note}"


def statement_effect(analysis: StatementAnalysis) -> str:
    """Tell whether a statement applies, and what that means."""
    effect = analysis.statement.effect
    if not analysis.applies:
        return f"{effect}, does not apply"
    if effect == "Allow" and analysis.naming == "account":
        return "Allow, applies: it lets the account's IAM policies speak, and gives nobody the permission by itself"
    return f"{effect}, applies"


def grant_line(analysis: GrantAnalysis) -> str:
    """Tell whether a grant gives the permission."""
    return f"Grant {analysis.grant.id}: {'gives' if analysis.applies else 'does not give'} the permission"


def layer_opinion(layer: Layer) -> str:
    """Return what a layer says, in a word or two."""
    on_resource = layer.kind in ("key", "trust", "resource")
    if layer.opinion == "allow" and on_resource and all(s.naming == "account" for s in layer.allowances):
        return "lets the account's IAM policies speak"
    return {"allow": "allows", "deny": "denies", "no opinion": "says nothing"}[layer.opinion]
