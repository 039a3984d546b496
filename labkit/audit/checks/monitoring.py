"""Monitoring: a trail keeps what is done with keys, and somebody is told when a key is disabled or on its way out.

Sources: CIS AWS Foundations Benchmark, "monitoring" (a metric filter and an alarm); AWS Prescriptive Guidance, which
takes a rule of EventBridge, too. A pattern is not compared with a text: the two records are held against it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...cloud.core.errors import AwsError
from ...cloud.services.cloudwatch.log_patterns import parsed
from ..facts.account import Account, Found
from ..facts.finding import Fault
from ..facts.holdings import trails
from ..facts.mending import mend
from ..facts.reader import CouldNotRead

WATCHED = ("DisableKey", "ScheduleKeyDeletion")


def no_trail(account: Account) -> Iterator[Found]:
    """Look for a trail that logs the management events of this Region, reads too, at this moment."""
    for trail in trails(account):
        if _is_logging(account, trail) and _keeps_everything(account, trail):
            return
    why = f"No trail logs all management events of {account.region}: what is done with keys is forgotten after 90 days."
    call = mend(
        "cloudtrail", "create_trail", "then start-logging",
        Name="TRAIL", S3BucketName="BUCKET", IsMultiRegionTrail=True, EnableLogFileValidation=True,
    )  # fmt: skip
    yield Fault("no-trail", account.name, why, call, controls=("Security Hub CloudTrail.1", "CIS v3.0 3.1"))


def _is_logging(account: Account, trail: Mapping[str, Any]) -> bool:
    arn = trail["TrailARN"]
    return bool(account.reader.ask("cloudtrail", "get_trail_status", arn, Name=arn)["IsLogging"])


def _keeps_everything(account: Account, trail: Mapping[str, Any]) -> bool:
    """Whether reads and writes of management events are logged, those of KMS among them."""
    arn = trail["TrailARN"]
    told = account.reader.ask("cloudtrail", "get_event_selectors", arn, TrailName=arn)
    for each in told.get("EventSelectors", ()):
        left_out = each.get("ExcludeManagementEventSources", ())
        if (
            each.get("IncludeManagementEvents")
            and each.get("ReadWriteType") == "All"
            and "kms.amazonaws.com" not in left_out
        ):
            return True
    for each in told.get("AdvancedEventSelectors", ()):
        fields = {field["Field"]: field for field in each["FieldSelectors"]}
        if set(fields) == {"eventCategory"} and fields["eventCategory"].get("Equals") == ["Management"]:
            return True
    return False


def no_alarm(account: Account) -> Iterator[Found]:
    """Look for an alarm with an action, or a rule with a target, for each of the two calls."""
    open_ones = list(WATCHED)
    for told in (_by_alarms, _by_rules):
        if open_ones:
            for found in told(account, tuple(open_ones)):
                if isinstance(found, CouldNotRead):
                    yield found
                else:
                    open_ones.remove(found)
    if open_ones:
        names = " || ".join(f"($.eventName = {name})" for name in WATCHED)
        pattern = f"{{ ($.eventSource = kms.amazonaws.com) && ({names}) }}"
        why = (
            f"Nobody is told of {' or '.join(open_ones)}: no alarm on a trail's metric filter, no rule of EventBridge."
        )
        call = mend(
            "logs", "put_metric_filter", "on the trail's log group; then put-metric-alarm on the metric",
            logGroupName="TRAIL-LOG-GROUP", filterName="kms-keys-at-risk", filterPattern=pattern,
            metricTransformations=[{"metricName": "KeysAtRisk", "metricNamespace": "Trail", "metricValue": "1"}],
        )  # fmt: skip
        yield Fault("no-alarm", account.name, why, call)


def _record(account: Account, name: str) -> dict[str, Any]:
    """What CloudTrail writes of such a call, as far as patterns ask."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole", "accountId": account.id},
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "awsRegion": account.region,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account.id,
        "eventCategory": "Management",
    }


def _by_alarms(account: Account, names: tuple[str, ...]) -> Iterator[str | CouldNotRead]:
    """The calls that an alarm on a metric filter tells of."""
    alarmed = {
        (alarm.get("Namespace"), alarm.get("MetricName"))
        for alarm in account.reader.listed("cloudwatch", "describe_alarms", "MetricAlarms")
        if alarm.get("ActionsEnabled") and alarm.get("AlarmActions")
    }
    told: set[str] = set()
    for trail in trails(account):
        group = str(trail.get("CloudWatchLogsLogGroupArn", "")).removesuffix(":*").rpartition(":log-group:")[2]
        if not group or not _is_logging(account, trail):
            continue
        filters = account.reader.listed("logs", "describe_metric_filters", "metricFilters", group, logGroupName=group)
        for each in filters:
            metrics = {(m["metricNamespace"], m["metricName"]) for m in each["metricTransformations"]}
            if metrics & alarmed:
                for name in names:
                    try:
                        matches = parsed(each.get("filterPattern", ""))(json.dumps(_record(account, name)))
                    except AwsError as unknown:
                        why = f"The pattern of the filter {each['filterName']}: {unknown.message}"
                        yield CouldNotRead("logs:DescribeMetricFilters", group, "PatternNotJudged", why)
                        continue
                    if matches:
                        told.add(name)
    yield from (name for name in names if name in told)


def _by_rules(account: Account, names: tuple[str, ...]) -> Iterator[str | CouldNotRead]:
    """The calls of which a rule of EventBridge tells a target; its events come by way of a trail that logs."""
    if not any(_is_logging(account, trail) for trail in trails(account)):
        return
    told: set[str] = set()
    for rule in account.reader.listed("events", "list_rules", "Rules"):
        if rule.get("State") == "DISABLED" or not rule.get("EventPattern"):
            continue
        matched = [name for name in names if fits(json.loads(rule["EventPattern"]), _message(account, name))]
        if matched and account.reader.listed(
            "events", "list_targets_by_rule", "Targets", rule["Arn"], Rule=rule["Name"]
        ):
            told |= set(matched)
    yield from (name for name in names if name in told)


def _message(account: Account, name: str) -> dict[str, Any]:
    return {
        "source": "aws.kms",
        "detail-type": "AWS API Call via CloudTrail",
        "account": account.id,
        "region": account.region,
        "detail": _record(account, name),
    }


def fits(pattern: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """Hold an event against a pattern of EventBridge: values, prefix, suffix, anything-but, exists.

    A matcher of another kind does not match: an alarm that can't be judged does not count as one.
    """
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(fits(each, message) for each in wanted):
                return False
            continue
        seen = message.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(seen, Mapping) or not fits(wanted, seen):
                return False
        elif not any(_matches(each, seen) for each in wanted):
            return False
    return True


def _matches(wanted: Any, seen: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(wanted == seen)
    (kind, value), *_ = wanted.items()
    text = str(seen)
    if kind == "exists":
        return (seen is not None) is bool(value)
    if kind == "anything-but":
        return seen is not None and seen not in (value if isinstance(value, list) else [value])
    if kind in ("prefix", "suffix") and isinstance(value, str):
        return text.startswith(value) if kind == "prefix" else text.endswith(value)
    return kind == "equals-ignore-case" and text.lower() == str(value).lower()
