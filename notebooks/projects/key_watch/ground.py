"""What the watch stands on: a trail over all Regions that also writes to a log group. Plain boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

LOG_GROUP = "calls"


def make_trail(account: str, region: str, client: Callable[[str], Any]) -> None:
    """Make the bucket, the log group, the role by which CloudTrail writes there, and the trail; start it."""
    s3, iam, cloudtrail = client("s3"), client("iam"), client("cloudtrail")
    bucket, service = f"calls-{account}", {"Service": "cloudtrail.amazonaws.com"}
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*"]
    ours = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:{region}:{account}:trail/calls"}}
    delivers = {"Principal": service, "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Resource": places}
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=_policy({"Effect": "Allow", **delivers, "Condition": ours}))
    client("logs").create_log_group(logGroupName=LOG_GROUP)
    group = f"arn:aws:logs:{region}:{account}:log-group:{LOG_GROUP}:*"
    trust = _policy({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="TrailToLogs", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": group}
    iam.put_role_policy(RoleName="TrailToLogs", PolicyName="write", PolicyDocument=_policy(write))
    to_logs = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}
    cloudtrail.create_trail(Name="calls", S3BucketName=bucket, IsMultiRegionTrail=True, **to_logs)
    cloudtrail.start_logging(Name="calls")


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
