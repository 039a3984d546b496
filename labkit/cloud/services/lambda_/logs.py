"""What a function prints, in CloudWatch Logs, as far as its role may write there.

Writes to moto's Logs. Source: Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs".
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from moto.logs.models import logs_backends

from ...core.call import Call, Principal, Target
from ...core.errors import AwsError

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

USER_AGENT = "awslambda-worker/1.0"


def lines(request_id: str, version: str, output: str, memory: int, seconds: float) -> list[str]:
    """START, what was printed, END and REPORT; durations are of the lab's clock."""
    milliseconds = max(seconds * 1000, 1)
    report = f"Duration: {milliseconds:.2f} ms\tBilled Duration: {milliseconds:.0f} ms\tMemory Size: {memory} MB"
    return [
        f"START RequestId: {request_id} Version: {version}\n",
        *(line + "\n" for line in output.splitlines()),
        f"END RequestId: {request_id}\n",
        f"REPORT RequestId: {request_id}\t{report}\t\n",
    ]


def write(gateway: Gateway, role: Principal, region: str, group: str, stream: str, written: list[str]) -> None:
    """Put the lines in their log stream with the role's permissions; without them there are no logs, and no error."""
    backend = logs_backends[role.account][region]
    arn = f"arn:aws:logs:{region}:{role.account}:log-group:{group}"
    now = gateway.now()
    names = {"logGroupName": group, "logStreamName": stream}
    if group not in backend.groups:
        if not _may(gateway, role, region, now, "CreateLogGroup", f"{arn}:*", {"logGroupName": group}):
            return
        backend.create_log_group(group, {})
    if not _may(gateway, role, region, now, "CreateLogStream", f"{arn}:*", names):
        return
    backend.create_log_stream(group, stream)
    try:
        gateway.authorize(_call(gateway, role, region, now, "PutLogEvents", f"{arn}:log-stream:{stream}", names))
    except AwsError:
        return
    stamp = int(now.timestamp() * 1000)
    backend.put_log_events(group, stream, [{"timestamp": stamp, "message": line} for line in written])


def _may(
    gateway: Gateway, role: Principal, region: str, now: datetime, operation: str, arn: str, params: dict[str, str]
) -> bool:
    """Judge and record one call of the role's."""
    call = _call(gateway, role, region, now, operation, arn, params)
    with suppress(AwsError), gateway.recorded(call):
        gateway.authorize(call)
        call.result = {}
    return call.error is None


def _call(
    gateway: Gateway, role: Principal, region: str, now: datetime, operation: str, arn: str, params: dict[str, str]
) -> Call:
    return Call(
        service="logs",
        operation=operation,
        region=region,
        params=dict(params),
        time=now,
        request_id=gateway.new_id(),
        principal=role,
        user_agent=USER_AGENT,
        targets=(Target(f"logs:{operation}", arn),),
    )
