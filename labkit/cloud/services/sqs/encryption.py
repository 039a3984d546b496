"""Queues under KMS keys: their settings, and the keys of their messages. moto's queues and messages keep them.

A message's data key stands on moto's message, as its attribute data_key: so a message keeps its encryption when the
queue's changes, and when it moves to a dead-letter queue. Sources: SQS Developer Guide, "Encryption at rest" and "Key
management"; SQS API Reference, SetQueueAttributes; LocalStack's validated tests of SetQueueAttributes (2024).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.sqs.models import Message, Queue

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ..data_keys import Asker, DataKey, DataKeys, caller
from ..kms_refusals import reworded
from .facts import KMS_REFUSALS

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "sqs.amazonaws.com"
MANAGED = "alias/aws/sqs"
KEY, REUSE, OWNED = "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"
LEAST, MOST = 60, 86_400
"""Seconds that a data key may be reused for."""
_ONE_KIND = (
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
)


def check_settings(attributes: Mapping[str, Any]) -> None:
    """Refuse settings of encryption that contradict each other or are out of range."""
    if attributes.get(KEY) and str(attributes.get(OWNED, "")).lower() == "true":
        raise AwsError("InvalidAttributeName", _ONE_KIND)  # recorded
    period = attributes.get(REUSE)
    if period is not None and not (str(period).isdecimal() and LEAST <= int(period) <= MOST):
        raise AwsError("InvalidAttributeValue", f"Invalid value for the parameter {REUSE}.")


def settle(queue: Queue, attributes: Mapping[str, Any]) -> None:
    """Take a queue under a KMS key off SQS's own keys, and the other way round."""
    if attributes.get(KEY):
        queue.sqs_managed_sse_enabled = "false"  # type: ignore[attr-defined]
    elif str(attributes.get(OWNED, "")).lower() == "true":
        queue.kms_master_key_id = None  # type: ignore[attr-defined]


class MessageKeys:
    """Asks KMS for those who send to queues under KMS keys, and for those who receive from them."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms
        self._held = DataKeys(gateway.now)
        gateway.forgets.append(self._held.forget)

    def send(self, call: Call, queue: Queue, put: Callable[[], Any]) -> Any:
        """Let the caller send; AwsError in SQS's words where KMS refuses the caller."""
        try:
            return self.put_as(caller(self._gateway, call, SERVICE), queue, put)
        except AwsError as refused:
            raise in_words_of_sqs(refused) from None

    def put_as(self, asker: Asker, queue: Queue, put: Callable[[], Any]) -> Any:
        """Put messages into the queue under the asker's data key; AwsError in KMS's words where it refuses."""
        data_key = self._data_key(asker, queue)
        before = {id(message) for message in queue._messages}
        answer = put()
        if data_key is not None:
            for message in queue._messages:
                if id(message) not in before:
                    message.data_key = data_key  # type: ignore[attr-defined]
        return answer

    def receive(self, call: Call, queue: Queue) -> None:
        """Decrypt the data keys of what the caller receives next; AwsError in SQS's words where KMS refuses."""
        asker = caller(self._gateway, call, SERVICE)
        for message in _next(queue, int(call.params.get("MaxNumberOfMessages", 1))):
            data_key: DataKey | None = getattr(message, "data_key", None)
            if data_key is not None:
                try:
                    self._held.for_reading(asker, data_key, _period(queue))
                except AwsError as refused:
                    raise in_words_of_sqs(refused) from None

    def _data_key(self, asker: Asker, queue: Queue) -> DataKey | None:
        key_id = str(getattr(queue, "kms_master_key_id", None) or "")
        if not key_id:
            return None
        if key_id.endswith(MANAGED):
            self._kms.managed_key(queue.account_id, queue.region, "sqs")  # made when it is first needed
        return self._held.for_writing(asker, key_id, {"aws:sqs:arn": queue.queue_arn}, _period(queue))


def in_words_of_sqs(refused: AwsError) -> AwsError:
    """SQS's code for a refusal of KMS; old clients read the other code, of the header (awsQueryError in the model)."""
    error = reworded(refused, {code: shape for code, (shape, _) in KMS_REFUSALS.items()})
    _, old = KMS_REFUSALS.get(refused.code, ("", ""))
    return error.carrying({"x-amzn-query-error": f"{old};Sender"} if old else {})


def _period(queue: Queue) -> timedelta:
    return timedelta(seconds=int(queue.kms_data_key_reuse_period_seconds))  # type: ignore[attr-defined]


def _next(queue: Queue, count: int) -> Iterable[Message]:
    """The messages that moto gives out next: not those of a busy group, nor those for the dead-letter queue."""
    most = queue.redrive_policy["maxReceiveCount"] if queue.dead_letter_queue and queue.redrive_policy else None
    busy = queue.pending_message_groups if queue.fifo_queue else set()
    free = [
        message
        for message in queue.messages
        if message.group_id not in busy and (most is None or message.approximate_receive_count < most)
    ]
    return free[:count]
