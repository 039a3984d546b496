"""The live key states without a view: where the key is, what moves it, what is refused, and what the twin keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

import labkit
from labkit.cloud.kms.states import footnotes
from labkit.widgets.views.key_states import KeyStatesWidget, moves

from .accounts import ManyKeys

STATES = (
    "Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable", "Creating",
    "Updating",
)  # fmt: skip
HOSTILE = "</title><script>alert(1)</script>\u202e\x1b\"'" + "x" * 9000


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """One account for the file."""
    yield labkit.start("16-disable-and-delete")


@pytest.fixture(scope="module")
def key(lab: labkit.Lab) -> str:
    """A key with an alias."""
    kms = boto3.client("kms")
    arn: str = kms.create_key(Description="shop")["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=arn)
    return arn


def said(state: str, **more: Any) -> dict[str, str]:
    """What each operation does in a state."""
    about = {"KeyState": state, "Origin": "AWS_KMS", "Arn": "arn:aws:kms:us-east-1:111122223333:key/1"} | more
    return {each.operation: each.code or each.to for each in moves(about)}


@pytest.mark.parametrize("state", STATES)
def test_every_state_says_what_each_operation_does(state: str) -> None:
    """Nothing is left open, and a message has no blanks in it."""
    for origin in ("AWS_KMS", "EXTERNAL"):
        about = {"KeyState": state, "Origin": origin, "Arn": "arn:aws:kms:::key/1"}
        for each in moves(about):
            assert bool(each.to) != bool(each.code)
            assert "{" not in each.says


def test_a_state_s_way_on_and_its_refusals() -> None:
    """As the developer guide's table has them."""
    invalid = "KMSInvalidStateException"
    assert said("Enabled") == {
        "EnableKey": "Enabled, as before", "DisableKey": "Disabled", "ScheduleKeyDeletion": "PendingDeletion",
        "CancelKeyDeletion": invalid,
    }  # fmt: skip
    assert said("PendingDeletion") == {
        "EnableKey": invalid, "DisableKey": invalid, "ScheduleKeyDeletion": invalid, "CancelKeyDeletion": "Disabled",
    }  # fmt: skip
    assert said("PendingImport", Origin="EXTERNAL")["ImportKeyMaterial"] == "Enabled"
    primary = {"MultiRegionKeyType": "PRIMARY", "ReplicaKeys": [{"Region": "eu-west-1"}]}
    assert said("Enabled", MultiRegionConfiguration=primary)["ScheduleKeyDeletion"] == "PendingReplicaDeletion"
    assert footnotes()["4"].code == invalid


def test_what_is_foretold_is_what_kms_does(lab: labkit.Lab, key: str) -> None:
    """Each operation in each of three states: the table's word and the account's answer are the same."""
    states = lab.key_states("alias/shop")
    acts: dict[str, Any] = {
        "EnableKey": states.enable, "DisableKey": states.disable, "CancelKeyDeletion": states.cancel_key_deletion,
        "ScheduleKeyDeletion": lambda: states.schedule_key_deletion(7),
    }  # fmt: skip
    ways = (("EnableKey",), ("DisableKey",), ("ScheduleKeyDeletion",))
    for way in ways:
        for operation, act in acts.items():
            for step in ("CancelKeyDeletion", "EnableKey", *way):
                acts[step]()
            before = states.refresh().value
            (told,) = [each for each in states.moves if each.operation == operation]
            act()
            (made,) = states.made
            if told.code:
                assert (made.code, made.message, states.value) == (told.code, told.message, before)
            else:
                assert made.done and states.value == told.to.partition(",")[0]


def test_the_twin_has_the_picture_and_the_last_call(lab: labkit.Lab, key: str) -> None:
    """Text says what the picture says; the HTML holds it as a picture."""
    states = lab.key_states(key)
    states.cancel_key_deletion().enable()
    states.cancel_key_deletion()
    assert "-> Enabled" in states.twin().text and "The key is in the state Enabled." in states.twin().text
    assert f"Refused: KMSInvalidStateException: {key} is not pending deletion." in states.twin().text
    assert f"aws kms cancel-key-deletion --key-id {key}" in states.twin().text
    assert 'src="data:image/svg+xml;base64,' in states.twin().html and "<svg" not in states.twin().html
    assert states.picture is not None and states.picture.state == states.value == "Enabled"
    states.make_view()


def test_a_deleted_key_and_one_that_you_may_not_see(lab: labkit.Lab) -> None:
    """Both are said; a deadline that KMS does not take is refused before it is sent."""
    gone = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    states = lab.key_states(gone).schedule_key_deletion(7)
    assert "until" in states.twin().text
    lab.clock.advance(days=8)
    assert states.refresh().value == "deleted"
    assert "refused: NotFoundException" in states.twin().text
    with pytest.raises(ValueError, match="7 to 30 days"):
        states.schedule_key_deletion(6)
    hidden = lab.key_states("alias/shop", lab.role("Guest", []))
    assert hidden.value == "" and hidden.picture is None
    assert "Refused: AccessDeniedException" in hidden.twin().text
    managed = lab.key_states("alias/aws/s3")
    assert managed.moves == () or managed.value == "deleted"


def test_hostile_names() -> None:
    """A description is text: short in the picture, and nothing in the page but the kit's own elements."""
    states = KeyStatesWidget({"kms": ManyKeys(1, text=HOSTILE)}, "1")
    assert "<script" not in states.twin().html and "\u202e" not in states.twin().text
    assert states.picture is not None and len(states.picture.name) <= 60
