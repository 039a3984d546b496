"""CloudTrail's event history: where every event is kept, and LookupEvents over it.

Source: CloudTrail API Reference, LookupEvents; records that real accounts published.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from ..core.call import Call, Target
from ..core.clock import Clock
from ..core.errors import AwsError
from .network import CATEGORY

RETENTION = timedelta(days=90)
_ATTRIBUTES = (
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
)


class History:
    """Every event of every account and Region, oldest first; answers LookupEvents."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: list[dict[str, Any]] = []

    def add(self, event: dict[str, Any]) -> None:
        """Keep an event, in the order of event times. Events are added before the answer of their call leaves."""
        bisect.insort_right(self._events, event, key=itemgetter("eventTime"))

    def forget(self, account: str) -> None:
        """Drop the records of an account; those of its calls in other accounts are theirs, and stay."""
        self._events = [event for event in self._events if event["recipientAccountId"] != account]

    def of_account(self, account: str) -> list[dict[str, Any]]:
        """Return the account's events, oldest first, data events too; network activity is asked for by itself."""
        return [event for event in self._of(account) if event["eventCategory"] != CATEGORY]

    def network_activity_of(self, account: str) -> list[dict[str, Any]]:
        """Return what came by the account's VPC endpoints, oldest first."""
        return [event for event in self._of(account) if event["eventCategory"] == CATEGORY]

    def _of(self, account: str) -> Iterator[dict[str, Any]]:
        return (event for event in self._events if event["recipientAccountId"] == account)

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Permission is asked on no particular resource."""
        if call.operation != "LookupEvents":
            raise AwsError("NotImplemented", f"The simulated account does not do cloudtrail:{call.operation}.", 501)
        return (Target("cloudtrail:LookupEvents", "*"),)

    def perform(self, call: Call) -> dict[str, Any]:
        """LookupEvents: newest first, at most 50 a page, 90 days back, this Region's management events."""
        params = call.params
        if len(params.get("LookupAttributes", [])) > 1:
            raise AwsError("InvalidLookupAttributesException", "Only one lookup attribute at a time is taken.")
        limit = params.get("MaxResults", 50)
        if not 1 <= limit <= 50:
            raise AwsError("InvalidMaxResultsException", "Specify a value between 1 and 50 for MaxResults.")
        start, end = _utc(params.get("StartTime")), _utc(params.get("EndTime"))
        if start and end and start > end:
            raise AwsError("InvalidTimeRangeException", "StartTime must be earlier than EndTime.")
        question = _question(params)
        offset = _offset(params.get("NextToken"), question)
        found = [
            event
            for event in self._recent(call, start, end)
            if all(_matches(event, attribute) for attribute in params.get("LookupAttributes", []))
        ]
        page = found[offset : offset + limit]
        answer: dict[str, Any] = {"Events": [_item(event) for event in page]}
        if offset + limit < len(found):
            answer["NextToken"] = base64.b64encode(json.dumps([offset + limit, question]).encode()).decode()
        return answer

    def _recent(self, call: Call, start: datetime | None, end: datetime | None) -> Iterator[dict[str, Any]]:
        oldest = self._clock.now() - RETENTION
        for event in reversed(self._events):
            if event["recipientAccountId"] != call.account or event["awsRegion"] != call.region:
                continue
            when = _time(event["eventTime"])
            if event["eventCategory"] != "Management" or when < oldest:
                continue
            if (start is None or when >= start) and (end is None or when <= end):
                yield event


@lru_cache(maxsize=8192)
def _time(told: str) -> datetime:
    """Read an event's time; each question reads those of the whole history."""
    return datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _question(params: dict[str, Any]) -> str:
    """What a NextToken is bound to: the same parameters must come with it."""
    return json.dumps([params.get("LookupAttributes", []), str(params.get("StartTime")), str(params.get("EndTime"))])


def _offset(token: str | None, question: str) -> int:
    if token is None:
        return 0
    try:
        offset, asked = json.loads(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        offset, asked = None, None
    if asked != question or not isinstance(offset, int) or offset < 0:
        raise AwsError("InvalidNextTokenException", "The NextToken is not of this request.")
    return offset


def _matches(event: dict[str, Any], attribute: dict[str, str]) -> bool:
    key, value = attribute.get("AttributeKey"), attribute.get("AttributeValue")
    if key not in _ATTRIBUTES:
        raise AwsError("InvalidLookupAttributesException", f"{key} is not a lookup attribute.")
    item = _told(event)
    if key in ("ResourceType", "ResourceName"):
        return any(resource.get(key) == value for resource in item["Resources"])
    return item.get(key) == value


def _item(event: dict[str, Any]) -> dict[str, Any]:
    """Make what LookupEvents answers of an event."""
    return _told(event) | {"CloudTrailEvent": json.dumps(event, separators=(",", ":"))}


def _told(event: dict[str, Any]) -> dict[str, Any]:
    """Make the same without the event itself: all that a lookup attribute is compared with."""
    identity = event["userIdentity"]
    resources = [
        {"ResourceType": resource["type"], "ResourceName": resource["ARN"]} for resource in event.get("resources", [])
    ]
    name = identity.get("userName") or _session_name(identity)
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": str(event["readOnly"]).lower(),
        **({"AccessKeyId": identity["accessKeyId"]} if "accessKeyId" in identity else {}),
        "EventTime": _time(event["eventTime"]),
        "EventSource": event["eventSource"],
        **({"Username": name} if name else {}),
        "Resources": resources,
    }


def _session_name(identity: dict[str, Any]) -> str:
    if identity.get("type") == "AssumedRole":
        return str(identity["arn"]).rpartition("/")[2]
    return "root" if identity.get("type") == "Root" else ""
