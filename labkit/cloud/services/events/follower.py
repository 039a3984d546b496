"""EventBridge: rules and targets are moto's; which events reach them, and how, is here.

Follows CloudTrail's events and sends what rules match to SQS, SNS and Lambda, each by the target's own policy.
Sources: EventBridge User Guide, "Events from AWS services", "Receiving read-only management events from AWS services",
"Using resource-based policies for Amazon EventBridge"; KMS Developer Guide, "Monitor KMS keys with Amazon EventBridge".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.events.models import Rule, events_backends

from ...core.errors import AwsError
from ..lambda_.wrap import Lambda
from ..sns.topics import Topics
from ..sqs.queues import Queues
from .facts import SERVICE
from .input_transformer import input_of

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

EVERYTHING = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
VIA_CLOUDTRAIL = "AWS API Call via CloudTrail"
DEEPEST = 3
"""How far events go that deliveries cause, and those that these cause."""
# What KMS tells EventBridge itself, with no trail: the event's name in CloudTrail, and its detail type.
_KMS_EVENTS = {
    "RotateKey": "KMS CMK Rotation",
    "DeleteExpiredKeyMaterial": "KMS Imported Key Material Expiration",
    "DeleteKey": "KMS CMK Deletion",
}
_QUIET = ("Describe", "Get", "List")  # read-only management events that a rule gets only if its state says so


class Events:
    """Matches events with the rules of the default event bus, and sends them on."""

    def __init__(
        self,
        gateway: Gateway,
        logged: Callable[[dict[str, Any]], bool],
        functions: Lambda,
        queues: Queues,
        topics: Topics,
    ) -> None:
        self._queues = queues
        self._topics = topics
        self._gateway = gateway
        self._logged = logged  # whether some trail logs an event
        self._functions = functions
        self._waiting: deque[tuple[int, Rule, dict[str, Any]]] = deque()
        self._depth: int | None = None  # of the message that is being sent

    def follow(self, event: dict[str, Any]) -> None:
        """Send an event to the targets of every rule that matches it, once the present call is answered.

        What is sent may cause events itself, by the KMS calls for an encrypted target: they come after it, and so a
        rule that matches its own deliveries does not run for ever (AWS's would: "Infinite loops", User Guide).
        """
        rules = self._rules(event["recipientAccountId"], event["awsRegion"])
        depth = 0 if self._depth is None else self._depth + 1
        if not rules or depth > DEEPEST:
            return
        for message in self._messages(event):
            for rule in rules:
                if _wanted(rule, event, message) and rule.event_pattern.matches_event(message):  # type: ignore[arg-type]
                    self._wait(depth, rule, message)
        if self._depth is None:
            self._send_all()

    def send(self, rule: Rule, message: dict[str, Any]) -> None:
        """Send what a rule says by itself, as a scheduled one does, and all that this causes."""
        self._wait(0, rule, message)
        self._send_all()

    def _wait(self, depth: int, rule: Rule, message: dict[str, Any]) -> None:
        self._waiting.append((depth, rule, {"version": "0", "id": self._gateway.new_id(), **message}))

    def _send_all(self) -> None:
        """One after the other, those too that are caused meanwhile."""
        try:
            while self._waiting:
                self._depth, rule, message = self._waiting.popleft()
                self._send(rule, message)
        finally:
            self._depth = None
            self._waiting.clear()

    def _rules(self, account: str, region: str) -> list[Rule]:
        """The rules of the default bus that are not disabled; account and Region may be new to moto."""
        if account not in events_backends or region not in events_backends[account]:
            return []
        bus = events_backends[account][region].event_buses.get("default")
        rules = bus.rules.values() if bus else ()
        return [rule for rule in rules if rule.state != "DISABLED" and rule.event_pattern.get_pattern()]

    def _messages(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """What EventBridge makes of a record: KMS's own event, and CloudTrail's where a trail logs the record."""
        source = f"aws.{event['eventSource'].partition('.')[0]}"
        made = []
        if event["eventType"] == "AwsServiceEvent" and source == "aws.kms" and event["eventName"] in _KMS_EVENTS:
            key = event["resources"][0]["ARN"]
            made.append(_message(event, _KMS_EVENTS[event["eventName"]], [key], {"key-id": key.rpartition("/")[2]}))
        if self._logged(event):
            service = event["eventType"] == "AwsServiceEvent"
            made.append(_message(event, "AWS Service Event via CloudTrail" if service else VIA_CLOUDTRAIL, [], event))
        return made

    def _send(self, rule: Rule, message: dict[str, Any]) -> None:
        """To each target, by its own policy: what that does not allow is dropped. A function runs afterwards."""
        for target in list(rule.targets):
            text, arn = input_of(target, message, rule.arn), str(target["Arn"])
            kind = arn.split(":")[2]
            if kind == "lambda":
                self._gateway.afterwards(partial(_invoke, self._functions, rule.arn, arn, text))
            elif kind == "sqs":
                group = target.get("SqsParameters", {}).get("MessageGroupId")
                self._queues.send(SERVICE, rule.arn, arn, text, group)
            elif kind == "sns":
                self._topics.publish(SERVICE, rule.arn, arn, text, None)


def _wanted(rule: Rule, event: dict[str, Any], message: dict[str, Any]) -> bool:
    """Reads named Describe, Get or List come through CloudTrail only to a rule whose state asks for them."""
    if message["detail-type"] != VIA_CLOUDTRAIL or event["eventCategory"] != "Management":
        return True
    return rule.state == EVERYTHING or not (event["readOnly"] and event["eventName"].startswith(_QUIET))


def _message(event: dict[str, Any], kind: str, resources: list[str], detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "detail-type": kind,
        "source": f"aws.{event['eventSource'].partition('.')[0]}",
        "account": event["recipientAccountId"],
        "time": event["eventTime"],
        "region": event["awsRegion"],
        "resources": resources,
        "detail": detail,
    }


def _invoke(functions: Lambda, rule: str, function_arn: str, text: str) -> None:
    with suppress(AwsError):  # the refused call is in the trail
        functions.invoke_as(SERVICE, rule, function_arn, text.encode())
