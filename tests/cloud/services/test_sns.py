"""SNS: a subscribed function is invoked with the guide's event, if its policy lets the topic in; no message leaves."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit

from .test_lambda import EVERYTHING, function, lab, package  # noqa: F401  # fixtures and helpers

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"
TELLER = """
import boto3, json
def handler(event, context):
    url = boto3.client("sqs").create_queue(QueueName="told")["QueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))
"""


@pytest.fixture
def topic(function: Any) -> str:  # noqa: F811
    """A topic with a function subscribed to it; the function tells a queue what it gets."""
    function(TELLER, statements=EVERYTHING)
    arn: str = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
    boto3.client("sns").subscribe(TopicArn=arn, Protocol="lambda", Endpoint=FUNCTION, ReturnSubscriptionArn=True)
    return arn


def let_in(source_arn: str) -> None:
    """The function's policy lets SNS invoke it for this topic."""
    boto3.client("lambda").add_permission(
        FunctionName="f",
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=source_arn,
    )


def told() -> list[dict[str, Any]]:
    """The events that the function got, oldest first."""
    sqs = boto3.client("sqs")
    urls = sqs.list_queues().get("QueueUrls", [])
    answers = [sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10) for url in urls]
    return [json.loads(message["Body"]) for answer in answers for message in answer.get("Messages", [])]


def test_a_subscribed_function_gets_the_notification(topic: str, lab: labkit.Lab) -> None:  # noqa: F811
    """One record, as the guide shows it; the trail has SNS's own Invoke."""
    let_in(topic)
    sent = boto3.client("sns").publish(
        TopicArn=topic,
        Message="hello",
        Subject="greeting",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "test"}},
    )
    ((record,),) = (event["Records"] for event in told())
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"].startswith(f"{topic}:")
    notification = record["Sns"]
    assert notification["Timestamp"].startswith("2026-01-05T09:0")
    expected = {
        "Type": "Notification",
        "MessageId": sent["MessageId"],
        "TopicArn": topic,
        "Subject": "greeting",
        "Message": "hello",
        "MessageAttributes": {"kind": {"Type": "String", "Value": "test"}},
    }
    assert expected.items() <= notification.items()
    invoked = next(event for event in lab.events() if event["eventName"] == "Invoke")
    assert invoked["userIdentity"] == {"type": "AWSService", "invokedBy": "sns.amazonaws.com"}
    assert invoked["resources"][0]["ARN"] == FUNCTION


def test_the_function_must_let_the_topic_in(topic: str, lab: labkit.Lab) -> None:  # noqa: F811
    """Without permission, or with one for another topic, it does not run; the refused call is recorded."""
    let_in(f"{topic}-of-others")
    boto3.client("sns").publish(TopicArn=topic, Message="hello")
    assert told() == []
    assert [event["errorCode"] for event in lab.events() if event["eventName"] == "Invoke"] == ["AccessDenied"]


def test_batches_filters_and_structures(topic: str, lab: labkit.Lab) -> None:  # noqa: F811
    """Each message of a batch is an invocation, save those that the filter policy leaves out; "lambda" texts count."""
    let_in(topic)
    sns = boto3.client("sns")
    subscription = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"]
    sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue='{"kind": ["loud"]}'
    )
    loud = {"kind": {"DataType": "String", "StringValue": "loud"}}
    texts = json.dumps({"default": "for others", "lambda": "for functions"})
    sns.publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[
            {"Id": "1", "Message": "quiet"},
            {"Id": "2", "Message": "loud", "MessageAttributes": loud},
            {"Id": "3", "Message": texts, "MessageStructure": "json", "MessageAttributes": loud},
        ],
    )
    assert [event["Records"][0]["Sns"]["Message"] for event in told()] == ["loud", "for functions"]


def test_an_event_reaches_a_function_by_way_of_a_topic(topic: str, lab: labkit.Lab) -> None:  # noqa: F811
    """EventBridge publishes to the topic, and the topic invokes the function."""
    let_in(topic)
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow | {"Resource": topic}]})
    boto3.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    events, kms = boto3.client("events"), boto3.client("kms")
    events.put_rule(Name="keys", EventPattern=json.dumps({"detail-type": ["KMS CMK Rotation"]}))
    events.put_targets(Rule="keys", Targets=[{"Id": "1", "Arn": topic}])
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.rotate_key_on_demand(KeyId=key)
    lab.clock.advance(minutes=1)
    (event,) = told()
    assert json.loads(event["Records"][0]["Sns"]["Message"])["detail"] == {"key-id": key}


def test_nothing_is_sent_to_the_web(lab: labkit.Lab, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A subscription of a web address is kept, and its messages stay on this machine."""
    monkeypatch.setattr("requests.post", lambda *_, **__: pytest.fail("a message left the machine"))
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://example.com/hook")
    assert sns.publish(TopicArn=topic, Message="hello")["MessageId"]
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1


def test_a_queue_must_let_the_topic_send(lab: labkit.Lab) -> None:  # noqa: F811
    """Only what is published after the queue's policy names the topic arrives."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic, queue = sns.create_topic(Name="alarms")["TopicArn"], "arn:aws:sqs:us-east-1:111122223333:inbox"
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.publish(TopicArn=topic, Message="lost")
    only = {"ArnEquals": {"aws:SourceArn": topic}}
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [send | {"Resource": queue, "Condition": only}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sns.publish(TopicArn=topic, Message="found")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["Message"] for message in messages] == ["found"]
