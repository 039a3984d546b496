"""Which permission a call to a service behind moto needs: its IAM action, and the ARN that it is asked on.

Our own services say this themselves (`plan`). Source: Service Authorization Reference, the page of each service.
"""

from __future__ import annotations

from ..core.call import Call, Target
from .service_permissions import Permissions


def targets_of(call: Call, permissions: Permissions) -> tuple[Target, ...]:
    """Return the permissions that the call needs, each on its resource."""
    name = permissions.actions.get(call.operation, call.operation)
    if permissions.targets:
        return permissions.targets(call, name)
    return (Target(f"{permissions.prefix or call.service}:{name}", permissions.resource(call) or "*"),)
