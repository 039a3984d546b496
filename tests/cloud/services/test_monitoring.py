"""From a trail to a queue: log group, metric filter, metric, alarm, topic."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

ACCOUNT = "111122223333"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
PENDING = '{ $.eventSource = kms* && $.errorMessage = "* is pending deletion."}'
CIS = "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion))}"
STREAM = f"{ACCOUNT}_CloudTrail_us-east-1"


def document(effect: str = "Allow", **statement: Any) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, **statement}]})


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab with a bucket for trails, a log group, and a role that CloudTrail may write there with."""
    started = labkit.start("monitoring-tests")
    service = {"Service": "cloudtrail.amazonaws.com"}
    s3, iam = boto3.client("s3"), boto3.client("iam")
    s3.create_bucket(Bucket="trail-bucket")
    arns = ["arn:aws:s3:::trail-bucket", "arn:aws:s3:::trail-bucket/*"]
    s3.put_bucket_policy(Bucket="trail-bucket", Policy=document(Principal=service, Action="s3:*", Resource=arns))
    boto3.client("logs").create_log_group(logGroupName="trail")
    trust = document(Principal=service, Action="sts:AssumeRole")
    iam.create_role(RoleName="TrailToLogs", AssumeRolePolicyDocument=trust)
    allow_writing()
    return started


def allow_writing(effect: str = "Allow") -> None:
    """The policy of the User Guide for the role."""
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    policy = document(effect, Action=actions, Resource=f"{GROUP}:log-stream:{STREAM}*")
    boto3.client("iam").put_role_policy(RoleName="TrailToLogs", PolicyName="logs", PolicyDocument=policy)


def make_trail(**changes: Any) -> dict[str, Any]:
    """A trail that writes to the log group, and logs."""
    asked = {
        "Name": "main",
        "S3BucketName": "trail-bucket",
        "CloudWatchLogsLogGroupArn": f"{GROUP}:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/TrailToLogs",
    }
    made: dict[str, Any] = boto3.client("cloudtrail").create_trail(**asked | changes)
    boto3.client("cloudtrail").start_logging(Name="main")
    return made


def count(pattern: str, name: str = "Found", **changes: Any) -> None:
    """A metric filter on the log group."""
    transformation = {"metricName": name, "metricNamespace": "Trail", "metricValue": "1", **changes}
    boto3.client("logs").put_metric_filter(
        logGroupName="trail", filterName=name, filterPattern=pattern, metricTransformations=[transformation]
    )


def alarm(*actions: str, **changes: Any) -> None:
    """The KMS Developer Guide's alarm on a count, with actions."""
    asked = {
        "AlarmName": "found",
        "Namespace": "Trail",
        "MetricName": "Found",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": list(actions),
    }
    boto3.client("cloudwatch").put_metric_alarm(**asked | changes)


def state() -> str:
    """The state of the alarm."""
    return str(boto3.client("cloudwatch").describe_alarms(AlarmNames=["found"])["MetricAlarms"][0]["StateValue"])


@pytest.fixture
def inbox(lab: labkit.Lab) -> tuple[str, Callable[[], list[dict[str, Any]]]]:
    """A topic with a queue behind it: its ARN, and what reads the notifications."""
    topic = boto3.client("sns").create_topic(Name="KMSAlert")["TopicArn"]
    sqs = boto3.client("sqs")
    allowed = {"Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": QUEUE}
    policy = document(**allowed, Condition={"ArnEquals": {"aws:SourceArn": topic}})
    url = sqs.create_queue(QueueName="inbox", Attributes={"Policy": policy})["QueueUrl"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)

    def read() -> list[dict[str, Any]]:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for each in received:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(each["Body"]) for each in received]

    return topic, read


@pytest.fixture
def pending(lab: labkit.Lab) -> str:
    """A key that waits for its deletion."""
    kms = boto3.client("kms")
    key = str(kms.create_key()["KeyMetadata"]["KeyId"])
    kms.schedule_key_deletion(KeyId=key)
    return key


def use(key: str) -> None:
    """Try to encrypt under a key that can't."""
    with pytest.raises(ClientError, match="is pending deletion"):
        boto3.client("kms").encrypt(KeyId=key, Plaintext=b"x")


def test_use_of_a_key_pending_deletion_reaches_a_queue(lab: labkit.Lab, inbox: Any, pending: str) -> None:
    """Trail, log group, filter, alarm, topic, queue; and back to OK a while later, without a word."""
    topic, read = inbox
    make_trail()
    count(PENDING)
    alarm(topic)
    assert state() == "INSUFFICIENT_DATA"
    lab.clock.advance(minutes=10)
    assert state() == "OK"
    assert read() == []
    use(pending)
    lab.clock.advance(minutes=10)
    assert state() == "ALARM"
    (sent,) = read()
    assert sent["Subject"] == 'ALARM: "found" in US East (N. Virginia)'
    message = json.loads(sent["Message"])
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["NewStateReason"].startswith("Threshold Crossed: 1 datapoint [1.0 (05/01/26 09:1")
    assert message["Trigger"]["MetricName"] == "Found"
    lab.clock.advance(minutes=30)
    assert state() == "OK"
    assert read() == []


def test_the_alarm_comes_in_time_however_far_the_clock_is_moved(lab: labkit.Lab, inbox: Any, pending: str) -> None:
    """Three days in one step: the alarm went off minutes after the use, and came back; both are told."""
    topic, read = inbox
    make_trail()
    count(PENDING)
    alarm(topic, OKActions=[topic])
    use(pending)
    used = lab.clock.now()
    lab.clock.advance(days=3)
    told = [json.loads(each["Message"]) for each in read()]
    assert [each["NewStateValue"] for each in told] == ["OK", "ALARM", "OK"]
    assert told[1]["StateChangeTime"] < f"{used + timedelta(minutes=9):%Y-%m-%dT%H:%M}"


def test_keys_on_their_way_out(lab: labkit.Lab, inbox: Any) -> None:
    """The filter of CIS 4.7: DisableKey and ScheduleKeyDeletion, and nothing else."""
    topic, read = inbox
    make_trail()
    count(CIS)
    alarm(topic)
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    lab.clock.advance(minutes=10)
    assert (state(), read()) == ("OK", [])
    kms.disable_key(KeyId=key)
    lab.clock.advance(minutes=10)
    assert (state(), len(read())) == ("ALARM", 1)


def test_the_trail_writes_its_records_to_the_log_group(lab: labkit.Lab) -> None:
    """One log event a record, its JSON, stamped with the time of delivery; a pattern finds it."""
    assert make_trail()["CloudWatchLogsLogGroupArn"] == f"{GROUP}:*"
    boto3.client("kms").create_key()
    made = next(event for event in lab.events() if event["eventName"] == "CreateKey")
    lab.clock.advance(minutes=10)
    logs = boto3.client("logs")
    (found,) = logs.filter_log_events(logGroupName="trail", filterPattern="{ $.eventName = CreateKey }")["events"]
    assert json.loads(found["message"]) == made
    assert found["logStreamName"] == STREAM
    assert found["timestamp"] % 300_000 == 0
    status = boto3.client("cloudtrail").get_trail_status(Name="main")
    assert status["LatestCloudWatchLogsDeliveryTime"].timestamp() * 1000 == found["timestamp"]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"CloudWatchLogsRoleArn": ""},
            "InvalidCloudWatchLogsRoleArnException",
            "You must specify a role ARN as well as a log group.",
        ),
        (
            {"CloudWatchLogsLogGroupArn": GROUP},
            "InvalidCloudWatchLogsLogGroupArnException",
            "Check the log group ARN: CloudTrail can't validate it.",
        ),
        (
            {"CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/LabAdministrator"},
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Check the trust relationships for your role.",
        ),
        (
            {"CloudWatchLogsLogGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:other:*"},
            "InvalidCloudWatchLogsLogGroupArnException",
            "Access denied. Check the permissions for your role.",
        ),
    ],
)
def test_a_log_group_or_role_that_will_not_do(
    lab: labkit.Lab, changes: dict[str, str], code: str, message: str
) -> None:
    """Refused when the trail is made, in the words of public issues; no trail stays behind."""
    with pytest.raises(ClientError) as refused:
        make_trail(**changes)
    assert refused.value.response["Error"] == {"Code": code, "Message": message}
    assert boto3.client("cloudtrail").describe_trails()["trailList"] == []


def test_a_role_that_loses_its_permission_writes_no_more(lab: labkit.Lab) -> None:
    """The trail's status says so; the bucket still gets its files."""
    make_trail()
    allow_writing("Deny")
    boto3.client("kms").create_key()
    lab.clock.advance(minutes=10)
    assert boto3.client("logs").describe_log_streams(logGroupName="trail")["logStreams"] == []
    status = boto3.client("cloudtrail").get_trail_status(Name="main")
    assert status["LatestCloudWatchLogsDeliveryError"] == "Access denied. Check the permissions for your role."
    assert "LatestDeliveryTime" in status


def test_who_may_not_pass_the_role_may_not_make_the_trail(lab: labkit.Lab) -> None:
    """iam:PassRole, like everywhere that a service gets a role."""
    clerk = lab.role("Clerk", policy=[{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}])
    with pytest.raises(ClientError, match="iam:PassRole"):
        clerk.client("cloudtrail").create_trail(
            Name="main",
            S3BucketName="trail-bucket",
            CloudWatchLogsLogGroupArn=f"{GROUP}:*",
            CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/TrailToLogs",
        )


def test_what_a_filter_publishes(lab: labkit.Lab) -> None:
    """Values from the event, dimensions, a default for minutes without a match; nothing from before the filter."""
    logs, now = boto3.client("logs"), lab.clock.now()
    stamp = int(now.timestamp() * 1000)
    logs.create_log_stream(logGroupName="trail", logStreamName="s")

    def write(*contents: dict[str, Any]) -> None:
        lines = [{"timestamp": stamp, "message": json.dumps(each)} for each in contents]
        logs.put_log_events(logGroupName="trail", logStreamName="s", logEvents=lines)

    write({"who": "a", "size": 1})
    count("{ $.size = * }", "Size", metricValue="$.size", dimensions={"Who": "$.who"}, unit="Bytes")
    count("{ $.size > 100 }", "Large", defaultValue=0)
    write({"who": "a", "size": 5}, {"who": "b", "size": 7}, {"who": "a", "size": 9}, {"size": 4})

    def read(name: str, **dimensions: str) -> list[Any]:
        pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        found = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="Trail", MetricName=name, Dimensions=pairs, Period=60, Statistics=["Sum", "Maximum"],
            StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5),
        )  # fmt: skip
        return [(each["Sum"], each["Maximum"], each["Unit"]) for each in found["Datapoints"]]

    assert read("Size", Who="a") == [(14.0, 9.0, "Bytes")]
    assert read("Size", Who="b") == [(7.0, 7.0, "Bytes")]
    assert read("Size") == []
    assert read("Large") == [(0.0, 0.0, "None")]


def test_filters_are_replaced_listed_tried_and_deleted(lab: labkit.Lab) -> None:
    """One filter a name; what is not there says so."""
    logs = boto3.client("logs")
    count("{ $.a = 1 }")
    count("{ $.a = 2 }")
    (found,) = logs.describe_metric_filters(logGroupName="trail")["metricFilters"]
    assert (found["filterPattern"], found["filterName"]) == ("{ $.a = 2 }", "Found")
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1
    tried = logs.test_metric_filter(filterPattern="{ $.a = 2 }", logEventMessages=['{"a": 1}', '{"a": 2}'])
    assert [each["eventNumber"] for each in tried["matches"]] == [2]
    logs.delete_metric_filter(logGroupName="trail", filterName="Found")
    assert logs.describe_metric_filters()["metricFilters"] == []
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.delete_metric_filter(logGroupName="trail", filterName="Found")
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Invalid metric filter pattern"):
        count("{ $.a = }")
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="log group does not exist"):
        logs.put_metric_filter(
            logGroupName="none",
            filterName="f",
            filterPattern="",
            metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
        )
