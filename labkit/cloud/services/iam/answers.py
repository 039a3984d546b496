"""What moto's IAM leaves out of its answers although the real service always has it, put back before they are sent.

Found by asking every Get and List operation and comparing with botocore's model (tests/cloud/services/test_iam.py).
Sources: IAM API Reference, the page of each operation; botocore's model for the members.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.utils import get_service_model
from moto.iam.models import IAMBackend

# Lists of users never tell the boundary; these answers do ("IAM resource-listing operations return a subset").
_TELL_BOUNDARIES = frozenset({"GetAccountAuthorizationDetails", "GetUser"})
_TELL_POLICIES = frozenset({"GetAccountAuthorizationDetails", "GetPolicy", "ListPolicies"})


def prepare(iam: IAMBackend, operation: str, params: Mapping[str, Any]) -> None:
    """Give moto's policies and users the members that it would look for in vain."""
    if operation in _TELL_POLICIES:
        used = _boundaries(iam)
        asked = iam.managed_policies.get(params.get("PolicyArn", ""))  # of GetPolicy alone
        for policy in [asked] if asked else iam.managed_policies.values():
            facts: Any = policy
            facts.policy_name, facts.policy_id = policy.name, policy.id
            facts.permissions_boundary_usage_count = used.count(policy.arn)
    if operation in _TELL_BOUNDARIES or operation.startswith("List") or operation == "GetGroup":
        for user in iam.users.values():
            told: Any = user
            arn = boundary_of(user) if operation in _TELL_BOUNDARIES else None
            told.permissions_boundary = boundary(arn) if arn else None


def boundary(arn: str) -> dict[str, str]:
    """Return a permissions boundary as answers show it."""
    return {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}


def boundary_of(entity: Any) -> str | None:
    """Return the ARN of a user's or role's permissions boundary."""
    arn: str | None = getattr(entity, "permissions_boundary_arn", None)
    return arn


def _boundaries(iam: IAMBackend) -> list[str]:
    entities: Iterable[Any] = [*iam.users.values(), *iam.roles.values()]
    return [arn for arn in map(boundary_of, entities) if arn]


def complete(operation: str, body: bytes) -> bytes:
    """Return the answer with IsTruncated, where the model has it and moto, which has sent everything, leaves it out."""
    shape = get_service_model("iam").operation_model(operation).output_shape
    if shape is None or "IsTruncated" not in shape.members or b"<IsTruncated>" in body:
        return body
    end = f"</{operation}Result>".encode()
    return body.replace(end, b"<IsTruncated>false</IsTruncated>" + end)
