"""What Lambda says of itself: its permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...core.call import Call
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

# Lambda's events carry a version in their names. From no source which has which, as the ledger says.
_VERSIONS = {
    "20150331v2": ("AddPermission", "GetFunction", "GetPolicy", "RemovePermission", "UpdateFunctionCode",
                   "UpdateFunctionConfiguration", "GetFunctionConfiguration"),
    "20150331": ("CreateAlias", "CreateEventSourceMapping", "CreateFunction", "DeleteAlias",
                 "DeleteEventSourceMapping", "DeleteFunction", "GetAlias", "ListAliases", "ListEventSourceMappings",
                 "ListFunctions", "ListVersionsByFunction", "PublishVersion", "UpdateAlias",
                 "UpdateEventSourceMapping"),
}  # fmt: skip


def _event_name(operation: str) -> str:
    return operation + next((version for version, names in _VERSIONS.items() if operation in names), "")


def _resources(call: Call) -> list[dict[str, str]]:
    if call.operation != "Invoke":
        return []
    name = str(call.params.get("FunctionName", "")).rpartition("function:")[2]
    arn = f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"
    return [{"accountId": call.account, "type": "AWS::Lambda::Function", "ARN": arn}]


FACTS = ServiceFacts(
    "lambda",
    Permissions(
        actions={
            "GetLayerVersionByArn": "GetLayerVersion",
            "Invoke": "InvokeFunction",
            "InvokeWithResponseStream": "InvokeFunction",
        },
        resource=regional("lambda", "FunctionName", "function:{}"),
    ),
    Records(
        event_name=_event_name,
        data_event=among("Invoke", "InvokeAsync", "InvokeWithResponseStream"),
        data_types={"AWS::Lambda::Function": "arn:aws:lambda"},
        resources=_resources,
        # The environment and the code are left out (Lambda Developer Guide, "Logging Lambda API calls").
        hidden=frozenset({"environment", "zipFile", "code", "payload"}),
        silent=frozenset({"Invoke"}),
    ),
)
