"""Looking at keys: DescribeKey, ListKeys, GetPublicKey, GetKeyLastUsage; and UpdateKeyDescription."""

from __future__ import annotations

from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from ..operation import target_key, usable_material
from ..paging import page
from ..specs import ALGORITHMS_MEMBER
from ..store import Store
from .describe import key_metadata


def describe_key(_store: Store, call: Call) -> dict[str, Any]:
    """DescribeKey."""
    return {"KeyMetadata": key_metadata(target_key(call), call.time)}


def list_keys(store: Store, call: Call) -> dict[str, Any]:
    """ListKeys, by key id (the real service promises no order).

    Nothing is shared through AWS RAM here: OTHER_ACCOUNTS_VIA_RAM alone finds nothing.
    """
    owners = call.params.get("ResourceOwners") or ["SELF"]
    there = store.in_region(call.account, call.region).keys if "SELF" in owners else {}
    keys, answer = page(call, [there[key_id] for key_id in sorted(there)])
    return {"Keys": [{"KeyId": key.id, "KeyArn": key.arn} for key in keys], **answer}


def get_public_key(_store: Store, call: Call) -> dict[str, Any]:
    """GetPublicKey: DER, SubjectPublicKeyInfo, with the one list of algorithms that fits the key's usage."""
    key = target_key(call)
    if not key.spec.asymmetric:
        raise AwsError("UnsupportedOperationException", None)
    return {
        "KeyId": key.arn,
        "PublicKey": usable_material(key).public_der,
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        "KeyUsage": key.usage,
        ALGORITHMS_MEMBER[key.usage]: list(key.algorithms),
    }


def get_key_last_usage(_store: Store, call: Call) -> dict[str, Any]:
    """GetKeyLastUsage: the last successful cryptographic operation with the key."""
    key = target_key(call)
    return {
        "KeyId": key.id,
        "KeyLastUsage": dict(key.last_usage or {}),
        "TrackingStartDate": key.created,
        "KeyCreationDate": key.created,
    }


def update_key_description(_store: Store, call: Call) -> dict[str, Any]:
    """UpdateKeyDescription."""
    target_key(call).description = call.params["Description"]
    return {}
