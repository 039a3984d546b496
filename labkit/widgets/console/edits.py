"""What a key's page lets one edit, as calls: description, tags, aliases, rotation, key policy, grants. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..calls import Call

SHORTEST_PERIOD, LONGEST_PERIOD, PERIOD = 90, 2560, 365  # days (EnableKeyRotation, RotationPeriodInDays)


def new_description(key_id: str, description: str) -> Call:
    """Make the call that puts another description in place."""
    return Call("UpdateKeyDescription", {"KeyId": key_id, "Description": description})


def new_tags(key_id: str, before: Mapping[str, str], after: Iterable[tuple[str, str]]) -> tuple[Call, ...]:
    """Make the calls after which the key has these tags: those that are new or changed, then those to take away.

    A tag that is there twice is sent twice, and KMS says what it thinks of it.
    """
    wanted = tuple(after)
    put = [{"TagKey": key, "TagValue": value} for key, value in wanted if before.get(key) != value]
    gone = [key for key in before if key not in dict(wanted)]
    tag = (Call("TagResource", {"KeyId": key_id, "Tags": put}),) if put else ()
    return (*tag, Call("UntagResource", {"KeyId": key_id, "TagKeys": gone})) if gone else tag


def new_alias(key_id: str, name: str) -> Call:
    """Make the call of CreateAlias; the name may have its prefix or not."""
    return Call("CreateAlias", {"AliasName": _alias(name), "TargetKeyId": key_id})


def no_alias(name: str) -> Call:
    """Make the call of DeleteAlias."""
    return Call("DeleteAlias", {"AliasName": _alias(name)})


def _alias(name: str) -> str:
    return f"alias/{name.removeprefix('alias/')}"


def rotation_every(key_id: str, days: int) -> Call:
    """Make the call that lets KMS rotate the key by itself. ValueError for a period that KMS does not take."""
    if not SHORTEST_PERIOD <= days <= LONGEST_PERIOD:
        raise ValueError(f"The rotation period is {SHORTEST_PERIOD} to {LONGEST_PERIOD} days.")
    return Call("EnableKeyRotation", {"KeyId": key_id, "RotationPeriodInDays": days})


def no_rotation(key_id: str) -> Call:
    """Make the call of DisableKeyRotation."""
    return Call("DisableKeyRotation", {"KeyId": key_id})


def new_policy(key_id: str, document: str) -> Call:
    """Make the call that puts another key policy in place, as it is written."""
    return Call("PutKeyPolicy", {"KeyId": key_id, "PolicyName": "default", "Policy": document})


def no_grant(key_id: str, grant_id: str) -> Call:
    """Make the call of RevokeGrant."""
    return Call("RevokeGrant", {"KeyId": key_id, "GrantId": grant_id})
