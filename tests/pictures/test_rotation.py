"""The timeline of a key: lanes from ListKeyRotations, dots from Decrypt, the same each time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from labkit.pictures.rotation import timeline

CREATED, FIRST, SECOND, NOW = (datetime(year, 1, 5, tzinfo=UTC) for year in (2026, 2027, 2028, 2030))
ROTATIONS = [
    {"KeyMaterialId": "a" * 64, "KeyMaterialState": "NON_CURRENT"},
    {"KeyMaterialId": "b" * 64, "KeyMaterialState": "NON_CURRENT", "RotationDate": FIRST, "RotationType": "AUTOMATIC"},
    {"KeyMaterialId": "c" * 64, "KeyMaterialState": "CURRENT", "RotationDate": SECOND, "RotationType": "ON_DEMAND"},
]
MARKS = [(datetime(2026, 7, 1, tzinfo=UTC), "a" * 64), (datetime(2029, 1, 5, tzinfo=UTC), "c" * 64)]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(marks: list[tuple[datetime, str]] = MARKS) -> ElementTree.Element:
    """The picture, parsed: what is no XML fails here."""
    return ElementTree.fromstring(timeline(CREATED, ROTATIONS, marks, NOW)._repr_svg_())


def test_each_material_has_its_time() -> None:
    """The first begins with the key; each ends where the next begins; the last goes on."""
    lanes = timeline(CREATED, ROTATIONS, MARKS, NOW).lanes
    assert [(lane.start, lane.end, lane.how) for lane in lanes] == [
        (CREATED, FIRST, "first"),
        (FIRST, SECOND, "automatic"),
        (SECOND, None, "on demand"),
    ]


def test_a_ciphertext_stands_on_the_lane_of_its_material() -> None:
    """At the height of that lane's bar, at its time; one circle more is the legend's."""
    circles = [(float(each.get("cx", "0")), float(each.get("cy", "0"))) for each in drawn().iter(f"{SVG}circle")]
    bars = [each for each in drawn().iter(f"{SVG}rect") if each.get("fill") == "#0072b2"]
    tops = [float(each.get("y", "0")) for each in bars]
    assert [y for _, y in circles[:-1]] == [tops[0] + 12, tops[2] + 12]
    share = (MARKS[1][0] - CREATED) / (NOW - CREATED)
    assert circles[1][0] == pytest.approx(210 + share * 660, abs=0.1)


def test_the_bars_fill_the_time_from_creation_to_now() -> None:
    """Where one material stops encrypting the next begins."""
    bars = [each for each in drawn().iter(f"{SVG}rect") if each.get("fill") == "#0072b2"][:3]
    edges = [(float(bar.get("x", "0")), float(bar.get("width", "0"))) for bar in bars]
    assert edges[0][0] == 210
    assert [x for x, _ in edges[1:]] == pytest.approx([x + width for x, width in edges[:-1]])
    assert sum(edges[-1]) == pytest.approx(870)


def test_the_words_say_what_the_picture_shows() -> None:
    """The repr is the text for those who do not see the picture; it stands in the picture's description too."""
    picture = timeline(CREATED, ROTATIONS, MARKS, NOW)
    assert repr(picture).splitlines()[:2] == [
        "material 1 (aaaaaaaa…, first): encrypts from 2026-01-05 to 2027-01-05, only decrypts since",
        "    ciphertexts under it, made on: 2026-07-01",
    ]
    assert "material 3 (cccccccc…, on demand): encrypts from 2028-01-05 on, current" in repr(picture)
    assert drawn().findtext(f"{SVG}desc") == repr(picture)


def test_several_ciphertexts_of_one_moment_are_one_dot_with_their_number() -> None:
    """A hidden dot would tell less than the account has."""
    three = [MARKS[0]] * 3
    assert "made on: 2026-07-01 (3)" in repr(timeline(CREATED, ROTATIONS, three, NOW))
    assert len(list(drawn(three).iter(f"{SVG}circle"))) == 2
    assert "3" in [each.text for each in drawn(three).iter(f"{SVG}text")]


def test_years_or_months_on_the_axis() -> None:
    """Nine dates at most, whatever the length."""
    labels = [each.text for each in drawn().iter(f"{SVG}text") if re.fullmatch(r"\d{4}(-\d\d)?", each.text or "")]
    assert labels == ["2026-07", "2027", "2027-07", "2028", "2028-07", "2029", "2029-07", "2030"]
    long = timeline(CREATED, ROTATIONS, [], datetime(2050, 1, 1, tzinfo=UTC))._repr_svg_()
    assert ">2030<" in long and ">2031<" not in long


def test_waiting_material_has_no_lane() -> None:
    """Imported material that waits for its rotation encrypts nothing yet."""
    waiting = {"KeyMaterialId": "d" * 64, "KeyMaterialState": "PENDING_ROTATION"}
    assert len(timeline(CREATED, [*ROTATIONS, waiting], MARKS, NOW).lanes) == 3


def test_a_moment_after_the_key_was_made() -> None:
    """No time has passed: a picture all the same."""
    ElementTree.fromstring(timeline(CREATED, ROTATIONS[:1], [], CREATED)._repr_svg_())


def test_a_ciphertext_of_another_key_is_refused() -> None:
    """It would have no lane."""
    with pytest.raises(ValueError, match="not this key's: eeeeeeee…"):
        timeline(CREATED, ROTATIONS, [(NOW, "e" * 64)], NOW)
