"""EC2 Auto Scaling behind moto: launches are made by its service-linked role, which needs the key of each volume.

Sources: EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes", "Service-linked
roles" (it is made with the first group), "Verify a scaling activity"; AWS CLI's example of DescribeScalingActivities;
activities that failed, as published in gruntwork-io/terratest 693, kubernetes/kops 11545, aws/aws-cdk 34491.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.core.utils import get_service_model
from moto.iam.models import Role, iam_backends

from ...core.call import Call, Principal, Session
from ...core.forgetting import forget
from ...wire import protocols
from ...wire.protocols import HttpRequest, HttpResponse
from ..ebs.wrap import Ebs

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "autoscaling.amazonaws.com"
ROLE = "AWSServiceRoleForAutoScaling"
_SESSION = "AutoScaling"
_UNHEALTHY = "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: {}"


@dataclass(frozen=True, slots=True)
class Activity:
    """One launch of a group: the instance, when, why, and what went wrong."""

    id: str
    group: str
    instance: str
    time: datetime
    cause: str
    zone: str
    failure: str = ""

    def shown(self) -> dict[str, Any]:
        """Return the activity as DescribeScalingActivities answers it."""
        status = f".  Status Reason: {self.failure}" if self.failure else ""
        return {
            "ActivityId": self.id,
            "AutoScalingGroupName": self.group,
            "Description": f"Launching a new EC2 instance: {self.instance}{status}",
            "Cause": self.cause,
            "StartTime": self.time,
            "EndTime": self.time,
            "StatusCode": "Cancelled" if self.failure else "Successful",
            **({"StatusMessage": self.failure} if self.failure else {}),
            "Progress": 100,
            "Details": json.dumps({"Availability Zone": self.zone}, separators=(",", ":")),
        }


class AutoScaling:
    """The wrap round moto's Auto Scaling."""

    def __init__(self, gateway: Gateway, ebs: Ebs) -> None:
        self._gateway = gateway
        self._instances = ebs.instances
        self._activities: dict[tuple[str, str], list[Activity]] = {}  # by account and Region, oldest first
        gateway.forgets.append(self.forget)

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._activities, account)

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """moto's answer; instances that it has launched take their keys, or end."""
        if call.operation == "DescribeScalingActivities":
            return self._describe(call, request)
        groups = autoscaling_backends[call.account][call.region].autoscaling_groups
        before = {state.instance.id for group in groups.values() for state in group.instance_states}
        if call.operation == "CreateAutoScalingGroup":
            _service_linked_role(call)
        self._instances.prepare(call)
        response = onward(request)
        for group in groups.values():
            new = [state for state in group.instance_states if state.instance.id not in before]
            grown = (len(group.instance_states) - len(new), len(group.instance_states))
            for state in new:
                self._launched(call, group, state, grown)
        return response

    def _launched(self, call: Call, group: FakeAutoScalingGroup, state: Any, grown: tuple[int, int]) -> None:
        """EC2 asks KMS for the service-linked role; an instance that ends leaves the group."""
        itself = replace(call, principal=_session(call), source_ip=SERVICE, user_agent=SERVICE)
        instance, failure = state.instance, ""
        if not self._instances.launched(itself, instance):
            failure = _UNHEALTHY.format(instance.state_reason.message)
            group.instance_states.remove(state)
        cause = (
            f"At {call.time:%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference between desired "
            f"and actual capacity, increasing the capacity from {grown[0]} to {grown[1]}."
        )
        made = (self._gateway.new_id(), group.name, instance.id, call.time, cause)
        activity = Activity(*made, instance.availability_zone, failure)
        self._activities.setdefault((call.account, call.region), []).append(activity)

    def _describe(self, call: Call, request: HttpRequest) -> HttpResponse:
        """The launches of a group or of all, newest first."""
        params, model = call.params, get_service_model("autoscaling")
        found = [
            each.shown()
            for each in reversed(self._activities.get((call.account, call.region), []))
            if params.get("AutoScalingGroupName") in (None, each.group)
            and (not params.get("ActivityIds") or each.id in params["ActivityIds"])
        ]
        answer = {"Activities": found[: params.get("MaxRecords", 100)]}
        protocol = protocols.protocol_of(model, request)
        return protocols.write_result(model.operation_model(call.operation), protocol, answer, call.request_id)


def _service_linked_role(call: Call) -> Role:
    """The account's role for Auto Scaling, made now if it is not there yet."""
    iam = iam_backends[call.account]["aws"]
    there = next((role for role in iam.roles.values() if role.name == ROLE), None)
    return there or iam.create_service_linked_role(SERVICE, "", "")


def _session(call: Call) -> Principal:
    """Auto Scaling, as it has assumed the role."""
    role = _service_linked_role(call)
    arn = f"arn:aws:sts::{call.account}:assumed-role/{ROLE}/{_SESSION}"
    session = Session(role.arn, role.id, role.name, call.time, call.time + timedelta(hours=1))
    return Principal("AssumedRole", call.account, arn, f"{role.id}:{_SESSION}", _SESSION, session=session)
