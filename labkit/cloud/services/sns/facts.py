"""What SNS says of itself: its permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...gateway.contracts import ServiceFacts

FACTS = ServiceFacts("sns", Permissions(resource=regional("sns", "TopicArn", "{}")))
