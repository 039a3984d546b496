"""The `userIdentity` of a record: who called, in the form that CloudTrail has for each kind of caller.

Pure. Sources: CloudTrail User Guide, "CloudTrail userIdentity element"; records that real accounts published.
"""

from __future__ import annotations

from typing import Any

from ..core.call import Principal, Session
from ..core.clock import iso
from ..core.invoking_services import invoker


def identity_of(principal: Principal, via: tuple[str, ...]) -> dict[str, Any]:
    """Return the caller as the caller's own account sees it; `via` are the services that called on its behalf."""
    if principal.kind == "AWSService":
        return {"type": "AWSService", "invokedBy": principal.name}
    if principal.kind == "Anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    identity: dict[str, Any] = {
        "type": principal.kind,
        "principalId": principal.principal_id,
        "arn": principal.arn,
        "accountId": principal.account,
    }
    if principal.access_key_id:
        identity["accessKeyId"] = principal.access_key_id
    if principal.kind == "IAMUser":
        identity["userName"] = principal.name
    if principal.session:
        identity["sessionContext"] = _session_context(principal.account, principal.session)
    if via:
        identity["invokedBy"] = invoker(via[-1]).shown
    if principal.session and principal.session.instance:  # captured of an instance's own role, 2026
        issued = {"issuerType": "AWS::EC2::Instance", "credentialsIssuedTo": principal.session.instance}
        identity["inScopeOf"] = issued
    return identity


def identity_abroad(principal: Principal) -> dict[str, Any]:
    """Show the caller as the account of the used resource sees it: no ARN, no name (User Guide, AWSAccount)."""
    return {"type": "AWSAccount", "principalId": principal.principal_id, "accountId": principal.account}


def _session_context(account: str, session: Session) -> dict[str, Any]:
    issuer = {
        "type": "Role",
        "principalId": session.issuer_id,
        "arn": session.issuer_arn,
        "accountId": account,
        "userName": session.issuer_name,
    }
    attributes = {"creationDate": iso(session.created), "mfaAuthenticated": str(session.mfa).lower()}
    return {"sessionIssuer": issuer if session.issuer_arn else {}, "attributes": attributes}
