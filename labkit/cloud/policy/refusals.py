"""A refusal in AWS's words: the error that each service answers for a decision.

Pure. Sources: IAM User Guide, "Troubleshoot access denied error messages"; Amazon S3 User Guide, "Troubleshoot
access denied (403 Forbidden) errors"; answers of the services as recorded in public.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core.errors import AwsError
from .decision import needs_resource_policy
from .outcome import Decision, Reason
from .question import Question

_EXPLICIT = {
    "rcp": "a resource control policy",
    "endpoint": "a VPC endpoint policy",
    "scp": "a service control policy",
    "resource": "a resource-based policy",
    "key": "a resource-based policy",
    "trust": "the role trust policy",
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
}
_IMPLICIT = {
    "rcp": "resource control policy",
    "endpoint": "VPC endpoint policy",
    "scp": "service control policy",
    "resource": "resource-based policy",
    "key": "resource-based policy",
    "trust": "role trust policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
}
# An explicit deny in a policy of these kinds is named by its ARN, if it has one (since 2026). Recorded of S3, IAM,
# DynamoDB, EC2 and Bedrock as ": arn:..."; the S3 User Guide writes ", with policy ARN: arn:...".
_NAMED_BY_ARN = frozenset(("scp", "rcp", "identity", "boundary", "session"))

# What KMS tells a caller from another account whom the key's side refuses: not even whether the key exists.
_HIDDEN = (
    "because the resource does not exist in this Region, no resource-based policies allow access,"
    " or a resource-based policy explicitly denies access"
)


@dataclass(frozen=True, slots=True)
class _Form:
    """How one service refuses."""

    code: str
    status: int = 400


_FORMS = {
    "s3": _Form("AccessDenied", 403),
    "iam": _Form("AccessDenied", 403),
    "sts": _Form("AccessDenied", 403),
    "sqs": _Form("AccessDenied", 403),
    "sns": _Form("AuthorizationError", 403),
    "ec2": _Form("UnauthorizedOperation", 403),
    "lambda": _Form("AccessDeniedException", 403),
}
_USUAL = _Form("AccessDeniedException")  # KMS and the other services of the JSON protocols


def refusal(decision: Decision, service: str = "") -> AwsError:
    """Return the error for a refused request, with the service's code and HTTP status. ValueError if it was allowed.

    `service` answers if it is another than the permission's: Lambda says that a caller lacks iam:PassRole.
    """
    form = _FORMS.get(service or decision.question.service, _USUAL)
    return AwsError(form.code, message(decision), form.status)


def message(decision: Decision) -> str:
    """Return the sentence that says who may not do what, and why. ValueError if the request was allowed."""
    if decision.allowed:
        raise ValueError("The request is allowed: there is no refusal to put into words.")
    question = decision.question
    service = question.service
    action = _action(question.action)
    who = f"User: {question.principal.arn or 'anonymous'} is not authorized to perform: {action}"
    if service == "s3" and (question.principal.kind == "Anonymous" or _outside_organization(decision)):
        return "Access Denied"
    if service == "kms" and _hides_the_key(decision):
        return f"{who} on this resource {_HIDDEN}"
    resource = f'"{question.resource}"' if service == "s3" else question.resource
    text = who if _names_no_resource(question) else f"{who} on resource: {resource}"
    tail = _tail(decision, action)
    text = f"{text} {tail}" if tail else text
    return f"You are not authorized to perform this operation. {text}" if service == "ec2" else text


def _tail(decision: Decision, action: str) -> str:
    kind = decision.policy_kind
    if kind is None:
        return ""
    if kind == "trust" and decision.question.crosses_accounts:
        return ""  # recorded: AssumeRole says nothing more across accounts
    if decision.reason is Reason.EXPLICIT_DENY:
        arn = decision.statement.policy.arn if decision.statement and kind in _NAMED_BY_ARN else ""
        return f"with an explicit deny in {_EXPLICIT[kind]}" + (f": {arn}" if arn else "")
    return f"because no {_IMPLICIT[kind]} allows the {action} action"


def _names_no_resource(question: Question) -> bool:
    """Permissions on no particular resource that are refused without "on resource: ...".

    S3's ListBuckets, recorded many times; kms:TagResource of a key that is not made yet (DataBiosphere/azul 5628 of
    2023, LeanerCloud/CUDly 1670 of 2026), while kms:CreateKey itself names its "*".
    """
    tags_a_new_key = question.action.lower() == "kms:tagresource"
    return question.names_no_resource and (question.service == "s3" or tags_a_new_key)


def _action(action: str) -> str:
    """The action as the service prints it: SQS in lower case, SNS with its prefix in capitals (recorded)."""
    service, _, operation = action.partition(":")
    if service.lower() == "sqs":
        return action.lower()
    return f"SNS:{operation}" if service.lower() == "sns" else action


def _hides_the_key(decision: Decision) -> bool:
    """Across accounts KMS says nothing of the key's own side: of its policy, and of RCPs over its account.

    What KMS says of an RCP's Deny to a caller outside the organization is not known; a policy type's name would tell
    strangers that the key is there.
    """
    outside = decision.policy_kind == "rcp" and _outside_organization(decision)
    return (
        decision.question.crosses_accounts
        and needs_resource_policy(decision.question)
        and (decision.policy_kind == "key" or outside)
    )


def _outside_organization(decision: Decision) -> bool:
    """S3 gives reasons only inside the account or the organization."""
    context = {name.lower(): value for name, value in decision.question.context.items()}
    mine, its = context.get("aws:principalorgid"), context.get("aws:resourceorgid")
    return decision.question.crosses_accounts and (mine is None or mine != its)
