"""SNS behind moto: whom a topic's messages reach, each by the subscriber's own policy.

A queue gets a message, and a function is invoked (asynchronously), only if its policy lets sns.amazonaws.com in for the
topic; nothing leaves this machine. Sources: SNS Developer Guide, "Subscribing an Amazon SQS queue to an Amazon SNS
topic"; Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS notifications" (event, permission).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.sns.models import Subscription, sns_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from ..lambda_.wrap import Lambda
from ..sqs.queues import Queues
from .encryption import SERVICE, TopicKeys

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

_NOT_SIGNED = "EXAMPLE"  # AWS's own word in the guide's example event


class Sns:
    """The wrap round moto's SNS: gives subscriptions that moto would serve wrongly a delivery of ours."""

    def __init__(self, gateway: Gateway, functions: Lambda, queues: Queues, keys: TopicKeys) -> None:
        self._gateway = gateway
        self._functions = functions
        self._queues = queues
        self._keys = keys

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """moto's answer; a new subscription is prepared, by whatever way a message comes to its topic."""
        _check(call)
        if call.operation in ("Publish", "PublishBatch"):
            self._keys.publish(call)
        response = onward(request)
        if call.operation == "Subscribe" and response.status < 300:
            for subscription in sns_backends[call.account][call.region].subscriptions.values():
                self._prepare(subscription)
        return response

    def _prepare(self, subscription: Subscription) -> None:
        """moto calls `publish` of each subscription of a topic."""
        delivery: Callable[..., None] = _nowhere
        if subscription.protocol == "lambda":
            delivery = ToFunction(self._gateway, self._functions, subscription).publish
        elif subscription.protocol == "sqs":
            delivery = partial(_to_queue, self._queues, subscription)
        subscription.publish = delivery  # type: ignore[method-assign]


class ToFunction:
    """Delivers a topic's messages to one subscribed function."""

    def __init__(self, gateway: Gateway, functions: Lambda, subscription: Subscription) -> None:
        self._gateway = gateway
        self._functions = functions
        self._subscription = subscription

    def publish(
        self,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        message_structure: str | None = None,
        **_: Any,
    ) -> None:
        """Invoke the function once the present call is answered, unless the filter policy leaves the message out."""
        wanted = self._subscription._filter_policy_matcher
        if wanted is not None and not wanted.matches(message_attributes, message):
            return
        if message_structure == "json":
            message = self._subscription._parse_message_structure(message, "lambda")
        notification = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": self._subscription.topic_arn,
            "Subject": subject,
            "Message": message,
            "Timestamp": f"{self._gateway.now():%Y-%m-%dT%H:%M:%S.000Z}",
            "SignatureVersion": "1",
            "Signature": _NOT_SIGNED,
            "SigningCertUrl": _NOT_SIGNED,
            "UnsubscribeUrl": _NOT_SIGNED,
            "MessageAttributes": message_attributes or {},
        }
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self._subscription.arn,
            "Sns": notification,
        }
        payload = json.dumps({"Records": [record]}).encode()
        self._gateway.afterwards(lambda: self._invoke(payload))

    def _invoke(self, payload: bytes) -> None:
        with suppress(AwsError):  # the refused call is in the trail
            self._functions.invoke_as(SERVICE, self._subscription.topic_arn, self._subscription.endpoint, payload)


def _to_queue(queues: Queues, subscription: Subscription, message: str, message_id: str, **more: Any) -> None:
    """moto's delivery, if the filter policy, the queue's policy and its key let the topic send."""
    wanted = subscription._filter_policy_matcher
    if wanted is not None and not wanted.matches(more.get("message_attributes"), message):
        return
    put = partial(Subscription.publish, subscription, message, message_id, **more)
    queues.deliver(SERVICE, subscription.topic_arn, subscription.endpoint, put)


def _nowhere(*_: Any, **__: Any) -> None:
    """Nothing leaves this machine."""


def _check(call: Call) -> None:
    """A message has a target, and an ARN the form of one (words recorded)."""
    params = call.params
    if call.operation == "Publish" and not {"TopicArn", "TargetArn", "PhoneNumber"} & params.keys():
        raise _invalid("TopicArn or TargetArn", "no value for required parameter")
    for name in ("TopicArn", "TargetArn"):
        parts = str(params.get(name, "::::::")).count(":") + 1
        if parts < 6:
            raise _invalid(name, f"An ARN must have at least 6 elements, not {parts}")


def _invalid(name: str, reason: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {name} Reason: {reason}")
