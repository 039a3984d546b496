"""Messages that AWS services publish as themselves, each by the topic's policy and its key's policy.

Source: SNS Developer Guide, "Key management", on event sources of AWS services and encrypted topics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from moto.sns.models import sns_backends

from ...authorization.service_access import allows
from ...core.errors import AwsError
from ..data_keys import service_itself
from .encryption import TopicKeys

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Outcome = Literal["published", "no topic", "not allowed", "no key"]
"""What became of a message: the topic is not there, its policy refused the service, or its key did."""


class Topics:
    """The topics of every account, as services see them."""

    def __init__(self, gateway: Gateway, keys: TopicKeys) -> None:
        self._gateway = gateway
        self.keys = keys

    def publish(
        self, service: str, source_arn: str, topic_arn: str, message: str, subject: str | None, owner: str = ""
    ) -> Outcome:
        """Publish a message of `service`, for a resource of some account; tells what became of it.

        `owner` is the account that the topic's default policy asks for (AWS:SourceOwner). What a policy does not allow
        is dropped; a refused KMS call is in the trail.
        """
        *_, region, account, _ = topic_arn.split(":")
        topic = sns_backends[account][region].topics.get(topic_arn)
        context = {"aws:SourceOwner": owner} if owner else {}
        if topic is None:
            return "no topic"
        if not allows(topic.policy, service, "sns:Publish", topic_arn, source_arn, context):
            return "not allowed"
        try:
            self.keys.seal(service_itself(self._gateway, service, source_arn, region), topic)
        except AwsError:
            return "no key"
        sns_backends[account][region].publish(message=message, arn=topic_arn, subject=subject)
        return "published"
