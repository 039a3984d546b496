"""Trails and what can be done with them: made, started, stopped, changed, asked about.

Keeps trails; reads buckets' and keys' policies; what a trail delivers is in delivery.py.
Source: CloudTrail API Reference, each operation; messages as recorded from the real service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from moto.s3.models import s3_backends

from ..authorization.service_access import allows
from ..core.call import Call, Target
from ..core.errors import AwsError
from ..core.forgetting import forget
from ..kms.service import Kms
from ..moto.buckets import region_of_bucket
from . import selectors, trail_tags
from .trail import SERVICE, Trail

_NAME = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*[._-]{2})[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]")
_MOST = 5  # trails of a Region (CloudTrail User Guide, "Quotas in AWS CloudTrail")
_NOT_SIMULATED = ("SnsTopicName", "IsOrganizationTrail")


class Trails:
    """The trails of every account."""

    def __init__(self, kms: Kms, data_types: Collection[str]) -> None:
        self._kms = kms
        self._data_types = data_types
        self.all: dict[str, Trail] = {}  # by ARN
        self.check_log_group: Callable[[Call, Trail, str, str], None] = lambda *_: None  # set by log_groups.py
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "CreateTrail": self._create,
            "DeleteTrail": self._delete,
            "DescribeTrails": self._describe,
            "GetEventSelectors": self._get_selectors,
            "GetTrail": self._get,
            "GetTrailStatus": self._status,
            "ListTrails": self._list,
            "PutEventSelectors": self._put_selectors,
            "StartLogging": self._start,
            "StopLogging": self._stop,
            "UpdateTrail": self._update,
            **trail_tags.operations(self.all),
        }

    def forget(self, account: str) -> None:
        """Let go of the trails of an account."""
        forget(self.all, account)

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Ask permission on the trail, where one is named."""
        if call.operation == "ListTags":
            return tuple(Target("cloudtrail:ListTags", arn) for arn in call.params["ResourceIdList"])
        named = (call.params.get(member) for member in ("TrailName", "Name", "ResourceId"))
        name = str(next(filter(None, named), ""))
        if not name or call.operation in ("DescribeTrails", "ListTrails"):
            return (Target(f"cloudtrail:{call.operation}", "*"),)
        arn = name if name.startswith("arn:") else f"arn:aws:cloudtrail:{call.region}:{call.account}:trail/{name}"
        return (Target(f"cloudtrail:{call.operation}", arn),)

    # --- Made, changed, deleted --------------------------------------------------------------------------------------

    def logs(self, event: dict[str, Any]) -> bool:
        """Tell whether some trail logs this event."""
        return any(trail.takes(event) for trail in self.all.values())

    def _create(self, call: Call) -> dict[str, Any]:
        name = call.params["Name"]
        if not _NAME.fullmatch(name):
            said = "Trail names have 3 to 128 letters, digits, periods, underscores or dashes, none of these adjacent."
            raise AwsError("InvalidTrailNameException", f"{said} They begin and end with a letter or digit.")
        trail = Trail(name, call.account, call.region, call.params["S3BucketName"])
        if trail.arn in self.all:
            said = f"Trail {name} already exists for customer: {call.account}"
            raise AwsError("TrailAlreadyExistsException", said)
        there = [each for each in self.all.values() if (each.account, each.region) == (call.account, call.region)]
        if len(there) >= _MOST:
            raise AwsError(
                "MaximumNumberOfTrailsExceededException", f"User: {call.account} already has {_MOST} trails."
            )
        self._change(trail, call)
        trail_tags.put(trail, call.params.get("TagsList") or [])
        self.all[trail.arn] = trail
        return trail.described()

    def _update(self, call: Call) -> dict[str, Any]:
        trail = self._at_home(call)
        self._change(trail, call)
        return trail.described()

    def _change(self, trail: Trail, call: Call) -> None:
        """Take over what the call says, once bucket and key let CloudTrail in."""
        params = call.params
        for member in _NOT_SIMULATED:
            if params.get(member):
                raise AwsError("UnsupportedOperationException", f"{member} is not simulated.")
        bucket, prefix = params.get("S3BucketName", trail.bucket), params.get("S3KeyPrefix", trail.prefix)
        key_arn = self._key_arn(call, params["KmsKeyId"]) if params.get("KmsKeyId") else trail.key_arn
        key_arn = "" if params.get("KmsKeyId") == "" else key_arn
        self._check_bucket(trail, bucket, prefix)
        self._check_key(call, trail, bucket, key_arn)
        group = params.get("CloudWatchLogsLogGroupArn", trail.log_group)
        role = params.get("CloudWatchLogsRoleArn", trail.log_role)
        if (group or role) and (group, role) != (trail.log_group, trail.log_role):
            self.check_log_group(call, trail, group, role)
        trail.log_group, trail.log_role = group, role
        trail.bucket, trail.prefix, trail.key_arn = bucket, prefix, key_arn
        was_validated = trail.validation
        trail.validation = params.get("EnableLogFileValidation", trail.validation)
        trail.multi_region = params.get("IsMultiRegionTrail", trail.multi_region)
        trail.global_services = params.get("IncludeGlobalServiceEvents", trail.global_services)
        trail.recursive = params.get("RecursiveLogging", trail.recursive)
        if trail.logging and trail.validation and not was_validated:
            trail.digest_start = call.time
        if not trail.validation:
            trail.digest_start, trail.digests = None, {}

    def _check_bucket(self, trail: Trail, name: str, prefix: str) -> None:
        """The bucket is there, and its policy lets CloudTrail read its ACL and write (User Guide, bucket policy)."""
        if name not in s3_backends.bucket_accounts:
            raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
        if not may_write(trail, name, f"{prefix}/AWSLogs/x" if prefix else f"AWSLogs/{trail.account}/x"):
            said = f"Incorrect S3 bucket policy is detected for bucket: {name}"
            raise AwsError("InsufficientS3BucketPolicyException", said)

    def _check_key(self, call: Call, trail: Trail, bucket: str, arn: str) -> None:
        """The key's policy lets CloudTrail make data keys for this trail (User Guide, "KMS key policies").

        The key is in the bucket's Region (KmsKeyNotFoundException in botocore's model), and can encrypt (KmsException).
        """
        if not arn:
            return
        key = self._kms.key(arn)
        if key is None:
            raise AwsError("KmsKeyNotFoundException", f"KMS key {arn} does not exist.")
        if key.region != region_of_bucket(bucket):
            raise AwsError(
                "KmsKeyNotFoundException", f"KMS key {arn} and S3 bucket {bucket} are not in the same Region."
            )
        context = {"aws:cloudtrail:arn": trail.arn, "aws:s3:arn": f"arn:aws:s3:::{bucket}/x"}
        seen = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
        if not allows(key.policy, SERVICE, "kms:GenerateDataKey", arn, trail.arn, seen, "key"):
            said = f"Insufficient permissions to access S3 bucket {bucket} or KMS key {arn}."
            raise AwsError("InsufficientEncryptionPolicyException", said)
        if key.state(call.time) != "Enabled" or key.spec.name != "SYMMETRIC_DEFAULT":
            raise AwsError("KmsException", f"KMS key {arn} can't encrypt: it is not enabled, or not symmetric.")

    def _key_arn(self, call: Call, key_id: str) -> str:
        """The ARN of the key that the caller names in any of its ways."""
        region = key_id.split(":")[3] if key_id.startswith("arn:") else call.region
        look = Call("kms", "DescribeKey", region, {"KeyId": key_id}, call.time, call.request_id, call.principal)
        try:
            return self._kms.plan(look)[0].arn
        except AwsError as refused:
            raise AwsError("KmsKeyNotFoundException", refused.message) from None

    def _delete(self, call: Call) -> dict[str, Any]:
        del self.all[self._at_home(call).arn]
        return {}

    # --- Started, stopped --------------------------------------------------------------------------------------------

    def _start(self, call: Call) -> dict[str, Any]:
        trail = self._at_home(call)
        if not trail.logging:
            trail.logging, trail.started = True, call.time
            trail.digest_start = call.time if trail.validation else None
        return {}

    def _stop(self, call: Call) -> dict[str, Any]:
        trail = self._at_home(call)
        trail.logging, trail.stopped, trail.digest_start = False, call.time, None
        trail.digests = {}
        return {}

    def _put_selectors(self, call: Call) -> dict[str, Any]:
        trail = self._at_home(call)
        basic, advanced = call.params.get("EventSelectors"), call.params.get("AdvancedEventSelectors")
        if bool(basic) == bool(advanced):
            said = "Give either EventSelectors or AdvancedEventSelectors."
            raise AwsError("InvalidEventSelectorsException", said)
        trail.basic = selectors.checked(basic, self._data_types) if basic else []
        trail.advanced = list(advanced or [])
        return self._get_selectors(call)

    # --- Asked about -------------------------------------------------------------------------------------------------

    def _get_selectors(self, call: Call) -> dict[str, Any]:
        trail = self._find(call)
        if trail.advanced:
            return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced}
        return {"TrailARN": trail.arn, "EventSelectors": trail.basic}

    def _get(self, call: Call) -> dict[str, Any]:
        return {"Trail": _in_full(self._find(call))}

    def _describe(self, call: Call) -> dict[str, Any]:
        names = call.params.get("trailNameList") or []
        shadows = call.params.get("includeShadowTrails", True)
        seen = [
            trail
            for trail in self.all.values()
            if trail.account == call.account and (trail.region == call.region or (shadows and trail.multi_region))
        ]
        return {"trailList": [_in_full(trail) for trail in seen if not names or {trail.name, trail.arn} & set(names)]}

    def _list(self, call: Call) -> dict[str, Any]:
        own = [trail for trail in self.all.values() if trail.account == call.account]
        return {"Trails": [{"TrailARN": each.arn, "Name": each.name, "HomeRegion": each.region} for each in own]}

    def _status(self, call: Call) -> dict[str, Any]:
        trail = self._find(call)
        answer = {
            "IsLogging": trail.logging,
            "LatestDeliveryError": trail.error or None,
            "LatestDeliveryTime": trail.delivered,
            "StartLoggingTime": trail.started,
            "StopLoggingTime": trail.stopped,
            "LatestDigestDeliveryTime": trail.digest_delivered,
            "LatestCloudWatchLogsDeliveryTime": trail.log_delivered,
            "LatestCloudWatchLogsDeliveryError": trail.log_error or None,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def _find(self, call: Call) -> Trail:
        """The trail that the call names; a multi-Region trail is found from every Region."""
        name = str(call.params.get("TrailName") or call.params.get("Name"))
        for trail in self.all.values():
            near = trail.region == call.region or trail.multi_region
            if trail.account == call.account and (trail.arn == name or (trail.name == name and near)):
                return trail
        arn = name if name.startswith("arn:") else f"arn:aws:cloudtrail:{call.region}:{call.account}:trail/{name}"
        raise AwsError("TrailNotFoundException", f"Unknown trail: {arn} for the user: {call.account}", 404)

    def _at_home(self, call: Call) -> Trail:
        """A trail is changed in its home Region only."""
        trail = self._find(call)
        if trail.region != call.region:
            said = f"Trail {trail.arn} must be accessed from its home Region, {trail.region}."
            raise AwsError("InvalidHomeRegionException", said)
        return trail


def may_write(trail: Trail, bucket: str, key: str) -> bool:
    """Tell whether the bucket's policy lets CloudTrail read its ACL and put this file for this trail."""
    partition, account = s3_backends.bucket_accounts.get(bucket, ("", ""))
    if not account:
        return False
    policy = s3_backends[account][partition].buckets[bucket].policy
    arn = f"arn:aws:s3:::{bucket}"
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    return allows(policy, SERVICE, "s3:GetBucketAcl", arn, trail.arn) and allows(
        policy, SERVICE, "s3:PutObject", f"{arn}/{key}", trail.arn, acl
    )


def _in_full(trail: Trail) -> dict[str, Any]:
    custom = bool(trail.advanced) or trail.basic != selectors.DEFAULT
    return trail.described() | {
        "HomeRegion": trail.region,
        "HasCustomEventSelectors": custom,
        "HasInsightSelectors": False,
    }
