"""Tags on trails: AddTags, RemoveTags, ListTags, and those that CreateTrail brings. Changes trails' tags only.

Source: CloudTrail API Reference, the three operations, and botocore's model of them: a trail is named by its ARN, the
calls are made in its home Region, and a trail has up to 50 tags. AWS's sentences for the refusals are not published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..core.call import Call
from ..core.errors import AwsError
from .trail import Trail

_MOST = 50
_NOT_HERE = {  # by the ARN's kind of resource (the operations' exceptions in botocore's model); this account has trails
    "channel": "ChannelNotFoundException",
    "dashboard": "ResourceNotFoundException",
    "eventdatastore": "EventDataStoreNotFoundException",
    "trail": "ResourceNotFoundException",
}


def operations(trails: Mapping[str, Trail]) -> dict[str, Callable[[Call], dict[str, Any]]]:
    """Return the operations on the tags of these trails, which are by ARN."""

    def add(call: Call) -> dict[str, Any]:
        put(_named(trails, call, call.params["ResourceId"]), call.params["TagsList"])
        return {}

    def remove(call: Call) -> dict[str, Any]:
        trail = _named(trails, call, call.params["ResourceId"])
        for tag in call.params["TagsList"]:
            trail.tags.pop(tag["Key"], None)
        return {}

    def list_tags(call: Call) -> dict[str, Any]:
        found = [_named(trails, call, arn) for arn in call.params["ResourceIdList"]]
        return {"ResourceTagList": [{"ResourceId": each.arn, "TagsList": _listed(each.tags)} for each in found]}

    return {"AddTags": add, "ListTags": list_tags, "RemoveTags": remove}


def put(trail: Trail, tags: list[dict[str, Any]]) -> None:
    """Add tags to a trail; a tag that is there gets the new value."""
    if len({tag["Key"] for tag in tags}) < len(tags):
        raise AwsError("InvalidTagParameterException", "Two tags of the request have the same key.")
    wanted = trail.tags | {tag["Key"]: tag.get("Value") for tag in tags}
    if len(wanted) > _MOST:
        raise AwsError("TagsLimitExceededException", f"A trail can have up to {_MOST} tags.")
    trail.tags = wanted


def _named(trails: Mapping[str, Trail], call: Call, arn: str) -> Trail:
    *start, resource = arn.split(":", 5)
    if start[:1] != ["arn"] or start[2:3] != ["cloudtrail"] or "/" not in resource:
        raise AwsError("CloudTrailARNInvalidException", f"{arn} is not the ARN of a trail.")
    code = _NOT_HERE.get(resource.partition("/")[0], "ResourceTypeNotSupportedException")
    trail = trails.get(arn)
    if trail is None or (trail.account, trail.region) != (call.account, call.region):
        raise AwsError(code, f"There is no {arn} in this Region.")
    return trail


def _listed(tags: Mapping[str, str | None]) -> list[dict[str, str]]:
    return [{"Key": key} | ({} if value is None else {"Value": value}) for key, value in tags.items()]
