"""The envelope viewer without a view: each byte belongs to a field, and each change fails in the words of its check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import boto3
import pytest

import labkit
from labkit import envelope
from labkit.widgets.views.sealed import SealedWidget
from labkit.widgets.views.sealed_parts import DATA_KEY, KMS, fields

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
CONTEXT = {"file": "letter", "name": HOSTILE}


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """One account for the file."""
    yield labkit.start("08-envelope-encryption")


@pytest.fixture(scope="module")
def viewer(lab: labkit.Lab) -> SealedWidget:
    """A file of three frames, with two readers: you, and a role that may not decrypt."""
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    target = BytesIO()
    envelope.encrypt(BytesIO(b"secret" * 40), target, kms, "alias/app", CONTEXT, frame_bytes=100)
    readers = {"You": None, "Guest": lab.role("Guest", [])}
    return lab.envelope_view(target.getvalue(), "alias/app", CONTEXT, readers)


def sealed(plain: bytes, frame_bytes: int) -> bytes:
    """A sealed file under the lab's key."""
    target = BytesIO()
    kms = boto3.client("kms")
    envelope.encrypt(BytesIO(plain), target, kms, "alias/app", {}, frame_bytes=frame_bytes)
    return target.getvalue()


def test_without_a_click_it_opens_for_who_may(viewer: SealedWidget) -> None:
    """You open it, the guest is refused in KMS's words; the contents are nowhere."""
    you, guest = viewer.readings
    assert viewer.value == "opened" and you.words == "opened, 240 bytes of contents"
    assert guest.error == "KeyRefused" and "AccessDeniedException" in guest.words
    assert "secret" not in viewer.twin().text + viewer.twin().html
    assert [each.whose for each in viewer.fields if each.whose in (KMS, DATA_KEY)] == [KMS, *[DATA_KEY] * 3]
    viewer.make_view()


@pytest.mark.parametrize(("length", "frame_bytes"), [(0, 10), (1, 10), (10, 10), (35, 10), (95, 10)])
def test_every_byte_belongs_to_one_field(viewer: SealedWidget, length: int, frame_bytes: int) -> None:
    """Without a gap, from the first byte to the last, however many frames there are."""
    data = sealed(b"x" * length, frame_bytes)
    at = 0
    for each in fields(data):
        assert each.start == at
        at += each.length
    assert at == len(data)


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ("Magic", "NotAnEnvelope"), ("Version", "UnknownVersion"), ("Frame size", "HeaderChanged"),
        ("Lengths", "HeaderChanged"), ("Wrapped data key", "KeyRefused"), ("Encryption context", "HeaderChanged"),
        ("Commitment", "HeaderChanged"), ("Frame 0", "DamagedFrame"), ("Tag 1", "DamagedFrame"),
    ],
)  # fmt: skip
def test_a_changed_byte_fails_in_its_check_s_words(viewer: SealedWidget, field: str, error: str) -> None:
    """And it is marked in the picture; the last frames' readers have seen the first ones."""
    viewer.flip(field)
    assert viewer.value == error
    said = viewer.twin().text
    assert f"is changed ({field})" in said and f"✕ byte {viewer.changed_byte} is changed" in repr(viewer.picture)
    assert f"You: ✕ {error}: " in said
    assert viewer.restore().value == "opened"


def test_a_cut_end_another_context_and_no_key(viewer: SealedWidget, lab: labkit.Lab) -> None:
    """Each by itself; the key is taken away by a real call, and given back by one."""
    assert viewer.cut(1).value == "DamagedFrame"
    tail = viewer.fields[-2].length + viewer.fields[-1].length
    assert viewer.cut(tail).value == "Truncated" and "Before that, 100 bytes were verified" in viewer.twin().text
    assert viewer.restore().expect({"file": "other"}).value == "WrongContext"
    viewer.restore()
    assert viewer.take_key_away().value == "KeyRefused"
    assert "DisabledException" in viewer.twin().text and "Done: DisableKey" in viewer.twin().text
    assert viewer.give_key_back().value == "opened"
    names = [each["eventName"] for each in lab.events()]
    assert "DisableKey" in names and "EnableKey" in names


def test_what_is_not_there_is_refused(viewer: SealedWidget, tmp_path: Path) -> None:
    """A field or a byte that there is not, a file that is no envelope."""
    with pytest.raises(ValueError, match="There is no field 'Salt'"):
        viewer.flip("Salt")
    for field, byte in (("Version", 1), (10**9, 0), ("Version", -1), (-1, 0)):
        with pytest.raises(ValueError, match="There is no byte"):
            viewer.flip(field, byte)
    with pytest.raises(ValueError, match="The file has"):
        viewer.cut(10**9)
    (tmp_path / "film.bin").write_bytes(json.dumps({}).encode() * 50)
    with pytest.raises(envelope.NotAnEnvelope):
        SealedWidget(tmp_path / "film.bin", None, "alias/app", {})


def test_hostile_names_in_the_context(viewer: SealedWidget) -> None:
    """The context is the sealer's text: shown as it is, and never an element."""
    assert "<img src=x" not in viewer.twin().html and "\u202e" not in viewer.twin().text
    assert HOSTILE[:-1] in viewer.twin().text
