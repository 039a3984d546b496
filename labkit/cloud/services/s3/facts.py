"""What S3 says of itself: its permissions, bucket policies, condition keys, and what its records show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from ...authorization.service_permissions import Permissions, ResourcePolicies, Written
from ...core.call import Call, Target
from ...core.errors import MALFORMED_XML, AwsError
from ...core.service_records import Records
from ...gateway.interfaces import ServiceFacts
from ...moto.buckets import owner_of_bucket, policy_of_bucket
from ...policy.documents import Document

_ARN = "arn:aws:s3:::"
# Operations whose action has another name (S3 User Guide, "Required permissions for Amazon S3 API operations"; each
# action stands in the Service Authorization Reference). Terraform reads all of a bucket, and asks for most of them.
_PUT_TO_DELETE = {
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
}
_OBJECTS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_CONFIGURATIONS = {
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
ACTIONS = MappingProxyType(_OBJECTS | _CONFIGURATIONS | _PUT_TO_DELETE)
"""By operation; the others are named as their action is."""

OF_VERSIONS = MappingProxyType(
    {
        "DeleteObject": "DeleteObjectVersion",
        "DeleteObjectTagging": "DeleteObjectVersionTagging",
        "GetObject": "GetObjectVersion",
        "GetObjectAcl": "GetObjectVersionAcl",
        "GetObjectAttributes": "GetObjectVersionAttributes",
        "GetObjectTagging": "GetObjectVersionTagging",
        "PutObjectAcl": "PutObjectVersionAcl",
        "PutObjectTagging": "PutObjectVersionTagging",
    }
)
"""By action: what is asked instead where the call names a version."""
# Condition keys that are parameters (Service Authorization Reference, Amazon S3): those about encryption, and those of
# conditional writes (S3 User Guide, "Enforce conditional writes on Amazon S3 buckets").
_CONDITION_KEYS = {
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
}
# Those of lists (Service Authorization Reference, Amazon S3: ListBucket and ListBucketVersions).
_OF_LISTS = {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys"}
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})


_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")


def _beside(call: Call) -> Iterator[str]:
    """The further actions that a call's parameters ask for (S3 API Reference, "Permissions" of each operation)."""
    params = call.params
    has_acl = any(params.get(name) for name in ("ACL", *_GRANTS))
    match call.operation:
        case "GetObjectAttributes":
            yield "GetObject"
        case "PutObject":
            yield from ["PutObjectAcl"] * has_acl
            yield from ["PutObjectTagging"] * bool(params.get("Tagging"))
        case "CreateBucket":
            yield from ["PutBucketAcl"] * (has_acl and params.get("ACL") != "private")
            if params.get("ObjectLockEnabledForBucket"):
                yield from ("PutBucketObjectLockConfiguration", "PutBucketVersioning")
            yield from ["PutBucketOwnershipControls"] * bool(params.get("ObjectOwnership"))


def _targets(call: Call, name: str) -> tuple[Target, ...]:
    """A copy also reads; a named version has an action of its own; DeleteObjects asks for each object.

    Source: S3 User Guide, "Required permissions for Amazon S3 API operations".
    """
    params = call.params
    bucket, key = params.get("Bucket"), params.get("Key")
    if call.operation == "DeleteObjects":
        objects = (params.get("Delete") or {}).get("Objects") or []
        if not objects:  # nothing to ask permission for, and nothing that S3 takes
            raise AwsError("MalformedXML", MALFORMED_XML)
        asked = [(OF_VERSIONS[name] if each.get("VersionId") else name, each.get("Key", "")) for each in objects]
        return tuple(Target(f"s3:{action}", f"{_ARN}{bucket}/{of}") for action, of in asked)
    names = [name, *_beside(call)]
    if params.get("VersionId"):
        names = [OF_VERSIONS.get(each, each) for each in names]
    arn = f"{_ARN}{bucket}" + (f"/{key}" if key else "")
    target, *more = (Target(f"s3:{each}", arn if bucket else "*") for each in names)
    source = params.get("CopySource")
    if not isinstance(source, str):
        return (target, *more)
    path, _, query = source.partition("?")
    read = "s3:GetObjectVersion" if query.startswith("versionId=") else "s3:GetObject"
    return Target(read, f"{_ARN}{unquote(path).lstrip('/')}"), target


def _context(call: Call) -> dict[str, str]:
    """The headers as they were sent: the bucket's default encryption does not fill them in."""
    keys = _CONDITION_KEYS | (_OF_LISTS if call.operation in _LISTS else {})
    context = {key: str(call.params[name]) for name, key in keys.items() if name in call.params}
    if "VersionId" in call.params:
        context["s3:VersionId"] = str(call.params["VersionId"])
    return context


def _bucket_of(arn: str) -> str:
    return arn.removeprefix(_ARN).partition("/")[0]


def _policy(arn: str) -> tuple[str, str] | None:
    """The bucket policy."""
    name = _bucket_of(arn)
    text = policy_of_bucket(name)
    return (f"policy of bucket {name}", text) if text else None


def _check(call: Call, document: Document) -> None:
    """A bucket policy speaks of its own bucket and the objects in it ("Bucket policies for Amazon S3")."""
    arn = f"{_ARN}{call.params['Bucket']}"
    for statement in document.statements:
        for resource in statement.resources or statement.not_resources or ():
            if resource != "*" and resource != arn and not resource.startswith((f"{arn}/", f"{arn}*")):
                raise AwsError("MalformedPolicy", f"Policy has invalid resource ({statement.label}: {resource})")


def _is_data_event(operation: str, params: Mapping[str, Any]) -> bool:
    """An object's events are data events (CloudTrail User Guide, "Logging data events")."""
    return "Key" in params or operation.startswith(("ListObject", "DeleteObject", "ListMultipartUploads"))


def _resources(call: Call) -> list[dict[str, str]]:
    """Object and bucket, of data events (CloudTrail User Guide, sample events)."""
    if not _is_data_event(call.operation, call.params):
        return []
    bucket = f"{_ARN}{call.params.get('Bucket', '')}"
    key = call.params.get("Key")
    item = {"type": "AWS::S3::Object", "ARN": f"{bucket}/{key}"}
    return [*([item] if key else []), {"accountId": call.account, "type": "AWS::S3::Bucket", "ARN": bucket}]


FACTS = ServiceFacts(
    "s3",
    Permissions(
        actions=ACTIONS,
        targets=_targets,
        context=_context,
        policies=ResourcePolicies(_ARN, _policy, lambda arn: owner_of_bucket(_bucket_of(arn))),
        documents={"PutBucketPolicy": Written("Policy", "resource")},
        check_document=_check,
    ),
    Records(
        event_name=lambda operation: "ListObjects" if operation == "ListObjectsV2" else operation,
        data_event=_is_data_event,
        data_types={"AWS::S3::Object": "arn:aws:s3"},
        resources=_resources,
        hidden=frozenset({"body", "metadata"}),
        member_names={"bucket": "bucketName"},
        shows_denied_parameters=True,  # captured
    ),
)
