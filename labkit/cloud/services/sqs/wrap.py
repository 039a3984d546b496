"""SQS behind moto: messages under KMS keys; a look into a queue does not wait, and what has expired is gone.

While a caller waits the lab's clock stands still, so nothing can arrive: long polling answers at once, and empty.
Source: SQS API Reference, ReceiveMessage (WaitTimeSeconds), SetQueueAttributes (MessageRetentionPeriod).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from moto.sqs.models import Queue, sqs_backends

from ...core.call import Call
from ...wire.protocols import HttpRequest, HttpResponse
from .encryption import MessageKeys, check_settings, settle

Onward = Callable[[HttpRequest], HttpResponse]


class Sqs:
    """The wrap round moto's SQS."""

    def __init__(self, keys: MessageKeys) -> None:
        self._keys = keys

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """moto's answer, with what SQS does with keys."""
        if call.operation in ("CreateQueue", "SetQueueAttributes"):
            return _set(call, request, onward)
        queue = _queue(call)
        if queue is None:
            return onward(request)
        if call.operation in ("SendMessage", "SendMessageBatch"):
            response: HttpResponse = self._keys.send(call, queue, lambda: onward(request))
            return response
        if call.operation == "ReceiveMessage":
            return self._receive(call, queue, request, onward)
        return onward(request)

    def _receive(self, call: Call, queue: Queue, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A message that has expired does not hide those behind it."""
        backend = sqs_backends[call.account][call.region]
        kept = [m for m in queue._messages if backend.is_message_valid_based_on_retention_period(queue.name, m)]
        queue._messages[:] = kept
        self._keys.receive(call, queue)
        if not request.headers.get("x-amz-target"):
            return onward(request)
        body = json.dumps(json.loads(request.body) | {"WaitTimeSeconds": 0}).encode()
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        return onward(replace(request, body=body, headers=headers))


def _set(call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    attributes = call.params.get("Attributes") or {}
    check_settings(attributes)
    there = _queue(call) is not None
    response = onward(request)
    queue = _queue(call)
    if response.status < 300 and queue is not None and not (there and call.operation == "CreateQueue"):
        settle(queue, attributes)
        _in_whole_seconds(queue)
    return response


def _in_whole_seconds(queue: Queue) -> None:
    """Cut a queue's times, as moto has them, to what SQS tells: "1442426968" (AWS CLI, get-queue-attributes)."""
    queue.created_timestamp = int(queue.created_timestamp)
    queue.last_modified_timestamp = int(queue.last_modified_timestamp)


def _queue(call: Call) -> Queue | None:
    name = call.params.get("QueueName") or str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return sqs_backends[call.account][call.region].queues.get(name)
