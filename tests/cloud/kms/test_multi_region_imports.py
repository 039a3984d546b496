"""Imported material of related multi-Region keys: who has it, and when it can be rotated to."""

from __future__ import annotations

from typing import Any

SECRET, NEXT = b"1" * 32, b"2" * 32
NEW = {"ImportType": "NEW_KEY_MATERIAL"}


def pending(world: Any, key_id: str, *regions: str) -> set[str]:
    """The states of the second material in these Regions."""
    found = set()
    for region in regions:
        answer = world.call("ListKeyRotations", KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL", region=region)
        found.add(answer["Rotations"][1]["KeyMaterialState"])
    return found


def replicated(world: Any, *regions: str) -> str:
    """The id of a multi-Region key with material in us-east-1 and these Regions."""
    key_id: str = world.create(Origin="EXTERNAL", MultiRegion=True)["KeyId"]
    world.bring(key_id, SECRET)
    for region in regions:
        world.call("ReplicateKey", KeyId=key_id, ReplicaRegion=region)
        world.advance(seconds=10)
        world.bring(key_id, SECRET, region=region)
    return key_id


def test_a_new_replica_lacks_the_pending_material_too(world: Any) -> None:
    """Until it has been imported there as well, no key of the family can rotate to it, and the primary says so."""
    key_id = replicated(world, "eu-west-1")
    world.bring(key_id, NEXT, **NEW)
    world.bring(key_id, NEXT, region="eu-west-1")
    assert pending(world, key_id, "us-east-1", "eu-west-1") == {"PENDING_ROTATION"}
    world.call("ReplicateKey", KeyId=key_id, ReplicaRegion="ap-south-1")
    world.advance(seconds=10)
    everywhere = ("us-east-1", "eu-west-1", "ap-south-1")
    assert pending(world, key_id, *everywhere) == {"PENDING_MULTI_REGION_IMPORT_AND_ROTATION"}
    assert world.refused("RotateKeyOnDemand", KeyId=key_id).code == "KMSInvalidStateException"
    world.bring(key_id, NEXT, region="ap-south-1")
    assert pending(world, key_id, *everywhere) == {"PENDING_ROTATION"}
    world.call("RotateKeyOnDemand", KeyId=key_id)
    assert [each.region for each in world.advance(seconds=10)] == list(everywhere)


def test_a_replica_that_is_gone_holds_nobody_up(world: Any) -> None:
    """When the one key without the material is deleted, the others can rotate."""
    key_id = replicated(world, "eu-west-1")
    world.bring(key_id, NEXT, **NEW)
    assert pending(world, key_id, "us-east-1") == {"PENDING_MULTI_REGION_IMPORT_AND_ROTATION"}
    world.call("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7, region="eu-west-1")
    world.advance(days=8)
    assert pending(world, key_id, "us-east-1") == {"PENDING_ROTATION"}
    world.call("RotateKeyOnDemand", KeyId=key_id)
    assert [each.region for each in world.advance(seconds=10)] == ["us-east-1"]


def test_pending_material_that_a_replica_loses(world: Any) -> None:
    """The primary keeps its own ("remain unchanged"), and waits again until the replica has it back."""
    key_id = replicated(world, "eu-west-1")
    material = world.bring(key_id, NEXT, **NEW)["KeyMaterialId"]
    world.bring(key_id, NEXT, region="eu-west-1")
    world.call("DeleteImportedKeyMaterial", KeyId=key_id, KeyMaterialId=material, region="eu-west-1")
    assert world.state(key_id) == world.state(key_id, "eu-west-1") == "Enabled"
    assert world.refused("RotateKeyOnDemand", KeyId=key_id).code == "KMSInvalidStateException"
    world.bring(key_id, NEXT, region="eu-west-1")
    world.call("RotateKeyOnDemand", KeyId=key_id)
