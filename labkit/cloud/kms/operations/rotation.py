"""EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from .. import rotation_schedule
from ..material import Material
from ..model import Key
from ..operation import parameter, target_key
from ..paging import page
from ..store import Store

MOST_ON_DEMAND = 25
"""On-demand rotations of one key in its life (RotateKeyOnDemand's documentation; it was 10 before)."""
_CONFLICT = timedelta(minutes=20)


def enable(store: Store, call: Call) -> dict[str, Any]:
    """EnableKeyRotation: the first rotation is one period after this call."""
    key = _rotatable_primary(call)
    days = parameter(call, "RotationPeriodInDays")
    rotation_schedule.schedule(store, key, timedelta(days=days), call.time)
    return {}


def disable(_store: Store, call: Call) -> dict[str, Any]:
    """DisableKeyRotation: keys that can't rotate are no error (recorded, floci-io/floci, KmsIntegrationTest, 2026)."""
    _require_primary(target_key(call))
    target_key(call).rotation = None
    return {}


def status(_store: Store, call: Call) -> dict[str, Any]:
    """GetKeyRotationStatus: "While a KMS key is pending deletion, its key rotation status is false".

    So it is of keys that can't rotate: the operation is no error there (hashicorp/terraform-provider-aws asks it of
    every key whose material is from KMS, and takes no error for an answer: its tests of asymmetric keys pass).
    """
    key = target_key(call)
    leader = key.group.primary if key.group else key
    rotation = leader.rotation if key.pending_window is None else None
    answer: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": rotation is not None}
    if rotation is not None:
        answer["RotationPeriodInDays"] = rotation.period.days
        if rotation.next > call.time:
            answer["NextRotationDate"] = rotation.next
    if leader.on_demand_started is not None:
        answer["OnDemandRotationStartDate"] = leader.on_demand_started
    return answer


def on_demand(store: Store, call: Call) -> dict[str, Any]:
    """RotateKeyOnDemand: begins a rotation that completes some seconds later; automatic rotation keeps its dates."""
    key = _rotatable_primary(call)
    if key.custom_store is not None:  # RotateKeyOnDemand excludes them; the text is that of EnableKeyRotation
        said = f"{key.arn} origin is {key.origin} which is not valid for this operation."
        raise AwsError("UnsupportedOperationException", said)
    rotation = key.rotation
    if key.on_demand_started is not None or (rotation and rotation.next - call.time <= _CONFLICT):
        raise AwsError("ConflictException", None)
    if key.origin == "EXTERNAL" and rotation_schedule.pending_material(key) is None:
        message = f"No available key material pending rotation for the key: {key.arn}."
        raise AwsError("KMSInvalidStateException", message)
    if key.on_demand_count >= MOST_ON_DEMAND:
        raise AwsError(
            "LimitExceededException",
            "The on-demand rotations limit has been reached for the given keyId. "
            f"No more on-demand rotations can be performed for this key: {key.arn}",
        )
    rotation_schedule.start_on_demand(store, key, call.time)
    return {"KeyId": key.arn}


def list_rotations(_store: Store, call: Call) -> dict[str, Any]:
    """ListKeyRotations, oldest first: the rotations alone, or all material of the key."""
    key = target_key(call)
    _require_symmetric(key)
    everything = call.params.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
    told = () if key.custom_store is not None else key.materials  # KMS tells no material of such keys (KeyMetadata)
    listed = [material for material in told if everything or material.rotated is not None]
    materials, answer = page(call, listed)
    return {"Rotations": [_entry(key, material) for material in materials], **answer}


def _entry(key: Key, material: Material) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "KeyId": key.id,
        "KeyMaterialId": material.id,
        "KeyMaterialState": material.state,
    }
    if key.origin == "EXTERNAL":
        entry["ImportState"] = "IMPORTED" if material.present else "PENDING_IMPORT"
        entry["KeyMaterialDescription"] = material.description
        if material.present:
            entry["ExpirationModel"] = material.expiration_model
            entry["ValidTo"] = material.valid_to
    entry["RotationDate"] = material.rotated
    entry["RotationType"] = material.rotation_type
    return {name: value for name, value in entry.items() if value is not None}


def _require_symmetric(key: Key) -> None:
    """Only symmetric encryption keys rotate; the real service's error has no message (recorded)."""
    if key.spec.family != "symmetric":
        raise AwsError("UnsupportedOperationException", None)


def _rotatable_primary(call: Call) -> Key:
    """Rotation of related multi-Region keys is ruled by the primary."""
    key = target_key(call)
    _require_symmetric(key)
    _require_primary(key)
    return key


def _require_primary(key: Key) -> None:
    if key.multi_region and not key.primary:
        raise AwsError("UnsupportedOperationException", f"{key.arn} is not a multi-region primary key.")
