"""What is known of a request when its policies are read: every condition key with the values seen.

Pure: from a Question, nothing else.
Source: IAM User Guide, "AWS global condition context keys" and "Principal key values"; KMS Developer Guide,
"AWS KMS condition keys".
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from ..core.call import Principal
from . import condition_keys
from .patterns import Values
from .question import Question

_PRINCIPAL_TYPES: dict[str, str] = {
    "IAMUser": "User",
    "AssumedRole": "AssumedRole",
    "Root": "Account",
    "Anonymous": "Anonymous",
}

PolicySide = Literal["identity", "resource"]


@lru_cache(maxsize=512)
def principal_values(principal: Principal) -> MappingProxyType[str, tuple[str, ...]]:
    """Return the condition keys that follow from who calls, names in lower case.

    `aws:PrincipalArn` of a role session is the role's ARN; `aws:username` exists for IAM users alone;
    `aws:MultiFactorAuthPresent` and `aws:TokenIssueTime` for temporary credentials alone.
    """
    return MappingProxyType(_principal_values(principal))


def _principal_values(principal: Principal) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {"aws:viaawsservice": ("false",)}
    if principal.kind in _PRINCIPAL_TYPES:
        values["aws:principaltype"] = (_PRINCIPAL_TYPES[principal.kind],)
    if principal.kind == "Anonymous":
        return values | {"aws:userid": ("anonymous",), "aws:principalaccount": ("anonymous",)}
    if principal.kind == "AWSService":
        service = service_name(principal)
        return values | {
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (service,),
            "aws:principalservicenameslist": (service,),
        }
    values["aws:principalaccount"] = (principal.account,)
    values["aws:principalarn"] = (principal_arn(principal),)
    values["aws:principalisawsservice"] = ("false",)
    values["aws:userid"] = (principal.principal_id,)
    if principal.kind == "IAMUser":
        values["aws:username"] = (principal.name,)
    session = principal.session
    if session is not None:
        values["aws:multifactorauthpresent"] = ("true" if session.mfa else "false",)
        values["aws:tokenissuetime"] = (session.created.strftime("%Y-%m-%dT%H:%M:%SZ"),)
        for name, value in session.tags:
            values[f"aws:principaltag/{name}".lower()] = (value,)
        if session.source_identity:
            values["aws:sourceidentity"] = (session.source_identity,)
    return values


def principal_arn(principal: Principal) -> str:
    """Return the ARN that `aws:PrincipalArn` holds: a session's role, a user, or the account's root."""
    return principal.session.issuer_arn if principal.session and principal.session.issuer_arn else principal.arn


def service_name(principal: Principal) -> str:
    """Return a service principal's name: "s3.amazonaws.com"."""
    return principal.arn or principal.name


def values_of(question: Question) -> Values:
    """Return all condition keys of a request, names in lower case; what was given wins over what is derived.

    A `kms:` key that AWS does not support for the operation is never in a request's context, so it is left out.
    """
    values = dict(principal_values(question.principal))
    if not question.names_no_resource and question.owner:
        values["aws:resourceaccount"] = (question.owner,)
    if question.principal.account:
        values["kms:calleraccount"] = (question.principal.account,)
    for name, seen in question.context.items():
        values[name.lower()] = (seen,) if isinstance(seen, str) else tuple(seen)
    action = question.action
    return {
        name: seen for name, seen in values.items() if seen and (name[:4] != "kms:" or _of_kms_possible(name, action))
    }


@lru_cache(maxsize=4096)
def _of_kms_possible(name: str, action: str) -> bool:
    return condition_keys.supported(name, action)


def seen_by(values: Values, side: PolicySide) -> Values:
    """Return the keys that a policy on `side` can test: some `kms:` keys work in IAM policies only."""
    if side == "identity" or not any(condition_keys.identity_only(name) for name in values):
        return values
    return {name: seen for name, seen in values.items() if not condition_keys.identity_only(name)}
