"""One id for a request: in the head, in the body, in CloudTrail's record; by either door, for answers and errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.cloud.wire.protocols import HttpResponse, host_id
from labkit.cloud.wire.request_ids import stamped

from .raw import FORM, Raw

KEY = "00000000-0000-0000-0000-000000000000"
NO_ROLE = "arn:aws:iam::111122223333:role/No"
# service: a call that is answered, a call that is refused
CALLS: dict[str, tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "kms": (("list_keys", {}), ("describe_key", {"KeyId": KEY})),
    "sts": (("get_caller_identity", {}), ("assume_role", {"RoleArn": NO_ROLE, "RoleSessionName": "no"})),
    "iam": (("list_users", {}), ("get_user", {"UserName": "nobody"})),
    "ec2": (("describe_volumes", {}), ("delete_volume", {"VolumeId": "vol-0123456789abcdef0"})),
    "s3": (("list_buckets", {}), ("get_object", {"Bucket": "no-bucket", "Key": "k"})),
    "sns": (("list_topics", {}), ("delete_topic", {"TopicArn": "nonsense"})),
    "sqs": (("list_queues", {}), ("get_queue_url", {"QueueName": "nobody"})),
    "dynamodb": (("list_tables", {}), ("describe_table", {"TableName": "nobody"})),
    "lambda": (("list_functions", {}), ("get_function", {"FunctionName": "nobody"})),
    "secretsmanager": (("list_secrets", {}), ("get_secret_value", {"SecretId": "nobody"})),
    "ssm": (("describe_parameters", {}), ("get_parameter", {"Name": "nobody"})),
    "logs": (("describe_log_groups", {}), ("describe_log_streams", {"logGroupName": "nobody"})),
    "cloudwatch": (("list_metrics", {}), ("put_metric_data", {"Namespace": "AWS/x", "MetricData": []})),
    "events": (("list_rules", {}), ("describe_rule", {"Name": "nobody"})),
    "cloudtrail": (("lookup_events", {}), ("get_trail_status", {"Name": "nobody"})),
    "organizations": (("list_roots", {}), ("describe_account", {"AccountId": "000000000000"})),
    "rds": (("describe_db_instances", {}), ("describe_db_instances", {"DBInstanceIdentifier": "nobody"})),
    "kinesis": (("list_streams", {}), ("describe_stream", {"StreamName": "nobody"})),
    "redshift": (("describe_clusters", {}), ("describe_clusters", {"ClusterIdentifier": "nobody"})),
    "autoscaling": (("describe_tags", {}), ("delete_auto_scaling_group", {"AutoScalingGroupName": "no"})),
}  # fmt: skip
IDS = ("x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id")


@pytest.mark.parametrize("service", CALLS)
def test_what_the_sdk_shows_is_in_the_trail(lab: labkit.Lab, client: Callable[..., Any], service: str) -> None:
    """Of the answer and of the refusal."""
    caller = client(service)
    for operation, parameters in CALLS[service]:
        try:
            told = getattr(caller, operation)(**parameters)["ResponseMetadata"]
        except ClientError as refused:
            told = refused.response["ResponseMetadata"]
        event = lab.events()[-1]
        assert event["eventName"].lower().startswith(operation.replace("_", ""))
        assert told["RequestId"] == event["requestID"]
        found = [value for name, value in told["HTTPHeaders"].items() if name.lower() in IDS]
        assert found == [event["requestID"]]
        if service == "s3":
            assert told["HostId"] == event["additionalEventData"]["x-amz-id-2"] == host_id(event["requestID"])


FORMS = {
    "iam": ("Action=ListUsers&Version=2010-05-08", "Action=GetUser&UserName=nobody&Version=2010-05-08"),
    "ec2": ("Action=DescribeVolumes&Version=2016-11-15", "Action=DeleteVolume&VolumeId=vol-1&Version=2016-11-15"),
    "sns": ("Action=ListTopics&Version=2010-03-31", "Action=Unknown&Version=2010-03-31"),
    "sts": ("Action=GetCallerIdentity&Version=2011-06-15", "Action=AssumeRole&Version=2011-06-15"),
}


@pytest.mark.parametrize("service", FORMS)
def test_the_body_tells_the_same_id_as_the_head(lab: labkit.Lab, service: str) -> None:
    """On the wire, where there is no SDK to choose between two."""
    raw = Raw(lab.endpoint, boto3.client(service))
    for body in FORMS[service]:
        head, answer = _exchange(raw, raw.signed(service, body, content_type=FORM), body, "POST", "/")
        assert re.findall(r"<(?:RequestI[dD]|requestId)>([^<]*)<", answer) == head


def test_an_error_of_s3_tells_both_ids(lab: labkit.Lab) -> None:
    """In the head and in the body."""
    raw = Raw(lab.endpoint, boto3.client("s3"))
    for target in ("/no-such-bucket/key", "/?nonsense"):
        head, answer = _exchange(raw, raw.signed("s3", "", method="GET", target=target), "", "GET", target)
        assert re.findall(r"<RequestId>([^<]*)<", answer) in (head, [])
        if "<Error>" in answer:
            assert re.findall(r"<HostId>([^<]*)<", answer) == [host_id(head[0])]


def _exchange(raw: Raw, headers: dict[str, str], body: str, method: str, target: str) -> tuple[list[str], str]:
    """The ids in the head of an answer, and its body."""
    from http.client import HTTPConnection

    connection = HTTPConnection(urlsplit(raw._endpoint).netloc, timeout=30)
    try:
        connection.request(method, target, body.encode() or None, headers)
        answer = connection.getresponse()
        ids = [value for name, value in answer.getheaders() if name.lower() in IDS]
        return ids, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("service", "protocol", "body", "wanted"),
    [
        ("iam", "query", b"<R><X/></R>", b"<R><X/><ResponseMetadata><RequestId>i</RequestId></ResponseMetadata></R>"),
        ("ec2", "ec2", b"<R><X/></R>\n", b"<R><X/><requestId>i</requestId></R>\n"),
        ("iam", "query", b"<R><RequestId/></R>", b"<R><RequestId>i</RequestId></R>"),
        ("iam", "query", b"<R><RequestID>t</RequestID></R>", b"<R><RequestID>i</RequestID></R>"),
        ("iam", "query", b"", b""),
        ("kms", "json", b'{"RequestId": "theirs"}', b'{"RequestId": "theirs"}'),
    ],
)
def test_an_answer_without_an_id_gets_one(service: str, protocol: str, body: bytes, wanted: bytes) -> None:
    """Where its form has a place for it."""
    answer = stamped(HttpResponse(200, {"X-Amzn-RequestId": "theirs"}, body), service, protocol, "i")
    assert (answer.body, answer.headers) == (wanted, {"x-amzn-RequestId": "i"})
