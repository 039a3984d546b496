"""EBS snapshots: under which key they are, copied under another, shared with another account."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit

ZONE = {"AvailabilityZone": "us-east-1a"}
OTHER = "444455556666"


@pytest.fixture
def ec2(lab: labkit.Lab) -> Any:
    """EC2 as the administrator."""
    return boto3.client("ec2")


def snapshot_under(ec2: Any, key: str) -> str:
    """A snapshot of an encrypted volume."""
    volume = ec2.create_volume(**ZONE, Size=1, Encrypted=True, KmsKeyId=key)["VolumeId"]
    return str(ec2.create_snapshot(VolumeId=volume)["SnapshotId"])


def described(ec2: Any, name: str) -> dict[str, Any]:
    """DescribeSnapshots."""
    return dict(ec2.describe_snapshots(SnapshotIds=[name])["Snapshots"][0])


def test_a_snapshot_has_its_volumes_key(ec2: Any, key: str) -> None:
    """Encrypted, under the same key; a volume restored from it as well."""
    snapshot = snapshot_under(ec2, key)
    assert (described(ec2, snapshot)["Encrypted"], described(ec2, snapshot)["KmsKeyId"]) == (True, key)
    restored = ec2.create_volume(**ZONE, SnapshotId=snapshot)["VolumeId"]
    volume = ec2.describe_volumes(VolumeIds=[restored])["Volumes"][0]
    assert (volume["Encrypted"], volume["KmsKeyId"]) == (True, key)


def test_a_copy_under_another_key(ec2: Any, kms: Any, key: str, inner: Any) -> None:
    """The source is decrypted, the copy gets a data key of its own; the first key may then go."""
    other = kms.create_key()["KeyMetadata"]["Arn"]
    snapshot = snapshot_under(ec2, key)
    inner()
    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, KmsKeyId=other)["SnapshotId"]
    assert [(e["eventName"], e["resources"][0]["ARN"]) for e in inner()] == [
        ("Decrypt", key),
        ("GenerateDataKeyWithoutPlaintext", other),
    ]
    assert (described(ec2, copy)["Encrypted"], described(ec2, copy)["KmsKeyId"]) == (True, other)
    kms.disable_key(KeyId=key)
    restored = ec2.create_volume(**ZONE, SnapshotId=copy)["VolumeId"]
    assert ec2.describe_volumes(VolumeIds=[restored])["Volumes"][0]["KmsKeyId"] == other
    lost = ec2.create_volume(**ZONE, SnapshotId=snapshot)["VolumeId"]
    with labkit.expect_error("InvalidVolume.NotFound"):
        ec2.describe_volumes(VolumeIds=[lost])


def test_a_copy_without_a_key_has_the_default_key(ec2: Any, kms: Any, key: str) -> None:
    """Not its source's."""
    snapshot = snapshot_under(ec2, key)
    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    assert described(ec2, copy)["KmsKeyId"] == kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]


def test_a_copy_to_another_region(ec2: Any, key: str, inner: Any) -> None:
    """Decrypted with the key there, encrypted with a key here: KMS keys stay in their Region."""
    snapshot = snapshot_under(ec2, key)
    there = boto3.client("ec2", region_name="eu-west-1")
    key_there = boto3.client("kms", region_name="eu-west-1").create_key()["KeyMetadata"]["Arn"]
    inner()
    copy = there.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, KmsKeyId=key_there)["SnapshotId"]
    assert described(there, copy)["KmsKeyId"] == key_there
    assert [(e["eventName"], e["awsRegion"]) for e in inner()] == [
        ("Decrypt", "us-east-1"),
        ("GenerateDataKeyWithoutPlaintext", "eu-west-1"),
    ]


def test_a_copy_under_a_key_that_fails(ec2: Any, kms: Any, key: str) -> None:
    """The copy appears, and ends in error."""
    snapshot = snapshot_under(ec2, key)
    kms.disable_key(KeyId=key)
    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, KmsKeyId=key)["SnapshotId"]
    assert described(ec2, copy)["State"] == "error"
    assert described(ec2, copy)["StateMessage"] == "Given key ID is not accessible"


def share(ec2: Any, snapshot: str, **to: Any) -> None:
    """Let others create volumes from a snapshot."""
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", **to)


def test_what_cannot_be_shared(ec2: Any, key: str) -> None:
    """Snapshots under aws/ebs not at all; encrypted ones not with everybody."""
    managed = snapshot_under(ec2, "alias/aws/ebs")
    with labkit.expect_error("OperationNotPermitted") as refused:
        share(ec2, managed, UserIds=[OTHER])
    assert refused.message == "Encrypted snapshots with EBS default key cannot be shared"
    with labkit.expect_error("OperationNotPermitted"):
        share(ec2, snapshot_under(ec2, key), GroupNames=["all"])


def test_a_shared_snapshot_takes_a_shared_key(ec2: Any, kms: Any, key: str, lab: labkit.Lab) -> None:
    """The other account copies the snapshot once the key's policy lets it, under a key of its own."""
    snapshot = snapshot_under(ec2, key)
    visitor = lab.account("Visitor").client("ec2")
    place = {"SourceRegion": "us-east-1", "SourceSnapshotId": snapshot}
    with labkit.expect_error("InvalidSnapshot.NotFound"):
        visitor.copy_snapshot(**place)
    share(ec2, snapshot, UserIds=[OTHER])
    copy = visitor.copy_snapshot(**place)["SnapshotId"]
    assert described(visitor, copy)["State"] == "error"
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": ["kms:Decrypt", "kms:CreateGrant", "kms:DescribeKey", "kms:ReEncrypt*"],
            "Resource": "*",
        }
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    copy = visitor.copy_snapshot(**place)["SnapshotId"]
    assert described(visitor, copy)["State"] == "completed"
    assert described(visitor, copy)["KmsKeyId"].startswith(f"arn:aws:kms:us-east-1:{OTHER}:key/")
