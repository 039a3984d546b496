"""Who counts as one and the same requester, where a service keeps decrypted keys for a while. Pure.

Source: S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys": other roles, accounts and scoping
policies make other requesters.
"""

from __future__ import annotations

from ..core.call import Principal

Requester = tuple[str, str, str | None, tuple[str, ...]]


def requester(who: Principal) -> Requester:
    """Return the account, the role or user, and the policies that limit the session."""
    session = who.session
    if session is None:
        return who.account, who.arn, None, ()
    return who.account, session.issuer_arn or who.arn, session.policy, session.policy_arns
