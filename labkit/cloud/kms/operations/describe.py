"""How a KMS key looks in an answer: KeyMetadata (CreateKey, DescribeKey, ReplicateKey). Reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..model import Key
from ..specs import ALGORITHMS_MEMBER


def key_metadata(key: Key, now: datetime) -> dict[str, Any]:
    """KeyMetadata by botocore's member names; members that do not apply to the key are left out."""
    state = key.state(now)
    metadata: dict[str, Any] = {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": state == "Enabled",
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        ALGORITHMS_MEMBER[key.usage]: list(key.algorithms),
        "MultiRegion": key.multi_region,
    }
    if key.deletion_date is not None:
        metadata["DeletionDate"] = key.deletion_date
    elif key.pending_window is not None:
        metadata["PendingDeletionWindowInDays"] = key.pending_window.days
    if key.group is not None:
        metadata["MultiRegionConfiguration"] = _configuration(key)
    metadata.update(_custom_store(key) if key.custom_store is not None else _material(key, state))
    return metadata


def _custom_store(key: Key) -> dict[str, Any]:
    """What is said of a key in a custom key store."""
    store = key.custom_store
    assert store is not None
    if store.external:
        return {"CustomKeyStoreId": store.id, "XksKeyConfiguration": {"Id": key.xks_key_id}}
    return {"CustomKeyStoreId": store.id, "CloudHsmClusterId": store.cluster_id}


def _material(key: Key, state: str) -> dict[str, Any]:
    """What is said of the material: its id for symmetric keys, and when imported material expires.

    A replica that is being created says nothing of its material yet (recorded, ReplicateKey).
    """
    about: dict[str, Any] = {}
    current = key.current
    if current is not None and key.spec.family == "symmetric" and state != "Creating":
        about["CurrentKeyMaterialId"] = current.id
    if key.origin == "EXTERNAL" and current is not None and current.present:
        about["ExpirationModel"] = current.expiration_model
        dates = [m.valid_to for m in key.materials if m.valid_to and m.state in ("CURRENT", "NON_CURRENT")]
        if dates:
            about["ExpirationModel"] = "KEY_MATERIAL_EXPIRES"
            about["ValidTo"] = min(dates)
    return about


def _configuration(key: Key) -> dict[str, Any]:
    assert key.group is not None
    return {
        "MultiRegionKeyType": "PRIMARY" if key.primary else "REPLICA",
        "PrimaryKey": {"Arn": key.group.primary.arn, "Region": key.group.primary.region},
        "ReplicaKeys": [{"Arn": replica.arn, "Region": replica.region} for replica in key.group.replicas],
    }
