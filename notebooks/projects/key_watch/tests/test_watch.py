"""The watch: keys are renewed in time, trouble is told, and what must not work does not."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from key_watch import Watch, act
from key_watch.deploy import REFUSED
from key_watch.ground import make_trail
from key_watch.must_not import must_not
from key_watch.rotator import NAMESPACE, TAG
from key_watch.rules import alerts_key_policy, function_may, queue_policy

import labkit

LIMIT = 80
WHO = {"Version": "2012-10-17"}


class World:
    """A trail, a topic with a queue behind it, two watched keys and one that is not, and the function's role."""

    def __init__(self, lab: labkit.Lab) -> None:
        self.lab = lab
        self.kms, self.sqs = boto3.client("kms"), boto3.client("sqs")
        self.watch = Watch(lab.account_id, lab.region, boto3.client)
        make_trail(lab.account_id, lab.region, boto3.client)
        key = self.kms.create_key(Policy=json.dumps(alerts_key_policy(lab.account_id)))["KeyMetadata"]["Arn"]
        self.topic = self.watch.topic("key-alerts", key)
        self.url = self.sqs.create_queue(QueueName="on-call")["QueueUrl"]
        queue = f"arn:aws:sqs:{lab.region}:{lab.account_id}:on-call"
        policy = json.dumps(queue_policy(queue, self.topic))
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        boto3.client("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue)
        self.orders = self.key("orders")
        self.hooks = self.key("webhooks", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        self.other = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.kms.create_alias(AliasName="alias/payroll", TargetKeyId=self.other)
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        here = {"Effect": "Allow", "Principal": {"AWS": lab.account_id}, "Action": "sts:AssumeRole"}
        self.robot = lab.role("KeyRotator", policy=function_may(lab.account_id, lab.region), trust=[trust, here])

    def key(self, name: str, **kind: Any) -> str:
        """A watched key, under its alias."""
        arn: str = self.kms.create_key(Description=name, Tags=[TAG], **kind)["KeyMetadata"]["Arn"]
        self.kms.create_alias(AliasName=f"alias/watch/{name}", TargetKeyId=arn)
        return arn

    def round(self, limit: int = LIMIT) -> dict[str, dict[str, Any]]:
        """One round, as the function's role; a line for each alias, by the last part of its name."""
        as_robot = self.robot.session().client
        done = act(as_robot("kms"), as_robot("cloudwatch"), self.lab.clock.now(), limit)
        return {line["alias"].rpartition("/")[2]: line for line in done}

    def target(self, name: str) -> dict[str, Any]:
        """The metadata of the key that an alias leads to."""
        found: dict[str, Any] = self.kms.describe_key(KeyId=f"alias/watch/{name}")["KeyMetadata"]
        return found

    def told(self) -> list[str]:
        """What the topic has sent since the last look."""
        found: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                found.append(json.loads(each["Body"])["Message"])
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def world(lab: labkit.Lab) -> World:
    """One account for the whole file."""
    return World(lab)


def test_what_must_not_work_does_not(world: World) -> None:
    """The list that the notebook shows."""
    publish = [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]
    clerk = world.lab.role("Clerk", policy=publish).session().client
    at = {"watched": world.orders, "hmac": world.hooks, "unwatched": world.other, "alias": "alias/watch/orders"}
    at |= {"other_alias": "alias/payroll", "topic": world.topic, "queue_url": world.url}
    attempts = must_not(world.robot.session().client, clerk, at)
    assert {each.what: each.outcome() for each in attempts} == {each.what: each.error for each in attempts}


def test_the_door_that_the_page_owns_up_to(world: World) -> None:
    """Whoever takes the function over can put a key of their own policy behind a watched alias."""
    kms, alias = world.robot.session().client("kms"), "alias/watch/door"
    world.key("door")
    mine = {"Effect": "Allow", "Principal": {"AWS": world.robot.arn}, "Action": "kms:*", "Resource": "*"}
    root = mine | {"Principal": {"AWS": f"arn:aws:iam::{world.lab.account_id}:root"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [mine, root]})
    made = kms.create_key(Policy=policy, Tags=[TAG])["KeyMetadata"]["Arn"]
    kms.update_alias(AliasName=alias, TargetKeyId=made)
    later = world.kms.encrypt(KeyId=alias, Plaintext=b"from now on")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=later)["Plaintext"] == b"from now on"
    world.kms.delete_alias(AliasName=alias)


def test_trouble_is_told(world: World) -> None:
    """Each call, who made it and on which key; a refused one is no trouble."""
    world.watch.tell_of_trouble("key-trouble", world.topic)
    world.kms.disable_key(KeyId=world.other)
    world.kms.enable_key(KeyId=world.other)
    with labkit.expect_error("AccessDeniedException"):
        world.robot.session().client("kms").disable_key(KeyId=world.orders)
    me = boto3.client("sts").get_caller_identity()["Arn"]
    expected = [f'"{call} by {me} on {world.other}"' for call in ("DisableKey", "EnableKey")]
    assert world.told() == expected


def test_three_refused_decrypts_ring(world: World) -> None:
    """Two do not; the alarm says which it is, and that it is over."""
    world.watch.count("RefusedDecrypts", "calls", REFUSED)
    world.watch.alarm("refused-decrypts", world.topic, NAMESPACE, "RefusedDecrypts", Threshold=3)
    sealed = world.kms.encrypt(KeyId=world.other, Plaintext=b"x")["CiphertextBlob"]
    robot = world.robot.session().client("kms")
    for number, states in ((2, []), (3, ["ALARM", "OK"])):
        for _ in range(number):
            with labkit.expect_error("AccessDeniedException"):
                robot.decrypt(CiphertextBlob=sealed, KeyId=world.other)
        world.lab.clock.advance(minutes=30)
        found = [json.loads(text) for text in world.told()]
        assert [each["NewStateValue"] for each in found if each["OldStateValue"] != "INSUFFICIENT_DATA"] == states
        assert {each["AlarmName"] for each in found} <= {"refused-decrypts"}


def test_young_keys_are_left_alone(world: World) -> None:
    """A round too early changes nothing."""
    assert {line["did"] for line in world.round().values()} == {"nothing"}


def test_old_keys_are_renewed_each_in_its_way(world: World) -> None:
    """New material for the one, a successor for the other, which stays; then both are young again."""
    tag = world.kms.generate_mac(KeyId=world.hooks, Message=b"order 7", MacAlgorithm="HMAC_SHA_256")["Mac"]
    policy = world.kms.get_key_policy(KeyId=world.hooks)["Policy"]
    world.lab.clock.advance(days=LIMIT)
    done = world.round()
    assert (done["orders"]["did"], done["webhooks"]["did"]) == ("rotated", "replaced")
    assert world.target("orders")["Arn"] == world.orders
    new = world.target("webhooks")
    assert new["Arn"] != world.hooks
    assert (new["KeySpec"], new["KeyUsage"], new["Description"]) == ("HMAC_256", "GENERATE_VERIFY_MAC", "webhooks")
    assert world.kms.get_key_policy(KeyId=new["Arn"])["Policy"] == policy
    assert world.kms.list_resource_tags(KeyId=new["Arn"])["Tags"] == [TAG]
    check = {"Message": b"order 7", "MacAlgorithm": "HMAC_SHA_256", "Mac": tag}
    assert world.kms.verify_mac(KeyId=world.hooks, **check)["MacValid"]
    world.lab.clock.advance(minutes=1)
    assert {line["did"] for line in world.round().values()} == {"nothing"}


def test_what_is_not_to_be_renewed_is_measured(world: World) -> None:
    """Imported material, and a key that is switched off; a key that shuts the function out stops nobody else."""
    world.key("partner", Origin="EXTERNAL")
    off, shut = world.key("off"), world.key("shut")
    world.kms.disable_key(KeyId=off)
    deny = {"Effect": "Deny", "Principal": {"AWS": world.robot.arn}, "Action": "kms:DescribeKey", "Resource": "*"}
    policy = json.loads(world.kms.get_key_policy(KeyId=shut)["Policy"])
    world.kms.put_key_policy(KeyId=shut, Policy=json.dumps(WHO | {"Statement": [*policy["Statement"], deny]}))
    done = world.round(limit=0)
    assert (done["partner"]["why"], done["off"]["why"]) == ("PendingImport", "Disabled")
    assert (done["shut"]["did"], done["shut"]["error"]) == ("failed", "AccessDeniedException")
    assert done["orders"]["did"] == "rotated"
    for name in ("partner", "off", "shut"):
        world.kms.delete_alias(AliasName=f"alias/watch/{name}")


def test_a_key_that_has_had_its_rotations_gets_a_successor(world: World) -> None:
    """After 25 rotations on demand, RotateKeyOnDemand answers LimitExceededException."""
    busy = world.key("busy")
    for _ in range(25):
        world.kms.rotate_key_on_demand(KeyId=busy)
        world.lab.clock.advance(minutes=1)
    assert world.round(limit=0)["busy"]["did"] == "replaced"
    assert world.target("busy")["Arn"] != busy
    world.kms.delete_alias(AliasName="alias/watch/busy")


def test_the_function_runs_by_its_schedule(world: World) -> None:
    """Twice in half a year; the ages are metrics, and the alarm on age never rings. If the function fails, it does."""
    world.watch.function(world.robot.arn, LIMIT, "rate(90 days)")
    world.watch.alarm_on_age("old-orders", world.topic, "alias/watch/orders", 170)
    world.told()
    for _ in range(2):
        world.lab.clock.advance(days=90)
    rounds = [event for event in world.lab.events() if event["eventName"] == "RotateKeyOnDemand"]
    assert [":assumed-role/KeyRotator/key-rotator" in each["userIdentity"]["arn"] for each in rounds[-2:]] == [True] * 2
    assert not [text for text in world.told() if '"old-orders"' in text and '"ALARM"' in text]
    deny = {"Effect": "Deny", "Action": "kms:RotateKeyOnDemand", "Resource": "*"}
    document = json.dumps(WHO | {"Statement": [deny]})
    boto3.client("iam").put_role_policy(RoleName="KeyRotator", PolicyName="broken", PolicyDocument=document)
    for _ in range(2):
        world.lab.clock.advance(days=90)
    world.lab.clock.advance(minutes=5)
    rung = [json.loads(text) for text in world.told() if '"old-orders"' in text]
    assert [each["NewStateValue"] for each in rung] == ["ALARM"]
