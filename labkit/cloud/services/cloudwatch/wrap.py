"""CloudWatch: alarms, dashboards and data points are moto's; what alarms do and what statistics say is here.

An alarm on the use of a key that is pending deletion, from a trail's log group to a queue (the KMS Developer Guide's
"Create an alarm that detects use of a KMS key pending deletion"):

    logs.create_log_group(logGroupName="trail")
    cloudtrail.create_trail(Name="main", S3BucketName=bucket, CloudWatchLogsRoleArn=role,
        CloudWatchLogsLogGroupArn="arn:aws:logs:us-east-1:111122223333:log-group:trail:*")
    cloudtrail.start_logging(Name="main")
    logs.put_metric_filter(logGroupName="trail", filterName="KMSKeyPendingDeletionErrorCount",
        filterPattern='{ $.eventSource = kms* && $.errorMessage = "* is pending deletion."}',
        metricTransformations=[{"metricName": "KMSKeyPendingDeletionErrorCount",
                                "metricNamespace": "CloudTrailLogMetrics", "metricValue": "1"}])
    cloudwatch.put_metric_alarm(AlarmName="KMSKeyPendingDeletionErrorAlarm",
        MetricName="KMSKeyPendingDeletionErrorCount", Namespace="CloudTrailLogMetrics", Statistic="Sum", Period=300,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching", AlarmActions=[topic])
    kms.encrypt(KeyId=pending, Plaintext=b"...")   # KMSInvalidStateException
    lab.clock.advance(minutes=10)                  # CloudTrail delivers, the filter counts, the alarm looks
    cloudwatch.describe_alarms()                   # ALARM; the topic's queue has the notification

The role trusts cloudtrail.amazonaws.com and needs logs:CreateLogStream and logs:PutLogEvents on the group's streams;
the queue needs a policy for sns.amazonaws.com; the topic's default policy lets CloudWatch publish.
Source: CloudWatch API Reference, PutMetricAlarm, SetAlarmState, GetMetricData, GetMetricStatistics, ListMetrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.models import Alarm, cloudwatch_backends
from moto.core.utils import get_service_model

from ...core.call import Call
from ...core.errors import AwsError
from ...wire import protocols
from ...wire.protocols import HttpRequest, HttpResponse
from .alarm_notices import State
from .alarm_state import COMPARISONS, INSUFFICIENT
from .alarms import Alarms
from .metrics import Metric, Metrics

Onward = Callable[[HttpRequest], HttpResponse]
_DAY, _WEEK = 86400, 604800
_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_MOST_POINTS = 1440  # GetMetricStatistics: "The maximum number of data points returned from a single call"
_MOST_METRICS = 500  # ListMetrics: "Up to 500 results are returned for any one call"


class CloudWatch:
    """The wrap round moto's CloudWatch."""

    def __init__(self, metrics: Metrics, alarms: Alarms) -> None:
        self._metrics = metrics
        self._alarms = alarms
        self._reads: dict[str, Callable[[Call], dict[str, Any]]] = {
            "DescribeAlarmHistory": alarms.history.describe,
            "GetMetricData": self._data,
            "GetMetricStatistics": self._statistics,
            "ListMetrics": self._list,
        }

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """moto's answer, with what alarms and metrics do in AWS."""
        read = self._reads.get(call.operation)
        if read is not None:
            model = get_service_model("cloudwatch")
            protocol = protocols.protocol_of(model, request)
            return protocols.write_result(model.operation_model(call.operation), protocol, read(call), call.request_id)
        if call.operation == "PutMetricAlarm":
            _check(call.params)
        before = self._named(call)
        was = State.of(before) if before else None
        response = onward(request)
        if response.status >= 300:
            return response
        if call.operation == "PutMetricData":
            for datum in call.params.get("MetricData", ()):
                self._metrics.tell(_metric(call, call.params["Namespace"], datum))
        after = self._named(call)
        if after is not None and call.operation == "PutMetricAlarm":
            _keep_state(after, was, call)
        if after is not None and call.operation == "SetAlarmState" and was and after.state_value != was.value:
            self._alarms.act(call.account, after, was)
        if after is not None and call.operation in ("PutMetricAlarm", "SetAlarmState"):
            self._alarms.wake(call.account, call.region, after.name)
        return response

    def _named(self, call: Call) -> Alarm | None:
        alarm = cloudwatch_backends[call.account][call.region].alarms.get(call.params.get("AlarmName", ""))
        return alarm if alarm is not None and alarm.rule is None else None

    # --- What metrics say --------------------------------------------------------------------------------------------

    def _statistics(self, call: Call) -> dict[str, Any]:
        """Data points by period, from the first full period on; in no order in AWS, by time here."""
        params = call.params
        names = params.get("Statistics") or []
        if params.get("ExtendedStatistics"):
            raise AwsError("NotImplemented", "Extended statistics (percentiles) are not simulated.", 501)
        if not names:
            raise AwsError("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
        metric, period = _metric(call, params["Namespace"], params), params["Period"]
        start, end = _time(params["StartTime"]), _time(params["EndTime"])
        if start >= end:
            said = "The parameter StartTime must be less than the parameter EndTime."
            raise AwsError("InvalidParameterValue", said)
        if (end - start).total_seconds() / period > _MOST_POINTS:
            said = f"You have requested up to {int((end - start).total_seconds() // period)} datapoints"
            raise AwsError("InvalidParameterCombination", f"{said}, which exceeds the limit of {_MOST_POINTS}.")
        found = []
        for moment in _periods(start, end, period):
            points = self._metrics.points(metric, moment, moment + timedelta(seconds=period), params.get("Unit"))
            if points:
                values = {name: points.statistic(name) for name in _STATISTICS if name in names}
                found.append({"Timestamp": moment, **values, "Unit": points.unit})
        return {"Label": params["MetricName"], "Datapoints": found}

    def _data(self, call: Call) -> dict[str, Any]:
        """One result for each metric asked for; newest first unless ScanBy says otherwise."""
        params = call.params
        start, end = _time(params["StartTime"]), _time(params["EndTime"])
        if start >= end:
            said = "The parameter EndTime must be greater than StartTime."
            raise AwsError("ValidationError", said)
        results = []
        for query in params["MetricDataQueries"]:
            if "MetricStat" not in query:
                raise AwsError("NotImplemented", "Metric math and Metrics Insights are not simulated.", 501)
            if query.get("ReturnData", True):
                results.append(self._result(call, query, start, end))
        return {"MetricDataResults": results, "Messages": []}

    def _result(self, call: Call, query: dict[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
        asked = query["MetricStat"]
        metric, stat = _metric(call, asked["Metric"]["Namespace"], asked["Metric"]), asked["Stat"]
        if stat not in _STATISTICS:
            raise AwsError("NotImplemented", f"The statistic {stat} is not simulated.", 501)
        width = timedelta(seconds=asked["Period"])
        found = []
        for moment in _periods(start, end, asked["Period"]):
            points = self._metrics.points(metric, moment, moment + width, asked.get("Unit"))
            if points:
                found.append((moment, points.statistic(stat)))
        if call.params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        return {
            "Id": query["Id"],
            "Label": query.get("Label") or metric.name,
            "Timestamps": [moment for moment, _ in found],
            "Values": [value for _, value in found],
            "StatusCode": "Complete",
        }

    def _list(self, call: Call) -> dict[str, Any]:
        """Metrics that have had data, by namespace, name and some of their dimensions."""
        params = call.params
        wanted = [(each["Name"], each.get("Value")) for each in params.get("Dimensions") or ()]
        found = [
            metric
            for metric in self._metrics.known(call.account, call.region)
            if params.get("Namespace") in (None, metric.namespace)
            and params.get("MetricName") in (None, metric.name)
            and all(any(_fits(each, pair) for pair in metric.dimensions) for each in wanted)
        ]
        token = str(params.get("NextToken") or 0)
        if not (token.isascii() and token.isdigit()):
            raise AwsError("InvalidParameterValue", "The value of NextToken is invalid.")
        start = int(token)
        page = [
            {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            }
            for metric in found[start : start + _MOST_METRICS]
        ]
        more = start + _MOST_METRICS < len(found)
        return {"Metrics": page} | ({"NextToken": str(start + _MOST_METRICS)} if more else {})


def _check(params: dict[str, Any]) -> None:
    """What the lab does not do is refused, and so is what CloudWatch would not take (PutMetricAlarm)."""
    for member in ("Metrics", "ExtendedStatistic", "EvaluationCriteria", "EvaluationWindow", "WarmUpConfiguration"):
        if params.get(member):
            raise AwsError("NotImplemented", f"Alarms with {member} are not simulated.", 501)
    for member in ("MetricName", "Namespace", "Statistic", "Period", "Threshold", "EvaluationPeriods"):
        if params.get(member) is None:
            raise AwsError("ValidationError", f"The parameter {member} is required.")
    if params["ComparisonOperator"] not in COMPARISONS:
        raise AwsError("NotImplemented", "Alarms on anomaly detection models are not simulated.", 501)
    if params.get("TreatMissingData") not in (None, "breaching", "notBreaching", "ignore", "missing"):
        said = f"Option {params['TreatMissingData']} is not supported."
        options = "breaching, notBreaching, ignore and missing"
        raise AwsError("ValidationError", f"{said} Supported options for parameter TreatMissingData are {options}.")
    period, periods = params["Period"], params["EvaluationPeriods"]
    if period not in (10, 20, 30) and period % 60:
        raise AwsError("ValidationError", "Period must be 10, 20, 30 or a multiple of 60.")
    if period * periods > (_DAY if period < 3600 else _WEEK):
        raise AwsError("ValidationError", "Metrics cannot be checked across more than a day (or a week, in hours).")
    if params.get("DatapointsToAlarm", 1) > periods:
        raise AwsError("ValidationError", "DatapointsToAlarm must not be greater than EvaluationPeriods.")


def _keep_state(alarm: Alarm, was: State | None, call: Call) -> None:
    """A new alarm begins with INSUFFICIENT_DATA; one that is changed stays in its state (PutMetricAlarm)."""
    if was is None:
        alarm.state_value, alarm.state_reason, alarm.state_reason_data = INSUFFICIENT, alarm.state_reason, ""
        return
    alarm.state_value, alarm.state_reason, alarm.state_reason_data = was.value, was.reason, was.data
    alarm.state_updated_timestamp = was.time


def _metric(call: Call, namespace: str, params: dict[str, Any]) -> Metric:
    return Metric.of(call.account, call.region, namespace, params["MetricName"], params.get("Dimensions") or ())


def _fits(wanted: tuple[str, str | None], pair: tuple[str, str]) -> bool:
    return wanted[0] == pair[0] and wanted[1] in (None, pair[1])


def _time(moment: datetime) -> datetime:
    """StartTime and EndTime count in full minutes ("rounded down to the nearest whole minute")."""
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.replace(second=0, microsecond=0)


def _periods(start: datetime, end: datetime, period: int) -> Iterator[datetime]:
    """The starts of the periods between two times."""
    moment = start
    while moment < end:
        yield moment
        moment += timedelta(seconds=period)
