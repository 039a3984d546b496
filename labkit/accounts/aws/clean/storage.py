"""Buckets, tables, secrets, parameters and databases: what holds data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from .thing import Kind, Marks, Thing, named, pages, past_policy, region_of


def _buckets(s3: Any, marks: Marks) -> Iterator[Thing]:
    """Find the run's buckets, each with its own Region: the list has those of all Regions."""
    for each in pages(s3, "list_buckets", "Buckets"):
        if marks.named(each["Name"]):
            place = each.get("BucketRegion")
            if not place:
                try:
                    place = s3.get_bucket_location(Bucket=each["Name"]).get("LocationConstraint")
                except ClientError:
                    place = None  # deleted meanwhile, or not ours to ask: the deletion will say
            yield Thing("bucket", {None: "us-east-1", "EU": "eu-west-1"}.get(place, str(place)), each["Name"])


def _empty_and_delete(s3: Any, bucket: Thing) -> None:
    """Delete a bucket with all versions, markers and unfinished uploads; its policy first, which may forbid it."""
    with suppress(ClientError):
        s3.delete_bucket_policy(Bucket=bucket.id)
    for upload in pages(s3, "list_multipart_uploads", "Uploads", Bucket=bucket.id):
        s3.abort_multipart_upload(Bucket=bucket.id, Key=upload["Key"], UploadId=upload["UploadId"])
    failed = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket.id):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if objects:
            answer = s3.delete_objects(Bucket=bucket.id, Delete={"Objects": objects, "Quiet": True})
            failed += answer.get("Errors", [])
    if failed:
        told = {"Code": failed[0].get("Code", ""), "Message": failed[0].get("Message", "")}
        raise ClientError({"Error": told}, "DeleteObjects")
    s3.delete_bucket(Bucket=bucket.id)


def _delete_table(dynamodb: Any, table: Thing) -> None:
    told = dynamodb.describe_table(TableName=table.id)["Table"]
    if told["TableStatus"] == "DELETING":
        return
    if told.get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=table.id, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table.id)


def _table_policy(dynamodb: Any, table: Thing) -> None:
    dynamodb.delete_resource_policy(ResourceArn=dynamodb.describe_table(TableName=table.id)["Table"]["TableArn"])


def _no_policy(s3: Any, bucket: Thing) -> None:
    s3.delete_bucket_policy(Bucket=bucket.id)


def _delete_secret(secrets: Any, secret: Thing) -> None:
    """Delete a secret and its replicas, without a recovery window: its name is this run's, and nobody else's."""
    told = secrets.describe_secret(SecretId=secret.id)
    if told.get("PrimaryRegion", region_of(secrets)) != region_of(secrets):
        return  # a replica: it goes with its primary
    if told.get("DeletedDate"):
        secrets.restore_secret(SecretId=secret.id)
    replicas = [each["Region"] for each in told.get("ReplicationStatus", [])]
    if replicas:
        secrets.remove_regions_from_replication(SecretId=secret.id, RemoveReplicaRegions=replicas)
    secrets.delete_secret(SecretId=secret.id, ForceDeleteWithoutRecovery=True)


def _databases(rds: Any, marks: Marks) -> Iterator[Thing]:
    for each in pages(rds, "describe_db_instances", "DBInstances"):
        if marks.named(each["DBInstanceIdentifier"]):
            going = "RDS has deleted it" if each.get("DBInstanceStatus") == "deleting" else ""
            yield Thing("db-instance", region_of(rds), each["DBInstanceIdentifier"], going=going)


def _delete_database(rds: Any, database: Thing) -> None:
    told = rds.describe_db_instances(DBInstanceIdentifier=database.id)["DBInstances"][0]
    if told.get("DBInstanceStatus") == "deleting":
        return
    if told.get("DeletionProtection"):
        rds.modify_db_instance(DBInstanceIdentifier=database.id, DeletionProtection=False, ApplyImmediately=True)
    rds.delete_db_instance(DBInstanceIdentifier=database.id, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)


KINDS = (
    Kind("db-instance", "rds", 50, _databases, _delete_database),
    Kind(
        "db-snapshot", "rds", 55,
        named("db-snapshot", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier", SnapshotType="manual"),
        lambda rds, snapshot: rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot.id),
    ),
    Kind(
        "table", "dynamodb", 70, named("table", "list_tables", "TableNames"),
        past_policy(_delete_table, _table_policy),
    ),
    Kind(
        "secret", "secretsmanager", 86,
        named("secret", "list_secrets", "SecretList", "Name", IncludePlannedDeletion=True),
        past_policy(
            _delete_secret, lambda secrets, secret: secrets.delete_resource_policy(SecretId=secret.id)
        ),
    ),
    Kind(
        "parameter", "ssm", 88, named("parameter", "describe_parameters", "Parameters", "Name"),
        lambda ssm, parameter: ssm.delete_parameter(Name=parameter.id),
    ),
    Kind("bucket", "s3", 90, _buckets, past_policy(_empty_and_delete, _no_policy), everywhere=True),
)  # fmt: skip
