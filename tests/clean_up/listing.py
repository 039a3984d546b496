"""A listing of every service that labs use, for "as it was": names and ids, and what a setting is."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3

HOME = "us-east-1"
OTHERS = ("eu-west-1",)  # where a lab has keys and aliases, and nothing else; lists of buckets and IAM have all Regions
LISTS: tuple[tuple[str, str, str, str], ...] = (
    ("kms", "list_aliases", "Aliases", "AliasArn"), ("iam", "list_roles", "Roles", "Arn"),
    ("iam", "list_users", "Users", "Arn"), ("iam", "list_groups", "Groups", "Arn"),
    ("iam", "list_instance_profiles", "InstanceProfiles", "Arn"),
    ("iam", "list_virtual_mfa_devices", "VirtualMFADevices", "SerialNumber"), ("s3", "list_buckets", "Buckets", "Name"),
    ("ec2", "describe_volumes", "Volumes", "VolumeId"), ("ec2", "describe_launch_templates", "LaunchTemplates",
    "LaunchTemplateName"), ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupARN"),
    ("secretsmanager", "list_secrets", "SecretList", "ARN"), ("ssm", "describe_parameters", "Parameters", "Name"),
    ("lambda", "list_functions", "Functions", "FunctionArn"), ("dynamodb", "list_tables", "TableNames", ""),
    ("logs", "describe_log_groups", "logGroups", "arn"), ("cloudtrail", "list_trails", "Trails", "TrailARN"),
    ("sns", "list_topics", "Topics", "TopicArn"), ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    ("sqs", "list_queues", "QueueUrls", ""), ("events", "list_rules", "Rules", "Arn"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmArn"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceArn"),
    ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotArn"),
)  # fmt: skip


def _pages(client: Any, operation: str, member: str, **params: Any) -> list[Any]:
    if not client.can_paginate(operation):
        return list(getattr(client, operation)(**params).get(member) or [])
    return [each for page in client.get_paginator(operation).paginate(**params) for each in page.get(member) or []]


@cache
def _client(service: str, region: str) -> Any:
    return boto3.client(service, region)


def listing() -> set[tuple[str, ...]]:
    """List everything, but keys that wait for their deletion."""
    found: set[tuple[str, ...]] = set()
    for region in (HOME, *OTHERS):
        for service, operation, member, name in LISTS if region == HOME else LISTS[:1]:
            for each in _pages(_client(service, region), operation, member):
                found.add((region, operation, str(each[name] if name else each)))
        kms, ec2 = _client("kms", region), _client("ec2", region)
        for each in _pages(kms, "list_keys", "Keys"):
            state = kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]["KeyState"]
            if state not in ("PendingDeletion", "PendingReplicaDeletion"):
                found.add((region, "key", each["KeyId"]))
        if region != HOME:
            continue
        for outer in _pages(ec2, "describe_instances", "Reservations"):
            for each in outer["Instances"]:
                if each["State"]["Name"] != "terminated":
                    found.add((region, "instance", each["InstanceId"]))
        for each in _pages(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"]):
            found.add((region, "snapshot", each["SnapshotId"]))
        for each in _pages(ec2, "describe_images", "Images", Owners=["self"]):
            found.add((region, "image", each["ImageId"]))
        found.add((region, "ebs encryption", str(ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])))
        found.add((region, "ebs key", ec2.get_ebs_default_kms_key_id()["KmsKeyId"].rpartition(":")[2]))
    policies = _pages(boto3.client("iam"), "list_policies", "Policies", Scope="Local")
    return found | {("iam", "policy", each["Arn"]) for each in policies}
