"""What SQS says of itself: its permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions
from ...core.call import Call
from ...gateway.contracts import ServiceFacts


def _queue(call: Call) -> str:
    name = call.params.get("QueueName") or str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return f"arn:aws:sqs:{call.region}:{call.account}:{name}" if name else ""


FACTS = ServiceFacts("sqs", Permissions(resource=_queue))
