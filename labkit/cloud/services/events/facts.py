"""What EventBridge says of itself: its name as a caller, permissions, what its records show."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions
from ...core.call import Call, Target
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

SERVICE = "events.amazonaws.com"

_NAMED = {  # by the parameter that names it: how the ARN goes on (Service Authorization Reference, Amazon EventBridge)
    "ArchiveName": "archive/",
    "ReplayName": "replay/",
    "EventBusName": "event-bus/",
}


def _targets(call: Call, name: str) -> tuple[Target, ...]:
    """The rule, the bus or what else is named; events on each bus that they go to."""
    if call.operation == "PutEvents":
        entries = call.params.get("Entries") or [{}]
        arns = [_arn(call, "event-bus/", each.get("EventBusName") or "default") for each in entries]
    else:
        arns = [_named(call)]
    return tuple(Target(f"events:{name}", arn) for arn in dict.fromkeys(arns))


def _named(call: Call) -> str:
    params = call.params
    if isinstance(params.get("ResourceARN"), str):
        return str(params["ResourceARN"])
    if call.operation.endswith("EventBus") and "Name" in params:
        return _arn(call, "event-bus/", params["Name"])
    if rule := params.get("Rule") or ("Rule" in call.operation and params.get("Name")):
        bus = str(params.get("EventBusName") or "default").rpartition("/")[2]
        return _arn(call, "rule/" if bus == "default" else f"rule/{bus}/", rule)
    found = next((name for name in _NAMED if params.get(name)), "")
    return _arn(call, _NAMED[found], params[found]) if found else "*"


def _arn(call: Call, start: str, name: object) -> str:
    return str(name) if str(name).startswith("arn:") else f"arn:aws:events:{call.region}:{call.account}:{start}{name}"


FACTS = ServiceFacts(
    "events",
    Permissions(targets=_targets),
    Records(data_event=among("PutEvents"), hidden=frozenset({"entries"})),
)
