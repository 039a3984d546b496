"""EventBridge: which events reach a rule, in which form, and only targets whose policy lets EventBridge in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit

from .test_lambda import EVERYTHING, function, package  # noqa: F401  # fixtures and helpers

RULE = "arn:aws:events:us-east-1:111122223333:rule/keys"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:events"
CALLS = {"source": ["aws.kms"], "detail-type": ["AWS API Call via CloudTrail"]}


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab, with a trail that logs: without one EventBridge gets no API calls."""
    started = labkit.start("events-tests")
    s3, service = boto3.client("s3"), {"Service": "cloudtrail.amazonaws.com"}
    allow = {"Effect": "Allow", "Principal": service, "Action": "s3:*"}
    statements = [allow | {"Resource": ["arn:aws:s3:::trail-bucket", "arn:aws:s3:::trail-bucket/*"]}]
    s3.create_bucket(Bucket="trail-bucket")
    s3.put_bucket_policy(Bucket="trail-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    client = boto3.client("cloudtrail")
    client.create_trail(Name="main", S3BucketName="trail-bucket")
    client.start_logging(Name="main")
    return started


@pytest.fixture
def rule(lab: labkit.Lab) -> Callable[..., Callable[[], list[dict[str, Any]]]]:
    """`rule(pattern, **settings)`: a rule that sends to a queue; answers a function that reads the queue."""

    def make(pattern: dict[str, Any], allowed: str = "events.amazonaws.com", **settings: Any) -> Any:
        events, sqs = boto3.client("events"), boto3.client("sqs")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": allowed},
            "Action": "sqs:SendMessage",
            "Resource": QUEUE,
            "Condition": {"ArnEquals": {"aws:SourceArn": RULE}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        url = sqs.create_queue(QueueName="events", Attributes={"Policy": policy})["QueueUrl"]
        events.put_rule(Name="keys", EventPattern=json.dumps(pattern), **settings)
        events.put_targets(Rule="keys", Targets=[{"Id": "1", "Arn": QUEUE}])
        return lambda: [
            json.loads(message["Body"])
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        ]

    return make


def test_a_call_arrives_as_cloudtrails_event(rule: Any, lab: labkit.Lab) -> None:
    """ScheduleKeyDeletion: the record is the detail."""
    pattern = CALLS | {"detail": {"eventName": ["ScheduleKeyDeletion", "DisableKey"]}}
    received, kms = rule(pattern), boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    (message,) = received()
    record = next(event for event in lab.events() if event["eventName"] == "ScheduleKeyDeletion")
    assert message["detail"] == record
    assert message["detail-type"] == "AWS API Call via CloudTrail"
    assert (message["source"], message["account"], message["region"]) == ("aws.kms", "111122223333", "us-east-1")
    assert (message["version"], message["resources"], message["time"]) == ("0", [], record["eventTime"])


def test_reads_arrive_only_if_the_rule_asks_for_them(rule: Any) -> None:
    """DescribeKey needs the state for all management events; Encrypt, read-only too, does not."""
    received, kms = rule(CALLS), boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=key)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert [message["detail"]["eventName"] for message in received()] == ["CreateKey", "Encrypt"]
    boto3.client("events").put_rule(
        Name="keys", EventPattern=json.dumps(CALLS), State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    )
    kms.describe_key(KeyId=key)
    assert [message["detail"]["eventName"] for message in received()] == ["DescribeKey"]


def test_without_a_trail_there_are_no_calls(rule: Any) -> None:
    """CloudTrail's events need a trail that logs; a disabled rule gets nothing at all."""
    received, kms = rule(CALLS), boto3.client("kms")
    boto3.client("cloudtrail").stop_logging(Name="main")
    kms.create_key()
    boto3.client("cloudtrail").start_logging(Name="main")
    boto3.client("events").disable_rule(Name="keys")
    kms.create_key()
    assert received() == []


def test_a_queue_must_let_eventbridge_in(rule: Any) -> None:
    """A queue policy for another service: nothing arrives."""
    received = rule(CALLS, allowed="sns.amazonaws.com")
    boto3.client("kms").create_key()
    assert received() == []


def test_kms_tells_of_rotation_and_deletion_itself(rule: Any, lab: labkit.Lab) -> None:
    """KMS CMK Rotation and KMS CMK Deletion, with the key in resources and key-id in the detail, trail or not."""
    received, kms = rule({"source": ["aws.kms"], "detail-type": [{"prefix": "KMS CMK"}]}), boto3.client("kms")
    boto3.client("cloudtrail").stop_logging(Name="main")
    key = kms.create_key()["KeyMetadata"]
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    lab.clock.advance(minutes=1)
    (rotated,) = received()
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    lab.clock.advance(days=8)
    (deleted,) = received()
    assert (rotated["detail-type"], deleted["detail-type"]) == ("KMS CMK Rotation", "KMS CMK Deletion")
    assert rotated["resources"] == [key["Arn"]]
    assert deleted["detail"] == {"key-id": key["KeyId"]}


def test_a_topic_passes_events_on(rule: Any, lab: labkit.Lab) -> None:
    """SNS, with a topic policy for EventBridge, to a queue that is subscribed."""
    rule(CALLS)
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Resource": topic}]}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
    inbox = "arn:aws:sqs:us-east-1:111122223333:inbox"
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    let_in = {"Version": "2012-10-17", "Statement": [send | {"Resource": inbox}]}
    url = sqs.create_queue(QueueName="inbox", Attributes={"Policy": json.dumps(let_in)})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox)
    boto3.client("events").put_targets(
        Rule="keys", Targets=[{"Id": "2", "Arn": topic, "InputPath": "$.detail.eventName"}]
    )
    boto3.client("kms").create_key()
    body = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert body["Message"] == '"CreateKey"'


HEALER = """
import boto3
def handler(event, context):
    arn = event["detail"]["resources"][0]["ARN"]
    boto3.client("kms").cancel_key_deletion(KeyId=arn)
"""


def test_a_function_undoes_a_deletion(rule: Any, lab: labkit.Lab, function: Any) -> None:  # noqa: F811
    """ScheduleKeyDeletion invokes a function, if its policy lets EventBridge; the next call sees what it did."""
    function(HEALER, statements=EVERYTHING)
    arn = "arn:aws:lambda:us-east-1:111122223333:function:f"
    rule(CALLS | {"detail": {"eventName": ["ScheduleKeyDeletion"]}})
    boto3.client("events").put_targets(Rule="keys", Targets=[{"Id": "2", "Arn": arn}])
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    boto3.client("lambda").add_permission(
        FunctionName="f",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=RULE,
    )
    kms.cancel_key_deletion(KeyId=key)
    kms.schedule_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    invoked = [event for event in lab.events() if event["eventName"] == "Invoke"]
    assert [event.get("errorCode") for event in invoked] == ["AccessDenied", None]
    assert invoked[0]["userIdentity"] == {"type": "AWSService", "invokedBy": "events.amazonaws.com"}


def test_old_messages_go_and_nobody_waits(lab: labkit.Lab) -> None:
    """Four days are kept unless the queue says otherwise; a long poll of an empty queue answers at once."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    lab.clock.advance(days=5)
    sqs.send_message(QueueUrl=url, MessageBody="new")
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url)["Messages"]] == ["new"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
