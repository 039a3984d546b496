"""Policies on their way into the account: what each service checks before it keeps one.

A step of the gateway, after authorization: whoever may not write a policy learns nothing of its faults. Key policies
come by KMS itself (`KeyPolicies`). Reads IAM to see whether principals exist; keeps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from moto.iam.models import iam_backends

from ..core.call import Call, Target
from ..core.errors import AwsError
from ..kms.model import Key
from ..policy.documents import Document, DocumentKind, parse_document
from ..policy.grammar import refuser
from ..policy.lockout import lockout_check, lockout_error
from ..policy.question import Question
from .policy_sources import policies_for
from .request_context import context_of


@dataclass(frozen=True, slots=True)
class _Written:
    """The parameter that holds a policy, and of what kind it is; `code` where the service has its own."""

    member: str
    kind: DocumentKind
    code: str = ""


# Which calls bring a policy. Codes: the errors in botocore's model of each operation; S3's "Error responses".
_DOCUMENTS = MappingProxyType(
    {
        ("iam", "CreatePolicy"): _Written("PolicyDocument", "identity"),
        ("iam", "CreatePolicyVersion"): _Written("PolicyDocument", "identity"),
        ("iam", "CreateRole"): _Written("AssumeRolePolicyDocument", "trust"),
        ("iam", "PutGroupPolicy"): _Written("PolicyDocument", "identity"),
        ("iam", "PutRolePolicy"): _Written("PolicyDocument", "identity"),
        ("iam", "PutUserPolicy"): _Written("PolicyDocument", "identity"),
        ("iam", "UpdateAssumeRolePolicy"): _Written("PolicyDocument", "trust"),
        ("s3", "PutBucketPolicy"): _Written("Policy", "resource"),
        ("secretsmanager", "PutResourcePolicy"): _Written(
            "ResourcePolicy", "resource", "MalformedPolicyDocumentException"
        ),
        ("sts", "AssumeRole"): _Written("Policy", "session"),
    }
)


def check_documents(call: Call) -> None:
    """Refuse a call whose policy the service would not keep: AwsError in the service's words."""
    boundary = call.params.get("PermissionsBoundary") if call.service == "iam" else None
    if boundary is not None and boundary not in iam_backends[call.account]["aws"].managed_policies:
        # recorded; AWS looks for the policy in the caller's account and among its own
        raise AwsError("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.", 404)
    written = _DOCUMENTS.get((call.service, call.operation))
    text = call.params.get(written.member) if written else None
    if (call.service, call.operation) == ("organizations", "CreatePolicy"):
        written, text = _organizations(call)
    if written is None or text is None:
        return
    try:
        document = parse_document(str(text), written.kind)
        _check_principals(document)
        if call.service == "s3":
            _check_bucket(document, str(call.params["Bucket"]))
    except AwsError as refused:
        raise AwsError(written.code or refused.code, refused.message) from None


def _organizations(call: Call) -> tuple[_Written | None, str | None]:
    """Only service control policies are written in the policy language that is judged here."""
    scp = call.params.get("Type") == "SERVICE_CONTROL_POLICY"
    return (_Written("Content", "scp"), call.params.get("Content")) if scp else (None, None)


class KeyPolicies:
    """KMS's checks of a new key policy: its form, its principals, and that the caller is not locked out.

    Source: KMS API Reference, PutKeyPolicy, Policy and BypassPolicyLockoutSafetyCheck.
    """

    def check(self, call: Call, text: str, key: Key) -> None:
        """Refuse by MalformedPolicyDocumentException."""
        document = parse_document(text, "key")
        _check_principals(document)
        if call.params.get("BypassPolicyLockoutSafetyCheck"):
            return
        assert call.principal
        later = Target("kms:PutKeyPolicy", key.arn, key)
        question = Question(call.principal, "kms:PutKeyPolicy", key.arn, key.account, context_of(call, later))
        callers = policies_for(call, call.principal, Target("kms:PutKeyPolicy", "*"))  # whatever the key's are now
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
    """Whether there is a principal of this ARN, account number or unique id."""
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


def _check_bucket(document: Document, bucket: str) -> None:
    """A bucket policy speaks of its own bucket and the objects in it ("Bucket policies for Amazon S3")."""
    arn = f"arn:aws:s3:::{bucket}"
    for statement in document.statements:
        for resource in statement.resources or statement.not_resources or ():
            if resource != "*" and resource != arn and not resource.startswith((f"{arn}/", f"{arn}*")):
                raise AwsError("MalformedPolicy", f"Policy has invalid resource ({statement.label}: {resource})")
