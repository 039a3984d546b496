"""A stack as CloudFormation remembers it: its resources, its events, its outputs. Plain state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .resources import Made
from .template import Template

STACK = "AWS::CloudFormation::Stack"
USER = "User Initiated"


@dataclass(slots=True)
class Resource:
    """A resource of a stack, by its logical id."""

    name: str
    kind: str
    properties: dict[str, Any]
    deletion_policy: str = "Delete"
    made: Made | None = None
    status: str = ""
    reason: str = ""
    changed: datetime | None = None

    @property
    def physical_id(self) -> str:
        """Its name in the service; empty until it is there."""
        return self.made.physical_id if self.made else ""


@dataclass(slots=True)
class Plan:
    """What a stack shall become."""

    template: Template
    parameters: dict[str, Any]
    tags: list[dict[str, str]]
    capabilities: list[str]
    role: str = ""


@dataclass(slots=True)
class Stack:
    """A stack, also one that has been deleted."""

    id: str
    name: str
    account: str
    region: str
    created: datetime
    plan: Plan | None
    on_failure: str = "ROLLBACK"  # or DELETE, DO_NOTHING
    protected: bool = False
    notified: list[str] = field(default_factory=list)
    status: str = ""
    reason: str = ""
    updated: datetime | None = None
    deleted: datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    change_set: str = ""

    def tell(self, when: datetime, new_id: Callable[[], str], status: str, reason: str = "") -> None:
        """Note another status of the stack."""
        self.status, self.reason = status, "" if reason == USER else reason
        self._event(when, new_id(), self.name, self.id, STACK, status, reason)

    def tell_of(
        self, resource: Resource, when: datetime, new_id: Callable[[], str], status: str, reason: str = ""
    ) -> None:
        """Note another status of one of its resources."""
        resource.status, resource.reason, resource.changed = status, reason, when
        event_id = f"{resource.name}-{status}-{new_id()}"
        self._event(when, event_id, resource.name, resource.physical_id, resource.kind, status, reason)

    def _event(
        self, when: datetime, event_id: str, name: str, physical_id: str, kind: str, status: str, reason: str
    ) -> None:
        event = {
            "StackId": self.id,
            "EventId": event_id,
            "StackName": self.name,
            "LogicalResourceId": name,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": when,
            "ResourceStatus": status,
        }
        self.events.append(event | ({"ResourceStatusReason": reason} if reason else {}))

    def described(self) -> dict[str, Any]:
        """Return what DescribeStacks answers of it."""
        plan = self.plan
        shown: dict[str, Any] = {
            "StackId": self.id,
            "StackName": self.name,
            "CreationTime": self.created,
            "RollbackConfiguration": {},
            "StackStatus": self.status,
            "DisableRollback": self.on_failure == "DO_NOTHING",
            "NotificationARNs": self.notified,
            "EnableTerminationProtection": self.protected,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
            "Tags": plan.tags if plan else [],
            "StackStatusReason": self.reason or None,
            "LastUpdatedTime": self.updated,
            "DeletionTime": self.deleted,
            "Outputs": self.outputs or None,
            "ChangeSetId": self.change_set or None,
        }
        if plan:
            shown |= {
                "Description": plan.template.content.get("Description"),
                "Capabilities": plan.capabilities or None,
                "RoleARN": plan.role or None,
                "Parameters": parameters_of(plan) or None,
            }
        return {name: value for name, value in shown.items() if value is not None}

    def resource_described(self, resource: Resource) -> dict[str, Any]:
        """Return what DescribeStackResources answers of one of its resources."""
        shown = {
            "StackName": self.name,
            "StackId": self.id,
            "LogicalResourceId": resource.name,
            "PhysicalResourceId": resource.physical_id or None,
            "ResourceType": resource.kind,
            "Timestamp": resource.changed,
            "ResourceStatus": resource.status,
            "ResourceStatusReason": resource.reason or None,
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        }
        return {name: value for name, value in shown.items() if value is not None}


def parameters_of(plan: Plan) -> list[dict[str, str]]:
    """Return the parameters as answers show them: what NoEcho hides, as stars."""
    declared = plan.template.section("Parameters")
    shown = []
    for name, value in plan.parameters.items():
        text = ",".join(value) if isinstance(value, list) else str(value)
        hidden = str(declared[name].get("NoEcho", "")).lower() == "true"
        shown.append({"ParameterKey": name, "ParameterValue": "****" if hidden else text})
    return shown
