"""What EventBridge says of itself: its name as a caller, permissions, what its records show."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

SERVICE = "events.amazonaws.com"
FACTS = ServiceFacts(
    "events",
    Permissions(resource=regional("events", "Name", "rule/{}")),
    Records(data_event=among("PutEvents"), hidden=frozenset({"entries"})),
)
