"""Rules that run by the clock: moto keeps them, and what they send, and when, is here.

Source: EventBridge User Guide, "Creating a scheduled rule"; the event in the guide's "Scheduled Event" sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.events.models import Rule, events_backends

from ...core.clock import Clock, iso
from ...core.errors import AwsError
from ...core.forgetting import forget
from .schedule_expressions import NotUnderstood, parse

Place = tuple[str, str, str]  # account, Region, name


@dataclass(frozen=True, slots=True)
class _Planned:
    """A rule's schedule: what is written, since when, and when it runs next."""

    expression: str
    since: datetime
    due: datetime


def check_schedule(text: str) -> None:
    """Refuse what is no schedule, in EventBridge's words, and what is not simulated; no text is no schedule."""
    try:
        if text:
            parse(text)
    except ValueError:
        raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.") from None
    except NotUnderstood:
        raise AwsError(
            "NotImplemented", "This account runs no schedules with L, W or #. Name days by their number."
        ) from None


class ScheduledRules:
    """Knows when each rule runs next, and runs it."""

    def __init__(self, clock: Clock, send: Callable[[Rule, dict[str, Any]], None]) -> None:
        self._clock = clock
        self._send = send
        self._planned: dict[Place, _Planned] = {}

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._planned, account)

    def next_due(self) -> datetime | None:
        """Tell when a rule runs next."""
        return min((each.due for each in self._planned.values()), default=None)

    def run(self, moment: datetime) -> None:
        """Run what is due, in the order of names."""
        for place, planned in sorted(self._planned.items()):
            if planned.due > moment:
                continue
            account, region, name = place
            rule = events_backends[account][region].event_buses["default"].rules[name]
            due = parse(planned.expression).next(planned.since, planned.due)
            if due is None:
                del self._planned[place]
            else:
                self._planned[place] = _Planned(planned.expression, planned.since, due)
            self._send(rule, _message(rule, account, region, planned.due))

    def plan(self, account: str, region: str) -> None:
        """Plan anew for the rules of a Region: a rule whose schedule is as it was goes on as before."""
        known = {place: planned for place, planned in self._planned.items() if place[:2] == (account, region)}
        rules = events_backends[account][region].event_buses["default"].rules
        now = self._clock.now()
        for place in known:
            del self._planned[place]
        for name, rule in rules.items():
            place, text = (account, region, name), rule.scheduled_expression
            if not text or rule.state == "DISABLED":
                continue
            before = known.get(place)
            since = before.since if before and before.expression == text else now
            if (due := parse(text).next(since, now)) is not None:
                self._planned[place] = _Planned(text, since, due)


def _message(rule: Rule, account: str, region: str, moment: datetime) -> dict[str, Any]:
    return {
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": iso(moment),
        "region": region,
        "resources": [rule.arn],
        "detail": {},
    }
