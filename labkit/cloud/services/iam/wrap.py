"""IAM behind moto, with the unique ids that AWS gives: AIDA… for users, AGPA… for groups, AIPA… for instance profiles.

Source: IAM User Guide, "IAM identifiers", unique identifiers. (moto gives roles and policies theirs.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from moto.iam.models import iam_backends
from moto.iam.utils import generate_access_key_id_from_account_id

from ...authorization.deleted_principals import name_by_unique_id
from ...core.call import Call
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse

ID_LENGTH = 21


def give_unique_id(entity: Any, account_id: str, prefix: str) -> None:
    """Replace moto's id of a user, group or instance profile by one of AWS's form."""
    entity.id = generate_access_key_id_from_account_id(account_id, prefix=prefix, total_length=ID_LENGTH)


class Iam:
    """The wrap round moto's IAM."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """moto's answer, with the new entity's id put right, and a deleted one known by its id from now on."""
        iam = iam_backends[call.account]["aws"]
        leaving = {
            "DeleteUser": iam.users.get(call.params.get("UserName", "")),
            "DeleteRole": next((r for r in iam.roles.values() if r.name == call.params.get("RoleName")), None),
        }.get(call.operation)
        response = onward(request)
        if leaving is not None and response.status == 200:
            name_by_unique_id(self._kms.keys(), leaving.arn, leaving.id)
        kinds: dict[str, tuple[str, dict[str, Any], str]] = {
            "CreateUser": ("AIDA", iam.users, "UserName"),
            "CreateGroup": ("AGPA", iam.groups, "GroupName"),
            "CreateInstanceProfile": ("AIPA", iam.instance_profiles, "InstanceProfileName"),
        }
        created = kinds.get(call.operation)
        if created is None or response.status != 200:
            return response
        prefix, entities, name = created
        entity = next(item for item in entities.values() if item.name == call.params[name])
        if call.operation == "CreateUser":
            entity.permissions_boundary_arn = call.params.get("PermissionsBoundary")  # which moto drops
        before = entity.id
        give_unique_id(entity, call.account, prefix)
        return replace(response, body=response.body.replace(before.encode(), entity.id.encode()))
