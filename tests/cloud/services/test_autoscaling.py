"""Auto Scaling launches as its service-linked role: by the key's policy, or by a grant, that role needs the key."""

from __future__ import annotations

import itertools
import json
from typing import Any

import boto3
import pytest

import labkit

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
GRANTED = (
    "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
    "DescribeKey", "CreateGrant",
)  # fmt: skip
NAMES = itertools.count()


def _allow(principal: str, *actions: str, **condition: Any) -> dict[str, Any]:
    said = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions), "Resource": "*"}
    return said | ({"Condition": condition} if condition else {})


def _policy(*statements: dict[str, Any], owner: str = ACCOUNT) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [_allow(owner, "kms:*"), *statements]})


FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab for all, with the service-linked role."""
    started = labkit.start("autoscaling-tests")
    boto3.client("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    return started


def launch(key: str | None) -> dict[str, Any]:
    """One instance by a group of its own, with a volume under the key; what became of it."""
    ec2, scaling, name = boto3.client("ec2"), boto3.client("autoscaling"), f"web-{next(NAMES)}"
    disk = {"VolumeSize": 8, "Encrypted": True} | ({"KmsKeyId": key} if key else {})
    data = {"ImageId": "ami-03cf127a", "InstanceType": "t3.micro"}
    data["BlockDeviceMappings"] = [{"DeviceName": "/dev/xvdf", "Ebs": disk}]
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["us-east-1a"],
        LaunchTemplate={"LaunchTemplateName": name},
    )
    (group,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    (activity,) = scaling.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
    assert bool(group["Instances"]) == (activity["StatusCode"] == "Successful")
    assert group["ServiceLinkedRoleARN"] == ROLE
    return dict(activity)


POLICIES: list[tuple[str, tuple[dict[str, Any], ...], bool]] = [
    ("the guide's two statements", (_allow(ROLE, *USE), _allow(ROLE, "kms:CreateGrant", **FOR_AWS)), True),
    ("nothing of it", (), False),
    ("use alone", (_allow(ROLE, *USE),), False),
    ("grants alone", (_allow(ROLE, "kms:CreateGrant", **FOR_AWS),), False),
    ("everything", (_allow(ROLE, "kms:*"),), True),
    ("grants that are not for AWS's resources", (
        _allow(ROLE, *USE), _allow(ROLE, "kms:CreateGrant", Bool={"kms:GrantIsForAWSResource": "false"})), False),
    ("the service in place of its role", (
        {**_allow("", "kms:*"), "Principal": {"Service": "autoscaling.amazonaws.com"}},), False),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "runs"), [each[1:] for each in POLICIES], ids=[each[0] for each in POLICIES])
def test_the_keys_policy_lets_the_role_in(lab: labkit.Lab, statements: tuple[dict[str, Any], ...], runs: bool) -> None:
    """The caller is the administrator each time, whose own permissions help nobody."""
    key = boto3.client("kms").create_key(Policy=_policy(*statements))["KeyMetadata"]["Arn"]
    activity = launch(key)
    if runs:
        assert "StatusMessage" not in activity
        calls = [e for e in lab.events() if "AWSServiceRoleForAutoScaling" in e["userIdentity"].get("arn", "")]
        assert [each["eventName"] for each in calls][-2:] == ["GenerateDataKeyWithoutPlaintext", "CreateGrant"]
        return
    assert activity["StatusCode"] == "Cancelled"
    assert "Termination Reason: Client.InvalidKMSKey.InvalidState" in activity["StatusMessage"]
    assert activity["Description"].endswith(f".  Status Reason: {activity['StatusMessage']}")


def test_aws_managed_keys_need_no_more(lab: labkit.Lab) -> None:
    """aws/ebs lets in whoever comes by way of EC2; the role's own policy has no word on KMS."""
    assert launch(None)["StatusCode"] == "Successful"


@pytest.mark.parametrize("operations", [GRANTED, GRANTED[:-1]], ids=["with CreateGrant", "without"])
def test_a_key_of_another_account(lab: labkit.Lab, operations: tuple[str, ...]) -> None:
    """Its policy lets the account in, and somebody of the account makes a grant for the role there."""
    partner = lab.account("partner")
    visitors = _allow(ACCOUNT, *USE, "kms:CreateGrant")
    policy = _policy(visitors, owner=partner.account_id)
    key = partner.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    assert launch(key)["StatusCode"] == "Cancelled"
    boto3.client("kms").create_grant(KeyId=key, GranteePrincipal=ROLE, Operations=list(operations))
    assert launch(key)["StatusCode"] == ("Successful" if operations == GRANTED else "Cancelled")


def test_the_role_is_made_with_the_first_group() -> None:
    """By Auto Scaling itself."""
    labkit.start("autoscaling-role")
    launch(None)
    role = boto3.client("iam").get_role(RoleName="AWSServiceRoleForAutoScaling")["Role"]
    assert role["Arn"] == ROLE


def test_activities_newest_first() -> None:
    """Of all groups, or of one."""
    labkit.start("autoscaling-activities")
    first, second = launch(None), launch(None)
    found = boto3.client("autoscaling").describe_scaling_activities()["Activities"]
    assert [each["ActivityId"] for each in found] == [second["ActivityId"], first["ActivityId"]]
    assert first["Cause"].endswith("increasing the capacity from 0 to 1.")
