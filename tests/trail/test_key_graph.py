"""The graph of keys: who uses which key, how often, and what was refused."""

from __future__ import annotations

from dataclasses import replace

from labkit.trail import pictures
from labkit.trail.pictures.key_graph_picture import Box, KeyGraph, Line

from .records import ACCOUNT, KEY, OTHER_KEY, record
from .test_pictures import CLERK, DAY, NO, SVG, drawn, load, user, written


def test_lines_join_principals_and_keys() -> None:
    """Uses only; refused ones by themselves, to the key that the message names; owners are told."""
    picture = pictures.key_graph(load(*DAY))
    assert [(each.principal, each.key, each.failed, each.abroad, each.calls) for each in picture.lines] == [
        ("AROAOUT:copy", KEY, False, True, 1),
        (CLERK, OTHER_KEY, False, False, 1),
        (CLERK, KEY, False, False, 1),
        (f"arn:aws:iam::{ACCOUNT}:user/bob", KEY, True, False, 1),
    ]
    assert [(box.label, box.owner, box.calls, box.failed) for box in picture.principals] == [
        ("Clerk", ACCOUNT, 2, 0),
        ("bob", ACCOUNT, 0, 1),
        ("AROAOUT:copy", "555566667777", 1, 0),
    ]
    assert [(box.label, box.calls, box.failed) for box in picture.keys] == [("1234abcd…", 2, 1), ("0987dcba…", 1, 0)]
    assert picture.title == (
        "3 uses of keys, 1 more refused or failed: 3 principals, 2 keys (2 other calls of KMS not drawn)"
    )
    assert {"3 uses of keys, 1 more refused or failed: 3 principals, 2 keys", "2 other calls of KMS not drawn"} <= set(
        written(picture)
    )
    lines = [each for each in drawn(picture).iter(f"{SVG}path") if "C" in each.get("d", "")]
    assert sum(bool(each.get("stroke-dasharray")) for each in lines) == 1
    assert len(list(drawn(picture).iter(f"{SVG}circle"))) == 2  # the line abroad; the legend's
    assert f"account {ACCOUNT}" in written(picture)
    assert "1 refused or failed: bob" in repr(picture)


def test_a_key_that_was_only_tried_has_no_uses() -> None:
    """A refusal is in no sum of uses: not in the title, nor in the key's box."""
    tried = record(0, resources=None, **NO)
    alone = pictures.key_graph(load(tried))
    assert alone.title == "0 uses of keys, 1 more refused or failed: 1 principal, 1 key"
    assert "0" not in written(alone)
    assert written(alone).count("1 ✕") == 2  # at the line, and in the key's box
    both = pictures.key_graph(load(tried, record(1), record(2)))
    numbers = [
        (text.get("y"), text.text)
        for text in drawn(both).iter(f"{SVG}text")
        if int(text.get("x", "0")) > 800 and text.text in ("2", "3", "1 ✕")
    ]
    assert [text for _, text in numbers] == ["2", "1 ✕"]
    assert len({y for y, _ in numbers}) == 2  # one below the other


def test_the_heading_has_room_for_millions() -> None:
    """No letter of it is beyond the picture, in the widest of the usual fonts."""
    used = Line(CLERK, KEY, failed=False, abroad=False, calls=6_172_839)
    boxes = [[Box(f"{value}{n}", "", ACCOUNT, 0, 0) for n in range(16)] for value in (CLERK, KEY)]
    lines = tuple(
        replace(used, principal=one.value, key=other.value, failed=failed)
        for one, other in zip(*boxes, strict=True)
        for failed in (False, True)
    )
    picture = KeyGraph(tuple(boxes[0]), tuple(boxes[1]), lines, 98_765_432)
    assert picture.title.startswith(
        "98,765,424 uses of keys, 98,765,424 more refused or failed: 16 principals, 16 keys ("
    )
    assert 20 + 0.7 * 15 * len(written(picture)[0]) < 900


def test_a_thicker_line_has_more_calls_and_others_are_together() -> None:
    """Widths by powers of ten; whoever has no box of their own is among the others."""
    records = [record(number) for number in range(10)]
    records += [record(number, userIdentity=user(f"user{number % 3}")) for number in range(20, 26)]
    records += [record(30, userIdentity=None, resources=None)]
    picture = pictures.key_graph(load(*records), top=1)
    assert [(box.label, box.calls) for box in picture.principals] == [("Clerk", 10), ("4 others together", 7)]
    assert [(box.label, box.owner, box.calls) for box in picture.keys] == [
        ("1234abcd…", ACCOUNT, 16),
        ("(not recorded)", "account not recorded", 1),
    ]
    widths = [each.get("stroke-width") for each in drawn(picture).iter(f"{SVG}path") if "C" in each.get("d", "")]
    assert widths == ["2", "1", "1"]


def test_reencrypt_is_of_two_keys_and_names_can_be_given() -> None:
    """The sum of the lines says so; services that act for themselves are in no account."""
    both = [{"ARN": KEY, "accountId": ACCOUNT}, {"ARN": OTHER_KEY, "accountId": ACCOUNT}]
    service = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    events = load(record(0, eventName="ReEncrypt", resources=both, userIdentity=service))
    picture = pictures.key_graph(events, names={KEY: "orders", OTHER_KEY: "orders"})
    assert picture.title == "2 uses of keys: 1 principal, 2 keys"
    assert picture.principals[0].owner == "services of AWS"
    assert [box.label for box in picture.keys] == [
        f"0987dcba… eu-w… {ACCOUNT}",
        f"1234abcd… eu-w… {ACCOUNT}",
    ]
    assert written(pictures.timeline(events, "key_arn", names={KEY: "orders"}))[3] == "orders"
