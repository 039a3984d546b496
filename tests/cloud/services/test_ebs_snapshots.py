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


def test_the_default_key_is_for_copies_where_encryption_by_default_is_on(ec2: Any, kms: Any, key: str) -> None:
    """Else an encrypted snapshot's copy is under aws/ebs; an unencrypted one's, if it is to be encrypted, is not."""
    copied = {"SourceRegion": "us-east-1", "SourceSnapshotId": snapshot_under(ec2, key)}
    plain = ec2.create_snapshot(VolumeId=ec2.create_volume(**ZONE, Size=1)["VolumeId"])["SnapshotId"]
    chosen = kms.create_key()["KeyMetadata"]["Arn"]
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=chosen)
    managed = described(ec2, ec2.copy_snapshot(**copied)["SnapshotId"])["KmsKeyId"]
    assert managed == kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
    sealed = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=plain, Encrypted=True)["SnapshotId"]
    assert described(ec2, sealed)["KmsKeyId"] == chosen
    ec2.enable_ebs_encryption_by_default()
    assert described(ec2, ec2.copy_snapshot(**copied)["SnapshotId"])["KmsKeyId"] == chosen


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


def test_answers_come_before_the_work_is_done(ec2: Any) -> None:
    """A volume is creating, a snapshot pending; at the next look both are there."""
    volume = ec2.create_volume(**ZONE, Size=1)
    assert volume["State"] == "creating"
    snapshot = ec2.create_snapshot(VolumeId=volume["VolumeId"])
    assert (snapshot["State"], snapshot["Progress"]) == ("pending", "")
    assert described(ec2, snapshot["SnapshotId"])["State"] == "completed"
    assert ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"][0]["State"] == "available"


def test_restoring_under_the_same_key_binds_the_data_key_anew(ec2: Any, key: str, lab: labkit.Lab, inner: Any) -> None:
    """ReEncrypt from the context of the volume that was to that of the new one; without the permission it is gone."""
    snapshot = snapshot_under(ec2, key)
    source = described(ec2, snapshot)["VolumeId"]
    inner()
    restored = ec2.create_volume(**ZONE, SnapshotId=snapshot)["VolumeId"]
    (event,) = inner()
    assert event["eventName"] == "ReEncrypt"
    assert event["requestParameters"]["sourceEncryptionContext"] == {"aws:ebs:id": source}
    assert event["requestParameters"]["destinationEncryptionContext"] == {"aws:ebs:id": restored}
    actions = ["ec2:*", "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant", "kms:DescribeKey"]
    clerk = lab.role("Clerk", policy=[{"Effect": "Allow", "Action": actions, "Resource": "*"}]).client("ec2")
    lost = clerk.create_volume(**ZONE, SnapshotId=snapshot)["VolumeId"]
    with labkit.expect_error("InvalidVolume.NotFound"):
        ec2.describe_volumes(VolumeIds=[lost])


def test_restoring_under_another_key(ec2: Any, kms: Any, key: str, inner: Any) -> None:
    """The snapshot is opened, and the volume gets a data key of its own."""
    other = kms.create_key()["KeyMetadata"]["Arn"]
    snapshot = snapshot_under(ec2, key)
    inner()
    restored = ec2.create_volume(**ZONE, SnapshotId=snapshot, Encrypted=True, KmsKeyId=other)["VolumeId"]
    assert ec2.describe_volumes(VolumeIds=[restored])["Volumes"][0]["KmsKeyId"] == other
    assert [e["eventName"] for e in inner()] == ["Decrypt", "GenerateDataKeyWithoutPlaintext"]


def test_an_unencrypted_snapshot_makes_an_encrypted_volume(ec2: Any, key: str) -> None:
    """That is how old data come under a key."""
    plain = ec2.create_volume(**ZONE, Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=plain)["SnapshotId"]
    assert described(ec2, snapshot)["Encrypted"] is False
    volume = ec2.create_volume(**ZONE, SnapshotId=snapshot, Encrypted=True, KmsKeyId=key)["VolumeId"]
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["KmsKeyId"] == key
    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, Encrypted=True, KmsKeyId=key)
    assert described(ec2, copy["SnapshotId"])["KmsKeyId"] == key


def test_who_sees_which_snapshots(ec2: Any, key: str, lab: labkit.Lab) -> None:
    """OwnerIds and RestorableByUserIds; a snapshot is seen by others once it is shared with them."""
    snapshot = snapshot_under(ec2, key)
    visitor = lab.account("Visitor").client("ec2")

    def seen(client: Any, **by: Any) -> list[str]:
        return [each["SnapshotId"] for each in client.describe_snapshots(**by)["Snapshots"]]

    assert seen(ec2, OwnerIds=["self"]) == [snapshot]
    assert seen(ec2, RestorableByUserIds=[OTHER]) == []
    assert seen(visitor, OwnerIds=["111122223333"]) == []
    with labkit.expect_error("InvalidSnapshot.NotFound"):
        visitor.describe_snapshots(SnapshotIds=[snapshot])
    share(ec2, snapshot, UserIds=[OTHER])
    assert seen(visitor, OwnerIds=["111122223333"]) == [snapshot]
    assert seen(visitor, OwnerIds=["self"]) == []
    assert seen(visitor, RestorableByUserIds=["self"]) == [snapshot]
    assert described(visitor, snapshot)["KmsKeyId"] == key
    assert seen(ec2, RestorableByUserIds=[OTHER]) == [snapshot]


def test_a_volume_from_a_shared_snapshot(ec2: Any, kms: Any, key: str, lab: labkit.Lab) -> None:
    """In the other account, under a key of theirs: their default one, if they name none."""
    snapshot = snapshot_under(ec2, key)
    visitor = lab.account("Visitor")
    share(ec2, snapshot, UserIds=[OTHER])
    lost = visitor.client("ec2").create_volume(**ZONE, SnapshotId=snapshot)["VolumeId"]
    with labkit.expect_error("InvalidVolume.NotFound"):
        visitor.client("ec2").describe_volumes(VolumeIds=[lost])
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    theirs = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    actions = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:ReEncrypt*"]
    policy["Statement"].append({"Effect": "Allow", "Principal": theirs, "Action": actions, "Resource": "*"})
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    volume = visitor.client("ec2").create_volume(**ZONE, SnapshotId=snapshot)["VolumeId"]
    (made,) = visitor.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"]
    assert made["KmsKeyId"] == visitor.client("kms").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
