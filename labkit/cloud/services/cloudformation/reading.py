"""What CloudFormation tells of its stacks: the operations that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from .change_sets import ChangeSet
from .plans import template_of
from .stacks import Plan, Stack
from .template import Template, refused

_PAGE = 100


class Reading:
    """Describe…, List…, Get…, ValidateTemplate."""

    def __init__(self, stacks: Sequence[Stack], change_sets: Sequence[ChangeSet]) -> None:
        self._stacks = stacks
        self._change_sets = change_sets
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "DescribeChangeSet": self._change_set,
            "DescribeStackEvents": self._events,
            "DescribeStackResource": self._resource,
            "DescribeStackResources": self._resources,
            "DescribeStacks": self._describe,
            "GetTemplate": self._template,
            "GetTemplateSummary": self._summary,
            "ListChangeSets": self._list_change_sets,
            "ListExports": self._exports,
            "ListStackResources": self._list_resources,
            "ListStacks": self._list,
            "ValidateTemplate": _validate,
        }

    def _describe(self, call: Call) -> dict[str, Any]:
        if call.params.get("StackName"):
            return {"Stacks": [self._get(call).described()]}
        there = [each.described() for each in self._mine(call) if each.status != "DELETE_COMPLETE"]
        return _paged(call, "Stacks", there[::-1])

    def _list(self, call: Call) -> dict[str, Any]:
        wanted = call.params.get("StackStatusFilter") or ()
        names = (
            "StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus",
            "StackStatusReason", "DriftInformation",
        )  # fmt: skip
        found = []
        for stack in reversed(self._mine(call)):
            if not wanted or stack.status in wanted:
                about = stack.described()
                summary = {name: about[name] for name in names if name in about}
                if "Description" in about:
                    summary["TemplateDescription"] = about["Description"]
                found.append(summary)
        return _paged(call, "StackSummaries", found)

    def _events(self, call: Call) -> dict[str, Any]:
        """The newest first."""
        if not call.params.get("StackName"):
            raise refused("StackName is a required parameter.")
        return _paged(call, "StackEvents", self._get(call, "Stack [{}] does not exist").events[::-1])

    def _resource(self, call: Call) -> dict[str, Any]:
        stack, name = self._get(call, "Stack '{}' does not exist"), call.params["LogicalResourceId"]
        if name not in stack.resources:
            raise refused(f"Resource {name} does not exist for stack {stack.name}")
        about = stack.resource_described(stack.resources[name])
        about["LastUpdatedTimestamp"] = about.pop("Timestamp", None)
        return {"StackResourceDetail": about}

    def _resources(self, call: Call) -> dict[str, Any]:
        name, physical = call.params.get("LogicalResourceId"), call.params.get("PhysicalResourceId")
        if physical and not call.params.get("StackName"):
            found = [s for s in self._mine(call) if any(r.physical_id == physical for r in s.resources.values())]
            if not found:
                raise refused(f"Stack for {physical} does not exist")
            stack = found[-1]
        else:
            stack = self._get(call)
        if name and name not in stack.resources:
            raise refused(f"Resource {name} does not exist for stack {stack.name}")
        shown = [stack.resource_described(each) for each in stack.resources.values() if name in (None, each.name)]
        return {"StackResources": shown}

    def _list_resources(self, call: Call) -> dict[str, Any]:
        shown = []
        stack = self._get(call)
        for each in stack.resources.values():
            about = stack.resource_described(each)
            for name in ("StackName", "StackId"):
                del about[name]
            about["LastUpdatedTimestamp"] = about.pop("Timestamp", None)
            shown.append(about)
        return _paged(call, "StackResourceSummaries", shown)

    def _template(self, call: Call) -> dict[str, Any]:
        plan: Plan | None
        if call.params.get("ChangeSetName"):
            plan = self._find_change_set(call).plan
        else:
            if not call.params.get("StackName"):
                raise refused("StackName is required if ChangeSetName is not specified.")
            plan = self._get(call).plan
        return {
            "TemplateBody": plan.template.text if plan else "",
            "StagesAvailable": ["Original", "Processed"],
        }

    def _summary(self, call: Call) -> dict[str, Any]:
        if call.params.get("StackName"):
            stack = self._get(call)
            if stack.plan is None:
                raise refused("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
            template = stack.plan.template
        else:
            template = template_of(call)
        return _declared(template) | {
            "ResourceTypes": [str(each["Type"]) for each in template.resources.values()],
            "Version": template.content.get("AWSTemplateFormatVersion"),
        }

    def _exports(self, call: Call) -> dict[str, Any]:
        shown = [
            {"ExportingStackId": stack.id, "Name": output["ExportName"], "Value": output["OutputValue"]}
            for stack in self._mine(call)
            if stack.status != "DELETE_COMPLETE"
            for output in stack.outputs
            if "ExportName" in output
        ]
        return _paged(call, "Exports", shown)

    def _change_set(self, call: Call) -> dict[str, Any]:
        return self._find_change_set(call).described()

    def _list_change_sets(self, call: Call) -> dict[str, Any]:
        stack = self._get(call, "Stack [{}] does not exist")
        return _paged(call, "Summaries", [each.summary() for each in self._change_sets if each.stack is stack])

    def _find_change_set(self, call: Call) -> ChangeSet:
        name, stack = call.params["ChangeSetName"], call.params.get("StackName")
        if not name.startswith("arn:") and not stack:
            raise refused("StackName must be specified if ChangeSetName is not specified as an ARN.")
        for each in self._change_sets:
            mine = (each.stack.account, each.stack.region) == (call.account, call.region)
            if mine and (each.id == name or (each.name == name and stack in (each.stack.name, each.stack.id))):
                return each
        raise AwsError("ChangeSetNotFoundException", f"ChangeSet [{name}] does not exist", 404)

    def _mine(self, call: Call) -> list[Stack]:
        return [each for each in self._stacks if (each.account, each.region) == (call.account, call.region)]

    def _get(self, call: Call, otherwise: str = "Stack with id {} does not exist") -> Stack:
        """A stack by its id, or by its name as long as it is not deleted."""
        name = call.params.get("StackName") or ""
        for stack in reversed(self._mine(call)):
            if stack.id == name or (stack.name == name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise refused(otherwise.format(name))


def _validate(call: Call) -> dict[str, Any]:
    return _declared(template_of(call))


def _declared(template: Template) -> dict[str, Any]:
    shown = []
    for name, about in template.section("Parameters").items():
        parameter = {
            "ParameterKey": str(name),
            "NoEcho": str(about.get("NoEcho", "")).lower() == "true",
            "DefaultValue": str(about["Default"]) if "Default" in about else None,
            "Description": about.get("Description"),
        }
        shown.append({member: value for member, value in parameter.items() if value is not None})
    return {"Parameters": shown, "Description": template.content.get("Description")}


def _paged(call: Call, key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    token = str(call.params.get("NextToken") or 0)
    if not (token.isascii() and token.isdigit()):
        raise refused("The value of NextToken is invalid.")
    start = int(token)
    page = {key: items[start : start + _PAGE]}
    return page | ({"NextToken": str(start + _PAGE)} if start + _PAGE < len(items) else {})
