"""Names in a trail are chosen by whoever calls: pictures stay pictures, and no name hides or poses as another."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from labkit import trail
from labkit.trail import pictures
from labkit.trail.pictures.facts import labels
from labkit.trail.pictures.svg import clean, clip, room

from .records import ACCOUNT, KEY, record

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</text><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "&lt;&#60;&amp;",
    "]]><!--",
    "a\x00b\x1b[31mred\x07",
    "a\nb\r\tc",
    "\u202egnp.exe\u2066\u200b",
    "\ufffe\uffff\ud800",
    "x" * 10_000,
    "書" * 500,
    "e" + "\u0301" * 500,
    "",
    " ",
    "${jndi:ldap://example.com}",
]
PICTURES = [
    pytest.param(pictures.timeline, {}, id="timeline"),
    pytest.param(pictures.timeline, {"by": "event"}, id="timeline by event"),
    pytest.param(pictures.heat_map, {"rows": "principal"}, id="heat map"),
    pytest.param(pictures.heat_map, {"rows": "source_ip"}, id="heat map by address"),
    pytest.param(pictures.key_graph, {}, id="key graph"),
]


def events() -> Any:
    """A call of each hostile principal, with the name in other places as well."""
    made = []
    for number, name in enumerate(each for each in HOSTILE if "\ud800" not in each):
        who = {"type": "AWSAccount", "principalId": f"AROA:{name}", "accountId": name}
        arn = f"arn:aws:kms:{name}:{ACCOUNT}:key/{name}"
        made.append(
            record(
                number,
                userIdentity=who,
                eventName=name or "Decrypt",
                sourceIPAddress=name,
                resources=[{"ARN": arn, "accountId": name, "type": "AWS::KMS::Key"}],
            )
        )
        made.append(made[-1] | {"eventID": f"again-{number}", "eventName": "Decrypt"})
    return trail.load(made, tell=str)


@pytest.mark.parametrize(("picture", "more"), PICTURES)
def test_it_is_a_picture_whatever_the_names(picture: Any, more: dict[str, Any]) -> None:
    """Well-formed XML of known elements, nothing that runs or loads, no text that leaves its place."""
    made = picture(events(), **more)
    svg = made._repr_svg_()
    root = ElementTree.fromstring(svg)
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "rect", "path", "text", "g", "circle"),
    }
    assert not any(name.startswith("on") or name.endswith("href") for each in root.iter() for name in each.attrib)
    for each in root.iter(f"{SVG}text"):
        text = each.text or ""
        assert text.isprintable()
        assert room(text) <= 120
    assert all(each.isprintable() or each == "\n" for each in repr(made))
    svg.encode()


def test_no_character_hides_another() -> None:
    """Controls, marks that turn the direction, what no one sees: as escapes."""
    assert clean("a\x00\x1b[0m\u202eb\u200b\ud800") == r"a\x00\x1b[0m\u202eb\u200b\ud800"
    assert clean("Größe 書 é") == "Größe 書 é"


@pytest.mark.parametrize(
    ("text", "most", "clipped"),
    [("abcdefgh", 8, "abcdefgh"), ("abcdefghi", 8, "abcd…ghi"), ("書" * 5, 6, "書…書"), ("ab", 1, "…")],
)
def test_long_names_lose_their_middle(text: str, most: int, clipped: str) -> None:
    """They never take more than their room."""
    assert clip(text, most) == clipped
    assert room(clipped) <= most


def test_two_names_never_look_the_same() -> None:
    """Roles of one name in two accounts, names that differ in the middle only, one that poses as another."""
    arns = [f"arn:aws:iam::{account}:role/Clerk" for account in ("111122223333", "444455556666")]
    alike = [f"{'a' * 50}{number}{'z' * 50}" for number in range(3)]
    found = labels([*arns, *alike, "poser", "Poser"], {"Poser": "poser"}, 36)
    assert [found[arn] for arn in arns] == ["Clerk 111122223333", "Clerk 444455556666"]
    assert len(set(found.values())) == 7
    assert all(room(label) <= 36 for label in found.values())


def test_ends_of_arns_are_names() -> None:
    """A key is the first letters of its id; Identity Center's roles lose their hash."""
    multi = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    role = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Analyst_0123456789abcdef"
    root = f"arn:aws:iam::{ACCOUNT}:root"
    found = labels([KEY, multi, role, root, "s3.amazonaws.com"], {}, 36)
    assert list(found.values()) == [
        *("1234abcd…", "mrk-1234abcd…", "AWSReservedSSO_Analyst…", "root", "s3.amazonaws.com"),
    ]
