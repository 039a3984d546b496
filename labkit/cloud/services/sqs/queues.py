"""Messages that AWS services put into queues as themselves, each by the queue's policy and its key's policy.

Source: SQS Developer Guide, "Configure KMS permissions for AWS services".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.sqs.models import sqs_backends

from ...authorization.service_access import allows
from ...core.errors import AwsError
from ..data_keys import service_itself
from .encryption import MessageKeys

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway


class Queues:
    """The queues of every account, as services see them."""

    def __init__(self, gateway: Gateway, keys: MessageKeys) -> None:
        self._gateway = gateway
        self.keys = keys

    def send(self, service: str, source_arn: str, queue_arn: str, text: str, group: str | None = None) -> bool:
        """Send a message of `service`, for a resource of some account; tells whether it arrived."""
        *_, region, account, name = queue_arn.split(":")
        backend = sqs_backends[account][region]
        return self.deliver(
            service,
            source_arn,
            queue_arn,
            lambda: backend.send_message(queue_name=name, message_body=text, group_id=group),
        )

    def deliver(self, service: str, source_arn: str, queue_arn: str, put: Callable[[], Any]) -> bool:
        """Let moto put a message into the queue, if it is there and both policies let the service; whether they did.

        What a policy does not allow is dropped; a refused KMS call is in the trail.
        """
        *_, region, account, name = queue_arn.split(":")
        queue = sqs_backends[account][region].queues.get(name)
        if queue is None or not allows(queue.policy, service, "sqs:SendMessage", queue_arn, source_arn):
            return False
        try:
            self.keys.put_as(service_itself(self._gateway, service, source_arn, region), queue, put)
        except AwsError:
            return False
        return True
