"""Which caller a Principal element means, and in what way.

Pure. The way matters: a policy that names a role is limited by the role's boundary and session policy, one that
names the session or the user is not, and one that names the account only lets the account's own policies speak.
Source: IAM User Guide, "AWS JSON policy elements: Principal", "... NotPrincipal" and "Policy evaluation logic".
"""

from __future__ import annotations

from typing import Literal

from ..core.call import Principal
from .documents import Effect, Principals
from .facts import service_name

Naming = Literal["directly", "role", "account", "everyone"]
"""How a policy names a caller: as the very user, session, root user or service; as the session's role;
through its account; or by "*"."""

_STRENGTH: dict[Naming, int] = {"directly": 3, "everyone": 2, "role": 1, "account": 0}


def naming(kind: str, value: str, caller: Principal) -> Naming | None:
    """Tell how the principal written as `kind`: `value` names the caller; None if it does not."""
    if value == "*":
        return "everyone" if kind in ("*", "AWS") or (kind == "Service" and caller.kind == "AWSService") else None
    if kind == "Service":
        return "directly" if caller.kind == "AWSService" and value == service_name(caller) else None
    if kind != "AWS" or caller.kind in ("AWSService", "Anonymous"):
        return None
    return _aws_naming(value, caller)


def _aws_naming(value: str, caller: Principal) -> Naming | None:
    session = caller.session
    if value == caller.arn or (caller.kind == "IAMUser" and value == caller.principal_id):
        return "directly"
    if session is not None and value in (session.issuer_arn, session.issuer_id):
        return "role"
    if value == caller.account or (value.startswith("arn:") and value.endswith(f":iam::{caller.account}:root")):
        return "directly" if caller.kind == "Root" else "account"
    return None


def matches(element: Principals, effect: Effect, caller: Principal) -> tuple[Naming | None, str]:
    """Tell how `element` of a statement takes in the caller (None: not at all) and the value that decided."""
    if element.negated:
        return _not_principal(element, effect, caller)
    best: Naming | None = None
    by = ""
    for kind, value in element.entries:
        how = naming(kind, value, caller)
        if how is not None and (best is None or _STRENGTH[how] > _STRENGTH[best]):
            best, by = how, value
    return best, by


def _not_principal(element: Principals, effect: Effect, caller: Principal) -> tuple[Naming | None, str]:
    """A Deny spares a caller only if every link of its chain is named: account, role, session or user.

    The documentation asks for the whole chain, because a service may check account, role and session in turn.
    An Allow leaves out whoever is named by any link.
    """
    named = {naming(kind, value, caller): value for kind, value in element.entries}
    named.pop(None, None)
    needed: set[Naming] = {"directly"}
    if caller.kind in ("IAMUser", "AssumedRole"):
        needed |= {"account"}
    if caller.session is not None:
        needed |= {"role"}
    spared = needed <= set(named) if effect == "Deny" else bool(named)
    if "everyone" in named or spared:
        return None, ", ".join(named.values())
    return "everyone", ""


def is_partly_named(element: Principals, caller: Principal) -> bool:
    """Tell whether a NotPrincipal names some links of the caller's chain (account, role, session), and not all."""
    named = {naming(kind, value, caller) for kind, value in element.entries} - {None}
    return bool(named) and "everyone" not in named and _not_principal(element, "Deny", caller)[0] is not None
