"""What SNS says of itself: its permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...core.service_records import Records, among
from ...gateway.contracts import ServiceFacts

FACTS = ServiceFacts(
    "sns",
    Permissions(resource=regional("sns", "TopicArn", "{}")),
    Records(
        data_event=among("Publish", "PublishBatch"),
        hidden=frozenset({"message", "subject", "messageAttributes"}),
    ),
)
