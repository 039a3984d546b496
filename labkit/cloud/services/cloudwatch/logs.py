"""CloudWatch Logs: log groups and events are moto's; metric filters, and what a filter pattern finds, are here.

A metric filter looks at what arrives after it was made: its matches are data points of a metric, minute by minute.
Source: CloudWatch Logs User Guide, "Creating metrics from log events using filters"; API Reference, PutMetricFilter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import get_service_model
from moto.logs.models import logs_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...core.forgetting import forget
from ...wire import protocols
from ...wire.protocols import HttpRequest, HttpResponse
from . import log_patterns
from .log_keys import READS, LogKeys
from .metrics import Metrics

Onward = Callable[[HttpRequest], HttpResponse]
Line = Mapping[str, Any]
"""A log event: `timestamp` in milliseconds, `message`."""
_MOST = 100  # metric filters of a log group (PutMetricFilter)
_PAGE = 50


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """A metric filter of a log group, and what tells whether it matches."""

    content: dict[str, Any]  # as DescribeMetricFilters answers it
    matches: log_patterns.Test


class Logs:
    """The wrap round moto's CloudWatch Logs, and the way in for services that write log events."""

    def __init__(self, metrics: Metrics, keys: LogKeys) -> None:
        self._metrics = metrics
        self._keys = keys
        self._filters: dict[tuple[str, str, str], dict[str, MetricFilter]] = {}  # by account, Region, log group
        self._operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "AssociateKmsKey": keys.associate,
            "DeleteMetricFilter": self._delete,
            "DescribeMetricFilters": self._describe,
            "DisassociateKmsKey": keys.disassociate,
            "PutMetricFilter": self._put,
            "TestMetricFilter": _try,
        }

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._filters, account)

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """moto's answer; metric filters, pattern searches and KMS keys are ours."""
        operation = self._operations.get(call.operation)
        if operation is not None:
            model = get_service_model("logs").operation_model(call.operation)
            return protocols.write_result(model, "json", operation(call), call.request_id)
        if call.operation in READS:
            self._keys.open(call)
        if call.operation == "CreateLogGroup" and call.params.get("kmsKeyId"):
            return self._create(call, request, onward)
        if call.operation == "FilterLogEvents" and call.params.get("filterPattern"):
            return _filtered(call, request, onward)
        response = onward(request)
        if response.status >= 300:
            return response
        if call.operation == "PutLogEvents":
            self._count(call.account, call.region, call.params["logGroupName"], call.params["logEvents"])
        elif call.operation == "DeleteLogGroup":
            self._filters.pop((call.account, call.region, call.params["logGroupName"]), None)
            self._keys.forget(_arn(call))
        elif call.operation == "DescribeLogGroups":
            return self._with_counts(call, response)
        return response

    def write(self, account: str, region: str, group: str, stream: str, lines: Iterable[Line]) -> None:
        """Put log events, in the order of their times, as a service does that may; the stream is made if need be."""
        backend, events = logs_backends[account][region], [dict(line) for line in lines]
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        backend.put_log_events(group, stream, events)
        self._count(account, region, group, events)

    def _create(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A log group under a key is made once CloudWatch Logs may use the key."""
        if call.params["logGroupName"] in logs_backends[call.account][call.region].groups:
            return onward(request)  # moto says so
        data_key = self._keys.data_key(call, _arn(call), call.params["kmsKeyId"])
        response = onward(request)
        if response.status < 300:
            self._keys.begin(call, data_key)
        return response

    # --- Metric filters ----------------------------------------------------------------------------------------------

    def _put(self, call: Call) -> dict[str, Any]:
        params, group = call.params, call.params["logGroupName"]
        if group not in logs_backends[call.account][call.region].groups:
            raise _no_group()
        matches = log_patterns.parsed(params["filterPattern"])
        _check(params["metricTransformations"][0])
        there = self._filters.setdefault((call.account, call.region, group), {})
        if len(there) >= _MOST and params["filterName"] not in there:
            raise AwsError("LimitExceededException", "Resource limit exceeded.")
        shown = ("filterName", "filterPattern", "logGroupName", "metricTransformations")
        content = {name: params[name] for name in shown} | {"creationTime": int(call.time.timestamp() * 1000)}
        there[params["filterName"]] = MetricFilter(content, matches)
        return {}

    def _describe(self, call: Call) -> dict[str, Any]:
        """Filters of a log group or of all, by prefix of their name or by their metric; pages of 50."""
        params = call.params
        group, prefix = params.get("logGroupName"), params.get("filterNamePrefix", "")
        wanted = {"metricName": params.get("metricName"), "metricNamespace": params.get("metricNamespace")}
        if (wanted["metricName"] is None) != (wanted["metricNamespace"] is None):
            raise AwsError("InvalidParameterException", "metricName and metricNamespace are given together.")
        if group is not None and group not in logs_backends[call.account][call.region].groups:
            raise _no_group()
        found = [
            each.content
            for (account, region, name), filters in sorted(self._filters.items())
            if (account, region) == (call.account, call.region) and group in (None, name)
            for _, each in sorted(filters.items())
            if each.content["filterName"].startswith(prefix) and _is_about(each.content, wanted)
        ]
        start, size = _start(params.get("nextToken", "0")), params.get("limit", _PAGE)
        page = {"metricFilters": found[start : start + size]}
        return page | ({"nextToken": str(start + size)} if start + size < len(found) else {})

    def _delete(self, call: Call) -> dict[str, Any]:
        there = self._filters.get((call.account, call.region, call.params["logGroupName"]), {})
        if there.pop(call.params["filterName"], None) is None:
            raise AwsError("ResourceNotFoundException", "The specified metric filter does not exist.")
        return {}

    def _with_counts(self, call: Call, response: HttpResponse) -> HttpResponse:
        content = json.loads(response.body)
        for group in content["logGroups"]:
            filters = self._filters.get((call.account, call.region, group["logGroupName"]), {})
            group["metricFilterCount"] = len(filters)
        return replace(response, body=json.dumps(content).encode())

    def _count(self, account: str, region: str, group: str, lines: Iterable[Line]) -> None:
        """Data points for what the group's filters find in the new events: matches, or the default value."""
        lines = list(lines)
        for each in list(self._filters.get((account, region, group), {}).values()):
            (transformation,) = each.content["metricTransformations"]
            quiet: set[datetime] = set()
            heard: set[datetime] = set()
            for line in lines:
                minute = _minute(line["timestamp"])
                value = _value(transformation, line["message"]) if each.matches(line["message"]) else None
                if value is None:
                    quiet.add(minute)
                    continue
                heard.add(minute)
                self._publish(account, region, transformation, minute, value, line["message"])
            if transformation.get("defaultValue") is not None:
                for minute in sorted(quiet - heard):
                    self._publish(account, region, transformation, minute, transformation["defaultValue"], "")

    def _publish(
        self, account: str, region: str, transformation: Line, minute: datetime, value: float, message: str
    ) -> None:
        selectors = transformation.get("dimensions") or {}
        dimensions = {name: log_patterns.value_at(message, selector) for name, selector in selectors.items()}
        if any(value is None for value in dimensions.values()):  # a metric has all its dimensions or is another one
            return
        name, namespace = transformation["metricName"], transformation["metricNamespace"]
        shown = {name: str(value) for name, value in dimensions.items()}
        self._metrics.publish(account, region, namespace, name, value, shown, minute, transformation.get("unit"))


def _arn(call: Call) -> str:
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{call.params['logGroupName']}"


def _no_group() -> AwsError:
    return AwsError("ResourceNotFoundException", "The specified log group does not exist.")


def _check(transformation: Line) -> None:
    """A value is a number or a selector; a default value and dimensions exclude each other (MetricTransformation)."""
    value = transformation["metricValue"]
    if not value.startswith("$") and _number(value) is None:
        raise AwsError("InvalidParameterException", "Invalid metric transformation: metricValue must be a number.")
    if transformation.get("dimensions") and transformation.get("defaultValue") is not None:
        raise AwsError(
            "InvalidParameterException", "Invalid metric transformation: dimensions and default value are exclusive."
        )


def _value(transformation: Line, message: str) -> float | None:
    value = transformation["metricValue"]
    return _number(log_patterns.value_at(message, value) if value.startswith("$") else value)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _minute(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp // 60000 * 60, UTC)


def _is_about(content: Line, wanted: Mapping[str, str | None]) -> bool:
    (transformation,) = content["metricTransformations"]
    return all(value is None or transformation[name] == value for name, value in wanted.items())


# --- Patterns without a metric ---------------------------------------------------------------------------------------


def _try(call: Call) -> dict[str, Any]:
    """TestMetricFilter: which of some messages a pattern matches."""
    matches = log_patterns.parsed(call.params["filterPattern"])
    messages = enumerate(call.params["logEventMessages"], start=1)
    return {"matches": [{"eventNumber": n, "eventMessage": text} for n, text in messages if matches(text)]}


def _filtered(call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    """FilterLogEvents: moto's events without a pattern, of which those stay that match."""
    matches = log_patterns.parsed(call.params["filterPattern"])
    body = {name: value for name, value in json.loads(request.body).items() if name != "filterPattern"}
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    response = onward(replace(request, body=json.dumps(body).encode(), headers=headers))
    if response.status >= 300:
        return response
    content = json.loads(response.body)
    content["events"] = [event for event in content["events"] if matches(event["message"])]
    return replace(response, body=json.dumps(content).encode())


def _start(token: str) -> int:
    if not (token.isascii() and token.isdigit()):
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")  # recorded
    return int(token)
