"""Alarms whose topic is under a key: nothing is sent unless the key lets CloudWatch in, and the history says so."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

ACCOUNT = "111122223333"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:watch"
NO_KEY = "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ROOT = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}


def _let(service: str, *actions: str, source: str = "") -> dict[str, Any]:
    said = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions), "Resource": "*"}
    return said | ({"Condition": {"ArnLike": {"aws:SourceArn": source}}} if source else {})


CLOUDWATCH = ("cloudwatch.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*")


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """A lab with an alarm on a topic, and a queue behind the topic."""
    started = labkit.start("alarm-history")
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    sns.create_topic(Name="alarms")
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    sqs.create_queue(QueueName="inbox", Attributes={"Policy": _policy(send | {"Resource": QUEUE})})
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="watch",
        Namespace="Lab",
        MetricName="Things",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
        AlarmActions=[TOPIC],
    )
    return started


def ring() -> list[str]:
    """Turn the alarm on; the subjects of what comes."""
    cloudwatch, sqs = boto3.client("cloudwatch"), boto3.client("sqs")
    for state in ("OK", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName="watch", StateValue=state, StateReason="a test")
    url = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [json.loads(each["Body"])["Subject"] for each in found]


def history(**how: Any) -> list[dict[str, Any]]:
    """The alarm's history."""
    found: list[dict[str, Any]] = boto3.client("cloudwatch").describe_alarm_history(**how)["AlarmHistoryItems"]
    return found


KEYS = [
    ("the policy of SNS's own key", "alias/aws/sns", False),
    ("no statement for CloudWatch", (), False),
    ("CloudWatch", (_let(*CLOUDWATCH),), True),
    ("CloudWatch for this alarm", (_let(*CLOUDWATCH, source=ALARM),), True),
    ("CloudWatch for another alarm", (_let(*CLOUDWATCH, source=f"{ALARM}-2"),), False),
    ("SNS in place of CloudWatch", (_let("sns.amazonaws.com", *CLOUDWATCH[1:]),), False),
    ("EventBridge in place of CloudWatch", (_let("events.amazonaws.com", *CLOUDWATCH[1:]),), False),
    ("no Decrypt", (_let(*CLOUDWATCH[::2]),), False),
    ("no GenerateDataKey", (_let(*CLOUDWATCH[:2]),), False),
]


@pytest.mark.parametrize(("policy", "comes"), [each[1:] for each in KEYS], ids=[each[0] for each in KEYS])
def test_the_topics_key_lets_cloudwatch_in(lab: labkit.Lab, policy: Any, comes: bool) -> None:
    """The alarm changes its state all the same; the history tells whether its action worked, and the trail why not."""
    key = policy
    if not isinstance(policy, str):
        key = boto3.client("kms").create_key(Policy=_policy(ROOT, *policy))["KeyMetadata"]["Arn"]
    boto3.client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue=key)
    assert bool(ring()) == comes
    (alarm,) = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    newest = history(AlarmName="watch", HistoryItemType="Action", MaxRecords=1)[0]
    told = json.loads(newest["HistoryData"])
    if comes:
        assert newest["HistorySummary"] == f"Successfully executed action {TOPIC}"
        assert told == {"actionState": "Succeeded", "notificationResource": TOPIC}
        return
    assert newest["HistorySummary"] == f"Failed to execute action {TOPIC}"
    assert told["error"] == NO_KEY
    calls = [each for each in lab.events() if each["userIdentity"].get("invokedBy") == "cloudwatch.amazonaws.com"]
    assert calls[-1]["errorCode"] == "AccessDenied"


def test_the_topics_policy_is_another_matter(lab: labkit.Lab) -> None:
    """And so are its words."""
    sns = boto3.client("sns")
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue="")
    before = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC}
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=_policy(denied))
    assert ring() == []
    told = json.loads(history(HistoryItemType="Action")[0]["HistoryData"])
    assert told["error"].startswith(f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {TOPIC}")
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=before)


def test_what_is_asked_of_the_history(lab: labkit.Lab) -> None:
    """By alarm, kind and time; newest first, in pages."""
    cloudwatch = boto3.client("cloudwatch")
    start = lab.clock.now()
    ring()
    states = history(HistoryItemType="StateUpdate", StartDate=start)
    assert [each["HistorySummary"] for each in states] == [
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    assert json.loads(states[0]["HistoryData"]) == {
        "version": "1.0",
        "oldState": {"stateValue": "OK", "stateReason": "a test"},
        "newState": {"stateValue": "ALARM", "stateReason": "a test"},
    }
    kinds = [each["HistoryItemType"] for each in history(StartDate=start, ScanBy="TimestampAscending")]
    assert kinds == ["StateUpdate", "StateUpdate", "Action"]
    assert history(AlarmName="another") == []
    assert history(StartDate=start, EndDate=start + timedelta(seconds=1)) == states[1:]
    assert history(AlarmTypes=["CompositeAlarm"]) == []
    whole = history()
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(PaginationConfig={"PageSize": 4})
    assert [each for page in pages for each in page["AlarmHistoryItems"]] == whole
    with pytest.raises(ClientError, match="token"):
        cloudwatch.describe_alarm_history(NextToken="x")
