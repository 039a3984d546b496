"""What Lambda says of itself: its permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions, regional
from ...gateway.contracts import ServiceFacts

FACTS = ServiceFacts(
    "lambda",
    Permissions(
        actions={"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"},
        resource=regional("lambda", "FunctionName", "function:{}"),
    ),
)
