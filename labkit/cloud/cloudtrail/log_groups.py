"""A trail's events in a CloudWatch Logs log group: whether CloudTrail may write there, and when it does.

CloudTrail writes with the role that the trail names, into streams named after account and Region.
Sources: CloudTrail User Guide, "Sending events to CloudWatch Logs", "CloudWatch log group and log stream naming for
CloudTrail", "Role policy document for CloudTrail to use CloudWatch Logs for monitoring"; messages from public issues.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from ..authorization.service_access import allows
from ..core.call import Call, Principal, Session, Target
from ..core.clock import Clock
from ..core.errors import AwsError
from ..core.forgetting import forget
from ..services.cloudwatch.logs import Logs
from .delivery import next_delivery
from .trail import SERVICE, Trail, is_own
from .trails import Trails

_GROUP = re.compile(r"arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:([^:*]+):\*")
_BAD_GROUP = "InvalidCloudWatchLogsLogGroupArnException"
_BAD_ROLE = "InvalidCloudWatchLogsRoleArnException"
_LARGEST = 256 * 1024
"""Bytes: "CloudTrail does not send events larger than 256 KB to CloudWatch Logs"."""


@dataclass(slots=True)
class _Waiting:
    events: list[dict[str, Any]] = field(default_factory=list)
    due: datetime | None = None


class LogGroups:
    """Follows events, and writes them to log groups as time passes: one of the gateway's timed things."""

    def __init__(self, clock: Clock, trails: Trails, logs: Logs, authorize: Callable[[Call], None]) -> None:
        self._clock = clock
        self._authorize = authorize
        self._trails = trails
        self._logs = logs
        self._waiting: dict[str, _Waiting] = {}  # by the trail's ARN
        trails.check_log_group = self.check

    def forget(self, account: str) -> None:
        """Write no more for the trails of an account."""
        forget(self._waiting, account)

    def check(self, call: Call, trail: Trail, group_arn: str, role_arn: str) -> None:
        """Refuse a log group or a role that CloudTrail could not use, or a role that the caller may not pass."""
        if not role_arn:
            raise AwsError(_BAD_ROLE, "You must specify a role ARN as well as a log group.")
        if not group_arn:
            raise AwsError(_BAD_GROUP, "You must specify a log group ARN as well as a role.")
        found = _GROUP.fullmatch(group_arn)
        if found is None or found[1] != trail.region or found[2] != trail.account:
            raise AwsError(_BAD_GROUP, "Check the log group ARN: CloudTrail can't validate it.")
        passing = Call(
            call.service, call.operation, call.region, call.params, call.time, call.request_id, call.principal
        )
        passing.targets = (Target("iam:PassRole", role_arn),)
        self._authorize(passing)
        role = _role(role_arn, trail, call.time)
        if role is None:
            raise AwsError(_BAD_ROLE, "Access denied. Check the trust relationships for your role.")
        there = found[3] in logs_backends[trail.account][trail.region].groups
        if not there or not self._may_write(role, group_arn, trail, trail.region):
            raise AwsError(_BAD_GROUP, "Access denied. Check the permissions for your role.")

    def follow(self, event: dict[str, Any]) -> None:
        """Remember an event for every trail that logs it and has a log group."""
        for trail in self._trails.all.values():
            if trail.log_group and trail.takes(event):
                waiting = self._waiting.setdefault(trail.arn, _Waiting())
                waiting.events.append(event)
                if waiting.due is None and not is_own(event):
                    waiting.due = next_delivery(datetime.fromisoformat(event["eventTime"]))

    def next_due(self) -> datetime | None:
        """Tell when events are written next."""
        return min((each.due for each in self._waiting.values() if each.due), default=None)

    def run(self, moment: datetime) -> None:
        """Write what is due."""
        for arn, waiting in list(self._waiting.items()):
            if waiting.due is None or waiting.due > moment:
                continue
            events, waiting.events, waiting.due = waiting.events, [], None
            trail = self._trails.all.get(arn)
            if trail is not None and trail.log_group:
                with self._clock.at(moment):
                    self._write(trail, events, moment)

    def _write(self, trail: Trail, events: list[dict[str, Any]], moment: datetime) -> None:
        """One stream for each Region that events come from; what the role may not write is lost to the log group."""
        role, group = _role(trail.log_role, trail, moment), trail.log_group.split(":")[6]
        there = group in logs_backends[trail.account][trail.region].groups
        for region in sorted({event["awsRegion"] for event in events}):
            if role is None or not there or not self._may_write(role, trail.log_group, trail, region):
                trail.log_error = "Access denied. Check the permissions for your role."
                return
            messages = [json.dumps(each, separators=(",", ":")) for each in events if each["awsRegion"] == region]
            stamp = int(moment.timestamp() * 1000)
            lines = [{"timestamp": stamp, "message": each} for each in messages if len(each.encode()) <= _LARGEST]
            self._logs.write(trail.account, trail.region, group, _stream(trail, region), lines)
        trail.log_delivered, trail.log_error = moment, ""

    def _may_write(self, role: Principal, group_arn: str, trail: Trail, region: str) -> bool:
        stream = f"{group_arn.removesuffix(':*')}:log-stream:{_stream(trail, region)}"
        names = {"logGroupName": group_arn.split(":")[6], "logStreamName": _stream(trail, region)}
        for operation in ("CreateLogStream", "PutLogEvents"):
            call = Call("logs", operation, trail.region, dict(names), self._clock.now(), "", role)
            call.targets = (Target(f"logs:{operation}", stream),)
            try:
                self._authorize(call)
            except AwsError:
                return False
        return True


def _stream(trail: Trail, region: str) -> str:
    return f"{trail.account}_CloudTrail_{region}"


def _role(arn: str, trail: Trail, now: datetime) -> Principal | None:
    """The role as CloudTrail has assumed it; None unless the role is there and trusts CloudTrail."""
    roles = iam_backends[trail.account]["aws"].roles.values()
    role = next((role for role in roles if role.arn == arn), None)
    if role is None or not allows(
        role.assume_role_policy_document, SERVICE, "sts:AssumeRole", arn, trail.arn, kind="trust"
    ):
        return None
    name = "CLOUDTRAIL"  # what AWS's session is named is not documented, and no record shows it here
    session_arn = f"arn:aws:sts::{trail.account}:assumed-role/{role.name}/{name}"
    session = Session(role.arn, role.id, role.name, now, now + timedelta(hours=1))
    return Principal("AssumedRole", trail.account, session_arn, f"{role.id}:{name}", name, session=session)
