"""Topics under KMS keys: who publishes needs the key; SNS itself opens messages to deliver them.

Source: SNS Developer Guide, "Key management": publishers need kms:GenerateDataKey* and kms:Decrypt; SNS reuses a data
key for up to 5 minutes, for each publishing principal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from moto.sns.models import Topic, sns_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ..data_keys import Asker, DataKeys, caller
from ..kms_refusals import reworded
from .facts import KMS_REFUSALS

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "sns.amazonaws.com"
MANAGED = "alias/aws/sns"
REUSED = timedelta(minutes=5)


class TopicKeys:
    """Asks KMS for those who publish to topics under KMS keys."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms
        self._held = DataKeys(gateway.now)
        gateway.forgets.append(self._held.forget)

    def publish(self, call: Call) -> None:
        """Ask KMS for what a Publish or PublishBatch needs; AwsError in SNS's words where it refuses the caller."""
        arn = str(call.params.get("TopicArn") or call.params.get("TargetArn") or "")
        topic = sns_backends[call.account][call.region].topics.get(arn)
        if topic is None:
            return
        try:
            self.seal(caller(self._gateway, call, SERVICE), topic)
        except AwsError as refused:
            raise reworded(refused, KMS_REFUSALS) from None

    def seal(self, asker: Asker, topic: Topic) -> None:
        """Get a data key for the asker's message, if the topic has a key; AwsError in KMS's words where it refuses."""
        key_id = str(topic.kms_master_key_id or "")
        if not key_id:
            return
        if key_id.endswith(MANAGED):
            *_, region, account, _ = topic.arn.split(":")
            self._kms.managed_key(account, region, "sns")  # made when it is first needed
        self._held.for_writing(asker, key_id, {"aws:sns:topicArn": topic.arn}, REUSED)
