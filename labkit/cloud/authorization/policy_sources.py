"""The policies that have a say in a call: read from IAM, from STS sessions and from the resource itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from moto.iam.models import iam_backends

from ..core.call import Call, Principal, Target
from ..core.errors import AwsError
from ..kms.model import Grant as KmsGrant
from ..kms.model import Key
from ..policy.documents import DocumentKind, parse_document
from ..policy.question import Grant, GrantConstraints, NamedPolicy, Policies
from .organization_membership import membership
from .service_permissions import ResourcePolicies, ServicePermissions


def policies_for(call: Call, principal: Principal, target: Target, services: ServicePermissions) -> Policies:
    """Everything that AWS would read to decide this permission."""
    entity = _identity(principal)
    session = principal.session
    return Policies(
        identity=tuple(_identity_policies(principal, entity)),
        boundary=_boundary(principal, entity),
        session=tuple(_session_policies(principal)) if session else (),
        scps=_scps(principal),
        resource=_resource_policy(target, services),
        grants=tuple(_grant(grant, call.time) for grant in target.entity.grants) if _is_key(target) else (),
        rcps=() if _is_aws_managed(target) else rcps_over(_owner(target, services) or principal.account),
        endpoint=_endpoint(call),
    )


def principal_tags(principal: Principal) -> dict[str, str]:
    """Give the tags of the caller's user or role, and those of its session, which win ("Pass session tags in STS")."""
    entity = _identity(principal)
    tags: list[dict[str, str]] = []
    if entity is not None:
        iam = iam_backends[principal.account]["aws"]
        tags = iam.list_user_tags(entity.name) if _is_user(principal) else entity.tags
    session = dict(principal.session.tags) if principal.session else {}
    hidden = {name.lower() for name in session}  # tag keys differ by more than case
    return {tag["Key"]: tag["Value"] for tag in tags if tag["Key"].lower() not in hidden} | session


def _is_user(principal: Principal) -> bool:
    return principal.kind == "IAMUser"


def _scps(principal: Principal) -> tuple[tuple[NamedPolicy, ...], ...]:
    """The service control policies over the caller's account, level by level."""
    place = membership(principal.account)
    levels = place.scps if place else ()
    return tuple(tuple(_named(scp.name, scp.text, "scp", scp.arn) for scp in level) for level in levels)


def rcps_over(account: str) -> tuple[tuple[NamedPolicy, ...], ...]:
    """Return the resource control policies over an account's resources, level by level."""
    place = membership(account)
    levels = place.rcps if place else ()
    return tuple(tuple(_named(rcp.name, rcp.text, "rcp", rcp.arn) for rcp in level) for level in levels)


def _endpoint(call: Call) -> NamedPolicy | None:
    """The policy of the VPC endpoint that the request came by."""
    by = call.vpc_endpoint
    return _named(f"the policy of {by.id}", by.policy, "endpoint") if by else None


def _is_aws_managed(target: Target) -> bool:
    """RCPs "do not apply to AWS managed keys" ("Resources and entities not restricted by RCPs")."""
    return _is_key(target) and target.entity.manager == "AWS"


def _owner(target: Target, services: ServicePermissions) -> str:
    """The account that owns the resource; empty stands for the caller's own."""
    return str(target.entity.account) if _is_key(target) else owner_of(target.arn, services)


def _identity(principal: Principal) -> Any:
    """moto's user or role behind a principal; None for root, services and what has been deleted since."""
    iam = iam_backends[principal.account]["aws"] if principal.account.isdigit() else None
    if iam is None:
        return None
    if principal.kind == "AssumedRole" and principal.session:
        return iam.roles.get(principal.session.issuer_id)
    return iam.users.get(principal.name) if _is_user(principal) else None


def _identity_policies(principal: Principal, entity: Any) -> Iterable[NamedPolicy]:
    if entity is None:
        return
    yield from _attached(entity)
    if _is_user(principal):
        for group in iam_backends[principal.account]["aws"].groups.values():
            if entity in group.users:
                yield from _attached(group)


def _attached(entity: Any) -> Iterable[NamedPolicy]:
    for name, text in entity.policies.items():
        yield _named(name, text, "identity")
    for arn, policy in entity.managed_policies.items():
        yield _named(policy.name, _default_version(policy), "identity", arn)


def _boundary(principal: Principal, entity: Any) -> NamedPolicy | None:
    arn = getattr(entity, "permissions_boundary_arn", None) or getattr(entity, "permissions_boundary", None)
    arn = arn.get("PermissionsBoundaryArn") if isinstance(arn, dict) else arn
    return _managed(principal.account, arn, "boundary") if arn else None


def _session_policies(principal: Principal) -> Iterable[NamedPolicy]:
    session = principal.session
    assert session
    if session.policy:
        yield _named("session policy", session.policy, "session")
    for arn in session.policy_arns:
        yield _managed(principal.account, arn, "session")


def _managed(account: str, arn: str, kind: DocumentKind) -> NamedPolicy:
    policy = iam_backends[account]["aws"].managed_policies.get(arn)
    if policy is None:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
    return _named(policy.name, _default_version(policy), kind, arn)


def _default_version(policy: Any) -> str:
    versions = {version.version_id: version.document for version in policy.versions}
    return str(versions[policy.default_version_id])


@lru_cache(maxsize=2048)
def _named(name: str, text: str, kind: DocumentKind, arn: str = "") -> NamedPolicy:
    """One object for one policy, as long as its text is the same."""
    return NamedPolicy(name, parse_document(text, kind), arn)


def _is_key(target: Target) -> bool:
    return isinstance(target.entity, Key)


def _resource_policy(target: Target, services: ServicePermissions) -> NamedPolicy | None:
    """The key policy, the role's trust policy, or the policy of another service's resource."""
    if _is_key(target):
        return _named("key policy", target.entity.policy, "key")
    if target.action.startswith("sts:") and target.entity is not None:
        return _named("trust policy", target.entity.assume_role_policy_document, "trust")
    kept = _policies_of(target.arn, services)
    found = kept.find(target.arn) if kept else None
    return _named(*found, "resource") if found else None


def _policies_of(arn: str, services: ServicePermissions) -> ResourcePolicies | None:
    """What the service of this resource says of its policies."""
    said = (each.policies for each in services.values())
    return next((each for each in said if each and arn.startswith(each.arns)), None)


def owner_of(arn: str, services: ServicePermissions) -> str:
    """Return the account that owns the resource: in its ARN, or the bucket's; empty stands for the caller's own."""
    kept = _policies_of(arn, services)
    if kept and kept.owner:
        return kept.owner(arn)
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def _grant(grant: KmsGrant, now: datetime) -> Grant:
    constraints = grant.constraints
    return Grant(
        id=grant.id,
        grantee=grant.grantee or grant.grantee_service or "",
        operations=grant.operations,
        retiring=grant.retiring or grant.retiring_service or "",
        constraints=GrantConstraints(
            constraints.get("EncryptionContextEquals"),
            constraints.get("EncryptionContextSubset"),
            constraints.get("SourceArn"),
        ),
        tokens=grant.tokens,
        issuing_account=grant.issuing_account,
        effective=grant.effective(now),
    )
