"""What became of alarms: their changes of state, and whether their actions worked (DescribeAlarmHistory).

It tells when a topic's key or policy shuts CloudWatch out. Sources: CloudWatch API Reference, DescribeAlarmHistory;
the AWS CLI's example of it (changes of state); the words of failed actions as accounts published them:
awslabs/landing-zone-accelerator-on-aws 31 (2022, a topic's key; until then "null (Service: AWSKMS; Status Code: 400;
Error Code: AccessDeniedException; ...)", ASFHyP3/hyp3 762), and code of 2026 that quotes them (a topic's policy).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm

from ...core.call import Call
from ...core.errors import AwsError
from ...core.forgetting import forget
from ..sns.topics import Outcome
from .alarm_notices import State, shown

_MOST = 100  # items of an answer (MaxRecords)
_ERRORS: dict[Outcome, str] = {
    "no key": "CloudWatch Alarms does not have authorization to access the SNS topic encryption key.",
    "not allowed": "CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {} because no "
    "resource-based policy allows the SNS:Publish action",
    "no topic": "Resource: {} not found",
}


@dataclass(frozen=True, slots=True)
class _Item:
    """One line of an alarm's history."""

    alarm: str
    time: datetime
    kind: str
    summary: str
    data: str

    def shown(self) -> dict[str, Any]:
        return {
            "AlarmName": self.alarm,
            "AlarmType": "MetricAlarm",
            "Timestamp": self.time,
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


class AlarmHistory:
    """The history of every alarm, also of those that are deleted."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._items: dict[tuple[str, str], list[_Item]] = {}  # by account and Region, oldest first

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._items, account)

    def turned(self, account: str, alarm: Alarm, before: State) -> None:
        """Note that an alarm has another state than `before`."""
        after = State.of(alarm)
        data = {"version": "1.0", "oldState": shown(before), "newState": shown(after)}
        self._add(account, alarm, "StateUpdate", f"Alarm updated from {before.value} to {after.value}", data)

    def published(self, account: str, alarm: Alarm, topic: str, outcome: Outcome) -> None:
        """Note what became of an action that publishes to a topic."""
        self._acted(account, alarm, topic, _ERRORS[outcome].format(topic) if outcome != "published" else "")

    def invoked(self, account: str, alarm: Alarm, function: str, refused: AwsError | None) -> None:
        """Note what became of an action that invokes a function."""
        self._acted(account, alarm, function, refused.message or refused.code if refused else "")

    def describe(self, call: Call) -> dict[str, Any]:
        """Answer DescribeAlarmHistory, newest first unless ScanBy says otherwise."""
        params = call.params
        token = str(params.get("NextToken") or 0)
        if not (token.isascii() and token.isdigit()):
            raise AwsError("InvalidNextToken", "The next token specified is invalid.")
        found = [each for each in self._items.get((call.account, call.region), ()) if _is_wanted(each, params)]
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        start, size = int(token), int(params.get("MaxRecords", _MOST))
        page = {"AlarmHistoryItems": [each.shown() for each in found[start : start + size]]}
        return page | ({"NextToken": str(start + size)} if start + size < len(found) else {})

    def _acted(self, account: str, alarm: Alarm, action: str, error: str) -> None:
        data = {"actionState": "Failed" if error else "Succeeded", "notificationResource": action}
        summary = f"{'Failed to execute' if error else 'Successfully executed'} action {action}"
        self._add(account, alarm, "Action", summary, data | ({"error": error} if error else {}))

    def _add(self, account: str, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        item = _Item(alarm.name, self._now(), kind, summary, json.dumps(data, separators=(",", ":")))
        self._items.setdefault((account, alarm.region_name), []).append(item)


def _is_wanted(item: _Item, params: dict[str, Any]) -> bool:
    start, end = _utc(params.get("StartDate")), _utc(params.get("EndDate"))
    types: Iterable[str] = params.get("AlarmTypes") or ("MetricAlarm",)
    return (
        params.get("AlarmName") in (None, item.alarm)
        and params.get("HistoryItemType") in (None, item.kind)
        and "MetricAlarm" in types
        and (start is None or start <= item.time)
        and (end is None or item.time <= end)
    )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
