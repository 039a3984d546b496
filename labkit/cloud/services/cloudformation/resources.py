"""The resources that a stack can hold: KMS keys, aliases and replica keys, made through KMS for the stack's caller.

The calls, their order and the error codes are those of AWS's own handlers, which are published
(aws-cloudformation/aws-cloudformation-resource-providers-kms, Apache License 2.0, 2026): what a handler asks of KMS,
the account's KMS is asked here, as the caller, by way of CloudFormation. Handlers know nothing of stacks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .handler_errors import HandlerError

Properties = Mapping[str, Any]
Ask = Callable[..., dict[str, Any]]
"""`ask("CreateKey", Description="…")`: a call to KMS; AwsError where it is refused. `_region` asks another Region."""

_FIXED = ("KeySpec", "KeyUsage", "MultiRegion", "Origin")
_DEFAULTS = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": False, "Origin": "AWS_KMS"}


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that is there: its physical id, and what Ref and Fn::GetAtt answer."""

    physical_id: str
    attributes: Mapping[str, str]


class Handler(Protocol):
    """What makes, changes and deletes the resources of one type."""

    known: frozenset[str]
    """The properties that the type has."""
    required: tuple[str, ...]

    def needs_new(self, before: Properties, after: Properties) -> bool:
        """Tell whether the change can't be made on the resource that is there."""

    def create(self, ask: Ask, wanted: Properties, region: str) -> Made:
        """Make it."""

    def update(self, ask: Ask, made: Made, before: Properties, after: Properties) -> None:
        """Change it."""

    def delete(self, ask: Ask, made: Made, properties: Properties) -> None:
        """Delete it; that it is gone already is no error."""


class Key:
    """AWS::KMS::Key."""

    known: frozenset[str] = frozenset(
        {
            "BypassPolicyLockoutSafetyCheck", "Description", "Enabled", "EnableKeyRotation", "KeyPolicy", "KeySpec",
            "KeyUsage", "MultiRegion", "Origin", "PendingWindowInDays", "RotationPeriodInDays", "Tags",
        }
    )  # fmt: skip
    required: tuple[str, ...] = ()

    def needs_new(self, before: Properties, after: Properties) -> bool:
        """Never: "You cannot change" what would need a new key."""
        return False

    def create(self, ask: Ask, wanted: Properties, region: str) -> Made:
        """CreateKey, EnableKeyRotation, DisableKey."""
        _check_rotation(wanted)
        params = {name: wanted[name] for name in ("Description", "KeySpec", "KeyUsage", "Origin") if name in wanted}
        for name in ("MultiRegion", "BypassPolicyLockoutSafetyCheck"):
            if name in wanted:
                params[name] = truth(wanted[name])
        if "KeyPolicy" in wanted:
            params["Policy"] = _policy(wanted)
        if wanted.get("Tags"):
            params["Tags"] = _tags(wanted)
        made = _made(ask("CreateKey", **params)["KeyMetadata"])
        try:
            if truth(wanted.get("EnableKeyRotation")):
                ask("EnableKeyRotation", KeyId=made.physical_id, **_period(wanted))
            if not truth(wanted.get("Enabled", True)):
                ask("DisableKey", KeyId=made.physical_id)
        except HandlerError as failed:
            raise Unfinished(failed, made) from None
        return made

    def update(self, ask: Ask, made: Made, before: Properties, after: Properties) -> None:
        """Change what has changed, in the handlers' order."""
        _check_there(ask, made, "AWS::KMS::Key")
        _check_rotation(after)
        if any(_or_default(before, name) != _or_default(after, name) for name in _FIXED):
            raise HandlerError(
                "InvalidRequest",
                "You cannot change the values of the KeySpec, KeyUsage, Origin, or MultiRegion properties of an "
                "AWS::KMS::Key resource.",
            )
        was, shall_be = (truth(each.get("Enabled", True)) for each in (before, after))
        turned, turns = (truth(each.get("EnableKeyRotation")) for each in (before, after))
        if not was and not shall_be and turned != turns:
            raise HandlerError(
                "InvalidRequest",
                "You cannot change the EnableKeyRotation property while the Enabled property is false.",
            )
        if not was and shall_be:
            ask("EnableKey", KeyId=made.physical_id)
        if turns and (not turned or _period(before) != _period(after)):
            ask("EnableKeyRotation", KeyId=made.physical_id, **_period(after))
        elif turned and not turns:
            ask("DisableKeyRotation", KeyId=made.physical_id)
        if was and not shall_be:
            ask("DisableKey", KeyId=made.physical_id)
        _update_words(ask, made, before, after)

    def delete(self, ask: Ask, made: Made, properties: Properties) -> None:
        """ScheduleKeyDeletion, after PendingWindowInDays or 30 days."""
        window = (
            {"PendingWindowInDays": int(properties["PendingWindowInDays"])}
            if "PendingWindowInDays" in properties
            else {}
        )
        try:
            ask("ScheduleKeyDeletion", KeyId=made.physical_id, **window)
        except HandlerError as failed:
            if failed.code != "NotFound" and "is pending" not in failed.message:
                raise


class ReplicaKey(Key):
    """AWS::KMS::ReplicaKey."""

    known: frozenset[str] = frozenset(
        {"Description", "Enabled", "KeyPolicy", "PendingWindowInDays", "PrimaryKeyArn", "Tags"}
    )
    required: tuple[str, ...] = ("PrimaryKeyArn", "KeyPolicy")

    def needs_new(self, before: Properties, after: Properties) -> bool:
        """Tell that the primary key is fixed."""
        return bool(before.get("PrimaryKeyArn") != after.get("PrimaryKeyArn"))

    def create(self, ask: Ask, wanted: Properties, region: str) -> Made:
        """ReplicateKey, in the primary key's Region."""
        arn = str(wanted["PrimaryKeyArn"])
        if arn.count(":") < 5:
            raise HandlerError("InvalidRequest", f"Invalid request provided: {arn} is not the ARN of a key.")
        params: dict[str, Any] = {"KeyId": arn, "ReplicaRegion": region, "Policy": _policy(wanted)}
        if "Description" in wanted:
            params["Description"] = wanted["Description"]
        if wanted.get("Tags"):
            params["Tags"] = _tags(wanted)
        made = _made(ask("ReplicateKey", _region=arn.split(":")[3], **params)["ReplicaKeyMetadata"])
        if not truth(wanted.get("Enabled", True)):
            try:
                ask("DisableKey", KeyId=made.physical_id)
            except HandlerError as failed:
                raise Unfinished(failed, made) from None
        return made

    def update(self, ask: Ask, made: Made, before: Properties, after: Properties) -> None:
        """Change what has changed."""
        _check_there(ask, made, "AWS::KMS::ReplicaKey")
        was, shall_be = (truth(each.get("Enabled", True)) for each in (before, after))
        if was != shall_be:
            ask("EnableKey" if shall_be else "DisableKey", KeyId=made.physical_id)
        _update_words(ask, made, before, after)


class Alias:
    """AWS::KMS::Alias."""

    known: frozenset[str] = frozenset({"AliasName", "TargetKeyId"})
    required: tuple[str, ...] = ("AliasName", "TargetKeyId")

    def needs_new(self, before: Properties, after: Properties) -> bool:
        """Tell that its name is fixed."""
        return bool(before.get("AliasName") != after.get("AliasName"))

    def create(self, ask: Ask, wanted: Properties, region: str) -> Made:
        """DescribeKey, by which the handler looks whether the alias is there; then CreateAlias."""
        name = str(wanted["AliasName"])
        try:
            ask("DescribeKey", KeyId=name)
        except HandlerError as failed:
            there = failed.code == "AccessDenied"
        else:
            there = True
        if there:
            raise HandlerError(
                "AlreadyExists", f"Resource of type 'AWS::KMS::Alias' with identifier '{name}' already exists."
            )
        ask("CreateAlias", AliasName=name, TargetKeyId=wanted["TargetKeyId"])
        return Made(name, {"Ref": name})

    def update(self, ask: Ask, made: Made, before: Properties, after: Properties) -> None:
        """UpdateAlias."""
        ask("UpdateAlias", AliasName=made.physical_id, TargetKeyId=after["TargetKeyId"])

    def delete(self, ask: Ask, made: Made, properties: Properties) -> None:
        """DeleteAlias."""
        try:
            ask("DeleteAlias", AliasName=made.physical_id)
        except HandlerError as failed:
            if failed.code != "NotFound":
                raise


class Unfinished(HandlerError):
    """A resource that was made, and then could not be finished: the roll-back deletes it."""

    def __init__(self, failed: HandlerError, made: Made) -> None:
        super().__init__(failed.code, failed.message)
        self.made = made


HANDLERS: Mapping[str, Handler] = {
    "AWS::KMS::Alias": Alias(),
    "AWS::KMS::Key": Key(),
    "AWS::KMS::ReplicaKey": ReplicaKey(),
}


def truth(value: Any) -> bool:
    """Return a boolean property: templates write it as a text, too."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _made(metadata: Mapping[str, Any]) -> Made:
    key_id, arn = str(metadata["KeyId"]), str(metadata["Arn"])
    return Made(key_id, {"Ref": key_id, "KeyId": key_id, "Arn": arn})


def _or_default(properties: Properties, name: str) -> str:
    return str(properties.get(name, _DEFAULTS[name])).lower()


def _policy(properties: Properties) -> str:
    policy = properties["KeyPolicy"]
    return policy if isinstance(policy, str) else json.dumps(policy)


def _tags(properties: Properties) -> list[dict[str, str]]:
    return [{"TagKey": str(tag["Key"]), "TagValue": str(tag["Value"])} for tag in properties.get("Tags") or ()]


def _period(properties: Properties) -> dict[str, int]:
    days = properties.get("RotationPeriodInDays")
    return {"RotationPeriodInDays": int(days)} if days is not None else {}


def _check_rotation(wanted: Properties) -> None:
    symmetric = _or_default(wanted, "KeySpec") == "symmetric_default" and _or_default(wanted, "Origin") != "external"
    if not symmetric and truth(wanted.get("EnableKeyRotation")):
        raise HandlerError(
            "InvalidRequest", "You cannot set the EnableKeyRotation property to true on asymmetric or external keys."
        )


def _check_there(ask: Ask, made: Made, kind: str) -> None:
    """DescribeKey: a key that is pending deletion counts as gone."""
    state = ask("DescribeKey", KeyId=made.physical_id)["KeyMetadata"]["KeyState"]
    if state in ("PendingDeletion", "PendingReplicaDeletion"):
        raise HandlerError("NotFound", f"Resource of type '{kind}' with identifier '{made.physical_id}' was not found.")


def _update_words(ask: Ask, made: Made, before: Properties, after: Properties) -> None:
    """Description, policy and tags."""
    key = made.physical_id
    if before.get("Description", "") != after.get("Description", ""):
        ask("UpdateKeyDescription", KeyId=key, Description=after.get("Description", ""))
    if "KeyPolicy" in after and before.get("KeyPolicy") != after["KeyPolicy"]:
        ask("PutKeyPolicy", KeyId=key, PolicyName="default", Policy=_policy(after))
    had, has = _tags(before), _tags(after)
    if had == has:
        return
    gone = [tag["TagKey"] for tag in had if tag["TagKey"] not in {each["TagKey"] for each in has}]
    if gone:
        ask("UntagResource", KeyId=key, TagKeys=gone)
    new = [tag for tag in has if tag not in had]
    if new:
        ask("TagResource", KeyId=key, Tags=new)
