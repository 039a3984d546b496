"""The rotation timeline without a view: the days to go forward, what it says before, and what then is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest

import labkit
from labkit.widgets.views.rotation import LONGEST, RotationWidget

from .accounts import ManyKeys

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """One account for the file."""
    yield labkit.start("15-rotate-keys")


@pytest.fixture(scope="module")
def rotation(lab: labkit.Lab) -> RotationWidget:
    """A key that rotates, with a ciphertext of its own and one of another key."""
    kms = boto3.client("kms")
    key, other = (kms.create_key(Description=name)["KeyMetadata"]["Arn"] for name in ("ledger", "other"))
    kms.create_alias(AliasName="alias/ledger", TargetKeyId=key)
    kms.enable_key_rotation(KeyId=key)
    sealed = [(lab.clock.now(), kms.encrypt(KeyId=each, Plaintext=b"entry")["CiphertextBlob"]) for each in (key, other)]
    return lab.rotation_view("alias/ledger", sealed)


def test_before_it_moves_it_says_what_will_happen(lab: labkit.Lab, rotation: RotationWidget) -> None:
    """Setting the days moves nothing; the words name both days, and whether a rotation is on the way."""
    assert [len(rotation.marks[0]), rotation.marks[1]] == [1, 1]
    before = lab.clock.now()
    rotation.days = 100
    to = f"{rotation.time + timedelta(days=100):%Y-%m-%d}"
    assert f"forward by 100 days, from {rotation.time:%Y-%m-%d} to {to}. It never goes back." in rotation.twin().text
    assert "That is later." in rotation.would()
    rotation.days = rotation.first_days
    assert "That is on the way." in rotation.would()
    assert lab.clock.now() == before
    for days, held in ((0, 1), (-5, 1), (99_999, LONGEST)):
        rotation.days = days
        assert rotation.days == held
    rotation.days = rotation.first_days


def test_the_clock_moves_and_the_key_has_rotated(lab: labkit.Lab, rotation: RotationWidget) -> None:
    """As many days as were set, no more: one rotation; the old ciphertext stays under the first material."""
    first, before, days = rotation.value, rotation.time, rotation.days
    rotation.make_view()
    rotation.forward()
    assert timedelta(days=days) <= lab.clock.now() - before < timedelta(days=days, minutes=1)
    assert rotation.picture is not None and len(rotation.picture.lanes) == 2
    assert rotation.value != first and rotation.value == rotation.picture.lanes[1].material
    assert [len(lane.ciphertexts) for lane in rotation.picture.lanes] == [1, 0]
    said = rotation.twin().text
    assert "only decrypts since" in said and "Automatic rotation: on, every 365 days" in said
    assert "Not drawn: 1 of the ciphertexts" in said
    with pytest.raises(ValueError, match="only moves forward"):
        rotation.forward(-1)


def test_a_key_that_is_disabled_is_not_promised_a_rotation(lab: labkit.Lab, rotation: RotationWidget) -> None:
    """The status says that rotation is on; KMS does not rotate it."""
    kms = boto3.client("kms")
    kms.disable_key(KeyId=rotation.metadata["Arn"])
    assert "Disabled, and does not rotate" in rotation.refresh().would()
    kms.enable_key(KeyId=rotation.metadata["Arn"])
    kms.disable_key_rotation(KeyId=rotation.metadata["Arn"])
    assert "does not rotate by itself" in rotation.refresh().would()
    assert rotation.days == 365


def test_a_real_account_has_no_clock_to_move(lab: labkit.Lab, rotation: RotationWidget) -> None:
    """Nothing offers to move the time, and asking for it says why not."""
    real = RotationWidget({"kms": boto3.client("kms")}, rotation.metadata["Arn"], lambda: rotation.time)
    assert "clock" not in real.twin().text and real.picture is not None
    view = real.make_view().box
    assert len(view.children) == 3 and view.children[-1].description == "Refresh"
    with pytest.raises(labkit.LabError, match="moves by itself"):
        real.forward(1)


def test_what_has_no_rotation_and_what_may_not_be_seen(lab: labkit.Lab) -> None:
    """AWS's refusal is what is shown; names of an account are text."""
    pair = boto3.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    asymmetric = lab.rotation_view(pair)
    assert asymmetric.picture is None and "Refused: UnsupportedOperationException" in asymmetric.twin().text
    hidden = lab.rotation_view(pair, identity=lab.role("Guest", []))
    assert hidden.value == "" and "Refused: AccessDeniedException" in hidden.twin().text
    hostile = RotationWidget({"kms": ManyKeys(1, text="<script>x</script>\u202e")}, "1", lambda: NOW)
    assert "<script" not in hostile.twin().html and "\u202e" not in hostile.twin().text
