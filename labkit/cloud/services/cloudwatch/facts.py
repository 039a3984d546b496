"""What CloudWatch and CloudWatch Logs say of themselves: their permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...core.call import Call
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

_by_name = regional("logs", "logGroupName", "log-group:{}:*")


def _group(call: Call) -> str:
    """The log group, by its name or by its ARN (AssociateKmsKey, resourceIdentifier)."""
    return _by_name(call) or str(call.params.get("resourceIdentifier") or "")


LOGS = ServiceFacts(
    "logs",
    Permissions(resource=_group),
    Records(
        data_event=among("PutLogEvents", "GetLogEvents", "FilterLogEvents"),
        hidden=frozenset({"logEvents", "events"}),
    ),
)


def _space(call: Call) -> dict[str, str]:
    """PutMetricData's condition key (Service Authorization Reference, Amazon CloudWatch)."""
    return {"cloudwatch:namespace": str(call.params["Namespace"])} if call.operation == "PutMetricData" else {}


METRICS = ServiceFacts(
    "cloudwatch",
    Permissions(context=_space),
    records=Records(source="monitoring", data_event=among("PutMetricData", "GetMetricData", "GetMetricStatistics")),
)
