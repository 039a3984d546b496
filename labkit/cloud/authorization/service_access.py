"""Does a resource let an AWS service act on it? For services that act as themselves, for some resource of the account.

Judged by the same evaluation as every call; reads nothing but what it is given.
Source: IAM User Guide, "AWS JSON policy elements: Principal" (service principals), aws:SourceArn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.call import Principal
from ..policy.decision import decide
from ..policy.documents import DocumentKind, parse_document
from ..policy.question import NamedPolicy, Policies, Question
from .policy_sources import rcps_over
from .request_context import source_of


def service_principal(service: str, account: str) -> Principal:
    """`service` ("events.amazonaws.com") acting as itself for a resource of `account`."""
    return Principal("AWSService", account, service, "", service)


def allows(
    policy: Any,
    service: str,
    action: str,
    resource: str,
    source_arn: str,
    context: Mapping[str, str] | None = None,
    kind: DocumentKind = "resource",
) -> bool:
    """Ask whether the resource's policy (JSON, bytes, None) lets `service` do `action`, called for `source_arn`."""
    if not policy:
        return False
    text = policy.decode() if isinstance(policy, bytes) else str(policy)
    account = source_arn.split(":")[4]
    seen = {**source_of(source_arn), "aws:SecureTransport": "true", **(context or {})}
    owner = _in_arn(resource) or account
    question = Question(service_principal(service, account), action, resource, owner, seen)
    document = NamedPolicy("policy of the resource", parse_document(text, kind))
    return decide(question, Policies(resource=document, rcps=rcps_over(owner))).allowed


def _in_arn(resource: str) -> str:
    """The account in an ARN; empty where it does not say one (S3 buckets, which are taken for the caller's own)."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 else ""
