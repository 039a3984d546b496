"""EventBridge's rules and targets are moto's; what is no schedule, and no input of a target, is refused here."""

from __future__ import annotations

from collections.abc import Callable

from ...core.call import Call
from ...wire.protocols import HttpRequest, HttpResponse
from .input_transformer import check_target
from .scheduled_rules import ScheduledRules, check_schedule

_CHANGES = ("PutRule", "EnableRule", "DisableRule", "DeleteRule")


class EventBridge:
    """Stands round moto's service."""

    def __init__(self, scheduled: ScheduledRules) -> None:
        self._scheduled = scheduled

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Check what a rule and its targets are to be, and plan a schedule that has changed."""
        if call.operation == "PutRule":
            check_schedule(str(call.params.get("ScheduleExpression", "")))
        if call.operation == "PutTargets":
            for target in call.params["Targets"]:
                check_target(target)
        response = onward(request)
        if call.operation in _CHANGES:
            self._scheduled.plan(call.account, call.region)
        return response
