"""Rotation by the calendar and on demand; what disabling and deletion do to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


def test_automatic_rotation_by_the_calendar(world: Any) -> None:
    """Each period brings new material; old ciphertexts keep opening with theirs."""
    meta = world.create()
    arn = meta["Arn"]
    world.call("EnableKeyRotation", KeyId=arn, RotationPeriodInDays=90)
    start = world.clock.now()
    blobs = []
    for number in range(1, 4):
        blobs.append(world.call("Encrypt", KeyId=arn, Plaintext=b"%d" % number)["CiphertextBlob"])
        (happening,) = world.advance(days=90)
        assert (happening.name, happening.time) == ("RotateKey", start + timedelta(days=90 * number))
        assert happening.details["rotationType"] == "AUTOMATIC"
    used = [world.call("Decrypt", CiphertextBlob=blob) for blob in blobs]
    assert [answer["Plaintext"] for answer in used] == [b"1", b"2", b"3"]
    assert len({answer["KeyMaterialId"] for answer in used}) == 3
    assert used[0]["KeyMaterialId"] == meta["CurrentKeyMaterialId"]
    listed = world.call("ListKeyRotations", KeyId=arn)["Rotations"]
    assert [entry["RotationDate"] for entry in listed] == [start + timedelta(days=90 * n) for n in (1, 2, 3)]
    assert [entry["KeyMaterialState"] for entry in listed] == ["NON_CURRENT", "NON_CURRENT", "CURRENT"]
    everything = world.call("ListKeyRotations", KeyId=arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert "RotationDate" not in everything[0]
    assert len(everything) == 4


def test_many_periods_at_once(world: Any) -> None:
    """A long jump of the clock makes up for every rotation, each at its own time."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn)
    start = world.clock.now()
    assert [each.time - start for each in world.advance(days=1500)] == [timedelta(days=365 * n) for n in (1, 2, 3, 4)]


def test_next_due(world: Any) -> None:
    """The gateway learns cheaply when to look again."""
    arn = world.create()["Arn"]
    assert world.kms.next_due() is None
    world.call("EnableKeyRotation", KeyId=arn)
    assert world.kms.next_due() == world.clock.now() + timedelta(days=365)
    world.call("DisableKeyRotation", KeyId=arn)
    assert world.kms.next_due() is None


def test_another_period(world: Any) -> None:
    """EnableKeyRotation again changes the period; the old date passes without effect."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn, RotationPeriodInDays=100)
    world.call("EnableKeyRotation", KeyId=arn, RotationPeriodInDays=200)
    assert world.call("GetKeyRotationStatus", KeyId=arn)["RotationPeriodInDays"] == 200
    assert world.advance(days=150) == []
    assert len(world.advance(days=51)) == 1


def test_a_disabled_key_is_not_rotated(world: Any) -> None:
    """ "While the KMS key is disabled, KMS does not rotate"; when enabled again, it does at once if a date passed."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn)
    world.call("DisableKey", KeyId=arn)
    assert world.advance(days=400) == []
    status = world.call("GetKeyRotationStatus", KeyId=arn)
    assert status["KeyRotationEnabled"] is True
    assert "NextRotationDate" not in status
    world.call("EnableKey", KeyId=arn)
    enabled = world.clock.now()
    world.call("DescribeKey", KeyId=arn)
    assert [each.time for each in world.happened] == [enabled]
    assert world.call("GetKeyRotationStatus", KeyId=arn)["NextRotationDate"] == enabled + timedelta(days=365)


def test_a_short_pause_changes_nothing(world: Any) -> None:
    """Enabled again before the date, the key resumes its schedule."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn)
    due = world.kms.next_due()
    world.call("DisableKey", KeyId=arn)
    world.advance(days=100)
    world.call("EnableKey", KeyId=arn)
    assert world.call("GetKeyRotationStatus", KeyId=arn)["NextRotationDate"] == due
    assert [each.time for each in world.advance(days=300)] == [due]


def test_pending_deletion_and_rotation(world: Any) -> None:
    """Pending deletion the status is false; cancelled, it is true again."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn)
    world.call("ScheduleKeyDeletion", KeyId=arn)
    status = {"KeyId": arn, "KeyRotationEnabled": False}
    assert world.call("GetKeyRotationStatus", KeyId=arn) == status
    world.call("CancelKeyDeletion", KeyId=arn)
    assert world.call("GetKeyRotationStatus", KeyId=arn)["KeyRotationEnabled"] is True


def test_on_demand_keeps_the_calendar(world: Any) -> None:
    """On-demand rotations do not change the automatic schedule."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn)
    due = world.call("GetKeyRotationStatus", KeyId=arn)["NextRotationDate"]
    world.call("RotateKeyOnDemand", KeyId=arn)
    assert [each.details["rotationType"] for each in world.advance(seconds=10)] == ["ON_DEMAND"]
    assert world.call("GetKeyRotationStatus", KeyId=arn)["NextRotationDate"] == due


def test_conflict(world: Any) -> None:
    """Within 20 minutes of an automatic rotation, and while one on demand is under way, there is none on demand."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn, RotationPeriodInDays=90)
    world.advance(days=89, hours=23, minutes=50)
    assert world.refused("RotateKeyOnDemand", KeyId=arn).code == "ConflictException"
    world.advance(minutes=10)
    world.call("RotateKeyOnDemand", KeyId=arn)
    assert world.refused("RotateKeyOnDemand", KeyId=arn).code == "ConflictException"


def test_a_key_deleted_during_its_rotation(world: Any) -> None:
    """What was to happen to a key that is gone does not happen."""
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn, RotationPeriodInDays=90)
    world.call("ScheduleKeyDeletion", KeyId=arn)
    assert [each.name for each in world.advance(days=200)] == ["DeleteKey"]
    assert world.kms.next_due() is None


@pytest.mark.parametrize(
    "spec",
    [
        {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    ],
)
@pytest.mark.parametrize(
    "operation",
    ["EnableKeyRotation", "RotateKeyOnDemand", "ListKeyRotations"],
)
def test_only_symmetric_keys_rotate(world: Any, spec: dict[str, str], operation: str) -> None:
    """Asymmetric and HMAC keys don't rotate (recorded, save for ListKeyRotations)."""
    error = world.refused(operation, KeyId=world.create(**spec)["Arn"])
    assert (error.code, error.message) == ("UnsupportedOperationException", None)


@pytest.mark.parametrize(("spec", "usage"), [("RSA_2048", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC")])
def test_status_of_keys_that_do_not_rotate(world: Any, spec: str, usage: str) -> None:
    """Terraform asks it of every key that has its material from KMS: the answer is no, and no error."""
    arn = world.create(KeySpec=spec, KeyUsage=usage)["Arn"]
    assert world.call("GetKeyRotationStatus", KeyId=arn) == {"KeyId": arn, "KeyRotationEnabled": False}


def test_imported_material_has_no_automatic_rotation(world: Any) -> None:
    """Recorded: the origin is named."""
    arn = world.create(Origin="EXTERNAL")["Arn"]
    world.bring(arn, b"1" * 32)
    said = f"{arn} origin is EXTERNAL which is not valid for this operation."
    for operation in ("EnableKeyRotation", "DisableKeyRotation"):
        assert world.refused(operation, KeyId=arn).message == said


def test_manual_rotation_by_alias(world: Any) -> None:
    """The alias moves to a new key; Decrypt still finds the old key by the ciphertext."""
    old, new = world.create()["Arn"], world.create()["Arn"]
    world.call("CreateAlias", AliasName="alias/app", TargetKeyId=old)
    blob = world.call("Encrypt", KeyId="alias/app", Plaintext=b"x")["CiphertextBlob"]
    world.call("UpdateAlias", AliasName="alias/app", TargetKeyId=new)
    assert world.call("Encrypt", KeyId="alias/app", Plaintext=b"x")["KeyId"] == new
    assert world.call("Decrypt", CiphertextBlob=blob)["KeyId"] == old
    assert world.refused("Decrypt", KeyId="alias/app", CiphertextBlob=blob).code == "IncorrectKeyException"
