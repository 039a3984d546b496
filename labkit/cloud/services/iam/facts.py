"""What IAM says of itself: its permissions, and the policies that its calls bring."""

from __future__ import annotations

from functools import lru_cache

from moto.core.utils import get_service_model
from moto.iam.models import iam_backends

from ...authorization.service_permissions import Permissions, Written
from ...core.call import Call
from ...core.errors import AwsError
from ...gateway.interfaces import ServiceFacts


def _resource(call: Call) -> str:
    params = call.params
    if "PolicyArn" in params and not {"RoleName", "UserName", "GroupName"} & params.keys():
        return str(params["PolicyArn"])
    for name, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group"), ("PolicyName", "policy")):
        if name in params:
            return f"arn:aws:iam::{call.account}:{kind}{params.get('Path', '/')}{params[name]}"
    own = call.principal is not None and call.principal.kind == "IAMUser" and call.operation in own_user_operations()
    return call.principal.arn if own and call.principal else ""


@lru_cache(maxsize=1)
def own_user_operations() -> frozenset[str]:
    """IAM's operations whose UserName may be left out, and means the caller then, by botocore's model."""
    model = get_service_model("iam")
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    return frozenset(
        name
        for name, shape in shapes.items()
        if shape is not None and "UserName" in shape.members and "UserName" not in shape.required_members
    ) - {"GetMFADevice"}  # which finds a device by its serial number alone


def _check_boundary(call: Call) -> None:
    boundary = call.params.get("PermissionsBoundary")
    if boundary is not None and boundary not in iam_backends[call.account]["aws"].managed_policies:
        # recorded; AWS looks for the policy in the caller's account and among its own
        raise AwsError("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.", 404)


FACTS = ServiceFacts(
    "iam",
    Permissions(
        resource=_resource,
        check_call=_check_boundary,
        documents={
            "CreatePolicy": Written("PolicyDocument", "identity"),
            "CreatePolicyVersion": Written("PolicyDocument", "identity"),
            "CreateRole": Written("AssumeRolePolicyDocument", "trust"),
            "PutGroupPolicy": Written("PolicyDocument", "identity"),
            "PutRolePolicy": Written("PolicyDocument", "identity"),
            "PutUserPolicy": Written("PolicyDocument", "identity"),
            "UpdateAssumeRolePolicy": Written("PolicyDocument", "trust"),
        },
    ),
)
