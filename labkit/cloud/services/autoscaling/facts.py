"""What EC2 Auto Scaling says of itself: its permissions. (Without moto's, which brings EC2 along.)"""

from __future__ import annotations

from ...authorization.service_permissions import Permissions
from ...core.call import Call
from ...gateway.interfaces import ServiceFacts


def _group(call: Call) -> str:
    """The group's ARN, whose id nobody knows beforehand (Service Authorization Reference, EC2 Auto Scaling)."""
    name = call.params.get("AutoScalingGroupName")
    where = f"arn:aws:autoscaling:{call.region}:{call.account}:autoScalingGroup:*:autoScalingGroupName/{name}"
    return where if name and not call.operation.startswith("Describe") else ""


FACTS = ServiceFacts("autoscaling", Permissions(resource=_group))
