"""Policies on their way into the account: what each service checks before it keeps one.

A step of the gateway, after authorization: whoever may not write a policy learns nothing of its faults. Key policies
come by KMS itself (`KeyPolicies`). Reads IAM to see whether principals exist; keeps nothing.
"""

from __future__ import annotations

from moto.iam.models import iam_backends

from ..core.call import Call, Target
from ..core.errors import AwsError
from ..kms.model import Key
from ..policy.documents import Document, parse_document
from ..policy.grammar import refuser
from ..policy.lockout import lockout_check, lockout_error
from ..policy.question import Question
from .policy_sources import policies_for
from .request_context import context_of
from .service_permissions import Permissions, ServicePermissions


def check_documents(call: Call, permissions: Permissions) -> None:
    """Refuse a call whose policy the service would not keep: AwsError in the service's words."""
    permissions.check_call(call)
    written = permissions.documents.get(call.operation)
    text = call.params.get(written.member) if written else None
    if written is None or text is None or not written.applies(call.params):
        return
    try:
        document = parse_document(str(text), written.kind)
        _check_principals(document)
        permissions.check_document(call, document)
    except AwsError as refused:
        raise AwsError(written.code or refused.code, refused.message) from None


class KeyPolicies:
    """KMS's checks of a new key policy: its form, its principals, and that the caller is not locked out.

    Source: KMS API Reference, PutKeyPolicy, Policy and BypassPolicyLockoutSafetyCheck.
    """

    def __init__(self, services: ServicePermissions) -> None:
        self._services = services

    def check(self, call: Call, text: str, key: Key) -> None:
        """Refuse by MalformedPolicyDocumentException."""
        document = parse_document(text, "key")
        _check_principals(document)
        if call.params.get("BypassPolicyLockoutSafetyCheck"):
            return
        assert call.principal
        later = Target("kms:PutKeyPolicy", key.arn, key)
        question = Question(
            call.principal, "kms:PutKeyPolicy", key.arn, key.account, context_of(call, later, self._services)
        )
        anything = Target("kms:PutKeyPolicy", "*")  # whatever the key's own policy says now
        callers = policies_for(call, call.principal, anything, self._services)
        if not lockout_check(document, question, callers):
            raise lockout_error()


def _check_principals(document: Document) -> None:
    """Users and roles that a policy names must exist ("AWS JSON policy elements: Principal").

    An account is believed to exist, in the lab or outside; a user or role is looked for where it would be.
    """
    for kind, value in document.principals():
        if kind != "AWS" or value == "*" or exists(value):
            continue
        if document.kind == "trust":
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{value}"')
        raise refuser(document.kind)("principal", f'nobody is "{value}"')


def exists(value: str) -> bool:
    """Tell whether there is a principal of this ARN, account number or unique id."""
    if value.isdigit() or value.endswith(":root"):
        return True
    if not value.startswith("arn:"):
        return any(value in _entities(account).values() for account in list(iam_backends))
    account, _, resource = value.partition("::")[2].partition(":")
    if resource.startswith("assumed-role/"):
        return any(arn.rpartition("/")[2] == resource.split("/")[1] for arn in _entities(account) if ":role/" in arn)
    return resource.startswith("federated-user/") or value in _entities(account)


def _entities(account: str) -> dict[str, str]:
    """The users and roles of an account, by ARN, with their unique ids."""
    if account not in iam_backends:
        return {}
    iam = iam_backends[account]["aws"]
    users = {user.arn: str(user.id) for user in iam.users.values()}
    return users | {role.arn: str(role.id) for role in iam.roles.values()}
