"""What SQS says of itself: its permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions
from ...core.call import Call
from ...core.service_records import Records, among
from ...gateway.contracts import ServiceFacts


def _queue(call: Call) -> str:
    name = call.params.get("QueueName") or str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return f"arn:aws:sqs:{call.region}:{call.account}:{name}" if name else ""


FACTS = ServiceFacts(
    "sqs",
    Permissions(resource=_queue),
    Records(
        # SQS Developer Guide, "Logging Amazon SQS API calls using AWS CloudTrail"
        data_event=among("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
        hidden=frozenset({"messageBody", "messageAttributes", "messages", "entries"}),
    ),
)
