"""What SNS says of itself: permissions, what its records show, its words for KMS's refusals."""

from __future__ import annotations

from types import MappingProxyType

from ...authorization.service_permissions import Permissions, regional
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

FACTS = ServiceFacts(
    "sns",
    # PublishBatch: SNS API Reference; the Service Authorization Reference has Publish alone.
    Permissions(actions={"PublishBatch": "Publish"}, resource=regional("sns", "TopicArn", "{}")),
    Records(
        data_event=among("Publish", "PublishBatch"),
        hidden=frozenset({"message", "subject", "messageAttributes"}),
    ),
)
