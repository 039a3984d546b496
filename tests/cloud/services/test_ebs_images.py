"""Images of servers with encrypted volumes: they keep the key, and are shared with it or not at all."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit

LAUNCH = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
ACTIONS = ["kms:Decrypt", "kms:DescribeKey", "kms:ReEncrypt*", "kms:GenerateDataKeyWithoutPlaintext"]


@pytest.fixture
def ec2(lab: labkit.Lab) -> Any:
    """EC2 as the administrator."""
    return boto3.client("ec2")


def image_under(ec2: Any, key: str | None) -> str:
    """An image of a server whose system is under this key: None means aws/ebs, an empty text no key at all."""
    linux = boto3.client("ssm").get_parameter(Name=LINUX)["Parameter"]["Value"]
    under = {"VolumeSize": 8, "Encrypted": key != ""} | ({"KmsKeyId": key} if key else {})
    disk = [{"DeviceName": "/dev/xvda", "Ebs": under}]
    server = ec2.run_instances(**LAUNCH, ImageId=linux, BlockDeviceMappings=disk)["Instances"][0]["InstanceId"]
    return str(ec2.create_image(InstanceId=server, Name="server")["ImageId"])


def snapshot_of(ec2: Any, image: str) -> dict[str, Any]:
    """The snapshot of an image's system."""
    (device,) = ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
    return dict(ec2.describe_snapshots(SnapshotIds=[device["Ebs"]["SnapshotId"]])["Snapshots"][0])


def share(ec2: Any, image: str, account: str, change: str = "Add") -> None:
    """Let another account launch it."""
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={change: [{"UserId": account}]})


def launched(ec2: Any, image: str) -> tuple[str, list[tuple[bool, str | None]]]:
    """Launch it: the server's state, and whether and under which key its volumes are."""
    server = ec2.run_instances(**LAUNCH, ImageId=image)["Instances"][0]["InstanceId"]
    state = ec2.describe_instances(InstanceIds=[server])["Reservations"][0]["Instances"][0]["State"]["Name"]
    attached = [{"Name": "attachment.instance-id", "Values": [server]}]
    volumes = ec2.describe_volumes(Filters=attached)["Volumes"]
    return state, [(each["Encrypted"], each.get("KmsKeyId")) for each in volumes]


def test_an_image_keeps_the_key(ec2: Any, key: str) -> None:
    """Its snapshot and what is launched from it are under the volume's key; without one, nothing is encrypted."""
    image = image_under(ec2, key)
    assert (snapshot_of(ec2, image)["Encrypted"], snapshot_of(ec2, image)["KmsKeyId"]) == (True, key)
    assert launched(ec2, image) == ("running", [(True, key)])
    plain = image_under(ec2, "")
    assert snapshot_of(ec2, plain)["Encrypted"] is False
    assert launched(ec2, plain) == ("running", [(False, None)])


def test_an_image_is_shared_with_its_key(ec2: Any, lab: labkit.Lab, kms: Any, key: str) -> None:
    """The other account sees it when it is shared, and launches it when the key is shared too, under its own key."""
    image, partner = image_under(ec2, key), lab.account("partner")
    theirs = partner.client("ec2")
    with labkit.expect_error("InvalidAMIID.NotFound"):
        theirs.describe_images(ImageIds=[image])
    with labkit.expect_error("InvalidAMIID.NotFound"):
        launched(theirs, image)
    share(ec2, image, partner.account_id)
    assert theirs.describe_images(ImageIds=[image])["Images"][0]["OwnerId"] == lab.account_id
    assert image not in str(theirs.describe_images(Owners=["self"]))
    assert launched(theirs, image) == ("terminated", [])
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    them = {"Effect": "Allow", "Principal": {"AWS": partner.account_id}, "Resource": "*"}
    policy["Statement"] += [them | {"Action": [*ACTIONS, "kms:CreateGrant"]}]
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    state, ((encrypted, used),) = launched(theirs, image)
    assert (state, encrypted, used) == ("running", True, used)
    assert used == partner.client("kms").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
    share(ec2, image, partner.account_id, "Remove")
    with labkit.expect_error("InvalidAMIID.NotFound"):
        launched(theirs, image)


def test_under_the_managed_key_an_image_stays(ec2: Any, lab: labkit.Lab) -> None:
    """InvalidParameter in EC2's words (hashicorp/packer 7410; DataDog/stratus-red-team 109)."""
    image, partner = image_under(ec2, None), lab.account("partner")
    with labkit.expect_error("InvalidParameter") as refused:
        share(ec2, image, partner.account_id)
    assert refused.message == "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot."
