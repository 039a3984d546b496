"""SQS under KMS keys: which calls to KMS sending and receiving make, for whom, how often, and what refuses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.principals import Role

from .conftest import Inner

ARN = "arn:aws:sqs:us-east-1:111122223333:parcels"
Reader = Callable[..., Role]


@pytest.fixture
def sqs(lab: labkit.Lab) -> Any:
    """SQS as the lab's administrator."""
    return boto3.client("sqs")


@pytest.fixture
def queue(sqs: Any, key: str) -> str:
    """The URL of a queue under the key."""
    return str(sqs.create_queue(QueueName="parcels", Attributes={"KmsMasterKeyId": key})["QueueUrl"])


def names(events: list[dict[str, Any]]) -> list[str]:
    """The operations of some events."""
    return [event["eventName"] for event in events]


def code_of(call: Callable[[], Any]) -> str:
    """The code that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_times_are_whole_seconds(sqs: Any, queue: str, lab: labkit.Lab) -> None:
    """As text, also after a change."""
    lab.clock.advance(days=1)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    made, changed = int(told["CreatedTimestamp"]), int(told["LastModifiedTimestamp"])
    assert 86_400 <= changed - made < 86_460


def test_a_message_under_a_key(sqs: Any, queue: str, key: str, inner: Inner, lab: labkit.Lab) -> None:
    """The sender's data key is made and verified, the receiver's decrypted; records name SQS and the queue."""
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    made, verified = inner()
    assert (made["eventName"], verified["eventName"]) == ("GenerateDataKey", "Decrypt")
    for event in (made, verified):
        assert event["requestParameters"]["encryptionContext"] == {"aws:sqs:arn": ARN}
        assert event["userIdentity"]["invokedBy"] == event["sourceIPAddress"] == "sqs.amazonaws.com"
        assert event["userIdentity"]["type"] == "AssumedRole"
        assert event["resources"][0]["ARN"] == key
    assert made["requestParameters"]["keyId"] == key
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "hello"
    (opened,) = inner()
    assert opened["eventName"] == "Decrypt"
    assert opened["requestParameters"]["encryptionContext"] == {"aws:sqs:arn": ARN}
    sent = next(event for event in lab.events() if event["eventName"] == "SendMessage")
    assert sent["eventCategory"] == "Data"
    assert "hello" not in json.dumps(sent)


def test_data_keys_are_reused_for_the_period(sqs: Any, queue: str, inner: Inner, lab: labkit.Lab) -> None:
    """Five minutes by default, for sending and receiving; each requester has a data key of their own."""
    for body in "abc":
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert names(inner()) == ["GenerateDataKey", "Decrypt"]
    assert len(sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]) == 3
    assert names(inner()) == ["Decrypt"]
    clerk = lab.role("Clerk", policy=[{"Effect": "Allow", "Action": ["sqs:*", "kms:*"], "Resource": "*"}])
    clerk.client("sqs").send_message(QueueUrl=queue, MessageBody="d")
    assert names(inner()) == ["GenerateDataKey", "Decrypt"]
    lab.clock.advance(minutes=5)
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": each, "MessageBody": each} for each in "ef"])
    assert names(inner()) == ["GenerateDataKey", "Decrypt"]


@pytest.mark.parametrize(("seconds", "calls"), [(59, 0), (60, 2), (61, 2)])
def test_the_period_is_the_queues(
    sqs: Any, queue: str, inner: Inner, lab: labkit.Lab, seconds: int, calls: int
) -> None:
    """A minute here, to the second."""
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsDataKeyReusePeriodSeconds": "60"})
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    inner()
    lab.clock.advance(seconds=seconds - 1)  # and one for the call itself
    sqs.send_message(QueueUrl=queue, MessageBody="b")
    assert len(inner()) == calls


@pytest.mark.parametrize(
    ("actions", "sends", "receives"),
    [
        (("kms:GenerateDataKey", "kms:Decrypt"), True, True),
        (("kms:GenerateDataKey",), False, False),
        (("kms:Decrypt",), False, True),
        ((), False, False),
    ],
)
def test_who_may_send_and_receive(
    sqs: Any, queue: str, reader: Reader, actions: tuple[str, ...], sends: bool, receives: bool
) -> None:
    """A sender needs GenerateDataKey and Decrypt, a receiver Decrypt; SQS says what KMS said."""
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    client = reader("Clerk", "sqs:*", *actions).client("sqs")
    if sends:
        assert client.send_message(QueueUrl=queue, MessageBody="mine")["MessageId"]
    else:
        with pytest.raises(client.exceptions.KmsAccessDenied) as refused:
            client.send_message(QueueUrl=queue, MessageBody="mine")
        assert refused.value.response["Error"]["Code"] == "KMS.AccessDeniedException"
        assert "(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException;" in str(refused.value)
    if receives:
        assert client.receive_message(QueueUrl=queue)["Messages"]
    else:
        assert code_of(lambda: client.receive_message(QueueUrl=queue)) == "KMS.AccessDeniedException"
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == str(1 + sends - receives)


def _disable(kms: Any, key: str) -> None:
    kms.disable_key(KeyId=key)


def _schedule(kms: Any, key: str) -> None:
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


@pytest.mark.parametrize(
    ("change", "code"), [(_disable, "KMS.DisabledException"), (_schedule, "KMS.InvalidStateException")]
)
def test_keys_that_cannot_be_used(
    sqs: Any, kms: Any, queue: str, key: str, lab: labkit.Lab, change: Callable[[Any, str], None], code: str
) -> None:
    """What SQS holds goes on for the period; then sending and receiving are refused, and nothing is lost."""
    sqs.send_message(QueueUrl=queue, MessageBody="before")
    change(kms, key)
    sqs.send_message(QueueUrl=queue, MessageBody="held")
    lab.clock.advance(minutes=6)
    assert code_of(lambda: sqs.send_message(QueueUrl=queue, MessageBody="late")) == code
    assert code_of(lambda: sqs.receive_message(QueueUrl=queue)) == code
    kms.cancel_key_deletion(KeyId=key) if change is _schedule else None
    kms.enable_key(KeyId=key)
    assert len(sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]) == 2


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "KMS.InvalidKeyUsageException"),
        (None, "KMS.NotFoundException"),
    ],
)
def test_keys_that_are_none(sqs: Any, kms: Any, made: dict[str, str] | None, code: str) -> None:
    """A queue takes any key's name; who sends learns that it is none, or of the wrong kind."""
    name = kms.create_key(**made)["KeyMetadata"]["Arn"] if made else "alias/nowhere"
    url = sqs.create_queue(QueueName="parcels", Attributes={"KmsMasterKeyId": name})["QueueUrl"]
    assert code_of(lambda: sqs.send_message(QueueUrl=url, MessageBody="a")) == code


def test_the_key_of_sqs_itself(sqs: Any, kms: Any, inner: Inner, reader: Reader) -> None:
    """alias/aws/sqs is made at the first message; everybody with SQS's permission may use it by way of SQS."""
    url = sqs.create_queue(QueueName="parcels", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    assert not [
        each for each in kms.list_aliases()["Aliases"] if each["AliasName"] == "alias/aws/sqs" and "TargetKeyId" in each
    ]
    reader("Clerk", "sqs:*").client("sqs").send_message(QueueUrl=url, MessageBody="a")
    assert names(inner()) == ["GenerateDataKey", "Decrypt"]
    assert [each for each in kms.list_aliases()["Aliases"] if each["AliasName"] == "alias/aws/sqs"]


def test_queues_of_sqs_owned_keys_ask_nothing(sqs: Any, inner: Inner) -> None:
    """SSE-SQS is what a queue has without a word; KMS is not asked."""
    url = sqs.create_queue(QueueName="parcels")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert sqs.receive_message(QueueUrl=url)["Messages"]
    assert inner() == []
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert shown["SqsManagedSseEnabled"] == "true"
    assert "KmsMasterKeyId" not in shown


def test_settings(sqs: Any, queue: str, key: str) -> None:
    """The one kind of encryption excludes the other (recorded)."""
    asked = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=asked)["Attributes"]
    assert shown == {"KmsMasterKeyId": key, "KmsDataKeyReusePeriodSeconds": "300", "SqsManagedSseEnabled": "false"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"SqsManagedSseEnabled": "true"})
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert shown["SqsManagedSseEnabled"] == "true"
    assert "KmsMasterKeyId" not in shown
    both = {"KmsMasterKeyId": key, "SqsManagedSseEnabled": "true"}
    with pytest.raises(ClientError, match="You can use one type of server-side encryption") as refused:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=both)
    assert refused.value.response["Error"]["Code"] == "InvalidAttributeName"


@pytest.mark.parametrize(
    ("period", "good"), [("59", False), ("60", True), ("86400", True), ("86401", False), ("-60", False), ("x", False)]
)
def test_the_period_has_bounds(sqs: Any, queue: str, period: str, good: bool) -> None:
    """A minute to a day."""
    change = {"KmsDataKeyReusePeriodSeconds": period}
    if good:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=change)
    else:
        code = code_of(lambda: sqs.set_queue_attributes(QueueUrl=queue, Attributes=change))
        assert code == "InvalidAttributeValue"


def test_a_message_keeps_its_encryption(sqs: Any, queue: str, kms: Any, key: str, lab: labkit.Lab) -> None:
    """What was sent before the queue had a key needs none; what was sent under a key needs it ever after."""
    url = sqs.create_queue(QueueName="plain")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="open")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    sqs.send_message(QueueUrl=queue, MessageBody="sealed")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"SqsManagedSseEnabled": "true"})
    kms.disable_key(KeyId=key)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "open"
    assert code_of(lambda: sqs.receive_message(QueueUrl=queue)) == "KMS.DisabledException"


def test_a_queues_policy_is_read(sqs: Any, queue: str, reader: Reader) -> None:
    """It allows the account's own roles, and denies them."""
    clerk = reader("Clerk", "kms:*")
    assert code_of(lambda: clerk.client("sqs").send_message(QueueUrl=queue, MessageBody="a")).startswith("AccessDenied")
    allow = {"Effect": "Allow", "Principal": {"AWS": clerk.arn}, "Action": "sqs:SendMessage", "Resource": ARN}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    assert clerk.client("sqs").send_message(QueueUrl=queue, MessageBody="a")["MessageId"]
