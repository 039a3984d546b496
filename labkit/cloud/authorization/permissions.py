"""Which permission a call to a service behind moto needs: its IAM action, and the ARN that it is asked on.

Our own services say this themselves (`plan`). Source: Service Authorization Reference, the page of each service.
Where an operation is not in these tables, the action has the operation's name and is asked on "*".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.secretsmanager.models import secretsmanager_backends

from ..core.call import Call, Target
from ..core.errors import MALFORMED_XML, AwsError

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


def targets_of(call: Call) -> tuple[Target, ...]:
    """The permissions that the call needs, each on its resource."""
    name = _ACTIONS.get(call.service, {}).get(call.operation, call.operation)
    find_targets = _TARGETS.get(call.service)
    if find_targets:
        return find_targets(call, name)
    find = _RESOURCES.get(call.service)
    return (Target(f"{_PREFIXES.get(call.service, call.service)}:{name}", (find(call) if find else "") or "*"),)


def _s3(call: Call, name: str) -> tuple[Target, ...]:
    """A copy also reads; a named version has an action of its own; DeleteObjects asks for each object.

    Source: S3 User Guide, "Required permissions for Amazon S3 API operations".
    """
    params = call.params
    bucket, key = params.get("Bucket"), params.get("Key")
    if call.operation == "DeleteObjects":
        objects = (params.get("Delete") or {}).get("Objects") or []
        if not objects:  # nothing to ask permission for, and nothing that S3 takes
            raise AwsError("MalformedXML", MALFORMED_XML)
        return tuple(Target("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{each.get('Key', '')}") for each in objects)
    if params.get("VersionId") and name in ("GetObject", "DeleteObject"):
        name += "Version"
    arn = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
    target = Target(f"s3:{name}", arn if bucket else "*")
    source = params.get("CopySource")
    if not isinstance(source, str):
        return (target,)
    path, _, query = source.partition("?")
    read = "s3:GetObjectVersion" if query.startswith("versionId=") else "s3:GetObject"
    return Target(read, f"arn:aws:s3:::{unquote(path).lstrip('/')}"), target


def _secretsmanager(call: Call, name: str) -> tuple[Target, ...]:
    """The secret by its full ARN, whatever part of it the caller names; a batch asks for each secret too."""
    action = f"secretsmanager:{name}"
    if call.operation == "BatchGetSecretValue":
        each = [
            Target("secretsmanager:GetSecretValue", _secret(call, i)) for i in call.params.get("SecretIdList") or ()
        ]
        return Target(action, "*"), *each
    if call.operation == "CreateSecret":
        return (Target(action, _secret(call, call.params.get("Name", ""))),)
    return (Target(action, _secret(call, call.params["SecretId"]) if "SecretId" in call.params else "*"),)


def _secret(call: Call, secret_id: str) -> str:
    found = secretsmanager_backends[call.account][call.region].secrets.get(secret_id)
    if found is not None:
        return str(found.arn)
    known = secret_id.startswith("arn:")
    return secret_id if known else f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{secret_id}"


def _ssm(call: Call, name: str) -> tuple[Target, ...]:
    """Each parameter of the request, without the version or label that may follow its name; else "*"."""
    names = call.params.get("Names") or [call.params.get("Name") or call.params.get("Path")]
    return tuple(Target(f"ssm:{name}", _parameter(call, each) if isinstance(each, str) else "*") for each in names)


def _parameter(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    return f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.partition(':')[0].lstrip('/')}"


_TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


def _dynamodb(call: Call, name: str) -> tuple[Target, ...]:
    """Each table of a batch or transaction; a query of an index is asked on the index.

    Source: Service Authorization Reference, Amazon DynamoDB.
    """
    params = call.params
    if params.get("RequestItems"):
        return tuple(Target(f"dynamodb:{name}", _table(call, table)) for table in params["RequestItems"])
    if params.get("TransactItems"):
        asked = ((verb, item) for each in params["TransactItems"] for verb, item in each.items() if verb in _TRANSACTED)
        return tuple(Target(f"dynamodb:{_TRANSACTED[v]}", _table(call, item["TableName"])) for v, item in asked)
    table = params.get("TableName") or params.get("ResourceArn")
    if not isinstance(table, str):
        return (Target(f"dynamodb:{name}", "*"),)
    index = f"/index/{params['IndexName']}" if name in ("Query", "Scan") and "IndexName" in params else ""
    return (Target(f"dynamodb:{name}", _table(call, table) + index),)


def _table(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{call.region}:{call.account}:table/{name}"


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


_TARGETS: dict[str, Callable[[Call, str], tuple[Target, ...]]] = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "secretsmanager": _secretsmanager,
    "ssm": _ssm,
}
_RESOURCES: dict[str, Callable[[Call], str]] = {
    "events": _regional("events", "Name", "rule/{}"),
    "iam": _iam,
    "lambda": _regional("lambda", "FunctionName", "function:{}"),
    "logs": _regional("logs", "logGroupName", "log-group:{}:*"),
    "sns": _regional("sns", "TopicArn", "{}"),
    "sqs": _sqs,
}
