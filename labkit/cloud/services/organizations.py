"""Organizations behind moto: what it says of itself. Only service control policies are judged here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..authorization.service_permissions import Permissions, Written
from ..gateway.interfaces import ServiceFacts


def _is_scp(params: Mapping[str, Any]) -> bool:
    """Only service control policies are written in the policy language that is judged here."""
    return params.get("Type") == "SERVICE_CONTROL_POLICY"


FACTS = ServiceFacts(
    "organizations", Permissions(documents={"CreatePolicy": Written("Content", "scp", applies=_is_scp)})
)
