"""IAM behind moto, with the unique ids that AWS gives: AIDA… for users, AGPA… for groups, AIPA… for instance profiles.

Source: IAM User Guide, "IAM identifiers", unique identifiers. (moto gives roles and policies theirs.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from moto.core.utils import get_service_model
from moto.iam.models import IAMBackend, iam_backends
from moto.iam.utils import generate_access_key_id_from_account_id

from ...authorization.deleted_principals import name_by_unique_id
from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse, fields_of, write_result
from .answers import boundary, complete, prepare
from .facts import own_user_operations

ID_LENGTH = 21
_NO_USER = "Must specify userName when calling with non-User credentials"


def give_unique_id(entity: Any, account_id: str, prefix: str) -> None:
    """Replace moto's id of a user, group or instance profile by one of AWS's form."""
    entity.id = generate_access_key_id_from_account_id(account_id, prefix=prefix, total_length=ID_LENGTH)


class Iam:
    """The wrap round moto's IAM."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """moto's answer, with what it leaves out, and a deleted principal known by its id from now on."""
        iam = iam_backends[call.account]["aws"]
        request = _of_the_caller(call, request)
        if call.operation in ("PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"):
            return _set_boundary(call, iam)
        leaving = {
            "DeleteUser": iam.users.get(call.params.get("UserName", "")),
            "DeleteRole": next((r for r in iam.roles.values() if r.name == call.params.get("RoleName")), None),
        }.get(call.operation)
        prepare(iam, call.operation, call.params)
        response = onward(request)
        if response.status != 200:
            return response
        if leaving is not None:
            name_by_unique_id(self._kms.keys(), leaving.arn, leaving.id)
        body = complete(call.operation, _with_unique_id(call, iam, response.body))
        return replace(response, body=body)


def _with_unique_id(call: Call, iam: IAMBackend, body: bytes) -> bytes:
    """The answer about a new entity, with an id of AWS's form; a user's also tells its boundary, which moto drops."""
    kinds: dict[str, tuple[str, dict[str, Any], str]] = {
        "CreateUser": ("AIDA", iam.users, "UserName"),
        "CreateGroup": ("AGPA", iam.groups, "GroupName"),
        "CreateInstanceProfile": ("AIPA", iam.instance_profiles, "InstanceProfileName"),
    }
    created = kinds.get(call.operation)
    if created is None:
        return body
    prefix, entities, name = created
    entity = next(item for item in entities.values() if item.name == call.params[name])
    arn = call.params.get("PermissionsBoundary")
    if call.operation == "CreateUser" and arn:
        entity.permissions_boundary_arn = arn
        told = "".join(f"<{member}>{escape(text)}</{member}>" for member, text in boundary(arn).items())
        told = f"<PermissionsBoundary>{told}</PermissionsBoundary></User>"
        body = body.replace(b"</User>", told.encode())
    before = entity.id
    give_unique_id(entity, call.account, prefix)
    return body.replace(before.encode(), entity.id.encode())


def _of_the_caller(call: Call, request: HttpRequest) -> HttpRequest:
    """Where UserName may be left out, it is the caller's own; who is no user must name one.

    Source: IAM API Reference, GetUser and ListAccessKeys; the refusal as public reports have it.
    """
    if call.operation not in own_user_operations() or "UserName" in call.params or call.principal is None:
        return request
    if call.principal.kind == "Root":
        return request
    if call.principal.kind != "IAMUser":
        raise AwsError("ValidationError", _NO_USER)
    call.params["UserName"] = call.principal.name
    return replace(request, body=urlencode(fields_of(request) | {"UserName": call.principal.name}).encode())


def _set_boundary(call: Call, iam: IAMBackend) -> HttpResponse:
    """PutUserPermissionsBoundary and DeleteUserPermissionsBoundary, which moto doesn't have."""
    user: Any = iam.users.get(call.params["UserName"])
    if user is None:
        text = f"The user with name {call.params['UserName']} cannot be found."
        raise AwsError("NoSuchEntity", text, 404)
    user.permissions_boundary_arn = call.params.get("PermissionsBoundary")
    operation = get_service_model("iam").operation_model(call.operation)
    return write_result(operation, "query", {}, call.request_id)
