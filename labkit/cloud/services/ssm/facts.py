"""What Systems Manager says of itself: its permissions."""

from __future__ import annotations

from ...authorization.service_permissions import Permissions
from ...core.call import Call, Target
from ...gateway.interfaces import ServiceFacts


def _targets(call: Call, name: str) -> tuple[Target, ...]:
    """Each parameter of the request, without the version or label that may follow its name; else "*"."""
    names = call.params.get("Names") or [call.params.get("Name") or call.params.get("Path")]
    return tuple(Target(f"ssm:{name}", _parameter(call, each) if isinstance(each, str) else "*") for each in names)


def _parameter(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    return f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.partition(':')[0].lstrip('/')}"


FACTS = ServiceFacts("ssm", Permissions(targets=_targets))
