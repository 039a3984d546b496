"""CloudFormation's operations: stacks of KMS keys, aliases and replica keys, made as the caller.

A stack is worked on when the call that asks for it has been recorded, before its answer leaves: CloudTrail shows
CreateStack, then CreateKey, with sourceIPAddress and userAgent "cloudformation.amazonaws.com" (published record, 2025).
Errors: recorded from the real service, 2023 to 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from ...moto.faults import not_implemented
from ...moto.parameters import check_parameters
from .change_sets import NO_CHANGES, ChangeSet, changes_between
from .deployment import Deployment
from .handler_errors import as_handler_error
from .plans import SERVICE, plan_of, role_session
from .reading import Reading
from .stacks import USER, Stack
from .template import refused

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


class CloudFormation:
    """The simulated AWS CloudFormation."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._stacks: list[Stack] = []
        self._change_sets: list[ChangeSet] = []
        gateway.forgets.append(self._forget)
        self._operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "CreateChangeSet": self._create_change_set,
            "CreateStack": self._create,
            "DeleteChangeSet": self._delete_change_set,
            "DeleteStack": self._delete,
            "ExecuteChangeSet": self._execute_change_set,
            "UpdateStack": self._update,
            "UpdateTerminationProtection": self._protect,
            **Reading(self._stacks, self._change_sets).operations,
        }

    def _forget(self, account: str) -> None:
        """Let go of the stacks of an account. (The lists are others', too.)"""
        self._stacks[:] = [stack for stack in self._stacks if stack.account != account]
        self._change_sets[:] = [each for each in self._change_sets if each.stack.account != account]

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Plan the permission, on the stack if one is named (Service Authorization Reference, AWS CloudFormation)."""
        check_parameters(call)
        name = call.params.get("StackName", "")
        if not name or call.operation in ("ListStacks", "ValidateTemplate"):
            return (Target(f"cloudformation:{call.operation}", "*"),)
        stack = self._find(call, name)
        unknown = f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/*"
        arn = stack.id if stack else name if name.startswith("arn:") else unknown
        return (Target(f"cloudformation:{call.operation}", arn),)

    def perform(self, call: Call) -> dict[str, Any]:
        """Return the answer, by botocore's member names."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise not_implemented(call)
        return operation(call)

    # --- Stacks ------------------------------------------------------------------------------------------------------

    def _create(self, call: Call) -> dict[str, Any]:
        name = call.params["StackName"]
        if self._find(call, name):
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
        stack = self._new(call)
        stack.plan = plan_of(call, self._gateway.authorize)
        self._begin(stack)
        stack.tell(call.time, self._gateway.new_id, "CREATE_IN_PROGRESS", USER)
        self._later(call, stack, lambda deployment: deployment.create())
        return {"StackId": stack.id}

    def _new(self, call: Call) -> Stack:
        params = call.params
        name = params["StackName"]
        return Stack(
            id=f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/{self._gateway.new_id()}",
            name=name,
            account=call.account,
            region=call.region,
            created=call.time,
            plan=None,
            on_failure="DO_NOTHING" if params.get("DisableRollback") else params.get("OnFailure", "ROLLBACK"),
            protected=bool(params.get("EnableTerminationProtection")),
            notified=list(params.get("NotificationARNs") or ()),
        )

    def _begin(self, stack: Stack) -> None:
        """From now on no answer leaves before the work that it asked for is done."""
        self._stacks.append(stack)
        self._gateway.runs_functions = True

    def _update(self, call: Call) -> dict[str, Any]:
        stack = self._get(call)
        if stack.status not in _UPDATABLE:
            raise refused(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        plan = plan_of(call, self._gateway.authorize, stack)
        if not changes_between(stack, plan):
            raise refused("No updates are to be performed.")
        stack.tell(call.time, self._gateway.new_id, "UPDATE_IN_PROGRESS", USER)
        self._later(call, stack, lambda deployment: deployment.update(plan))
        return {"StackId": stack.id}

    def _delete(self, call: Call) -> dict[str, Any]:
        """Of a stack that is not there, nothing is said."""
        stack = self._find(call, call.params["StackName"])
        if stack is None or stack.status == "DELETE_COMPLETE":
            return {}
        if stack.protected:
            raise refused(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        keep = frozenset(call.params.get("RetainResources") or ())
        if keep and stack.status != "DELETE_FAILED":
            raise refused("Invalid operation on stack. Specify RetainResources only for stacks in DELETE_FAILED state")
        stack.tell(call.time, self._gateway.new_id, "DELETE_IN_PROGRESS", USER)
        self._later(call, stack, lambda deployment: deployment.delete(keep))
        return {}

    def _protect(self, call: Call) -> dict[str, Any]:
        stack = self._get(call)
        stack.protected = bool(call.params["EnableTerminationProtection"])
        return {"StackId": stack.id}

    # --- Change sets -------------------------------------------------------------------------------------------------

    def _create_change_set(self, call: Call) -> dict[str, Any]:
        params = call.params
        creates = params.get("ChangeSetType") == "CREATE"
        stack = self._find(call, params["StackName"])
        if params.get("ChangeSetType") == "IMPORT":
            raise not_implemented(call, " of the type IMPORT")
        if creates and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            name = params["ChangeSetName"]
            raise refused(
                f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{name}]."
            )
        if not creates and stack is None:
            raise refused(f"Stack [{params['StackName']}] does not exist")
        plan = plan_of(call, self._gateway.authorize, stack)
        if stack is None:
            stack = self._new(call)
            self._begin(stack)
            stack.tell(call.time, self._gateway.new_id, "REVIEW_IN_PROGRESS", USER)
        name = params["ChangeSetName"]
        if any(each.stack is stack and each.name == name for each in self._change_sets):
            raise AwsError(
                "AlreadyExistsException",
                f"ChangeSet {name} cannot be created due to a mismatch with existing attribute Template",
            )
        made = f"arn:aws:cloudformation:{call.region}:{call.account}:changeSet/{name}/{self._gateway.new_id()}"
        changes = changes_between(stack, plan)
        change_set = ChangeSet(
            made, name, stack, plan, call.time, creates, changes, str(params.get("Description") or "")
        )
        if not changes:
            change_set.status, change_set.execution, change_set.reason = "FAILED", "UNAVAILABLE", NO_CHANGES
        self._change_sets.append(change_set)
        return {"Id": made, "StackId": stack.id}

    def _delete_change_set(self, call: Call) -> dict[str, Any]:
        found = [each for each in self._change_sets if _is_named(each, call)]
        for each in found:
            self._change_sets.remove(each)
        return {}

    def _execute_change_set(self, call: Call) -> dict[str, Any]:
        change_set = next((each for each in self._change_sets if _is_named(each, call)), None)
        if change_set is None:
            raise AwsError(
                "ChangeSetNotFoundException", f"ChangeSet [{call.params['ChangeSetName']}] does not exist", 404
            )
        if change_set.execution != "AVAILABLE":
            raise AwsError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]",
            )
        stack, plan = change_set.stack, change_set.plan
        stack.change_set = change_set.id
        change_set.execution = "EXECUTE_COMPLETE"
        if change_set.creates:
            stack.plan = plan
            stack.tell(call.time, self._gateway.new_id, "CREATE_IN_PROGRESS", USER)
            self._later(call, stack, lambda deployment: deployment.create())
        else:
            stack.tell(call.time, self._gateway.new_id, "UPDATE_IN_PROGRESS", USER)
            self._later(call, stack, lambda deployment: deployment.update(plan))
        self._change_sets[:] = [each for each in self._change_sets if each.stack is not stack or each is change_set]
        return {}

    # --- Shared ------------------------------------------------------------------------------------------------------

    def _later(self, call: Call, stack: Stack, work: Callable[[Deployment], None]) -> None:
        """Do the work once the call is recorded, at the next lab second, as the caller or as the stack's role."""
        role = stack.plan.role if stack.plan else ""
        principal = role_session(call, role) if role else call.principal

        def run() -> None:
            with self._gateway.locked() as now:
                outer = replace(call, time=now, principal=principal, decision=None, http=None)

                def ask(operation: str, _region: str = "", **params: Any) -> dict[str, Any]:
                    there = replace(outer, region=_region or stack.region)
                    try:
                        return self._gateway.on_behalf(there, SERVICE, operation, params)
                    except AwsError as said_no:
                        raise as_handler_error(operation, said_no) from None

                work(Deployment(stack, ask, now, self._gateway.new_id, self._exports(call)))

        self._gateway.afterwards(run)

    def _exports(self, call: Call) -> dict[str, str]:
        return {
            output["ExportName"]: output["OutputValue"]
            for stack in self._stacks
            if (stack.account, stack.region) == (call.account, call.region) and stack.status != "DELETE_COMPLETE"
            for output in stack.outputs
            if "ExportName" in output
        }

    def _find(self, call: Call, name: str) -> Stack | None:
        """A stack by its id, or by its name as long as it is not deleted."""
        mine = [each for each in self._stacks if (each.account, each.region) == (call.account, call.region)]
        return next(
            (s for s in reversed(mine) if s.id == name or (s.name == name and s.status != "DELETE_COMPLETE")), None
        )

    def _get(self, call: Call) -> Stack:
        name = call.params["StackName"]
        stack = self._find(call, name)
        if stack is None:
            raise refused(f"Stack [{name}] does not exist")
        return stack


def _is_named(change_set: ChangeSet, call: Call) -> bool:
    name, stack = call.params["ChangeSetName"], call.params.get("StackName")
    mine = (change_set.stack.account, change_set.stack.region) == (call.account, call.region)
    return mine and (
        change_set.id == name or (change_set.name == name and stack in (change_set.stack.name, change_set.stack.id))
    )
