"""Reading draws nothing: a check made twice, or a list looked at, changes none of the ids that a page shows later."""

from __future__ import annotations

import gc

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

import labkit

SERVICES = ("cloudtrail", "cloudwatch", "ec2", "iam", "kms", "logs", "organizations", "s3",
            "secretsmanager", "sns", "sqs", "ssm", "sts")  # fmt: skip

LONG = {"GetAccountAuthorizationDetails", "DescribeSnapshots", "DescribeImages", "DescribeInstanceTypes",
        "DescribeInstanceTypeOfferings", "DescribeSpotPriceHistory", "DescribeReservedInstancesOfferings"}  # fmt: skip


def _read_everything() -> int:
    """Every operation that reads and needs no parameter, in two Regions; how many answered."""
    answered = 0
    for region in ("us-east-1", "eu-central-1"):
        for service in SERVICES:
            if service not in ("ec2", "kms") and region != "us-east-1":
                continue
            client = boto3.client(service, region)
            for operation in client.meta.service_model.operation_names:
                shape = client.meta.service_model.operation_model(operation).input_shape
                needs = shape.required_members if shape else []
                if (
                    needs
                    or operation in LONG
                    or not operation.startswith(("Describe", "List", "GetCaller", "GetAccount"))
                ):
                    continue
                try:
                    client._make_api_call(operation, {})
                    answered += 1
                except (ClientError, BotoCoreError):
                    pass
    return answered


def _made() -> dict[str, object]:
    """What is made afterwards, by services whose ids are drawn; the clock differs, so no times."""
    iam, ec2, frankfurt = boto3.client("iam"), boto3.client("ec2"), boto3.client("ec2", "eu-central-1")
    iam.create_user(UserName="ada")
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"}]}'
    )
    return {
        "key": boto3.client("kms").create_key()["KeyMetadata"]["KeyId"],
        "access key": iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"],
        "role": iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust)["Role"]["RoleId"],
        "volume": ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"],
        "network": frankfurt.describe_vpcs()["Vpcs"][0]["VpcId"],
        "volume there": frankfurt.create_volume(AvailabilityZone="eu-central-1a", Size=1)["VolumeId"],
        "secret": boto3.client("secretsmanager").create_secret(Name="door", SecretString="open")["ARN"],
    }


def test_reading_changes_no_id_that_comes_later() -> None:
    """Not even the first look into a Region, where moto makes networks and images."""
    labkit.start("draws")
    untouched = _made()
    labkit.start("draws")
    assert _read_everything() > 40
    assert _made() == untouched


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_account_is_let_go_with_its_networks() -> None:
    """Each lab begins with fresh backends, and the ones before are not kept."""
    from moto.ec2.models import EC2Backend

    for _ in range(3):
        labkit.start("draws")
        boto3.client("ec2").describe_vpcs()
    gc.collect()
    assert len([each for each in gc.get_objects() if type(each) is EC2Backend]) <= 2
