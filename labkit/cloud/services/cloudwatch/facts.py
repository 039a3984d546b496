"""What CloudWatch and CloudWatch Logs say of themselves: their permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...core.call import Call, Target
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

_by_name = regional("logs", "logGroupName", "log-group:{}:*")


def _group(call: Call) -> str:
    """The log group, by its name, by either (logGroupIdentifier), or by its ARN (AssociateKmsKey)."""
    either = call.params.get("logGroupIdentifier")
    if isinstance(either, str) and "logGroupName" not in call.params:
        name = either.partition(":log-group:")[2] or either
        return f"arn:aws:logs:{call.region}:{call.account}:log-group:{name.removesuffix(':*')}:*"
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


# By the parameter that names it: an ARN from the account on (Service Authorization Reference, Amazon CloudWatch).
_NAMED = {
    "AlarmName": "{region}:{account}:alarm:",
    "AlarmNames": "{region}:{account}:alarm:",
    "DashboardName": ":{account}:dashboard/",
    "DashboardNames": ":{account}:dashboard/",
}
_LISTS_OF_ALARMS = ("DescribeAlarms", "DescribeAlarmHistory")


def _targets(call: Call, name: str) -> tuple[Target, ...]:
    """Each alarm or dashboard that is named; lists of alarms without a name on alarm:*."""
    params = call.params
    if isinstance(params.get("ResourceARN"), str):
        return (Target(f"cloudwatch:{name}", params["ResourceARN"]),)
    member = next((each for each in _NAMED if params.get(each)), "")
    named = params.get(member, [])
    names: list[str] = [named] if isinstance(named, str) else list(named)
    if not names and call.operation in _LISTS_OF_ALARMS:
        member, names = "AlarmName", ["*"]
    if not names:
        return (Target(f"cloudwatch:{name}", "*"),)
    start = "arn:aws:cloudwatch:" + _NAMED[member].format(region=call.region, account=call.account)
    return tuple(Target(f"cloudwatch:{name}", start + each) for each in names)


METRICS = ServiceFacts(
    "cloudwatch",
    Permissions(targets=_targets, context=_space),
    records=Records(source="monitoring", data_event=among("PutMetricData", "GetMetricData", "GetMetricStatistics")),
)
