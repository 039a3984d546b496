"""SQS behind moto: a look into a queue does not wait, and messages past their retention are gone.

While a caller waits the lab's clock stands still, so nothing can arrive: long polling answers at once, and empty.
Source: SQS API Reference, ReceiveMessage (WaitTimeSeconds), SetQueueAttributes (MessageRetentionPeriod).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from moto.sqs.models import sqs_backends

from ...core.call import Call
from ...wire.protocols import HttpRequest, HttpResponse


class Sqs:
    """The wrap round moto's SQS."""

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """moto's answer; a message that has expired does not hide those behind it."""
        if call.operation != "ReceiveMessage" or not request.headers.get("x-amz-target"):
            return onward(request)
        backend = sqs_backends[call.account][call.region]
        name = str(call.params.get("QueueUrl", "")).rpartition("/")[2]
        queue = backend.queues.get(name)
        if queue is not None:
            kept = [each for each in queue._messages if backend.is_message_valid_based_on_retention_period(name, each)]
            queue._messages[:] = kept
        body = json.dumps(json.loads(request.body) | {"WaitTimeSeconds": 0}).encode()
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        return onward(replace(request, body=body, headers=headers))
