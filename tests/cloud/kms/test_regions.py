"""Multi-Region keys: replicas, what is shared, another primary, deletion with replicas."""

from __future__ import annotations

from typing import Any

import pytest

HERE, THERE, FAR = "us-east-1", "eu-west-1", "ap-southeast-2"


def pair(world: Any, **params: Any) -> tuple[str, str]:
    """A primary here and its replica there, both ready."""
    arn = world.create(MultiRegion=True, **params)["Arn"]
    replica = world.call("ReplicateKey", KeyId=arn, ReplicaRegion=THERE)["ReplicaKeyMetadata"]["Arn"]
    world.advance(seconds=10)
    return arn, replica


def test_key_id(world: Any) -> None:
    """A multi-Region key's id begins mrk-; a primary without replicas lists none."""
    meta = world.create(MultiRegion=True)
    assert meta["KeyId"].startswith("mrk-")
    assert len(meta["KeyId"]) == 36
    assert meta["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": {"Arn": meta["Arn"], "Region": HERE},
        "ReplicaKeys": [],
    }


def test_replicating(world: Any) -> None:
    """A replica is Creating for some seconds, without a material id yet, then Enabled (recorded)."""
    primary = world.create(MultiRegion=True, Description="first", Tags=[{"TagKey": "a", "TagValue": "b"}])
    answer = world.call("ReplicateKey", KeyId=primary["KeyId"], ReplicaRegion=THERE)
    actions = [(target.action, target.arn) for target in world.last.targets]
    assert actions == [("kms:ReplicateKey", primary["Arn"]), ("kms:CreateKey", "*")]
    meta = answer["ReplicaKeyMetadata"]
    assert set(answer) == {"ReplicaKeyMetadata", "ReplicaPolicy"}
    assert (meta["KeyState"], meta["Enabled"], meta["Description"]) == ("Creating", False, "")
    assert "CurrentKeyMaterialId" not in meta
    blob = world.call("Encrypt", KeyId=primary["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    error = world.refused("Decrypt", CiphertextBlob=blob, region=THERE)
    assert error.message == f"{meta['Arn']} is creating."
    assert [(each.name, each.key_arn) for each in world.advance(seconds=10)] == [
        ("SynchronizeMultiRegionKey", primary["Arn"])
    ]
    ready = world.call("DescribeKey", KeyId=meta["Arn"], region=THERE)["KeyMetadata"]
    assert (ready["KeyState"], ready["CurrentKeyMaterialId"]) == ("Enabled", primary["CurrentKeyMaterialId"])
    assert world.call("ListResourceTags", KeyId=meta["Arn"], region=THERE)["Tags"] == []


def test_own_properties_of_a_replica(world: Any) -> None:
    """Description, tags and policy are the replica's own; tags need their permission."""
    arn = world.create(MultiRegion=True)["Arn"]
    tags, policy = [{"TagKey": "a", "TagValue": "b"}], '{"Version": "2012-10-17", "Statement": []}'
    params = {"ReplicaRegion": THERE, "Description": "second", "Tags": tags, "Policy": policy}
    answer = world.call("ReplicateKey", KeyId=arn, **params)
    assert world.last.targets[-1].action == "kms:TagResource"
    assert (answer["ReplicaTags"], answer["ReplicaPolicy"]) == (tags, policy)
    assert answer["ReplicaKeyMetadata"]["Description"] == "second"
    assert world.call("DescribeKey", KeyId=arn)["KeyMetadata"]["Description"] == ""


def test_once_a_region(world: Any) -> None:
    """A Region can hold one of the related keys."""
    arn, _ = pair(world)
    for region in (THERE, HERE):
        assert world.refused("ReplicateKey", KeyId=arn, ReplicaRegion=region).code == "AlreadyExistsException"


def test_regions_that_do_not_exist(world: Any) -> None:
    """A Region of the right form that AWS doesn't have."""
    error = world.refused("ReplicateKey", KeyId=world.create(MultiRegion=True)["Arn"], ReplicaRegion="eu-nowhere-9")
    assert error.code == "UnsupportedOperationException"


def test_single_region_keys_stay_home(world: Any) -> None:
    """A key that wasn't made as multi-Region can't become one."""
    arn = world.create()["Arn"]
    for params in ({"ReplicaRegion": THERE}, {"PrimaryRegion": THERE}):
        operation = "ReplicateKey" if "ReplicaRegion" in params else "UpdatePrimaryRegion"
        assert world.refused(operation, KeyId=arn, **params).code == "UnsupportedOperationException"


def test_state_is_each_keys_own(world: Any) -> None:
    """Disabling one of the related keys leaves the other enabled."""
    arn, replica = pair(world)
    world.call("DisableKey", KeyId=arn)
    assert (world.state(arn), world.state(replica, THERE)) == ("Disabled", "Enabled")


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ML_DSA_44"])
def test_asymmetric_replicas_share_their_key_pair(world: Any, spec: str) -> None:
    """Signed here, verified there."""
    arn, replica = pair(world, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    algorithm = "ECDSA_SHA_256" if spec.startswith("ECC") else "ML_DSA_SHAKE_256"
    params = {"Message": b"m", "SigningAlgorithm": algorithm}
    signature = world.call("Sign", KeyId=arn, **params)["Signature"]
    assert world.call("Verify", KeyId=replica, Signature=signature, region=THERE, **params)["SignatureValid"]


def test_rotation_is_shared(world: Any) -> None:
    """The primary rules; the new material is there in each Region, the old too, also in a later replica."""
    arn, replica = pair(world)
    old = world.call("Encrypt", KeyId=replica, Plaintext=b"old", region=THERE)["CiphertextBlob"]
    assert world.refused("EnableKeyRotation", KeyId=replica, region=THERE).code == "UnsupportedOperationException"
    world.call("EnableKeyRotation", KeyId=arn)
    assert world.call("GetKeyRotationStatus", KeyId=replica, region=THERE)["KeyRotationEnabled"] is True
    assert [each.key_arn for each in world.advance(days=365)] == [arn, replica]
    new = world.call("Encrypt", KeyId=arn, Plaintext=b"new")["CiphertextBlob"]
    world.call("ReplicateKey", KeyId=arn, ReplicaRegion=FAR)
    world.advance(seconds=10)
    for region in (HERE, THERE, FAR):
        opened = [world.call("Decrypt", CiphertextBlob=blob, region=region)["Plaintext"] for blob in (old, new)]
        assert opened == [b"old", b"new"]


def test_another_primary(world: Any) -> None:
    """Primary and replica change places; both are Updating, yet usable; rotation moves with the role."""
    arn, replica = pair(world)
    world.call("EnableKeyRotation", KeyId=arn)
    world.call("UpdatePrimaryRegion", KeyId=arn, PrimaryRegion=THERE)
    assert [target.arn for target in world.last.targets] == [arn, replica]
    meta = world.call("DescribeKey", KeyId=arn)["KeyMetadata"]
    assert meta["KeyState"] == "Updating"
    assert meta["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": {"Arn": replica, "Region": THERE},
        "ReplicaKeys": [{"Arn": arn, "Region": HERE}],
    }
    blob = world.call("Encrypt", KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    assert world.call("Decrypt", CiphertextBlob=blob, region=THERE)["Plaintext"] == b"x"
    assert world.refused("DisableKey", KeyId=arn).message == f"{arn} is updating."
    assert [each.key_arn for each in world.advance(seconds=10)] == [replica]
    assert (world.state(arn), world.state(replica, THERE)) == ("Enabled", "Enabled")
    assert world.refused("DisableKeyRotation", KeyId=arn).code == "UnsupportedOperationException"
    world.call("DisableKeyRotation", KeyId=replica, region=THERE)
    assert world.call("GetKeyRotationStatus", KeyId=arn)["KeyRotationEnabled"] is False


def test_a_primary_needs_a_replica_there(world: Any) -> None:
    """Only a Region with a replica can become the primary's."""
    arn, _ = pair(world)
    error = world.refused("UpdatePrimaryRegion", KeyId=arn, PrimaryRegion=FAR)
    assert error.code == "NotFoundException"


def test_deleting_a_primary_with_replicas(world: Any) -> None:
    """The primary waits for its last replica; only then its own waiting period begins."""
    arn, replica = pair(world)
    answer = world.call("ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=7)
    assert answer == {"KeyId": arn, "KeyState": "PendingReplicaDeletion", "PendingWindowInDays": 7}
    meta = world.call("DescribeKey", KeyId=arn)["KeyMetadata"]
    assert (meta["KeyState"], meta["PendingDeletionWindowInDays"]) == ("PendingReplicaDeletion", 7)
    assert "DeletionDate" not in meta
    assert world.advance(days=100) == []
    assert world.refused("Encrypt", KeyId=arn, Plaintext=b"x").message == f"{arn} is pending replica deletion."
    world.call("ScheduleKeyDeletion", KeyId=replica, PendingWindowInDays=10, region=THERE)
    assert [each.key_arn for each in world.advance(days=11)] == [replica]
    assert world.state(arn) == "PendingDeletion"
    assert [each.key_arn for each in world.advance(days=8)] == [arn]


def test_cancelling_while_waiting_for_replicas(world: Any) -> None:
    """CancelKeyDeletion works in PendingReplicaDeletion too."""
    arn, replica = pair(world)
    world.call("ScheduleKeyDeletion", KeyId=arn)
    world.call("CancelKeyDeletion", KeyId=arn)
    world.call("ScheduleKeyDeletion", KeyId=replica, PendingWindowInDays=7, region=THERE)
    world.advance(days=60)
    assert world.state(arn) == "Disabled"
    assert world.call("DescribeKey", KeyId=arn)["KeyMetadata"]["MultiRegionConfiguration"]["ReplicaKeys"] == []
