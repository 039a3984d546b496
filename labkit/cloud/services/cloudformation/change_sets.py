"""Change sets: what a stack would become, and what that would change. Plain state, and a comparison of templates.

Source: CloudFormation API Reference, DescribeChangeSet, ResourceChange.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .stacks import Plan, Stack, parameters_of

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


@dataclass(slots=True)
class ChangeSet:
    """One change set of a stack."""

    id: str
    name: str
    stack: Stack
    plan: Plan
    created: datetime
    creates: bool
    changes: list[dict[str, Any]]
    description: str = ""
    status: str = "CREATE_COMPLETE"
    execution: str = "AVAILABLE"
    reason: str = ""
    notified: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """Return what DescribeChangeSet answers of it."""
        shown = self.summary() | {
            "Parameters": parameters_of(self.plan) or None,
            "NotificationARNs": self.notified,
            "RollbackConfiguration": {},
            "Capabilities": self.plan.capabilities or None,
            "Tags": self.plan.tags or None,
            "Changes": self.changes,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """Return what ListChangeSets answers of it."""
        shown = {
            "ChangeSetName": self.name,
            "ChangeSetId": self.id,
            "StackId": self.stack.id,
            "StackName": self.stack.name,
            "Description": self.description or None,
            "CreationTime": self.created,
            "ExecutionStatus": self.execution,
            "Status": self.status,
            "StatusReason": self.reason or None,
            "IncludeNestedStacks": False,
        }
        return {name: value for name, value in shown.items() if value is not None}


def changes_between(stack: Stack, plan: Plan) -> list[dict[str, Any]]:
    """Return what would be added, changed and removed."""
    there = {name: each for name, each in stack.resources.items() if each.made}
    before = stack.plan.template.resources if stack.plan else {}
    same_values = stack.plan is not None and stack.plan.parameters == plan.parameters and stack.plan.tags == plan.tags
    changes = []
    for name, about in plan.template.resources.items():
        kind = str(about["Type"])
        if name not in there:
            changes.append(_change("Add", name, kind))
        elif before.get(name) != about or not same_values:
            detail = {"Scope": ["Properties"], "Replacement": "Conditional", "Details": []}
            changes.append(_change("Modify", name, kind, there[name].physical_id, detail))
    for name, each in there.items():
        if name not in plan.template.resources:
            changes.append(_change("Remove", name, each.kind, each.physical_id))
    return changes


def _change(
    action: str, name: str, kind: str, physical_id: str = "", detail: dict[str, Any] | None = None
) -> dict[str, Any]:
    change: dict[str, Any] = {"Action": action, "LogicalResourceId": name, "ResourceType": kind}
    if physical_id:
        change["PhysicalResourceId"] = physical_id
    return {"Type": "Resource", "ResourceChange": change | (detail or {"Scope": [], "Details": []})}
