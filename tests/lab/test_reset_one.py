"""A reset of one account: all that is its own goes, in every service; the others have what they had."""

from __future__ import annotations

import gc
import io
import json
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

import boto3
import pytest
from moto.core.base_backend import BackendDict

import labkit
from labkit.accounts.local import LocalCloud

THEIRS = "444455556666"
BUCKET = "arn:aws:s3:::of-the-partner"
CLOUDTRAIL_MAY = [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": action, "Resource": what}
    for action, what in (("s3:GetBucketAcl", BUCKET), ("s3:PutObject", f"{BUCKET}/*"))
]
ADMINISTRATOR = f"arn:aws:iam::{THEIRS}:role/LabAdministrator"
REGIONS = ("us-east-1", "eu-west-3", "us-west-2")
STACK = json.dumps({"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {}}}})
Client = Callable[..., Any]


def _trust(service: str) -> str:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 1")
    return packed.getvalue()


def _kms(client: Client) -> None:
    for region in ("us-east-1", "eu-west-3"):
        kms = client("kms", region)
        key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/a", TargetKeyId=key)
        kms.create_grant(KeyId=key, GranteePrincipal=ADMINISTRATOR, Operations=["Decrypt"])
    kms.replicate_key(KeyId=key, ReplicaRegion="us-west-2")
    kms.enable_key_rotation(KeyId=key)
    waiting = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=waiting, PendingWindowInDays=7)
    outside = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.get_parameters_for_import(KeyId=outside, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")


def _iam(client: Client) -> None:
    iam = client("iam")
    iam.create_user(UserName="ann")
    iam.create_access_key(UserName="ann")
    iam.create_group(GroupName="staff")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    iam.create_policy(PolicyName="all-keys", PolicyDocument=json.dumps(policy))
    for service in ("lambda", "events"):
        iam.create_role(RoleName=service, AssumeRolePolicyDocument=_trust(f"{service}.amazonaws.com"))


def _s3(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="of-the-partner")
    s3.put_object(Bucket="of-the-partner", Key="a", Body=b"x", ServerSideEncryption="aws:kms", BucketKeyEnabled=True)
    policy = {"Version": "2012-10-17", "Statement": CLOUDTRAIL_MAY}
    s3.put_bucket_policy(Bucket="of-the-partner", Policy=json.dumps(policy))


def _trail(client: Client) -> None:
    cloudtrail = client("cloudtrail")
    cloudtrail.create_trail(Name="all", S3BucketName="of-the-partner")
    cloudtrail.start_logging(Name="all")


def _logs(client: Client) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="app")
    change = {"metricName": "errors", "metricNamespace": "app", "metricValue": "1"}
    logs.put_metric_filter(logGroupName="app", filterName="f", filterPattern="ERROR", metricTransformations=[change])


def _alarm(client: Client) -> None:
    client("cloudwatch").put_metric_alarm(
        AlarmName="many", MetricName="errors", Namespace="app", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold",
    )  # fmt: skip


def _queue_and_topic(client: Client) -> None:
    sqs, sns = client("sqs"), client("sns")
    queue = sqs.create_queue(QueueName="q", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    topic = sns.create_topic(Name="t", Attributes={"KmsMasterKeyId": "alias/aws/sns"})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{THEIRS}:q")


def _volume(client: Client) -> None:
    ec2 = client("ec2")
    ec2.enable_ebs_encryption_by_default()
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)


def _function(client: Client) -> None:
    key = client("kms").describe_key(KeyId="alias/a")["KeyMetadata"]["Arn"]
    client("lambda").create_function(
        FunctionName="f", Runtime="python3.12", Role=f"arn:aws:iam::{THEIRS}:role/lambda", Handler="app.handler",
        Code={"ZipFile": _zip()}, Environment={"Variables": {"a": "b"}}, KMSKeyArn=key,
    )  # fmt: skip


def _table(client: Client) -> None:
    client("dynamodb").create_table(
        TableName="t", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
    )  # fmt: skip
    client("dynamodb").put_item(TableName="t", Item={"k": {"S": "x"}})


# In the order in which one stands on another: service, what is made there, and how one looks for it.
TABLE: tuple[tuple[str, Callable[[Client], object], Callable[[Client], object]], ...] = (
    ("kms", _kms, lambda client: [client("kms", region).list_keys()["Keys"] for region in REGIONS]),
    ("kms aliases", lambda _: None, lambda client: client("kms").list_aliases()["Aliases"]),
    ("iam users", _iam, lambda client: [each["UserName"] for each in client("iam").list_users()["Users"]]),
    ("iam roles", lambda _: None, lambda client: [each["RoleName"] for each in client("iam").list_roles()["Roles"]]),
    ("iam policies", lambda _: None, lambda client: client("iam").list_policies(Scope="Local")["Policies"]),
    ("s3", _s3, lambda client: client("s3").list_buckets()["Buckets"]),
    ("cloudtrail", _trail, lambda client: client("cloudtrail").list_trails()["Trails"]),
    ("logs", _logs, lambda client: client("logs").describe_log_groups()["logGroups"]),
    ("metric filters", lambda _: None, lambda client: client("logs").describe_metric_filters()["metricFilters"]),
    ("cloudwatch", _alarm, lambda client: client("cloudwatch").describe_alarms()["MetricAlarms"]),
    ("alarm history", lambda _: None,
     lambda client: client("cloudwatch").describe_alarm_history()["AlarmHistoryItems"]),
    ("sqs", _queue_and_topic, lambda client: client("sqs").list_queues().get("QueueUrls")),
    ("sns", lambda _: None, lambda client: client("sns").list_topics()["Topics"]),
    ("secretsmanager", lambda client: client("secretsmanager").create_secret(Name="s", SecretString="x"),
     lambda client: client("secretsmanager").list_secrets()["SecretList"]),
    ("ssm", lambda client: client("ssm").put_parameter(Name="p", Value="x", Type="SecureString"),
     lambda client: client("ssm").describe_parameters()["Parameters"]),
    ("dynamodb", _table, lambda client: client("dynamodb").list_tables()["TableNames"]),
    ("ebs", _volume, lambda client: client("ec2").describe_volumes()["Volumes"]),
    ("ebs encryption", lambda _: None,
     lambda client: client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]),
    ("lambda", _function, lambda client: client("lambda").list_functions()["Functions"]),
    ("events", lambda client: client("events").put_rule(Name="r", ScheduleExpression="rate(1 hour)"),
     lambda client: client("events").list_rules()["Rules"]),
    ("cloudformation", lambda client: client("cloudformation").create_stack(StackName="s", TemplateBody=STACK),
     lambda client: client("cloudformation").list_stacks()["StackSummaries"]),
    ("organizations", lambda client: client("organizations").create_organization(),
     lambda client: _organization(client)),
)  # fmt: skip


def _organization(client: Client) -> str:
    with labkit.expect_error("AWSOrganizationsNotInUseException") as told:
        client("organizations").describe_organization()
    return told.code


class World:
    """A lab, a partner whose account is reset once everything is in it, and a third account that nobody has used."""

    def __init__(self) -> None:
        self.lab = labkit.start("reset-one")
        self.partner, self.third = self.lab.account("partner"), self.lab.account("third")
        self.key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        stored = boto3.client("s3")
        stored.create_bucket(Bucket="of-the-learner")
        stored.put_object(Bucket="of-the-learner", Key="a", Body=b"still there")
        self.friend = self.partner.role("Friend", policy=[])
        self.session = self.friend.client("kms")
        grants = boto3.client("kms")
        for who in (self.friend.arn, ADMINISTRATOR):
            grants.create_grant(KeyId=self.key, GranteePrincipal=who, Operations=["DescribeKey"])
        self.session.describe_key(KeyId=self.key)
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{THEIRS}:root"}, "Action": "sts:AssumeRole"}
        guest = boto3.client("iam").create_role(
            RoleName="Guest", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )["Role"]["Arn"]
        lent = self.partner.client("sts").assume_role(RoleArn=guest, RoleSessionName="visit")["Credentials"]
        self.visit = boto3.client(
            "sts", aws_access_key_id=lent["AccessKeyId"], aws_secret_access_key=lent["SecretAccessKey"],
            aws_session_token=lent["SessionToken"],
        )  # fmt: skip
        names = {"Effect": "Allow", "Principal": {"AWS": self.friend.arn}, "Action": "s3:GetObject"}
        policy = {"Version": "2012-10-17", "Statement": [names | {"Resource": "arn:aws:s3:::of-the-learner/*"}]}
        stored.put_bucket_policy(Bucket="of-the-learner", Policy=json.dumps(policy))
        self.events_before: list[dict[str, Any]] = []

    def client(self, account: Any) -> Client:
        """Makes clients of an account's administrator."""
        return lambda service, region="us-east-1": account.client(service, region=region)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One lab for all tests of this file."""
    made = World()
    client = made.client(made.partner)
    for service, make, look in TABLE:
        make(client)
        if service not in ("organizations", "alarm history"):
            assert look(client), service
    trails = boto3.client("cloudtrail")
    trails.create_trail(Name="to-the-partner", S3BucketName="of-the-partner")
    trails.start_logging(Name="to-the-partner")
    made.lab.clock.advance(minutes=20)  # trails deliver, rules run, alarms look
    stores = made.lab._remote
    stores.post("cloudhsm", account=THEIRS, region="us-east-1", password="a password")
    made.events_before = made.lab.events()
    made.lab.reset(account=made.partner)
    yield made


def test_nothing_of_it_is_left_anywhere(world: World) -> None:
    """In no store of the account, ours or moto's, is anything named by its id but its administrator."""
    server = LocalCloud._server
    assert server is not None
    gc.collect()  # some of it is held as long as moto's own thing lives
    allowed = ("accounts[]", "credentials._temporary", "grant_index", "agenda", "_judged", "history._events")
    found = {path: text for path, text in _named(server.cloud, THEIRS) if not any(each in path for each in allowed)}
    assert found == {}
    backends = [each.service_name for each in BackendDict._instances if THEIRS in list(each)]
    assert set(backends) <= {"iam", "sts"}  # where its administrator is
    assert [key.arn for key in server.cloud.kms.keys() if key.account == THEIRS] == []  # noqa: SIM118  # no dict
    assert THEIRS not in {each["recipientAccountId"] for each in server.cloud.history._events}


@pytest.mark.parametrize(("service", "_", "look"), TABLE, ids=[row[0] for row in TABLE])
def test_it_is_as_an_account_that_nobody_has_used(
    world: World, service: str, _: object, look: Callable[[Client], object]
) -> None:
    """By the service's own answers, with the clients that the partner had."""
    told, fresh = (json.dumps(look(world.client(each)), default=str) for each in (world.partner, world.third))
    assert told.replace(THEIRS, "-") == fresh.replace(world.third.account_id, "-")


def test_the_others_have_what_they_had(world: World) -> None:
    """Keys, buckets, records and the clock."""
    assert [each["KeyArn"] for each in boto3.client("kms").list_keys()["Keys"]] == [world.key]
    assert [each["Name"] for each in boto3.client("s3").list_buckets()["Buckets"]] == ["of-the-learner"]
    assert boto3.client("s3").get_object(Bucket="of-the-learner", Key="a")["Body"].read() == b"still there"
    assert world.lab.events()[: len(world.events_before)] == world.events_before
    assert world.lab.clock.now().isoformat() > "2026-01-05T09:20"


def test_its_principals_are_gone_for_the_others_too(world: World) -> None:
    """A grant to a role of it names an id that nobody has; its administrator's works, as the administrator stays."""
    grantees = [each["GranteePrincipal"] for each in boto3.client("kms").list_grants(KeyId=world.key)["Grants"]]
    assert sorted(name[:4] for name in grantees) == ["AROA", "arn:"]
    with labkit.expect_error("UnrecognizedClientException"):
        world.session.describe_key(KeyId=world.key)
    again = world.partner.role("Friend", policy=[{"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*"}])
    with labkit.expect_error("AccessDeniedException"):
        again.client("kms").describe_key(KeyId=world.key)
    assert world.partner.client("kms").describe_key(KeyId=world.key)["KeyMetadata"]["Arn"] == world.key


def test_what_reached_from_one_account_into_the_other(world: World) -> None:
    """A session in the learner's role goes on, a bucket policy names an id, a trail finds no bucket."""
    assert world.visit.get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/Guest/visit"
    policy = json.loads(boto3.client("s3").get_bucket_policy(Bucket="of-the-learner")["Policy"])
    assert policy["Statement"][0]["Principal"]["AWS"].startswith("AROA")
    world.lab.clock.advance(minutes=20)
    status = boto3.client("cloudtrail").get_trail_status(Name="to-the-partner")
    assert status["LatestDeliveryError"] == "NoSuchBucket"


def test_time_goes_on(world: World) -> None:
    """What was planned for its keys, rules and trails does not come."""
    world.lab.clock.advance(days=400)
    seen = world.lab._remote.get("events", account=THEIRS)
    assert [each["eventName"] for each in seen if each["eventType"] == "AwsServiceEvent"] == []


def test_an_account_that_is_not_there_is_named(world: World) -> None:
    """And nothing has happened."""
    for wrong in ("123", "999999999999", "*", "", " ", f"{THEIRS} ", "\u0664" * 12, f"arn:aws:iam::{THEIRS}:root"):
        with pytest.raises(labkit.LabError, match=r"There is no account .* Those that can be reset are 111122223333, "):
            world.lab.reset(account=wrong)
    with pytest.raises(labkit.LabError, match=r"There is no account '9{60}' here"):
        world.lab.reset(account="9" * 10_000)
    assert boto3.client("kms").list_keys()["Keys"]


def test_organizations_and_determinism() -> None:
    """A member is in no organization afterwards; and the same steps give the same ids, which are not the old ones."""

    def once() -> list[str]:
        lab = labkit.start("reset-one-again")
        lab.organization(scps=[{"Effect": "Deny", "Action": "kms:ListKeys", "Resource": "*"}])
        kms = boto3.client("kms")
        with labkit.expect_error("AccessDeniedException"):
            kms.list_keys()
        first = kms.create_key()["KeyMetadata"]["KeyId"]
        lab.role("Reader", policy=[])
        lab.reset(account=lab.account_id)
        assert kms.list_keys()["Keys"] == []
        management = lab.account("management").client("organizations")
        assert lab.account_id not in [each["Id"] for each in management.list_accounts()["Accounts"]]
        reader = lab.role("Reader", policy=[])
        return [first, kms.create_key()["KeyMetadata"]["KeyId"], reader.client("sts").get_caller_identity()["UserId"]]

    told = once()
    assert told[0] != told[1]
    assert once() == told


def _named(root: object, account: str) -> Iterator[tuple[str, str]]:
    """Every text that names the account in what a cloud holds, and moto's things of the account, with the way there."""
    waiting: deque[tuple[str, object]] = deque([("cloud", root)])
    seen: set[int] = set()
    while waiting:
        path, here = waiting.popleft()
        if isinstance(here, str):
            if account in here:
                yield path, here
            continue
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, Mapping):
            for name, value in list(here.items()):
                waiting.append((f"{path}.key", name))
                waiting.append((f"{path}[{name}]" if isinstance(name, str) else f"{path}[]", value))
        elif isinstance(here, (list, tuple, Set, deque)):
            waiting.extend((f"{path}[]", each) for each in list(here))
        elif type(here).__module__.startswith("moto"):
            waiting.append((f"{path}.account_id", getattr(here, "account_id", "")))
        elif type(here).__module__.startswith("labkit"):
            names = [name for each in type(here).__mro__ for name in getattr(each, "__slots__", ())]
            values = {name: getattr(here, name) for name in names if hasattr(here, name)}
            waiting.extend(
                (f"{path}.{name}", value) for name, value in (values | getattr(here, "__dict__", {})).items()
            )
        elif hasattr(here, "__self__"):  # a method
            waiting.append((f"{path}()", here.__self__))
