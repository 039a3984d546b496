"""The picture of related keys: a box a Region, what is shared and what is each key's own, as the account has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest

import labkit
from labkit.cloud.kms.states import table
from labkit.pictures.related_keys import HOLDS, NO_KEY, Place, RelatedKeys, drawing, look

SVG = "{http://www.w3.org/2000/svg}"
MRK = "mrk-" + "0123456789abcdef" * 2
VIRGINIA, IRELAND, SYDNEY = "us-east-1", "eu-west-1", "ap-southeast-2"


def described(region: str, state: str = "Enabled", **more: Any) -> dict[str, Any]:
    """KeyMetadata as DescribeKey answers it, as far as the picture reads it: the primary is in Virginia."""
    places = {
        each: {"Region": each, "Arn": f"arn:aws:kms:{each}:111122223333:key/{MRK}"} for each in (VIRGINIA, IRELAND)
    }
    related = {
        "MultiRegionKeyType": "PRIMARY" if region == VIRGINIA else "REPLICA",
        "PrimaryKey": places[VIRGINIA],
        "ReplicaKeys": [places[IRELAND]],
    }
    about = {
        "KeyId": MRK,
        "Arn": f"arn:aws:kms:{region}:111122223333:key/{MRK}",
        "KeyState": state,
        "MultiRegion": True,
    }
    about |= {"KeySpec": "SYMMETRIC_DEFAULT", "CurrentKeyMaterialId": "c" * 64, "MultiRegionConfiguration": related}
    return about | more


def parsed(picture: RelatedKeys) -> ElementTree.Element:
    """The picture as XML: what is none fails here."""
    return ElementTree.fromstring(picture._repr_svg_())


def texts(picture: RelatedKeys) -> list[str]:
    """What is written in the picture."""
    return [each.text or "" for each in parsed(picture).iter(f"{SVG}text")]


def test_each_region_has_a_box_and_the_primary_a_thick_edge() -> None:
    """In the order asked for; a Region without the key is dashed, and says so."""
    picture = drawing(MRK, [Place(VIRGINIA, described(VIRGINIA)), Place(IRELAND, described(IRELAND)), Place(SYDNEY)])
    _, _, *boxes = parsed(picture).iter(f"{SVG}rect")
    assert [box.get("stroke-width") for box in boxes] == ["4", "2", "2"]
    assert [box.get("stroke-dasharray") for box in boxes] == [None, None, "6 4"]
    written = texts(picture)
    assert [each for each in written if each.startswith((VIRGINIA, IRELAND, SYDNEY))] == [
        "us-east-1: PRIMARY", "eu-west-1: REPLICA", "ap-southeast-2",
    ]  # fmt: skip
    assert written.count(NO_KEY) == 1


def test_what_is_a_keys_own_is_told_for_each() -> None:
    """The words in the box are those of the text form."""
    own = Place(VIRGINIA, described(VIRGINIA), ("alias/a",), (("team", "x"),), ("Allow", "Deny", "Allow"), 2)
    picture = drawing(MRK, [own, Place(IRELAND, described(IRELAND), policy=("Allow",))])
    for words in ("alias/a", "team=x", "3 statements, 1 Deny", "2", "1 statement"):
        assert words in texts(picture)
    assert "key policy: 3 statements, 1 Deny; grants: 2" in repr(picture)
    assert "description: none; aliases: none; tags: none; key policy: 1 statement; grants: none" in repr(picture)


def test_every_state_is_told_in_words_and_a_date_where_there_is_one() -> None:
    """All states of AWS's table but Unavailable, which no multi-Region key can have, and the primary's own one."""
    assert set(HOLDS) == set(table()["Decrypt"]) - {"Unavailable"} | {"PendingReplicaDeletion"}
    for state, words in HOLDS.items():
        assert {state, words} <= set(texts(drawing(MRK, [Place(VIRGINIA, described(VIRGINIA, state))])))
    end = datetime(2026, 2, 4, 9, 1, tzinfo=UTC)
    waiting = drawing(MRK, [Place(IRELAND, described(IRELAND, "PendingDeletion", DeletionDate=end))])
    assert "will be deleted on 2026-02-04" in texts(waiting)


def test_a_key_that_cannot_be_used_has_another_colour() -> None:
    """The states in which KMS decrypts, and no others, look alike."""
    fills = {}
    for state in HOLDS:
        *_, box = parsed(drawing(MRK, [Place(IRELAND, described(IRELAND, state))])).iter(f"{SVG}rect")
        fills[state] = box.get("fill")
    usable = {state for state in HOLDS if table()["Decrypt"].get(state) == "Y"}
    assert {state for state, fill in fills.items() if fill == fills["Enabled"]} == usable


def test_related_keys_that_nobody_looked_at_are_named() -> None:
    """The picture never pretends to be the whole family."""
    assert "also in us-east-1" in repr(drawing(MRK, [Place(IRELAND, described(IRELAND))]))
    assert "also in" not in repr(drawing(MRK, [Place(each, described(each)) for each in (VIRGINIA, IRELAND)]))


def test_texts_are_text_and_nothing_else() -> None:
    """A description may hold anything, of any length."""
    picture = drawing(MRK, [Place(VIRGINIA, described(VIRGINIA, Description='<script>"&"' + "x" * 90))])
    assert "<script>" not in picture._repr_svg_()
    assert max(len(each) for each in texts(picture) if "script" in each) < 30


def test_more_than_three_regions_stand_beside_each_other() -> None:
    """The picture grows; no box leaves it."""
    root = parsed(drawing(MRK, [Place(f"region-{number}") for number in range(5)]))
    boxes = [each for each in root.iter(f"{SVG}rect") if each.get("stroke")]
    ends = [float(each.get("x", "0")) + float(each.get("width", "0")) for each in boxes]
    assert len(boxes) == 5 and max(ends) <= float(root.get("viewBox", "").split()[2])


def test_a_single_region_key_has_no_relatives() -> None:
    """Said, instead of a picture with one box."""
    labkit.start("pictures-tests")
    kms = boto3.client("kms")
    with pytest.raises(ValueError, match="is a single-Region key"):
        look([kms], kms.create_key()["KeyMetadata"]["KeyId"])


def test_it_follows_the_account() -> None:
    """Replication, a new primary, the deletion in order; a refusal is no missing key."""
    lab = labkit.start("pictures-tests")
    clients = [boto3.client("kms", region_name=region) for region in (VIRGINIA, IRELAND)]
    virginia, ireland = clients
    key = virginia.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]

    def seen() -> list[tuple[str, str]]:
        return [(place.kind, place.state) for place in look(clients, key).places]

    assert seen() == [("PRIMARY", "Enabled"), ("", "")]
    virginia.replicate_key(KeyId=key, ReplicaRegion=IRELAND)
    assert seen()[1] == ("REPLICA", "Creating")
    lab.clock.advance(minutes=1)
    virginia.update_primary_region(KeyId=key, PrimaryRegion=IRELAND)
    lab.clock.advance(minutes=1)
    assert seen() == [("REPLICA", "Enabled"), ("PRIMARY", "Enabled")]
    ireland.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    virginia.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert seen() == [("REPLICA", "PendingDeletion"), ("PRIMARY", "PendingReplicaDeletion")]
    lab.clock.advance(days=8)
    assert seen() == [("", ""), ("PRIMARY", "PendingDeletion")]
    lab.clock.advance(days=8)
    assert seen() == [("", ""), ("", "")]
    with labkit.expect_error("AccessDeniedException"):
        arn = virginia.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
        look([lab.role("Clerk").client("kms")], arn)
