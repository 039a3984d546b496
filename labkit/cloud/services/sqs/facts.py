"""What SQS says of itself: permissions, queue policies, what its records show, its words for KMS's refusals."""

from __future__ import annotations

from types import MappingProxyType

from moto.sqs.models import sqs_backends

from ...authorization.service_permissions import Permissions, ResourcePolicies
from ...core.call import Call
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

_ARN = "arn:aws:sqs:"
# KMS's code → SQS's, as its model names it and as older clients know it (botocore's model of SQS; AWS's Smithy model,
# awsQueryError). KMS.AccessDeniedException with KMS's quoted message is recorded.
KMS_REFUSALS = MappingProxyType(
    {
        "AccessDeniedException": ("KmsAccessDenied", "KMS.AccessDeniedException"),
        "DisabledException": ("KmsDisabled", "KMS.DisabledException"),
        "InvalidKeyUsageException": ("KmsInvalidKeyUsage", "KMS.InvalidKeyUsageException"),
        "KMSInvalidStateException": ("KmsInvalidState", "KMS.InvalidStateException"),
        "NotFoundException": ("KmsNotFound", "KMS.NotFoundException"),
        "OptInRequired": ("KmsOptInRequired", "KMS.OptInRequired"),
        "ThrottlingException": ("KmsThrottled", "KMS.ThrottlingException"),
    }
)
# A batch is asked as its single call is (SQS Developer Guide, "Amazon SQS API permissions").
_ACTIONS = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "SendMessageBatch": "SendMessage",
}


def _queue(call: Call) -> str:
    """The queue; of messages that are moved back, the one that they leave (Service Authorization Reference)."""
    source = call.params.get("SourceArn")
    if isinstance(source, str):
        return source
    name = call.params.get("QueueName") or str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return f"{_ARN}{call.region}:{call.account}:{name}" if name else ""


def _policy(arn: str) -> tuple[str, str] | None:
    """The queue's policy."""
    *_, region, account, name = arn.split(":")
    queue = sqs_backends[account][region].queues.get(name) if account.isdigit() else None
    return (f"policy of queue {name}", str(queue.policy)) if queue is not None and queue.policy else None


FACTS = ServiceFacts(
    "sqs",
    Permissions(actions=_ACTIONS, resource=_queue, policies=ResourcePolicies(_ARN, _policy)),
    Records(
        # SQS Developer Guide, "Logging Amazon SQS API calls using AWS CloudTrail"
        data_event=among("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
        hidden=frozenset({"messageBody", "messageAttributes", "messages", "entries"}),
    ),
)
