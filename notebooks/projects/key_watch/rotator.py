"""The Lambda function: looks at every alias `alias/watch/...`, and renews a key that is older than the limit.

A symmetric encryption key gets new material (RotateKeyOnDemand). A key that can't rotate, for signatures, HMAC or key
agreement, gets a successor of the same kind, and the alias leads there; the old key stays, so that what was made with
it can still be verified. Imported material is its owner's to renew: it is only measured.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import boto3

PREFIX = "alias/watch/"
NAMESPACE = "KeyWatch"
TAG = {"TagKey": "watch", "TagValue": "yes"}


def handler(event: dict[str, Any], context: Any) -> list[dict[str, Any]]:
    """Do one round; the answer, a line for each alias, is also printed, and so stands in the function's log."""
    kms, cloudwatch = boto3.client("kms"), boto3.client("cloudwatch")
    now = datetime.fromisoformat(event["time"])
    done = act(kms, cloudwatch, now, int(os.environ["LIMIT_DAYS"]))
    print(json.dumps(done))  # noqa: T201  # what a function prints stands in its log
    return done


def act(kms: Any, cloudwatch: Any, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Renew what is older than `limit` days, and publish each key's age. One key's trouble does not stop the round."""
    done = []
    for alias, key in _watched(kms):
        try:
            done.append({"alias": alias, **_one(kms, alias, key, now, limit)})
        except kms.exceptions.ClientError as refused:
            done.append({"alias": alias, "did": "failed", "error": refused.response["Error"]["Code"]})
    measured = [_datum(each, now) for each in done if "age" in each]
    if measured:
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=measured)
    return done


def age_in_days(kms: Any, key: dict[str, Any], now: datetime) -> int:
    """Tell how old the key's newest material is, in whole days. `key` is its KeyMetadata."""
    pages = kms.get_paginator("list_key_rotations").paginate(KeyId=key["Arn"]) if _can_rotate(key) else ()
    turned = [each["RotationDate"] for page in pages for each in page["Rotations"] if "RotationDate" in each]
    return int((now - max([key["CreationDate"], *turned]).astimezone(UTC)).days)


def _watched(kms: Any) -> list[tuple[str, str]]:
    """The aliases under PREFIX, and the keys that they lead to."""
    pages = kms.get_paginator("list_aliases").paginate()
    found = [each for page in pages for each in page["Aliases"] if each["AliasName"].startswith(PREFIX)]
    return [(each["AliasName"], each["TargetKeyId"]) for each in found if "TargetKeyId" in each]


def _one(kms: Any, alias: str, key_id: str, now: datetime, limit: int) -> dict[str, Any]:
    key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    age = age_in_days(kms, key, now)
    if key["KeyState"] != "Enabled":
        return {"did": "nothing", "why": key["KeyState"], "age": age}
    if age < limit or key["Origin"] != "AWS_KMS":
        return {"did": "nothing", "why": "young" if age < limit else key["Origin"], "age": age}
    try:
        return {"did": _renew(kms, alias, key), "age": 0}
    except kms.exceptions.ClientError as refused:
        return {"did": "failed", "error": refused.response["Error"]["Code"], "age": age}


def _renew(kms: Any, alias: str, key: dict[str, Any]) -> str:
    """Rotate the key, or replace it where that can't be done; answers which."""
    if _can_rotate(key):
        try:
            kms.rotate_key_on_demand(KeyId=key["Arn"])
            return "rotated"
        except kms.exceptions.LimitExceededException:  # a key has 25 rotations on demand in its life
            pass
    _replace(kms, alias, key)
    return "replaced"


def _can_rotate(key: dict[str, Any]) -> bool:
    return bool(key["KeySpec"] == "SYMMETRIC_DEFAULT" and key["Origin"] == "AWS_KMS")


def _replace(kms: Any, alias: str, key: dict[str, Any]) -> None:
    """Make a successor of the same kind, with the same policy and tags, and let the alias lead to it.

    The lockout safety check asks whether the caller may put the next key policy. This function may not, and must not.
    The policy is a copy of one that people can change, so the check can be left out.
    """
    policy = kms.get_key_policy(KeyId=key["Arn"])["Policy"]
    pages = kms.get_paginator("list_resource_tags").paginate(KeyId=key["Arn"])
    tags = [each for page in pages for each in page["Tags"]]
    kind = {name: key[name] for name in ("KeySpec", "KeyUsage", "Description", "MultiRegion")}
    new = kms.create_key(**kind, Policy=policy, Tags=tags, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
    kms.update_alias(AliasName=alias, TargetKeyId=new)


def _datum(line: dict[str, Any], now: datetime) -> dict[str, Any]:
    dimensions = [{"Name": "Alias", "Value": line["alias"]}]
    return {"MetricName": "KeyAgeDays", "Dimensions": dimensions, "Value": line["age"], "Timestamp": now}
