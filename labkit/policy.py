"""Policies without an account: `labkit.policy.simulate` answers for policies that you write or read off an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cloud.policy import Explanation, Grant, GrantConstraints, simulate

__all__ = ["Explanation", "Grant", "GrantConstraints", "as_grant", "simulate"]


def as_grant(listed: Mapping[str, Any]) -> Grant:
    """Return a grant of ListGrants, for the decision. Tokens are not listed, so it counts as effective."""
    limits = listed.get("Constraints", {})
    constraints = GrantConstraints(
        limits.get("EncryptionContextEquals"), limits.get("EncryptionContextSubset"), limits.get("SourceArn")
    )
    issuer = listed.get("IssuingAccount", "").split(":")
    return Grant(
        listed["GrantId"],
        listed.get("GranteePrincipal") or listed.get("GranteeServicePrincipal", ""),
        tuple(listed["Operations"]),
        retiring=listed.get("RetiringPrincipal") or listed.get("RetiringServicePrincipal", ""),
        constraints=constraints,
        issuing_account=issuer[4] if len(issuer) > 4 else issuer[0],
    )
