"""The diagram of key states: one box is marked, the words say the same, and nothing in a name breaks the picture."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest

import labkit
from labkit.cloud.kms.states import table
from labkit.pictures.key_states import DELETED, KeyStates, diagram, look

SVG = "{http://www.w3.org/2000/svg}"
STATES = ["Enabled", "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Creating", "Updating"]


def described(state: str, **more: Any) -> dict[str, Any]:
    """KeyMetadata as DescribeKey answers it, as far as the picture reads it."""
    origin = "EXTERNAL" if state == "PendingImport" else "AWS_KMS"
    return {"KeyId": "1234", "Description": "shop", "KeyState": state, "Origin": origin} | more


def parsed(picture: KeyStates) -> ElementTree.Element:
    """The picture as XML: what is none fails here."""
    return ElementTree.fromstring(picture._repr_svg_())


def texts(picture: KeyStates) -> list[str]:
    """What is written in the picture."""
    return [each.text or "" for each in parsed(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("state", STATES)
def test_one_box_is_marked_by_more_than_a_colour(state: str) -> None:
    """A thick edge and words, once; the text form has one arrow, at the same state."""
    picture = diagram(described(state))
    edges = [each.get("stroke-width") for each in parsed(picture).iter(f"{SVG}rect")]
    assert edges.count("4") == 1
    assert texts(picture).count("▲ the key is here") == 1
    assert [line.split()[1] for line in repr(picture).splitlines() if line.startswith("->")] == [state]


def test_a_key_that_waits_says_until_when() -> None:
    """The date stands in the box and in the words."""
    picture = diagram(described("PendingDeletion", DeletionDate=datetime(2026, 2, 4, 9, 1, tzinfo=UTC)))
    assert "until 2026-02-04 09:01 UTC" in texts(picture)
    assert repr(picture).startswith("shop: PendingDeletion until 2026-02-04 09:01 UTC, then deleted\n")


def test_only_imported_material_can_be_missing() -> None:
    """A key whose material KMS made has no PendingImport."""
    assert "PendingImport" not in texts(diagram(described("Enabled")))
    imported = diagram(described("Enabled", Origin="EXTERNAL"))
    assert "PendingImport" in texts(imported)
    assert "DeleteImportedKeyMaterial, or expiry, leads to PendingImport" in repr(imported)


@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL"])
def test_every_step_is_one_that_the_key_state_table_allows(origin: str) -> None:
    """The calls that lead on from a state are possible in it, and lead to a state that is drawn."""
    boxes = diagram(described("Enabled", Origin=origin)).boxes
    calls = [(state, call, target) for state, box in boxes.items() for call, target in box.leads]
    assert len(calls) == (8 if origin == "EXTERNAL" else 6)
    for state, call, target in calls:
        assert target in boxes
        if call in table():
            assert table()[call][state].startswith(("Y", "?"))


def test_boxes_stand_apart() -> None:
    """No two overlap, and all are inside the picture."""
    for state in STATES:
        picture = diagram(described(state))
        root = parsed(picture)
        rects = [
            tuple(float(each.get(side, "0")) for side in ("x", "y", "width", "height"))
            for each in root.iter(f"{SVG}rect")
        ]
        _, *boxes = rects
        height = float(root.get("viewBox", "").split()[3])
        for x, y, wide, high in boxes:
            assert x + wide <= 900 and y + high <= height
        assert not [
            (one, two) for one in boxes for two in boxes
            if one < two and abs(one[0] - two[0]) < one[2] and abs(one[1] - two[1]) < one[3]
        ]  # fmt: skip


def test_a_name_is_text_and_nothing_else() -> None:
    """A description may hold anything."""
    picture = diagram(described("Enabled", Description='<script>alert("&")</script>'))
    assert texts(picture)[0] == '<script>alert("&")</script>'
    assert "<script>" not in picture._repr_svg_()


def test_a_key_without_description_goes_by_its_id() -> None:
    """Something stands over the picture, unless the key is gone."""
    assert texts(diagram(described("Enabled", Description="")))[0] == "1234"
    assert repr(diagram(None)).splitlines()[0] == DELETED


def test_it_follows_the_key() -> None:
    """Through a whole life, one DescribeKey a look; a refusal is no deletion."""
    lab = labkit.start("pictures-tests")
    kms = boto3.client("kms")
    key = kms.create_key(Description="shop")["KeyMetadata"]["KeyId"]
    seen = [look(kms, key).state]
    for step in (kms.disable_key, kms.enable_key, kms.schedule_key_deletion, kms.cancel_key_deletion):
        step(KeyId=key)
        seen.append(look(kms, key).state)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    seen.append(look(kms, key).state)
    assert seen == ["Enabled", "Disabled", "Enabled", "PendingDeletion", "Disabled", DELETED]
    assert len([event for event in lab.events() if event["eventName"] == "DescribeKey"]) == 6
    with labkit.expect_error("AccessDeniedException"):
        look(lab.role("Clerk").client("kms"), kms.create_key()["KeyMetadata"]["Arn"])
