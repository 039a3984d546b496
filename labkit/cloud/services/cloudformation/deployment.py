"""Creating, updating and deleting a stack: resource after resource, with the events that CloudFormation tells.

Events' order and words: recorded from the real service, 2023 to 2026. One resource is made after the other, where
CloudFormation makes independent ones at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.errors import AwsError
from .functions import Scope
from .handler_errors import HandlerError
from .ordering import check_properties, in_order, with_stack_tags
from .resources import HANDLERS, Ask, Unfinished
from .stacks import Plan, Resource, Stack

_NEW = "Requested update requires the creation of a new physical resource; hence creating one."


@dataclass(frozen=True, slots=True)
class Deployment:
    """One act on a stack, at one moment, with the caller's way to KMS."""

    stack: Stack
    ask: Ask
    now: datetime
    new_id: Callable[[], str]
    exports: Mapping[str, str]

    # --- Create ------------------------------------------------------------------------------------------------------

    def create(self) -> None:
        """Make everything; what can't be made takes the rest back."""
        stack = self.stack
        assert stack.plan
        scope = self._scope(stack.plan)
        try:
            for resource in self._wanted(stack.plan, scope):
                stack.resources[resource.name] = resource
                self._create_one(resource, scope, "CREATE")
            stack.outputs = self._outputs(scope)
        except (HandlerError, AwsError) as failed:
            self._roll_back_creation(failed)
            return
        self._tell("CREATE_COMPLETE")

    def _create_one(self, resource: Resource, scope: Scope, word: str, reason: str = "") -> None:
        self._tell_of(resource, f"{word}_IN_PROGRESS", reason)
        properties = with_stack_tags(resource, scope.template.resources, self.stack)
        try:
            resource.properties = scope.resolve(properties)
            check_properties(resource)
            resource.made = HANDLERS[resource.kind].create(self.ask, resource.properties, self.stack.region)
        except (HandlerError, AwsError) as failed:
            if isinstance(failed, Unfinished):
                resource.made = failed.made
            self._tell_of(resource, f"{word}_FAILED", self._said(failed))
            raise
        scope.made[resource.name] = dict(resource.made.attributes)
        started = "Resource creation Initiated" if word == "CREATE" else reason
        self._tell_of(resource, f"{word}_IN_PROGRESS", started)
        self._tell_of(resource, f"{word}_COMPLETE")

    def _roll_back_creation(self, failed: Exception) -> None:
        stack = self.stack
        broken = [each.name for each in stack.resources.values() if each.status == "CREATE_FAILED"]
        if broken:
            reason = f"The following resource(s) failed to create: [{', '.join(broken)}]. "
        else:
            reason = f"{self._said(failed)}. "
        if stack.on_failure == "DO_NOTHING":
            self._tell("CREATE_FAILED", reason)
            return
        deletes = stack.on_failure == "DELETE"
        asked = "Delete requested by user." if deletes else "Rollback requested by user."
        self._tell("DELETE_IN_PROGRESS" if deletes else "ROLLBACK_IN_PROGRESS", reason + asked)
        left = self._delete_all(list(stack.resources.values()), keep=frozenset())
        if left:
            self._tell("DELETE_FAILED" if deletes else "ROLLBACK_FAILED", _failed_to_delete(left))
        else:
            self._tell("DELETE_COMPLETE" if deletes else "ROLLBACK_COMPLETE")
            stack.deleted = self.now

    # --- Delete ------------------------------------------------------------------------------------------------------

    def delete(self, keep: frozenset[str] = frozenset()) -> None:
        """Take everything away, save what shall be kept."""
        left = self._delete_all(list(self.stack.resources.values()), keep)
        if left:
            self._tell("DELETE_FAILED", _failed_to_delete(left))
            return
        self.stack.deleted = self.now
        self._tell("DELETE_COMPLETE")

    def _delete_all(self, resources: list[Resource], keep: frozenset[str]) -> list[str]:
        """Delete in the opposite order; the names of those that could not be deleted."""
        left = []
        for resource in reversed(resources):
            if resource.status in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
                continue
            creating = self.stack.status in ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
            retained = resource.deletion_policy == "Retain" or (
                resource.deletion_policy == "RetainExceptOnCreate" and not creating
            )
            if resource.made and (resource.name in keep or retained):
                self._tell_of(resource, "DELETE_SKIPPED")
                continue
            if resource.made is None:
                self._tell_of(resource, "DELETE_COMPLETE")
                continue
            self._tell_of(resource, "DELETE_IN_PROGRESS")
            try:
                HANDLERS[resource.kind].delete(self.ask, resource.made, resource.properties)
            except HandlerError as failed:
                self._tell_of(resource, "DELETE_FAILED", self._said(failed))
                left.append(resource.name)
            else:
                self._tell_of(resource, "DELETE_COMPLETE")
        return left

    # --- Update ------------------------------------------------------------------------------------------------------

    def update(self, plan: Plan) -> None:
        """Become what `plan` says; what fails takes the rest back."""
        stack, before = self.stack, self.stack.plan
        scope = self._scope(plan)
        old = {name: each for name, each in stack.resources.items() if not each.status.startswith("DELETE")}
        stack.plan, stack.resources = plan, dict(old)
        outdated: list[Resource] = []
        changed: list[tuple[Resource, dict[str, Any]]] = []
        new: list[Resource] = []
        try:
            for wanted in self._wanted(plan, scope):
                was = old.get(wanted.name)
                if was is None or was.made is None:
                    stack.resources[wanted.name] = wanted
                    new.append(wanted)
                    self._create_one(wanted, scope, "CREATE")
                    continue
                was.deletion_policy = wanted.deletion_policy
                scope.made[was.name] = dict(was.made.attributes)
                wanted.properties = scope.resolve(with_stack_tags(wanted, plan.template.resources, stack))
                if wanted.properties == was.properties and wanted.kind == was.kind:
                    continue
                if wanted.kind != was.kind or HANDLERS[was.kind].needs_new(was.properties, wanted.properties):
                    stack.resources[wanted.name] = wanted
                    outdated.append(was)
                    new.append(wanted)
                    self._create_one(wanted, scope, "UPDATE", _NEW)
                    continue
                self._update_one(was, wanted.properties, changed)
            stack.outputs = self._outputs(scope)
        except (HandlerError, AwsError) as failed:
            stack.plan = before
            self._roll_back_update(failed, old, changed, new)
            return
        self._tell("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        gone = [each for name, each in old.items() if name not in plan.template.resources]
        for each in gone:
            stack.resources.pop(each.name, None)
        self._delete_all(gone + outdated, keep=frozenset())
        for each in outdated:  # the new one is the resource, whatever became of the old one
            stack.resources[each.name].status = "UPDATE_COMPLETE"
        stack.updated = self.now
        self._tell("UPDATE_COMPLETE")

    def _update_one(
        self, resource: Resource, after: dict[str, Any], changed: list[tuple[Resource, dict[str, Any]]]
    ) -> None:
        assert resource.made
        before = resource.properties
        self._tell_of(resource, "UPDATE_IN_PROGRESS")
        changed.append((resource, before))
        resource.properties = after
        try:
            check_properties(resource)
            HANDLERS[resource.kind].update(self.ask, resource.made, before, after)
        except (HandlerError, AwsError) as failed:
            self._tell_of(resource, "UPDATE_FAILED", self._said(failed))
            raise
        self._tell_of(resource, "UPDATE_COMPLETE")

    def _roll_back_update(
        self,
        failed: Exception,
        old: dict[str, Resource],
        changed: list[tuple[Resource, dict[str, Any]]],
        new: list[Resource],
    ) -> None:
        stack = self.stack
        created = [each.name for each in new if each.status == "CREATE_FAILED"]
        updated = [each.name for each in stack.resources.values() if each.status == "UPDATE_FAILED"]
        said = [
            f"failed to {word}: [{', '.join(names)}]. "
            for word, names in (("create", created), ("update", updated))
            if names
        ]
        reason = f"The following resource(s) {said[0]}" if said else f"{self._said(failed)}. "
        self._tell("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        stack.resources = dict(old)
        for resource, before in reversed(changed):
            assert resource.made
            self._tell_of(resource, "UPDATE_IN_PROGRESS")
            with suppress(HandlerError):  # what was refused has not been done, so there is nothing to take back
                HANDLERS[resource.kind].update(self.ask, resource.made, resource.properties, before)
            resource.properties = before
            self._tell_of(resource, "UPDATE_COMPLETE")
        self._tell("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._delete_all(new, keep=frozenset())
        stack.updated = self.now
        self._tell("UPDATE_ROLLBACK_COMPLETE")

    # --- Shared ------------------------------------------------------------------------------------------------------

    def _scope(self, plan: Plan) -> Scope:
        stack = self.stack
        pseudo = {
            "AWS::AccountId": stack.account,
            "AWS::NotificationARNs": stack.notified,
            "AWS::Partition": "aws",
            "AWS::Region": stack.region,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return Scope(plan.template, plan.parameters, pseudo, self.exports)

    def _wanted(self, plan: Plan, scope: Scope) -> Iterator[Resource]:
        """The resources of the template whose condition holds, each behind those that it speaks of."""
        for name in in_order(plan.template.resources):
            about = plan.template.resources[name]
            if "Condition" in about and not scope.condition(str(about["Condition"])):
                continue
            policy = str(about.get("DeletionPolicy", "Delete"))
            yield Resource(name, str(about["Type"]), dict(about.get("Properties") or {}), policy)

    def _outputs(self, scope: Scope) -> list[dict[str, str]]:
        made = []
        for name, about in scope.template.section("Outputs").items():
            if "Condition" in about and not scope.condition(str(about["Condition"])):
                continue
            output = {"OutputKey": name, "OutputValue": str(scope.resolve(about["Value"]))}
            if "Description" in about:
                output["Description"] = str(about["Description"])
            if "Export" in about:
                output["ExportName"] = str(scope.resolve(about["Export"]["Name"]))
            made.append(output)
        return made

    def _said(self, failed: Exception) -> str:
        if isinstance(failed, HandlerError):
            token = f"RequestToken: {self.new_id()}, HandlerErrorCode: {failed.code}"
            return f'Resource handler returned message: "{failed.message}" ({token})'
        return str(failed.message) if isinstance(failed, AwsError) else str(failed)

    def _tell(self, status: str, reason: str = "") -> None:
        self.stack.tell(self.now, self.new_id, status, reason)

    def _tell_of(self, resource: Resource, status: str, reason: str = "") -> None:
        self.stack.tell_of(resource, self.now, self.new_id, status, reason)


def _failed_to_delete(names: list[str]) -> str:
    return f"The following resource(s) failed to delete: [{', '.join(sorted(names))}]. "
