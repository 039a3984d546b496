"""Which permission a call to a service behind moto needs: its IAM action, and the ARN that it is asked on.

Our own services say this themselves (`plan`). Source: Service Authorization Reference, the page of each service.
Where an operation is not in these tables, the action has the operation's name and is asked on "*".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .call import Call, Target

# Operations whose action is named otherwise.
_S3_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteObjects": "DeleteObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_LAMBDA_ACTIONS = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}
_ACTIONS = {"s3": _S3_ACTIONS, "lambda": _LAMBDA_ACTIONS}
_PREFIXES = {"cloudwatch": "cloudwatch", "resourcegroupstaggingapi": "tag", "stepfunctions": "states"}


def target_of(call: Call) -> Target:
    """The permission that the call needs."""
    name = _ACTIONS.get(call.service, {}).get(call.operation, call.operation)
    find = _RESOURCES.get(call.service)
    return Target(f"{_PREFIXES.get(call.service, call.service)}:{name}", (find(call) if find else "") or "*")


def _s3(call: Call) -> str:
    bucket, key = call.params.get("Bucket"), call.params.get("Key")
    if not bucket:
        return ""
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _iam(call: Call) -> str:
    params = call.params
    if "PolicyArn" in params and not {"RoleName", "UserName", "GroupName"} & params.keys():
        return str(params["PolicyArn"])
    for name, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group"), ("PolicyName", "policy")):
        if name in params:
            return f"arn:aws:iam::{call.account}:{kind}{params.get('Path', '/')}{params[name]}"
    return ""


def _regional(service: str, member: str, form: str) -> Callable[[Call], str]:
    """ARNs of the form arn:aws:service:region:account:form, where `form` holds the parameter in place of {}."""

    def find(call: Call) -> str:
        value: Any = call.params.get(member)
        if not isinstance(value, str) or value.startswith("arn:"):
            return value if isinstance(value, str) else ""
        return f"arn:aws:{service}:{call.region}:{call.account}:{form.format(value.lstrip('/'))}"

    return find


def _sqs(call: Call) -> str:
    name = call.params.get("QueueName") or str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return f"arn:aws:sqs:{call.region}:{call.account}:{name}" if name else ""


_RESOURCES: dict[str, Callable[[Call], str]] = {
    "dynamodb": _regional("dynamodb", "TableName", "table/{}"),
    "events": _regional("events", "Name", "rule/{}"),
    "iam": _iam,
    "lambda": _regional("lambda", "FunctionName", "function:{}"),
    "logs": _regional("logs", "logGroupName", "log-group:{}:*"),
    "s3": _s3,
    "secretsmanager": _regional("secretsmanager", "SecretId", "secret:{}"),
    "sns": _regional("sns", "TopicArn", "{}"),
    "sqs": _sqs,
    "ssm": _regional("ssm", "Name", "parameter/{}"),
}
