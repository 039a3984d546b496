"""What clean-up leaves alone, what it says, and what it does when AWS, the ledger or a person gets in its way."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from labkit.accounts.aws import hooks
from labkit.accounts.aws.clean.account import OPEN, Account
from labkit.accounts.aws.hooks import plain
from labkit.accounts.aws.hooks.recorder import NotMade
from labkit.accounts.aws.ledger import LedgerUnreadable, open_ledger
from labkit.errors import LabError

from .conftest import World

RUNS = iter(f"r{number:07d}".replace("0", "x").replace("1", "y") for number in range(2, 90))
FORBIDDEN = {"Code": "AccessDenied", "Message": "not authorized"}


@pytest.fixture
def run(world: World) -> str:
    """Make a few things as a run of its own."""
    run_id = next(RUNS)
    world.install(run_id)
    _few()
    return run_id


def _few() -> dict[str, Any]:
    kms, s3, iam = boto3.client("kms"), boto3.client("s3"), boto3.client("iam")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/few", TargetKeyId=key)
    s3.create_bucket(Bucket="few")
    s3.put_object(Bucket="few", Key="a", Body=b"x")
    iam.create_user(UserName="few")
    boto3.client("sqs").create_queue(QueueName="few")
    return {"key": key}


@contextmanager
def _fault(wrong: Callable[[str, dict[str, Any]], Exception | None]) -> Iterator[None]:
    """Let calls fail: `wrong` gives the error for an operation and its parameters, or None."""
    send = botocore.client.BaseClient._make_api_call

    def call(self: Any, operation: str, params: dict[str, Any]) -> Any:
        problem = wrong(operation, params)
        if problem is not None:
            raise problem
        return send(self, operation, params)

    patch = pytest.MonkeyPatch()
    patch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    try:
        yield
    finally:
        patch.undo()


def _refusal(operation: str, code: str = "AccessDenied") -> ClientError:
    told = {"Error": FORBIDDEN | {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(told, operation)  # type: ignore[arg-type]


def test_a_refused_deletion_is_named_and_the_rest_goes(world: World, run: str) -> None:
    """Permission missing half-way: one thing stays, and the next clean-up takes it."""
    with _fault(lambda name, _: _refusal(name) if name == "DeleteBucket" else None):
        assert world.clean(run) == 1
    left = [each for each in world.said if each.startswith("  left: ")]
    assert len(left) == 1 and "bucket few-" in left[0] and "AccessDenied" in left[0]
    assert world.clean(run) == 3
    assert world.clean(run) == 3, "harmless again"


def test_what_can_not_be_listed_counts_as_left(world: World, run: str) -> None:
    """Nobody knows whether something is there: that is no success."""
    with _fault(lambda name, _: _refusal(name) if name == "ListUsers" else None):
        assert world.clean(run) == 1
    assert any("user in us-east-1" in each and "nobody knows" in each for each in world.said)
    assert world.clean(run) == 3
    assert any("delete user few-" in each for each in world.said)


@pytest.mark.parametrize("code", ["ThrottlingException", "ExpiredTokenException"])
def test_every_deletion_fails(world: World, run: str, code: str) -> None:
    """Throttled all the way, or signed out in the middle: all that is left is named, and goes later."""
    starts = ("Delete", "Schedule")
    with _fault(lambda name, _: _refusal(name, code) if name.startswith(starts) else None):
        assert world.clean(run) == 1
    left = " ".join(each for each in world.said if each.startswith("  left: "))
    assert all(kind in left for kind in ("alias", "key", "bucket", "user", "queue"))
    assert world.clean(run) == 3


def test_a_creating_call_without_an_answer_is_looked_for(world: World) -> None:
    """A timeout says nothing about whether the thing was made."""
    run_id = next(RUNS)
    ledger = world.install(run_id)
    send = botocore.client.BaseClient._make_api_call
    hooked = boto3.client("kms")
    recorder = hooks.installed()
    assert recorder is not None

    def late(client: Any, name: str, params: Any) -> Any:
        send(client, name, params)
        raise ConnectTimeoutError(endpoint_url="x")

    with pytest.raises(ConnectTimeoutError):
        recorder.recorder.call(hooked, "CreateKey", {}, late)
    assert [each.state for each in ledger.entries()] == ["unknown"]
    assert world.clean(run_id) == 3
    assert any("left until" in each for each in world.said)


def test_copied_tags_are_not_the_runs_things(world: World, run: str) -> None:
    """Somebody's key, volume and queue carry the run's tags: with and without a ledger they are left alone."""
    hooks.uninstall()
    kms, ec2, sqs = boto3.client("kms"), boto3.client("ec2"), boto3.client("sqs")
    item = open_ledger(world.within / run).entries()[0].item
    tags = [{"TagKey": "labkit:run", "TagValue": run}, {"TagKey": "labkit:item", "TagValue": item}]
    theirs = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    bare = kms.create_key(Tags=tags[:1])["KeyMetadata"]["KeyId"]
    pairs = [{"Key": each["TagKey"], "Value": each["TagValue"]} for each in tags]
    volume = ec2.create_volume(
        Size=1,
        AvailabilityZone="us-east-1a",
        TagSpecifications=[{"ResourceType": "volume", "Tags": pairs}],
    )["VolumeId"]
    queue = sqs.create_queue(QueueName=f"theirs-of-{run[:3]}", tags={"labkit:run": run})["QueueUrl"]
    own = open_ledger(world.within / run).entries()[0].identifier
    shutil.copytree(world.within / run, world.within / "kept")
    shutil.rmtree(world.within / run)
    os.environ["LABKIT_CONSENT"] = f"{world.lab.account_id}:us-east-1"
    world.clean(run)
    assert any(f"leave alone: key {theirs}" in each for each in world.said)
    states = {each: kms.describe_key(KeyId=each)["KeyMetadata"]["KeyState"] for each in (theirs, bare, own)}
    assert set(states.values()) == {"Enabled"}, "two with one tag: nobody knows which is the copy"
    shutil.move(world.within / "kept", world.within / run)
    assert world.clean(run) == 3
    states = {each: kms.describe_key(KeyId=each)["KeyMetadata"]["KeyState"] for each in (theirs, bare, own)}
    assert states == {theirs: "Enabled", bare: "Enabled", own: "PendingDeletion"}
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert sqs.get_queue_attributes(QueueUrl=queue)
    text = "\n".join(world.said)
    assert all(each in text for each in (theirs, bare, volume, "theirs-of"))


def test_by_tags_and_names_alone(world: World, run: str) -> None:
    """Another machine has no ledger: with the account's id typed, all of it is found; a second time is harmless."""
    shutil.rmtree(world.within / run)
    with pytest.raises(LabError, match="Without a ledger"):
        world.clean(run)
    os.environ["LABKIT_CONSENT"] = f"{world.lab.account_id}:us-east-1"
    assert world.clean(run) == 3
    text = "\n".join(world.said)
    assert all(f"delete {each}" in text for each in ("alias", "bucket", "user", "queue"))
    assert "schedule the deletion of key" in text
    assert world.clean(run) == 3


@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\x00 and then nothing"])
def test_a_damaged_ledger_is_said(world: World, run: str, damage: bytes) -> None:
    """It goes on by names and tags, and does not call it a success: settings may have been changed."""
    for extra in world.within.joinpath(run).glob("ledger.sqlite-*"):
        extra.unlink()
    (world.within / run / "ledger.sqlite").write_bytes(damage)
    os.environ["LABKIT_CONSENT"] = f"{world.lab.account_id}:us-east-1"
    status = world.clean(run)
    text = "\n".join(world.said)
    assert "schedule the deletion of key" in text and "delete bucket" in text
    if damage:
        assert status == 1 and "nobody knows whether the run changed any" in text


def test_a_truncated_ledger_is_said(world: World, run: str) -> None:
    """Cut in the middle of its pages."""
    path = world.within / run / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for extra in path.parent.glob("ledger.sqlite-*"):
        extra.unlink()
    path.write_bytes(path.read_bytes()[:5000])
    os.environ["LABKIT_CONSENT"] = f"{world.lab.account_id}:us-east-1"
    assert world.clean(run) == 1
    assert "going on by names and tags" in "\n".join(world.said).lower()


def test_a_ledger_of_another_account_or_run_is_refused(world: World, run: str) -> None:
    """Nothing is looked at."""
    for column, value, words in (("account", "444455556666", "account 444455556666"), ("id", "rzzzzzzz", "copied")):
        with sqlite3.connect(world.within / run / "ledger.sqlite") as connection:
            before = connection.execute(f"SELECT {column} FROM run").fetchone()
            connection.execute(f"UPDATE run SET {column} = ?", (value,))
            if column == "account":
                connection.execute("UPDATE resources SET account = ?", (value,))
        with pytest.raises(LabError, match=words):
            world.clean(run)
        assert world.said == []
        with sqlite3.connect(world.within / run / "ledger.sqlite") as connection:
            connection.execute(f"UPDATE run SET {column} = ?", before)
            connection.execute("UPDATE resources SET account = ?", (world.lab.account_id,))
    with pytest.raises(LedgerUnreadable):
        open_ledger(world.within / run).begin(world.run(next(RUNS)))
    assert world.clean(run) == 3


def test_it_asks_and_a_dry_run_does_nothing(world: World, run: str) -> None:
    """Without yes, and with --dry-run, everything stays; without a key left to schedule the answer would be 0."""
    assert world.clean(run, dry=True) == 1
    assert any("delete bucket" in each for each in world.said)
    assert world.clean(run, yes=False, answer="no") == 1
    assert world.said[-1] == "Nothing was done."
    assert any("few" in each["Name"] and run in each["Name"] for each in boto3.client("s3").list_buckets()["Buckets"])
    assert world.clean(run, yes=False, answer="yes") == 3


def test_what_a_learner_deleted_by_hand_is_no_fault(world: World, run: str) -> None:
    """Some through the notebook, some past it."""
    boto3.client("kms").delete_alias(AliasName="alias/few")
    boto3.client("iam").delete_user(UserName="few")
    hooks.uninstall()
    key = next(each for each in open_ledger(world.within / run).entries() if each.kind == "key").identifier
    boto3.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
    boto3.client("sqs").delete_queue(QueueUrl=next(iter(boto3.client("sqs").list_queues()["QueueUrls"])))
    assert world.clean(run) == 3
    told = boto3.client("kms").describe_key(KeyId=key)
    left = told["KeyMetadata"]["DeletionDate"] - world.lab.clock.now()
    assert left.days <= 7, "the shortest window"


def test_settings_go_back_unless_somebody_else_has_set_them(world: World) -> None:
    """Two runs, and a person in between."""
    one, two = next(RUNS), next(RUNS)
    world.install(one)
    boto3.client("ec2").enable_ebs_encryption_by_default()
    world.install(two)
    boto3.client("ec2").enable_ebs_encryption_by_default()
    assert world.clean(one) == 0
    assert not boto3.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert world.clean(two) == 0
    assert any("so it stays as it is" in each for each in world.said)


def test_two_kernels_share_a_run(world: World) -> None:
    """Two ledgers open at once; each sees the other's rows, and names that were cut."""
    run_id = next(RUNS)
    one = world.install(run_id)
    long = "n" * 64
    boto3.client("iam").create_user(UserName=long)
    two = open_ledger(world.within / run_id)
    assert [each.shown for each in two.entries()] == [long]
    world.install(run_id)
    assert boto3.client("iam").get_user(UserName=long)["User"]["UserName"] == long
    assert one.names() == two.names()
    assert world.clean(run_id) == 0


def test_a_call_that_nobody_can_take_back_is_not_sent(world: World) -> None:
    """An unknown creating call, and any change at a service that is not in the table."""
    world.install(next(RUNS))
    for service, operation, params in (
        ("cloudformation", "create_stack", {"StackName": "x", "TemplateBody": "{}"}),
        ("iam", "create_saml_provider", {"SAMLMetadataDocument": "x" * 1000, "Name": "x"}),
        ("stepfunctions", "delete_state_machine", {"stateMachineArn": "x"}),
    ):
        with pytest.raises(NotMade, match="Not sent"):
            getattr(boto3.client(service), operation)(**params)
    assert boto3.client("cloudformation").list_stacks()["StackSummaries"] == []


def test_the_state_is_nobody_elses(world: World, run: str) -> None:
    """The folder and the file are the owner's alone; the rows can be read by any SQLite."""
    folder = world.within / run
    if os.name != "nt":
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "ledger.sqlite").stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(folder / "ledger.sqlite") as connection:
        rows = connection.execute("SELECT kind, name, state, identifier FROM resources ORDER BY number").fetchall()
    assert rows[1] == ("alias", f"alias/few-{run}", "made", f"alias/few-{run}")
    text = Path(folder / "ledger.sqlite").read_bytes()
    assert b"aws_secret" not in text


def test_a_key_of_others_is_read_and_used_and_not_changed(world: World) -> None:
    """Its id stands in a list; the run's own keys, AWS's and those that are not there are AWS's matter."""
    hooks.uninstall()
    theirs = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    ledger = world.install(next(RUNS))
    kms = boto3.client("kms")
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.encrypt(KeyId=theirs, Plaintext=b"x")["KeyId"].endswith(theirs)
    for call, params in (
        (kms.schedule_key_deletion, {}),
        (kms.disable_key, {}),
        (kms.put_key_policy, {"Policy": "{}"}),
        (kms.create_grant, {"GranteePrincipal": "x", "Operations": ["Decrypt"]}),
        (kms.retire_grant, {"GrantId": "0" * 64}),
    ):
        with pytest.raises(NotMade, match=theirs):
            call(KeyId=theirs, **params)
    lost = kms.create_key()["KeyMetadata"]["KeyId"]
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("UPDATE resources SET state = 'unknown', identifier = '' WHERE identifier = ?", (lost,))
    with pytest.raises(NotMade, match=theirs):
        kms.disable_key(KeyId=theirs)
    kms.disable_key(KeyId=lost)
    kms.disable_key(KeyId=own)
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.disable_key(KeyId="0" * 8 + "-0000-4000-8000-" + "0" * 12)
    assert kms.describe_key(KeyId=theirs)["KeyMetadata"]["KeyState"] == "Enabled"


DENY = {"Sid": "Deny", "Effect": "Deny", "Principal": "*", "Resource": "*"}


@pytest.mark.parametrize(
    "deny",
    [
        {"Action": "kms:ScheduleKeyDeletion"},
        {
            "Action": "kms:ScheduleKeyDeletion",
            "Condition": {"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}},
        },
        {"Action": ["kms:Describe*", "kms:List*", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"]},
    ],
    ids=["never", "not before 30 days", "nor looked at"],
)
@pytest.mark.parametrize("pending", [None, 30], ids=["in use", "pending for 30 days"])
def test_a_key_policy_that_forbids_deletion_gives_way(world: World, deny: dict[str, Any], pending: int | None) -> None:
    """Lab 16 makes such a key, and it would cost money for good; the key is the run's own."""
    run_id = next(RUNS)
    world.install(run_id)
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    if pending:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=pending)
    statements = [{"Effect": "Allow", "Principal": {"AWS": world.lab.account_id}, "Action": "kms:*", "Resource": "*"}]
    document = {"Version": "2012-10-17", "Statement": [*statements, DENY | deny]}
    kms.put_key_policy(KeyId=key, Policy=json.dumps(document), BypassPolicyLockoutSafetyCheck=True)
    assert world.clean(run_id) == 3, world.said
    assert any(key in each and each.startswith("  left until") for each in world.said)


def test_a_search_does_not_hold_a_connection_for_each_region(world: World) -> None:
    """Thirty Regions and as many services are hundreds of connections: more than many systems let a program open."""
    account = Account("us-east-1", plain.session())
    first = account.client("kms", "us-east-1")
    for region in account.regions():
        for service in ("kms", "s3"):
            account.client(service, region)
    assert len(account._clients) <= OPEN
    assert first.list_keys()["Keys"] is not None, "a client that was closed opens a connection anew"


def test_policies_of_the_runs_own_things_give_way(world: World) -> None:
    """A secret, a table, a queue, a topic and a bucket that nobody may delete, as their policies say."""
    run_id, account = next(RUNS), world.lab.account_id
    world.install(run_id)

    def document(resource: str, *actions: str) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [DENY | {"Action": actions, "Resource": resource}]})

    secrets, dynamodb = boto3.client("secretsmanager"), boto3.client("dynamodb")
    secret = secrets.create_secret(Name="kept", SecretString="x")["ARN"]
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=document("*", "secretsmanager:DeleteSecret"))
    table = dynamodb.create_table(
        TableName="kept", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
    )["TableDescription"]["TableArn"]  # fmt: skip
    dynamodb.put_resource_policy(ResourceArn=table, Policy=document(table, "dynamodb:DeleteTable"))
    sqs, sns, s3 = boto3.client("sqs"), boto3.client("sns"), boto3.client("s3")
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]
    of_queue = document(f"arn:aws:sqs:us-east-1:{account}:kept", "sqs:DeleteQueue")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": of_queue})
    topic = sns.create_topic(Name="kept")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(topic, "sns:DeleteTopic"))
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_policy(Bucket="kept", Policy=document("arn:aws:s3:::kept", "s3:DeleteBucket"))
    assert world.clean(run_id) == 0, world.said


def test_a_key_of_which_no_answer_came_is_named_until_it_is_gone(world: World) -> None:
    """Its row has no id, killed as the process was: the second clean-up must know it as the first one did."""
    run_id = next(RUNS)
    ledger = world.install(run_id)
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("UPDATE resources SET state = 'writing', identifier = '', arn = ''")
    for _ in range(2):
        assert world.clean(run_id) == 3
        assert any(key in each and each.startswith("  left until") for each in world.said)


def test_things_in_a_second_account_are_its_own_and_named(world: World) -> None:
    """Its rows are not looked for in the first account, where nothing of them would be found, and all would be well."""
    run_id, other = next(RUNS), "444455556666"
    ledger = world.install(run_id)
    kms = boto3.client("kms")
    there = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_key()
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("UPDATE resources SET account = ? WHERE identifier = ?", (other, there))
    for _ in range(2):
        assert world.clean(run_id) == 1
        assert any(other in each and "sign in" in each for each in world.said), world.said
    assert world.clean(run_id, dry=True) == 1
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("UPDATE resources SET account = ? WHERE account = ?", ("9" * 12, world.lab.account_id))
        connection.execute("UPDATE resources SET account = ? WHERE account = ?", (world.lab.account_id, other))
    assert world.clean(run_id) == 1
    assert any(there in each and each.startswith("  left until") for each in world.said)
