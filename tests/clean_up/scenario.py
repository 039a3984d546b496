"""One of everything that labs and projects make, as plain boto3 with the names that a notebook writes.

`STEPS` is a list, in order. Each step may use what earlier ones have put into `made`; names end with `made["n"]`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3

Made = dict[str, Any]
LOGIN = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "MasterUsername": "ada", "AllocatedStorage": 20}


def document(*statements: dict[str, Any]) -> str:
    """Write a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service: str) -> str:
    """Write a trust policy for a service, and for the account itself."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    principal = {"Service": service, "AWS": f"arn:aws:iam::{account}:root"}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _keys(made: Made) -> None:
    kms = boto3.client("kms")
    made["key"] = kms.create_key(Description="orders")["KeyMetadata"]["KeyId"]


def _replica(made: Made) -> None:
    n = made["n"]
    kms = boto3.client("kms")
    made["pair"] = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=made["pair"], ReplicaRegion="eu-west-1")
    boto3.client("kms", "eu-west-1").create_alias(AliasName=f"alias/pair{n}", TargetKeyId=made["pair"])


def _alias(made: Made) -> None:
    n = made["n"]
    boto3.client("kms").create_alias(AliasName=f"alias/orders{n}", TargetKeyId=made["key"])


def _roles(made: Made) -> None:
    n = made["n"]
    iam = boto3.client("iam")
    role = iam.create_role(RoleName=f"Clerk{n}", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]
    everything = {"Effect": "Allow", "Action": ["kms:*", "ec2:*", "sns:*"], "Resource": "*"}
    iam.put_role_policy(RoleName=f"Clerk{n}", PolicyName="inline", PolicyDocument=document(everything))
    policy = iam.create_policy(PolicyName=f"Reads{n}", PolicyDocument=document(everything))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(everything), SetAsDefault=True)
    iam.attach_role_policy(RoleName=f"Clerk{n}", PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName=f"Clerk{n}")
    iam.add_role_to_instance_profile(InstanceProfileName=f"Clerk{n}", RoleName=f"Clerk{n}")
    made["role"] = role["Arn"]


def _user(made: Made) -> None:
    n = made["n"]
    iam = boto3.client("iam")
    iam.create_user(UserName=f"ada{n}")
    iam.put_user_policy(
        UserName=f"ada{n}",
        PolicyName="in",
        PolicyDocument=document({"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}),
    )
    iam.create_access_key(UserName=f"ada{n}")
    iam.create_group(GroupName=f"crew{n}")
    iam.add_user_to_group(GroupName=f"crew{n}", UserName=f"ada{n}")
    iam.create_virtual_mfa_device(VirtualMFADeviceName=f"ada{n}")


def _by_role(made: Made) -> None:
    """A lab's role makes a key, a topic and a volume."""
    n = made["n"]
    keys = boto3.client("sts").assume_role(RoleArn=made["role"], RoleSessionName="clerk")["Credentials"]
    with_keys = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    made["clerks"] = boto3.client("kms", **with_keys).create_key(Description="by Clerk")["KeyMetadata"]["KeyId"]
    boto3.client("sns", **with_keys).create_topic(Name=f"clerks{n}")
    boto3.client("ec2", **with_keys).create_volume(Size=1, AvailabilityZone="us-east-1a")


def _bucket(made: Made) -> None:
    n = made["n"]
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=f"shop-orders{n}")
    s3.put_bucket_versioning(Bucket=f"shop-orders{n}", VersioningConfiguration={"Status": "Enabled"})
    for text in (b"1", b"2"):
        s3.put_object(Bucket=f"shop-orders{n}", Key="a", Body=text)
    s3.delete_object(Bucket=f"shop-orders{n}", Key="a")
    s3.create_multipart_upload(Bucket=f"shop-orders{n}", Key="big")
    objects = f"arn:aws:s3:::shop-orders{n}/*"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject*", "Resource": objects}
    s3.put_bucket_policy(Bucket=f"shop-orders{n}", Policy=document(deny))


def _far_bucket(made: Made) -> None:
    n = made["n"]
    there = {"LocationConstraint": "eu-central-1"}
    boto3.client("s3", "eu-central-1").create_bucket(Bucket=f"far{n}", CreateBucketConfiguration=there)


def _disks(made: Made) -> None:
    ec2 = boto3.client("ec2")
    zone = {"AvailabilityZone": "us-east-1a"}
    volume = ec2.create_volume(Size=1, Encrypted=True, KmsKeyId=made["key"], **zone)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)
    made["volume"] = volume


def _servers(made: Made) -> None:
    n = made["n"]
    ec2 = boto3.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launch = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    server = ec2.run_instances(**launch)["Instances"][0]["InstanceId"]
    if not n:
        ec2.attach_volume(VolumeId=made["volume"], InstanceId=server, Device="/dev/sdf")
    ec2.create_image(InstanceId=server, Name=f"practice{n}")
    data = {"ImageId": image, "InstanceType": "t3.micro"}
    ec2.create_launch_template(LaunchTemplateName=f"guides{n}", LaunchTemplateData=data)
    boto3.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=f"guides{n}",
        LaunchTemplate={"LaunchTemplateName": f"guides{n}"},
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["us-east-1a"],
    )


def _settings(made: Made) -> None:
    ec2 = boto3.client("ec2")
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=made["key"])


def _data(made: Made) -> None:
    n = made["n"]
    boto3.client("dynamodb").create_table(
        TableName=f"tickets{n}",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    boto3.client("dynamodb").put_item(TableName=f"tickets{n}", Item={"id": {"S": "1"}})
    boto3.client("secretsmanager").create_secret(Name=f"shop/db{n}", SecretString="horse", KmsKeyId=made["key"])
    boto3.client("ssm").put_parameter(Name=f"/shop/token{n}", Value="fish", Type="SecureString", KeyId=made["key"])


def _databases(made: Made) -> None:
    n = made["n"]
    rds = boto3.client("rds")
    rds.create_db_instance(DBInstanceIdentifier=f"collection{n}", MasterUserPassword="long-enough", **LOGIN)
    rds.create_db_snapshot(DBInstanceIdentifier=f"collection{n}", DBSnapshotIdentifier=f"plain{n}")
    rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier=f"plain{n}", TargetDBSnapshotIdentifier=f"sealed{n}", KmsKeyId=made["key"]
    )
    again = {"DBInstanceIdentifier": f"collection{n}-2", "DBSnapshotIdentifier": f"sealed{n}"}
    rds.restore_db_instance_from_db_snapshot(**again)


def _function(made: Made) -> None:
    n = made["n"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def go(event, context): return 1")
    boto3.client("lambda").create_function(
        FunctionName=f"report{n}",
        Role=made["role"],
        Runtime="python3.11",
        Handler="f.go",
        Code={"ZipFile": code.getvalue()},
    )


def _watching(made: Made) -> None:
    n = made["n"]
    boto3.client("logs").create_log_group(logGroupName=f"visitors{n}")
    boto3.client("logs").create_log_stream(logGroupName=f"visitors{n}", logStreamName="door")
    topic = boto3.client("sns").create_topic(Name=f"guards{n}")["TopicArn"]
    queue = boto3.client("sqs").create_queue(QueueName=f"inbox{n}")["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    pattern = json.dumps({"source": ["aws.kms"]})
    boto3.client("events").put_rule(Name=f"keys-off{n}", EventPattern=pattern)
    boto3.client("events").put_targets(Rule=f"keys-off{n}", Targets=[{"Id": "1", "Arn": topic}])
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=f"doors{n}",
        Namespace="x",
        MetricName="y",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )


def _trail(made: Made) -> None:
    n = made["n"]
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=f"trails{n}")
    here = f"arn:aws:s3:::trails{n}"
    who = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    look = who | {"Action": "s3:GetBucketAcl", "Resource": here}
    put = who | {"Action": "s3:PutObject", "Resource": f"{here}/*"}
    s3.put_bucket_policy(Bucket=f"trails{n}", Policy=document(look, put))
    boto3.client("cloudtrail").create_trail(Name=f"main{n}", S3BucketName=f"trails{n}")
    boto3.client("cloudtrail").start_logging(Name=f"main{n}")


STEPS: tuple[Callable[[Made], None], ...] = (
    _keys, _replica, _alias, _roles, _user, _by_role, _bucket, _far_bucket, _disks, _servers, _settings, _data,
    _databases, _function, _watching, _trail,
)  # fmt: skip


def play() -> Made:
    """Make everything."""
    made: Made = {"n": ""}
    for step in STEPS:
        step(made)
    return made
