"""What the class's page knows, without a hub: what counts as stuck, what it refuses, that nothing is shown raw."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workshop"))

from class_service import page as pages  # noqa: E402  a service of the hub, beside its configuration
from class_service.room import NotUnderstood, Room  # noqa: E402

LAB = "04-key-policies-and-iam"


def check(status: str, item: str = "who") -> dict[str, str]:
    """A check's event."""
    return {"kind": "check", "lab": LAB, "item": item, "status": status}


def test_an_exercise_is_stuck_after_three_tries_and_solved_for_good() -> None:
    """A later check of what is solved changes nothing."""
    room = Room()
    for tries, row in ((1, (0, 1, 0)), (2, (0, 1, 0)), (3, (0, 0, 1))):
        room.report("ada", check("not yet"), 0)
        assert room.exercises() == [(LAB, "who", *row)], tries
    room.report("ada", check("solved"), 0)
    room.report("ada", check("not yet"), 0)
    assert room.exercises() == [(LAB, "who", 1, 0, 0)]


def test_errors_that_most_learners_meet_come_first() -> None:
    """Then those that came most often."""
    room = Room()
    for name, code in (("ada", "A"), ("ada", "A"), ("ada", "A"), ("ada", "B"), ("bob", "B")):
        room.report(name, {"kind": "error", "lab": LAB, "code": code}, 0)
    assert room.errors() == [("B", 2, 2), ("A", 3, 1)]


def test_a_hint_comes_once_and_to_those_in_its_lab() -> None:
    """A learner in another lab does not get it."""
    room = Room()
    room.hint("  look\nup ")
    room.hint("the root statement", LAB)
    assert room.report("ada", check("not yet"), 0)["hints"] == ["look up", "the root statement"]
    assert room.report("ada", check("not yet"), 0)["hints"] == []
    assert room.report("bob", {"kind": "start", "lab": "06-grants"}, 0)["hints"] == ["look up"]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kind": "check", "lab": LAB},
        {"kind": "look", "lab": LAB},
        check("brilliant"),
        check("solved") | {"code": "kms.encrypt()"},
        {"kind": "start", "lab": "<b>"},
        {"kind": "start", "lab": "x" * 81},
        {"kind": "error", "lab": LAB, "code": 7},
        {"kind": "error", "lab": LAB, "code": "arn:aws:kms:us-east-1:1:key/2"},
        {"kind": ["start"], "lab": LAB},
    ],
    ids=str,
)
def test_what_labkit_does_not_send_is_refused_and_leaves_nothing(event: dict[str, Any]) -> None:
    """No other fields, no long texts, no content."""
    room = Room()
    with pytest.raises(NotUnderstood):
        room.report("ada", event, 0)
    assert room.learners == {}


def test_one_learner_can_not_fill_the_page() -> None:
    """Exercises and errors are counted up to a limit."""
    room = Room()
    for number in range(600):
        room.report("ada", check("solved", f"item{number}"), 0)
        room.report("ada", {"kind": "error", "lab": LAB, "code": f"E{number}"}, 0)
    assert (len(room.exercises()), len(room.errors())) == (500, 500)


def test_the_page_shows_names_as_text() -> None:
    """A name of the hub's users may hold anything."""
    room = Room()
    room.report("<script>", check("not yet"), 0)
    shown = pages.page(room, 120, "token")
    assert "&lt;script&gt;" in shown
    assert "<td><script>" not in shown
    assert "2 min ago" in shown
