"""What CloudWatch and CloudWatch Logs say of themselves: their permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

LOGS = ServiceFacts(
    "logs",
    Permissions(resource=regional("logs", "logGroupName", "log-group:{}:*")),
    Records(
        data_event=among("PutLogEvents", "GetLogEvents", "FilterLogEvents"),
        hidden=frozenset({"logEvents", "events"}),
    ),
)
METRICS = ServiceFacts(
    "cloudwatch",
    records=Records(source="monitoring", data_event=among("PutMetricData", "GetMetricData", "GetMetricStatistics")),
)
