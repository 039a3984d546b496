"""Metric alarms: looked at minute by minute on the lab's clock, and what they do when their state changes.

Keeps each alarm's state in moto's CloudWatch; what a state is, alarm_state.py says.
Source: CloudWatch User Guide, "Alarm evaluation" (an alarm with a period of a minute or more is evaluated every minute,
over periods that end then), "Alarm actions"; API Reference, PutMetricAlarm.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from ...core.clock import Clock
from ...core.errors import AwsError
from ...core.forgetting import forget
from ..lambda_.wrap import Lambda
from ..sns.topics import Topics
from . import alarm_notices
from .alarm_history import AlarmHistory
from .alarm_state import ALARM, INSUFFICIENT, MORE, OK, Rule, Verdict, evaluate
from .metrics import Metric, Metrics

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "cloudwatch.amazonaws.com"
LAMBDA_ALARMS = "lambda.alarms.cloudwatch.amazonaws.com"
"""What functions see as their caller (CloudWatch User Guide, "Invoke a Lambda function from an alarm")."""
MINUTE = timedelta(minutes=1)
_Name = tuple[str, str, str]  # account, Region, alarm


class Alarms:
    """The metric alarms of every account: one of the gateway's timed things."""

    def __init__(self, gateway: Gateway, clock: Clock, metrics: Metrics, functions: Lambda, topics: Topics) -> None:
        self._topics = topics
        self._gateway = gateway
        self._clock = clock
        self._metrics = metrics
        self._functions = functions
        self.history = AlarmHistory(clock.now)
        self._due: dict[_Name, datetime] = {}  # only alarms whose state may change: nothing happens in quiet minutes
        metrics.listeners.append(self._heard)
        gateway.forgets += [self.forget, self.history.forget]

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._due, account)

    def next_due(self) -> datetime | None:
        """Tell when an alarm is looked at next."""
        return min(self._due.values(), default=None)

    def run(self, moment: datetime) -> None:
        """Look at the alarms whose minute has come."""
        for name in sorted(name for name, due in self._due.items() if due <= moment):
            del self._due[name]
            alarm = cloudwatch_backends[name[0]][name[1]].alarms.get(name[2])
            if alarm is not None:
                with self._clock.at(moment):
                    self._look(name, alarm, moment)

    def wake(self, account: str, region: str, name: str) -> None:
        """Look at an alarm at the next full minute."""
        due = _minute_after(self._clock.now())
        self._due[account, region, name] = min(due, self._due.get((account, region, name), due))

    def _heard(self, metric: Metric) -> None:
        for alarm in cloudwatch_backends[metric.account][metric.region].alarms.values():
            if alarm.rule is None and metric_of(metric.account, alarm) == metric:
                self.wake(metric.account, metric.region, alarm.name)

    def _look(self, name: _Name, alarm: Alarm, moment: datetime) -> None:
        metric, rule, period = metric_of(name[0], alarm), rule_of(alarm), timedelta(seconds=alarm.period)
        ends = [moment - count * period for count in range(rule.periods + MORE)]
        found = [(end - period, self._metrics.points(metric, end - period, end, alarm.unit)) for end in ends]
        recent = [(start, points.statistic(alarm.statistic) if points else None) for start, points in found]
        verdict = evaluate(rule, recent)
        if verdict is not None and verdict.state != alarm.state_value:
            self._turn(name, alarm, verdict, moment)
        span = (rule.periods + MORE) * period
        due = self._metrics.next_change(metric, moment - span, moment, rule.threshold)
        if due is not None:
            self._due[name] = _minute_after(max(moment, due - timedelta(seconds=1)))

    def _turn(self, name: _Name, alarm: Alarm, verdict: Verdict, moment: datetime) -> None:
        before = alarm_notices.State.of(alarm)
        data = alarm_notices.reason_data(alarm, verdict, moment)
        alarm.update_state(verdict.reason, data, verdict.state)
        alarm.state_updated_timestamp = moment.astimezone(UTC).replace(tzinfo=None)
        self.act(name[0], alarm, before)

    def act(self, account: str, alarm: Alarm, before: alarm_notices.State) -> None:
        """Do what the alarm does in its new state: each action once, none of them tested beforehand."""
        self.history.turned(account, alarm, before)
        if not alarm.actions_enabled:
            return
        actions: dict[str, Iterable[str]] = {
            ALARM: alarm.alarm_actions,
            INSUFFICIENT: alarm.insufficient_data_actions,
            OK: alarm.ok_actions,
        }
        for action in actions[alarm.state_value]:
            kind = action.split(":")[2] if action.startswith("arn:") else ""
            if kind == "sns":
                subject, message = alarm_notices.notice(account, alarm, before)
                outcome = self._topics.publish(SERVICE, alarm.alarm_arn, action, message, subject, account)
                self.history.published(account, alarm, action, outcome)
            elif kind == "lambda":
                payload = json.dumps(alarm_notices.event(account, alarm, before)).encode()
                self._gateway.afterwards(partial(self._invoke, account, alarm, action, payload))

    def _invoke(self, account: str, alarm: Alarm, function_arn: str, payload: bytes) -> None:
        error = None
        try:
            self._functions.invoke_as(LAMBDA_ALARMS, alarm.alarm_arn, function_arn, payload)
        except AwsError as refused:  # the refused call is in the trail
            error = refused
        self.history.invoked(account, alarm, function_arn, error)


def metric_of(account: str, alarm: Alarm) -> Metric:
    """Return the metric that an alarm watches."""
    pairs = [{"Name": str(each.name), "Value": str(each.value)} for each in alarm.dimensions]
    return Metric.of(account, alarm.region_name, alarm.namespace, alarm.metric_name, pairs)


def rule_of(alarm: Alarm) -> Rule:
    """Tell when the alarm is in ALARM."""
    return Rule(
        alarm.comparison_operator,
        float(alarm.threshold),
        alarm.evaluation_periods,
        alarm.datapoints_to_alarm or alarm.evaluation_periods,
        alarm.treat_missing_data or "missing",
        bool(alarm.datapoints_to_alarm),
    )


def _minute_after(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + MINUTE
