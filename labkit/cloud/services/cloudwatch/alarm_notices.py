"""What a metric alarm says when its state changes: to SNS topics, to Lambda functions, and as StateReasonData.

Pure. Source: notifications and events that were published; CloudWatch User Guide, "Invoke a Lambda function from an
alarm".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm

from ...core.botocore_data import loader
from .alarm_state import Verdict

_LONGEST_SUBJECT = 100  # characters of an SNS subject (SNS API Reference, Publish)


@dataclass(frozen=True, slots=True)
class State:
    """The state that an alarm had."""

    value: str
    reason: str
    data: str
    time: datetime

    @classmethod
    def of(cls, alarm: Alarm) -> State:
        """Return the state that the alarm has."""
        return cls(alarm.state_value, alarm.state_reason, alarm.state_reason_data, alarm.state_updated_timestamp)


def stamp(moment: datetime) -> str:
    """2026-01-05T09:06:00.000+0000."""
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.000+0000"


def reason_data(alarm: Alarm, verdict: Verdict, moment: datetime) -> str:
    """Return the reason as JSON text."""
    points = verdict.decided_by
    content: dict[str, Any] = {"version": "1.0", "queryDate": stamp(moment)}
    if points:
        content["startDate"] = stamp(points[-1][0])
    if alarm.unit:
        content["unit"] = alarm.unit
    content |= {"statistic": alarm.statistic, "period": alarm.period}
    content |= {"recentDatapoints": [float(value) for _, value in reversed(points)], "threshold": alarm.threshold}
    if points:
        seen = [{"timestamp": stamp(start), "value": float(value)} for start, value in points]
        content["evaluatedDatapoints"] = seen
    return json.dumps(content, separators=(",", ":"))


def notice(account: str, alarm: Alarm, before: State) -> tuple[str, str]:
    """Subject and message of an SNS notification."""
    region = region_name(alarm.region_name)
    around = f'{alarm.state_value}: "" in {region}'
    room = _LONGEST_SUBJECT - len(around)
    name = alarm.name if len(alarm.name) <= room else alarm.name[: room - 3] + "..."
    trigger = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "Statistic",
        "Statistic": alarm.statistic.upper(),
        "Unit": alarm.unit,
        "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "",
        "EvaluateLowSampleCountPercentile": "",
    }
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": stamp(alarm.state_updated_timestamp),
        "Region": region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before.value,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": trigger,
    }
    return f'{alarm.state_value}: "{name}" in {region}', json.dumps(message, separators=(",", ":"))


def event(account: str, alarm: Alarm, before: State) -> dict[str, Any]:
    """Return what a function is invoked with."""
    now = State.of(alarm)
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {each.name: each.value for each in alarm.dimensions},
    }
    watched = {"metric": metric, "period": alarm.period, "stat": alarm.statistic}
    configuration = {"metrics": [{"id": "m1", "metricStat": watched, "returnData": True}]}
    described = {"description": alarm.description} if alarm.description else {}
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": account,
        "time": stamp(now.time),
        "region": alarm.region_name,
        "alarmData": {
            "alarmName": alarm.name,
            "state": _shown(now),
            "previousState": _shown(before),
            "configuration": described | configuration,
        },
    }


def shown(state: State) -> dict[str, Any]:
    """Return a state as the history of an alarm has it."""
    found: dict[str, Any] = {"stateValue": state.value, "stateReason": state.reason}
    return found | ({"stateReasonData": json.loads(state.data)} if state.data and state.data != "{}" else {})


def _shown(state: State) -> dict[str, str]:
    data = {"reasonData": state.data} if state.data and state.data != "{}" else {}
    return {"value": state.value, "reason": state.reason, **data, "timestamp": stamp(state.time)}


def region_name(region: str) -> str:
    """US East (N. Virginia): as notifications name a Region; they say EU where the console says Europe (published)."""
    partition = loader().load_data("endpoints")["partitions"][0]
    described = partition["regions"].get(region, {}).get("description", region)
    return str(described).replace("Europe (", "EU (")
