"""A hub that is started again knows its class, and what is to be forgotten is gone from the disk."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workshop"))

from class_service.handlers import keeper_of, notes  # noqa: E402  a service of the hub, beside its configuration
from class_service.keeping import DAY, FILE, Keeper  # noqa: E402
from class_service.room import Room  # noqa: E402

LAB = "04-key-policies-and-iam"
EVENTS = (
    {"kind": "start", "lab": LAB},
    {"kind": "check", "lab": LAB, "item": "who", "status": "not yet"},
    {"kind": "answer", "lab": LAB, "item": "q", "status": "not right", "version": "0123456789ab", "choice": "ac"},
    {"kind": "error", "lab": LAB, "code": "AccessDeniedException from Decrypt"},
)


def filled(keeper: Keeper, *names: str, at: float = 0.0) -> Room:
    """A class of which all is kept."""
    room = keeper.load(at)
    for name in names:
        for event in EVENTS:
            room.report(name, event, at)
        keeper.learner(room.learners[name])
    keeper.flush()
    return room


def test_what_was_told_is_known_after_a_restart(tmp_path: Path) -> None:
    """Learners, hints, pause, resets that nobody has heard of yet."""
    keeper = Keeper(tmp_path / "class")
    room = filled(keeper, "ada", "/odd 'name")
    room.paused = True
    room.hint("look up", LAB, 0)
    room.reset("ada", "06-grants")
    keeper.hints_and_pause(room)
    keeper.learner(room.learners["ada"])
    keeper.flush()
    again = Keeper(tmp_path / "class").load(1)
    assert again == room
    assert again.report("ada", EVENTS[0], 1) == {"paused": True, "hints": ["look up"], "resets": ["06-grants"]}


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Folder and file, from the first moment."""
    filled(Keeper(tmp_path / "class"), "ada")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "class", tmp_path / "class" / FILE)}
    assert modes == {"class": 0o700, FILE: 0o600}


def test_what_is_forgotten_is_gone_from_the_disk(tmp_path: Path) -> None:
    """One learner, or all with the damaged files; not a byte of their names is left."""
    keeper = Keeper(tmp_path)
    room = filled(keeper, "ada-lovelace", "bob")
    keeper.learner(room.learners["ada-lovelace"])
    keeper.forget("ada-lovelace")
    keeper.flush()
    assert b"lovelace" not in (tmp_path / FILE).read_bytes()
    assert list(Keeper(tmp_path).load(0).learners) == ["bob"]
    (tmp_path / "class.damaged-1.sqlite3").write_bytes(b"bob")
    keeper.forget_all()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert b"bob" not in (tmp_path / FILE).read_bytes()
    assert Keeper(tmp_path).load(0) == Room()


def test_a_learner_that_is_not_heard_of_for_long_is_deleted(tmp_path: Path) -> None:
    """At the start, and while the hub runs."""
    filled(Keeper(tmp_path, 2), "ada", at=0)
    keeper = Keeper(tmp_path, 2)
    room = filled(keeper, "bob", at=DAY)
    keeper.sweep(room, 2 * DAY)
    assert list(room.learners) == ["ada", "bob"]
    keeper.sweep(room, 2 * DAY + 1)
    assert list(room.learners) == ["bob"]
    assert Keeper(tmp_path, 2).load(4 * DAY) == Room()
    assert b"bob" not in (tmp_path / FILE).read_bytes()


@pytest.mark.parametrize("spoil", [b"no database at all, of some length" * 9, None], ids=["bytes", "row"])
def test_a_damaged_file_is_put_aside_and_the_page_says_so(tmp_path: Path, spoil: bytes | None) -> None:
    """A new one is begun."""
    keeper = Keeper(tmp_path)
    room = filled(keeper, "ada")
    if spoil is None:
        keeper._write(("bob", "[]"))
    else:
        (tmp_path / FILE).write_bytes(spoil)
    again = Keeper(tmp_path)
    assert again.load(0) == Room()
    again.learner(room.learners["ada"])
    again.flush()
    assert Keeper(tmp_path).load(0).learners == room.learners
    assert "class.damaged-1.sqlite3, and counts no more" in notes(again)[-1]


def test_where_nothing_can_be_kept_the_class_goes_on_and_the_page_says_so(tmp_path: Path) -> None:
    """No folder; a file where the folder should be; a file of a newer labkit."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for keeper, words in (
        (keeper_of({}), "when the hub is started again, this page is empty"),
        (keeper_of({"LABKIT_CLASS_STATE": str(tmp_path / "file")}), "can't be kept in"),
    ):
        assert list(filled(keeper, "ada").learners) == ["ada"]
        assert words in notes(keeper)[0]
    newer = Keeper(tmp_path / "newer")
    filled(newer, "ada")
    newer._do(lambda file: file.execute("PRAGMA user_version = 9"))
    again = Keeper(tmp_path / "newer")
    assert again.load(0) == Room()
    assert "a newer labkit has made this file" in notes(again)[0]


def test_the_hub_names_folder_and_days(tmp_path: Path) -> None:
    """As the configuration passes them on; the page says both."""
    keeper = keeper_of({"LABKIT_CLASS_STATE": str(tmp_path), "LABKIT_CLASS_DAYS": "3"})
    keeper.load(0)
    assert [str(tmp_path / FILE) in notes(keeper)[0], "deleted 3 days after" in notes(keeper)[1]] == [True, True]
