"""Services that write to queues and topics under KMS keys as themselves: the key's policy must let them, too."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

from .conftest import Inner

QUEUE = "arn:aws:sqs:us-east-1:111122223333:inbox"
TOPIC = "arn:aws:sns:us-east-1:111122223333:alarms"
RULE = "arn:aws:events:us-east-1:111122223333:rule/keys"
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _let(service: str, *actions: str, resource: str = "*", source: str = "") -> dict[str, Any]:
    condition = {"Condition": {"ArnEquals": {"aws:SourceArn": source}}} if source else {}
    said = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions), "Resource": resource}
    return said | condition


@pytest.fixture
def inbox(key: str) -> str:
    """A queue under the key, which takes messages of SNS and EventBridge."""
    services = [_let(f"{name}.amazonaws.com", "sqs:SendMessage", resource=QUEUE) for name in ("sns", "events")]
    attributes = {"KmsMasterKeyId": key, "Policy": _policy(*services)}
    return str(boto3.client("sqs").create_queue(QueueName="inbox", Attributes=attributes)["QueueUrl"])


@pytest.fixture
def topic(inbox: str) -> Any:
    """SNS, with a topic that the queue is subscribed to."""
    sns = boto3.client("sns")
    sns.create_topic(Name="alarms")
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)
    return sns


def bodies(url: str) -> list[Any]:
    """What the queue holds."""
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


@pytest.mark.parametrize(
    ("statement", "arrives"),
    [
        (_let("sns.amazonaws.com", "kms:GenerateDataKey*", "kms:Decrypt"), True),
        (_let("sns.amazonaws.com", "kms:GenerateDataKey*", "kms:Decrypt", source=TOPIC), True),
        (_let("sns.amazonaws.com", "kms:GenerateDataKey*", "kms:Decrypt", source=f"{TOPIC}-not"), False),
        (_let("sns.amazonaws.com", "kms:GenerateDataKey*"), False),
        (_let("sns.amazonaws.com", "kms:Decrypt"), False),
        (_let("events.amazonaws.com", "kms:GenerateDataKey*", "kms:Decrypt"), False),
    ],
)
def test_a_topic_to_a_queue_under_a_key(
    topic: Any, inbox: str, kms: Any, key: str, lab: labkit.Lab, statement: dict[str, Any], arrives: bool
) -> None:
    """Publish succeeds in any case; what the key's policy does not allow does not arrive, and the trail says why."""
    kms.put_key_policy(KeyId=key, Policy=_policy(ROOT, statement))
    assert topic.publish(TopicArn=TOPIC, Message="hello")["MessageId"]
    calls = [event for event in lab.events() if event["userIdentity"].get("invokedBy") == "sns.amazonaws.com"]
    assert calls[0]["eventName"] == "GenerateDataKey"
    assert calls[0]["userIdentity"] == {"type": "AWSService", "invokedBy": "sns.amazonaws.com"}
    assert ("errorCode" not in calls[-1]) == arrives
    if arrives:
        assert calls[0]["requestParameters"]["encryptionContext"] == {"aws:sqs:arn": QUEUE}
        assert [event["eventName"] for event in calls] == ["GenerateDataKey", "Decrypt"]
    assert [body["Message"] for body in bodies(inbox)] == ["hello"] * arrives


def test_the_key_of_sqs_lets_no_service_in(topic: Any, inbox: str) -> None:
    """alias/aws/sqs is for callers of the account alone."""
    sqs = boto3.client("sqs")
    sqs.set_queue_attributes(QueueUrl=inbox, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    topic.publish(TopicArn=TOPIC, Message="hello")
    assert bodies(inbox) == []


def test_a_message_that_the_filter_leaves_out_needs_no_key(topic: Any, inbox: str, inner: Inner) -> None:
    """KMS is not asked for it."""
    (subscription,) = topic.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    topic.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue='{"kind": ["loud"]}',
    )
    topic.publish(TopicArn=TOPIC, Message="hello")
    assert inner() == []


@pytest.mark.parametrize("lets", [True, False])
@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_eventbridge_to_what_is_under_a_key(
    kind: str, lets: bool, inbox: str, topic: Any, kms: Any, key: str, lab: labkit.Lab
) -> None:
    """events.amazonaws.com needs the key of its target; SNS then that of the queue."""
    services = ["sns.amazonaws.com", *(["events.amazonaws.com"] if lets else [])]
    statements = [_let(name, "kms:GenerateDataKey*", "kms:Decrypt") for name in services]
    kms.put_key_policy(KeyId=key, Policy=_policy(ROOT, *statements))
    topic.set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue=key)
    publish = _let("events.amazonaws.com", "sns:Publish", resource=TOPIC, source=RULE)
    topic.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=_policy(publish))
    events = boto3.client("events")
    events.put_rule(Name="keys", EventPattern=json.dumps({"detail-type": ["KMS CMK Rotation"]}))
    events.put_targets(Rule="keys", Targets=[{"Id": "1", "Arn": QUEUE if kind == "queue" else TOPIC}])
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.rotate_key_on_demand(KeyId=other)
    lab.clock.advance(minutes=1)
    found = bodies(inbox)
    details = [json.loads(body["Message"]) if "Message" in body else body for body in found]
    assert [each["detail"] for each in details] == [{"key-id": other}] * lets


@pytest.mark.parametrize("lets", [True, False])
def test_a_rule_that_matches_its_own_deliveries_comes_to_an_end(
    lets: bool, inbox: str, kms: Any, key: str, lab: labkit.Lab
) -> None:
    """Each message to an encrypted queue may cause KMS calls, which the rule matches again."""
    statement = _let("events.amazonaws.com", "kms:GenerateDataKey*", "kms:Decrypt")
    kms.put_key_policy(KeyId=key, Policy=_policy(ROOT, *([statement] if lets else [])))
    s3, service = boto3.client("s3"), {"Service": "cloudtrail.amazonaws.com"}
    s3.create_bucket(Bucket="looking-on")
    arns = ["arn:aws:s3:::looking-on", "arn:aws:s3:::looking-on/*"]
    allowed = {"Effect": "Allow", "Principal": service, "Action": "s3:*", "Resource": arns}
    s3.put_bucket_policy(Bucket="looking-on", Policy=_policy(allowed))
    boto3.client("cloudtrail").create_trail(Name="main", S3BucketName="looking-on")
    boto3.client("cloudtrail").start_logging(Name="main")
    events = boto3.client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.kms"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": QUEUE}])
    kms.create_key()
    own = [each for each in lab.events() if each["userIdentity"].get("invokedBy") == "events.amazonaws.com"]
    assert 1 <= len(own) <= 4
    sent = [body["detail"]["eventName"] for body in bodies(inbox)]
    assert sent[:3] == (["CreateKey", "GenerateDataKey", "Decrypt"] if lets else [])


@pytest.mark.parametrize("condition", ["aws:SourceArn", "aws:SourceAccount"])
def test_eventbridge_tells_no_source(
    condition: str, inbox: str, topic: Any, kms: Any, key: str, lab: labkit.Lab
) -> None:
    """A condition on it in the key's policy shuts EventBridge out ("not supported", SNS Developer Guide)."""
    value = {"aws:SourceArn": "arn:aws:events:*", "aws:SourceAccount": "111122223333"}[condition]
    alone = _let("events.amazonaws.com", "kms:GenerateDataKey*", "kms:Decrypt")
    kms.put_key_policy(KeyId=key, Policy=_policy(ROOT, alone | {"Condition": {"StringLike": {condition: value}}}))
    events = boto3.client("events")
    events.put_rule(Name="keys", EventPattern=json.dumps({"detail-type": ["KMS CMK Rotation"]}))
    events.put_targets(Rule="keys", Targets=[{"Id": "1", "Arn": QUEUE}])
    kms.rotate_key_on_demand(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    lab.clock.advance(minutes=1)
    assert bodies(inbox) == []


@pytest.mark.parametrize(
    ("actions", "code"),
    [
        (("kms:GenerateDataKey", "kms:Decrypt"), ""),
        (("kms:GenerateDataKey",), "KMSAccessDenied"),
        ((), "KMSAccessDenied"),
    ],
)
def test_who_publishes_to_a_topic_under_a_key(
    kms: Any, key: str, inner: Inner, reader: Any, actions: tuple[str, ...], code: str
) -> None:
    """The publisher needs GenerateDataKey and Decrypt; SNS reuses the data key for five minutes."""
    boto3.client("sns").create_topic(Name="alarms", Attributes={"KmsMasterKeyId": key})
    client = reader("Clerk", "sns:*", *actions).client("sns")
    inner()
    if code:
        with pytest.raises(ClientError, match="Service: AWSKMS") as refused:
            client.publish(TopicArn=TOPIC, Message="hello")
        assert refused.value.response["Error"]["Code"] == code
        return
    client.publish(TopicArn=TOPIC, Message="hello")
    client.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=[{"Id": "1", "Message": "again"}])
    made, verified = inner()
    assert (made["eventName"], verified["eventName"]) == ("GenerateDataKey", "Decrypt")
    assert made["requestParameters"]["encryptionContext"] == {"aws:sns:topicArn": TOPIC}
    assert made["userIdentity"]["invokedBy"] == "sns.amazonaws.com"


@pytest.mark.parametrize(
    ("change", "code"), [("disable_key", "KMSDisabled"), ("schedule_key_deletion", "KMSInvalidState")]
)
def test_topics_keys_that_cannot_be_used(kms: Any, key: str, change: str, code: str) -> None:
    """SNS's words for the key's state."""
    sns = boto3.client("sns")
    sns.create_topic(Name="alarms", Attributes={"KmsMasterKeyId": key})
    getattr(kms, change)(KeyId=key)
    with pytest.raises(ClientError) as refused:
        sns.publish(TopicArn=TOPIC, Message="hello")
    assert refused.value.response["Error"]["Code"] == code
