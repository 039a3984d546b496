"""Organizations behind moto: what it says of itself, and what moto lets pass of policies that are judged here.

Sources: Organizations User Guide, "SCP syntax", "RCP syntax", "RCP evaluation" and "Quotas for AWS Organizations";
Organizations API Reference, AttachPolicy, CreatePolicy, DetachPolicy, EnablePolicyType; messages as recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from moto.organizations.models import organizations_backends

from ..authorization.organization_membership import FULL_ACCESS, RCP, SCP, enabled
from ..authorization.service_permissions import Permissions
from ..core.call import Call
from ..core.errors import AwsError
from ..gateway.interfaces import ServiceFacts
from ..policy.documents import Document, DocumentKind, parse_document
from ..policy.grammar import refuser
from ..wire.protocols import HttpRequest, HttpResponse

Onward = Callable[[HttpRequest], HttpResponse]
KINDS: Mapping[str, DocumentKind] = MappingProxyType({SCP: "scp", RCP: "rcp"})
"""The types of policies that are written in the policy language and judged here."""
_LARGEST = {SCP: 10_240, RCP: 5_120}  # characters; SCPs: since May 2026 (whats-new 2026/05)
_MOST_ATTACHED = {RCP: 5}  # to one root, OU or account; the number for SCPs was raised in 2026, to what is not known


class Organizations:
    """The wrap round moto's Organizations."""

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """moto's answer, once AWS's rules for policies are kept."""
        check = _CHECKS.get(call.operation)
        if check is not None:
            check(call)
        return onward(request)


def _backend(call: Call) -> Any:
    """moto's backend of the organization that the caller manages; None in any other account."""
    backend = organizations_backends[call.account]["aws"]
    return backend if backend.org is not None else None


def _policy(call: Call) -> Any:
    """The policy that the call names, where it is of a kind that is judged."""
    backend = _backend(call)
    found = [each for each in backend.policies if each.id == call.params.get("PolicyId")] if backend else []
    return next((each for each in found if each.type in KINDS), None)


def _check_document(call: Call) -> None:
    """Refuse a policy that Organizations would not keep, when it is made or changed."""
    content, kind = call.params.get("Content"), str(call.params.get("Type", ""))
    if call.operation == "UpdatePolicy":
        policy = _policy(call)
        kind = policy.type if policy is not None else ""
    if call.operation not in ("CreatePolicy", "UpdatePolicy") or content is None or kind not in KINDS:
        return
    _own(parse_document(str(content), KINDS[kind]))
    if len(str(content)) > _LARGEST[kind]:
        said = "You have exceeded the maximum policy size."  # hashicorp/terraform-provider-aws 12597 (2020)
        raise AwsError("ConstraintViolationException", said, Reason="POLICY_CONTENT_LIMIT_EXCEEDED")


FACTS = ServiceFacts("organizations", Permissions(check_call=_check_document))


def _attach(call: Call) -> None:
    policy, target = _policy(call), str(call.params.get("TargetId", ""))
    if policy is None:
        return
    backend = _backend(call)
    root = next(each for each in backend.ou if each.id == backend.org.root_id)
    if policy.type not in enabled(root):
        said = "This operation can be performed only for enabled policy types."
        raise AwsError("PolicyTypeNotEnabledException", said)
    there = next((each for each in (*backend.ou, *backend.accounts) if each.id == target), None)
    if there is None:
        return
    attached = [each for each in there.attached_policies if each.type == policy.type]
    if policy in attached:
        said = "The selected policy is already attached to the specified target."
        raise AwsError("DuplicatePolicyAttachmentException", said)
    if len(attached) >= _MOST_ATTACHED.get(policy.type, len(attached) + 1):
        # hashicorp/terraform-provider-aws 41493 (2025)
        said = "You have attached the maximum number of policies to the specified target."
        reason = "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
        raise AwsError("ConstraintViolationException", said, Reason=reason)


def _detach(call: Call) -> None:
    """RCPFullAWSAccess stays: "You cannot detach this policy" ("RCP evaluation"). What AWS answers is not known."""
    if call.params.get("PolicyId") == FULL_ACCESS[RCP]:
        said = "RCPFullAWSAccess can't be detached."
        raise AwsError("ConstraintViolationException", said, Reason="MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")


def _enable(call: Call) -> None:
    """With the policy type comes RCPFullAWSAccess, at the root, at every OU and at every account."""
    backend = _backend(call)
    if backend is None or call.params.get("PolicyType") != RCP:
        return
    for each in (*backend.ou, *backend.accounts):
        backend.attach_policy(PolicyId=FULL_ACCESS[RCP], TargetId=each.id)


def _own(document: Document) -> None:
    """RCPs that somebody writes only deny: RCPFullAWSAccess is AWS's own ("RCP syntax", Effect)."""
    if document.kind == "rcp" and any(each.effect == "Allow" for each in document.statements):
        raise refuser("rcp")("effect", "the Effect of your own RCPs must be Deny")
    if document.kind == "rcp" and document.version != "2012-10-17":
        raise refuser("rcp")("version", "the Version is 2012-10-17")


_CHECKS: dict[str, Callable[[Call], None]] = {
    "AttachPolicy": _attach,
    "DetachPolicy": _detach,
    "EnablePolicyType": _enable,
}
