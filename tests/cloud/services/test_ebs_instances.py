"""Encrypted volumes and their instances: grants come and go with the attachment; who starts needs the key again."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

import labkit

IMAGE = "ami-12c6146b"
MANY = [
    {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}},
    {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": False}},
]


@pytest.fixture
def ec2(lab: labkit.Lab) -> Any:
    """EC2 as the administrator."""
    return boto3.client("ec2")


@pytest.fixture
def instance(ec2: Any) -> str:
    """A running instance with an unencrypted root volume."""
    return str(ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])


@pytest.fixture
def volume(ec2: Any, key: str) -> str:
    """An encrypted volume in the instance's zone."""
    made = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True, KmsKeyId=key)
    return str(made["VolumeId"])


def described(ec2: Any, name: str) -> dict[str, Any]:
    """DescribeInstances."""
    return dict(ec2.describe_instances(InstanceIds=[name])["Reservations"][0]["Instances"][0])


def grants(kms: Any, key: str) -> list[dict[str, Any]]:
    """ListGrants."""
    return list(kms.list_grants(KeyId=key)["Grants"])


def test_detaching_takes_the_volume_alone_and_retires_the_grant(
    ec2: Any, kms: Any, key: str, instance: str, volume: str, inner: Any
) -> None:
    """DetachVolume without InstanceId; EC2 retires as itself, and the record says so."""
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    (grant,) = grants(kms, key)
    inner()
    detached = ec2.detach_volume(VolumeId=volume)
    assert (detached["InstanceId"], detached["Device"], detached["State"]) == (instance, "/dev/sdf", "detaching")
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available"
    assert grants(kms, key) == []
    (event,) = inner()
    assert event["eventName"] == "RetireGrant"
    assert event["userIdentity"] == {"type": "AWSService", "invokedBy": "AWS Internal"}
    assert event["sourceIPAddress"] == event["userAgent"] == "AWS Internal"
    assert (event["requestParameters"], event["responseElements"]) == (None, {"keyId": key})
    assert event["additionalEventData"] == {"grantId": grant["GrantId"]}
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    assert len(grants(kms, key)) == 1


def test_a_disabled_key_lets_go_and_does_not_take_back(
    ec2: Any, kms: Any, key: str, instance: str, volume: str
) -> None:
    """An attached volume stays attached; once it is detached, it can't be attached again."""
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    kms.disable_key(KeyId=key)
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "in-use"
    ec2.detach_volume(VolumeId=volume, InstanceId=instance)
    assert grants(kms, key) == []
    with labkit.expect_error("CustomerKeyHasBeenRevoked"):
        ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")


@pytest.mark.parametrize("way", ["revoked", "key deleted"])
def test_detaching_when_the_grant_is_gone(
    ec2: Any, kms: Any, lab: labkit.Lab, key: str, instance: str, volume: str, way: str
) -> None:
    """Nothing to retire is no error."""
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    if way == "revoked":
        kms.revoke_grant(KeyId=key, GrantId=grants(kms, key)[0]["GrantId"])
    else:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        lab.clock.advance(days=8)
    ec2.detach_volume(VolumeId=volume)
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available"


def test_what_cannot_be_detached(ec2: Any, instance: str, volume: str) -> None:
    """A volume that is not attached, one that does not exist, and a running instance's root volume."""
    with labkit.expect_error("IncorrectState") as refused:
        ec2.detach_volume(VolumeId=volume)
    assert refused.message == f"Volume '{volume}' is in the 'available' state."
    with labkit.expect_error("InvalidVolume.NotFound"):
        ec2.detach_volume(VolumeId="vol-00000000000000000")
    root = described(ec2, instance)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    with labkit.expect_error("OperationNotPermitted"):
        ec2.detach_volume(VolumeId=root)
    ec2.stop_instances(InstanceIds=[instance])
    ec2.detach_volume(VolumeId=root)


def test_what_cannot_be_attached(ec2: Any, kms: Any, key: str, instance: str, volume: str, inner: Any) -> None:
    """A volume that is in use, in another zone, at a taken device, to a dead instance: KMS is not even asked."""
    other = str(ec2.create_volume(AvailabilityZone="us-east-1b", Size=1, Encrypted=True, KmsKeyId=key)["VolumeId"])
    third = str(ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True, KmsKeyId=key)["VolumeId"])
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    inner()
    with labkit.expect_error("VolumeInUse"):
        ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdg")
    with labkit.expect_error("InvalidVolume.ZoneMismatch"):
        ec2.attach_volume(VolumeId=other, InstanceId=instance, Device="/dev/sdg")
    with labkit.expect_error("InvalidParameterValue"):
        ec2.attach_volume(VolumeId=third, InstanceId=instance, Device="/dev/sdf")
    ec2.terminate_instances(InstanceIds=[instance])
    inner()
    with labkit.expect_error("IncorrectState"):
        ec2.attach_volume(VolumeId=third, InstanceId=instance, Device="/dev/sdg")
    assert inner() == []


def test_an_instance_with_several_volumes_ends(ec2: Any, kms: Any, key: str) -> None:
    """A grant for each volume; terminated, none is left, and the volume that is to stay is free."""
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    made = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, BlockDeviceMappings=MANY)["Instances"][0]
    volumes = {each["Ebs"]["VolumeId"] for each in described(ec2, made["InstanceId"])["BlockDeviceMappings"]}
    assert {each["Constraints"]["EncryptionContextSubset"]["aws:ebs:id"] for each in grants(kms, key)} == volumes
    assert len(volumes) == 2
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    assert grants(kms, key) == []
    left = [each for each in ec2.describe_volumes()["Volumes"] if each["VolumeId"] in volumes]
    assert [each["State"] for each in left] == ["available"]


def test_a_launch_that_fails_at_its_second_volume_leaves_no_grant(ec2: Any, kms: Any, key: str) -> None:
    """The first volume's grant is retired with the instance."""
    bad = str(kms.create_key()["KeyMetadata"]["Arn"])
    kms.disable_key(KeyId=bad)
    mappings = [
        {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": key}},
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "Encrypted": True, "KmsKeyId": bad}},
    ]
    made = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, BlockDeviceMappings=mappings)["Instances"][0]
    assert made["State"]["Name"] == "pending"
    ended = described(ec2, made["InstanceId"])
    assert (ended["State"]["Name"], ended["StateReason"]["Code"]) == ("terminated", "Client.InvalidKMSKey.InvalidState")
    assert grants(kms, key) == []


def test_who_starts_an_instance_makes_the_grants(
    ec2: Any, kms: Any, lab: labkit.Lab, key: str, instance: str, volume: str, inner: Any
) -> None:
    """A clerk without kms:CreateGrant starts it and finds it stopped; the administrator's start makes a grant."""
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    ec2.stop_instances(InstanceIds=[instance])
    assert described(ec2, instance)["State"]["Name"] == "stopped"
    clerk = lab.role("Clerk", policy=[{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]).client("ec2")
    inner()
    started = clerk.start_instances(InstanceIds=[instance])["StartingInstances"][0]
    assert started["CurrentState"]["Name"] == "pending"
    back = described(ec2, instance)
    assert back["State"]["Name"] == "stopped"
    assert back["StateReason"] == {
        "Code": "Client.InternalError",
        "Message": "Client.InternalError: Client error on launch",
    }
    assert [(e["eventName"], e["errorCode"]) for e in inner()] == [("CreateGrant", "AccessDenied")]
    ec2.start_instances(InstanceIds=[instance])
    assert described(ec2, instance)["State"]["Name"] == "running"
    assert [e["eventName"] for e in inner()] == ["CreateGrant", "Decrypt"]
    ec2.start_instances(InstanceIds=[instance])  # runs already
    assert inner() == []
    assert len(grants(kms, key)) == 1


def test_a_running_instance_outlives_its_key_and_a_stopped_one_does_not_start(
    ec2: Any, kms: Any, key: str, instance: str, volume: str
) -> None:
    """Disabling the key changes nothing until it is needed: at the next start."""
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    kms.disable_key(KeyId=key)
    assert described(ec2, instance)["State"]["Name"] == "running"
    ec2.stop_instances(InstanceIds=[instance])
    ec2.start_instances(InstanceIds=[instance])
    assert described(ec2, instance)["State"]["Name"] == "stopped"
    kms.enable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[instance])
    assert described(ec2, instance)["State"]["Name"] == "running"


@pytest.mark.parametrize(
    ("image", "code", "message"),
    [
        ("ami-0123456789abcdef0", "InvalidAMIID.NotFound", "The image id '[ami-0123456789abcdef0]' does not exist"),
        ("amazon-linux", "InvalidAMIID.Malformed", 'Invalid id: "amazon-linux" (expecting "ami-...")'),
    ],
)
def test_an_image_that_there_is_not_launches_nothing(ec2: Any, image: str, code: str, message: str) -> None:
    """The error of EC2, and no instance."""
    with pytest.raises(ec2.exceptions.ClientError) as refused:
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"] == message
    assert ec2.describe_instances()["Reservations"] == []
