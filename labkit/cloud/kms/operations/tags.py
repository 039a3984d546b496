"""Tags of KMS keys: TagResource, UntagResource, ListResourceTags, and the tags that a new key brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from ..operation import target_key
from ..paging import page
from ..store import Store

MOST = 50
"""Tags on one key ("Tags in AWS KMS", AWS KMS Developer Guide)."""


def merged_tags(present: Mapping[str, str], given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the tags after adding those given (TagKey, TagValue); TagException as recorded from the real service."""
    keys = [tag["TagKey"] for tag in given]
    _refuse_reserved(keys)
    if len(set(keys)) != len(keys):
        raise AwsError("TagException", "Duplicate tag keys")
    tags = {**present, **{tag["TagKey"]: tag["TagValue"] for tag in given}}
    if len(tags) > MOST:
        raise AwsError("TagException", "Too many tags")
    return tags


def tag_resource(_store: Store, call: Call) -> dict[str, Any]:
    """TagResource: adds tags, or gives those that are there another value."""
    key = target_key(call)
    key.tags = merged_tags(key.tags, call.params["Tags"])
    return {}


def untag_resource(_store: Store, call: Call) -> dict[str, Any]:
    """UntagResource: a tag that isn't there is no error (its documentation)."""
    key = target_key(call)
    _refuse_reserved(call.params["TagKeys"])
    key.tags = {name: value for name, value in key.tags.items() if name not in call.params["TagKeys"]}
    return {}


def list_resource_tags(_store: Store, call: Call) -> dict[str, Any]:
    """ListResourceTags."""
    tags, answer = page(call, as_list(target_key(call).tags))
    return {"Tags": list(tags), **answer}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API writes them."""
    return [{"TagKey": name, "TagValue": value} for name, value in tags.items()]


def _refuse_reserved(keys: Sequence[str]) -> None:
    if any(key.lower().startswith("aws:") for key in keys):
        raise AwsError("TagException", "Tags beginning with aws: are reserved")
