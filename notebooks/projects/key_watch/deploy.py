"""Puts the watch into an account: the topic, the function and its schedule, the rule, and the alarms. Plain boto3.

Each step but `function` can be run again, and changes nothing that is as it should be.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .rotator import NAMESPACE
from .rules import topic_policy

FUNCTION = "key-rotator"
# Calls that take a key away from those who need it, and those that undo it.
TROUBLE = ("DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion", "DeleteImportedKeyMaterial")
REFUSED = '{ ($.eventSource = "kms.amazonaws.com") && ($.eventName = "Decrypt") && ($.errorCode = "AccessDenied*") }'
PENDING = '{ ($.eventSource = "kms.amazonaws.com") && ($.errorMessage = "*is pending deletion*") }'


@dataclass(frozen=True)
class Watch:
    """The watch of one account and Region. `client` makes boto3 clients there: `client("kms")`."""

    account: str
    region: str
    client: Callable[[str], Any]

    def topic(self, name: str, key: str) -> str:
        """Make the topic, encrypted under `key`, to which events and alarms go; answers its ARN."""
        sns = self.client("sns")
        arn: str = sns.create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"]
        policy = json.dumps(topic_policy(self.account, arn))
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        return arn

    def tell_of_trouble(self, name: str, topic: str) -> None:
        """Send the calls of TROUBLE to the topic, a line each. They come from CloudTrail: the Region needs a trail."""
        detail = {"eventSource": ["kms.amazonaws.com"], "eventName": list(TROUBLE), "errorCode": [{"exists": False}]}
        pattern = {"source": ["aws.kms"], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail}
        paths = {"what": "$.detail.eventName", "who": "$.detail.userIdentity.arn", "key": "$.detail.resources[0].ARN"}
        line = {"InputPathsMap": paths, "InputTemplate": '"<what> by <who> on <key>"'}
        events = self.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic, "InputTransformer": line}])

    def count(self, name: str, log_group: str, pattern: str) -> None:
        """Count the records of the trail's log group that match, as a metric of the watch."""
        told = {"metricName": name, "metricNamespace": NAMESPACE, "metricValue": "1", "defaultValue": 0}
        logs = self.client("logs")
        logs.put_metric_filter(
            logGroupName=log_group, filterName=name, filterPattern=pattern, metricTransformations=[told]
        )

    def alarm(self, name: str, topic: str, namespace: str, metric: str, **more: Any) -> None:
        """Tell the topic when a metric passes a threshold: at once, and once more when it is well again."""
        usual = {"Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "TreatMissingData": "notBreaching"}
        usual |= {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "AlarmActions": [topic], "OKActions": [topic]}
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=name, Namespace=namespace, MetricName=metric, **(usual | more)
        )

    def alarm_before_expiry(self, name: str, topic: str, key_id: str, days: int) -> None:
        """Tell the topic so many days before imported key material expires."""
        dimensions = [{"Name": "KeyId", "Value": key_id}]
        more = {"Dimensions": dimensions, "Statistic": "Minimum", "Threshold": days * 86400, "Period": 300}
        less = "LessThanOrEqualToThreshold"
        metric = "SecondsUntilKeyMaterialExpiration"
        self.alarm(name, topic, "AWS/KMS", metric, ComparisonOperator=less, TreatMissingData="missing", **more)

    def alarm_on_age(self, name: str, topic: str, alias: str, days: int) -> None:
        """Tell the topic when a watched key is older than it should ever get: the function has failed."""
        dimensions = [{"Name": "Alias", "Value": alias}]
        self.alarm(name, topic, NAMESPACE, "KeyAgeDays", Dimensions=dimensions, Statistic="Maximum", Threshold=days)

    def function(self, role: str, limit_days: int, schedule: str) -> str:
        """Install the function, and let EventBridge run it by the schedule; answers its ARN."""
        functions, events = self.client("lambda"), self.client("events")
        arn: str = functions.create_function(
            FunctionName=FUNCTION,
            Role=role,
            Runtime="python3.13",
            Handler="rotator.handler",
            Code={"ZipFile": package()},
            Timeout=60,
            Environment={"Variables": {"LIMIT_DAYS": str(limit_days)}},
        )["FunctionArn"]
        rule = events.put_rule(Name=FUNCTION, ScheduleExpression=schedule)["RuleArn"]
        let_in = {"StatementId": "schedule", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
        functions.add_permission(FunctionName=FUNCTION, SourceArn=rule, **let_in)
        events.put_targets(Rule=FUNCTION, Targets=[{"Id": "function", "Arn": arn}])
        return arn


def package() -> bytes:
    """Make the deployment package: `rotator.py` with a fixed date, so that it is the same each time."""
    module, packed = zipfile.ZipInfo("rotator.py", (2026, 1, 1, 0, 0, 0)), io.BytesIO()
    module.external_attr = 0o644 << 16
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(module, (Path(__file__).parent / "rotator.py").read_bytes())
    return packed.getvalue()
