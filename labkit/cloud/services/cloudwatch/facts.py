"""What CloudWatch and CloudWatch Logs say of themselves: their permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...gateway.contracts import ServiceFacts

LOGS = ServiceFacts("logs", Permissions(resource=regional("logs", "logGroupName", "log-group:{}:*")))
METRICS = ServiceFacts("cloudwatch")
