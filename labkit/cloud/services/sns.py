"""SNS behind moto: what a topic hands to its subscriptions, functions above all.

A subscribed function is invoked asynchronously, and only if its own policy lets SNS in for the topic. What would leave
this machine (web addresses) stays. Sources: Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS
notifications" (event, permission); SNS Developer Guide, "Fanout Amazon SNS notifications to Lambda functions".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto.sns.models import Subscription, sns_backends

from ..call import Call
from ..errors import AwsError
from ..wire import HttpRequest, HttpResponse
from .lambda_ import Lambda

if TYPE_CHECKING:
    from ..gateway import Gateway

SERVICE = "sns.amazonaws.com"
_ON_THE_WEB = frozenset({"http", "https"})
_NOT_SIGNED = "EXAMPLE"  # AWS's own word in the guide's example event


class Sns:
    """The wrap round moto's SNS: gives subscriptions that moto would serve wrongly a delivery of ours."""

    def __init__(self, gateway: Gateway, functions: Lambda) -> None:
        self._gateway = gateway
        self._functions = functions

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """moto's answer; a new subscription is prepared, whoever may publish to it later."""
        response = onward(request)
        if call.operation == "Subscribe" and response.status < 300:
            for subscription in sns_backends[call.account][call.region].subscriptions.values():
                self._prepare(subscription)
        return response

    def _prepare(self, subscription: Subscription) -> None:
        """moto calls `publish` of each subscription, by whatever way a message comes to the topic."""
        if subscription.protocol == "lambda":
            delivery: Callable[..., None] = ToFunction(self._gateway, self._functions, subscription).publish
        elif subscription.protocol in _ON_THE_WEB:
            delivery = _nowhere
        else:
            return
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


def _nowhere(*_: Any, **__: Any) -> None:
    """Nothing leaves this machine."""
