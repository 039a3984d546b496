"""EventBridge's rules and targets are moto's; what is no schedule, and no input of a target, is refused here.

TestEventPattern is here, too: EventBridge API Reference; the words of a pattern that is none are moto's for PutRule.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from moto.core.utils import get_service_model
from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventPattern

from ...core.call import Call
from ...core.errors import AwsError
from ...wire import protocols
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
        if call.operation == "TestEventPattern":
            model = get_service_model("events").operation_model(call.operation)
            return protocols.write_result(model, "json", _tested(call), call.request_id)
        response = onward(request)
        if call.operation in _CHANGES:
            self._scheduled.plan(call.account, call.region)
        return response


def _tested(call: Call) -> dict[str, bool]:
    """Whether the pattern matches the event, as TestEventPattern answers."""
    try:
        pattern = EventPattern.load(call.params["EventPattern"])
    except InvalidEventPatternException as refused:
        raise AwsError("InvalidEventPatternException", str(refused.message)) from None
    try:
        event = json.loads(call.params["Event"])
    except ValueError:
        raise AwsError("ValidationException", "Parameter Event is not valid. Reason: it is no JSON.") from None
    return {"Result": pattern.matches_event(event)}
