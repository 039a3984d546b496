"""What SNS says of itself: permissions, what its records show, its words for KMS's refusals."""

from __future__ import annotations

from types import MappingProxyType

from ...authorization.service_permissions import Permissions, regional
from ...core.call import Call
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

# KMS's code → SNS's (botocore's model of SNS). KMSAccessDenied with KMS's quoted message is recorded.
KMS_REFUSALS = MappingProxyType(
    {
        "AccessDeniedException": "KMSAccessDenied",
        "DisabledException": "KMSDisabled",
        "KMSInvalidStateException": "KMSInvalidState",
        "NotFoundException": "KMSNotFound",
        "OptInRequired": "KMSOptInRequired",
        "ThrottlingException": "KMSThrottling",
    }
)

_named = regional("sns", "Name", "{}")


def _topic(call: Call) -> str:
    """The topic, one that is to be made too (Service Authorization Reference, Amazon SNS)."""
    if call.operation == "CreateTopic":
        return _named(call)
    arns = (call.params.get(name) for name in ("TopicArn", "TargetArn", "ResourceArn"))
    return next((arn for arn in arns if isinstance(arn, str)), "")


FACTS = ServiceFacts(
    "sns",
    # PublishBatch: SNS API Reference; the Service Authorization Reference has Publish alone.
    Permissions(actions={"PublishBatch": "Publish"}, resource=_topic),
    Records(
        data_event=among("Publish", "PublishBatch"),
        hidden=frozenset({"message", "subject", "messageAttributes"}),
    ),
)
