"""What the class's page knows, without a hub: what counts as stuck, what it refuses, that nothing is shown raw."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workshop"))

from class_service import summing_up  # noqa: E402  a service of the hub, beside its configuration
from class_service.course import Exercise, Lab, Question  # noqa: E402
from class_service.events import NotUnderstood  # noqa: E402
from class_service.mine import mine  # noqa: E402
from class_service.page import page  # noqa: E402
from class_service.room import HINT_LASTS, Room  # noqa: E402
from class_service.tables import View, tables  # noqa: E402

LAB = "04-key-policies-and-iam"
V = "0123456789ab"
ONE = {"a": {"text": "a1", "why": "no <b>"}, "b": {"text": "b1", "right": ""}, "c": {"text": "c1", "why": "why c"}}
TWO = {"a": {"text": "a2", "right": ""}, "b": {"text": "b2", "right": ""}, "c": {"text": "c2", "why": "why c2"}}
COURSE = {
    LAB: Lab(
        "Key policies",
        {"who": Exercise("who may", ("first words", "more")), "when": Exercise("when")},
        {
            "one": Question(V, "A section", "Which one?", ONE),
            "two": Question(V, "A section", "Which two?", TWO),
            "made": Question(V, "A section", "Say: look"),
        },
    ),
    "06-grants": Lab("Grants"),
}


def answer(status: str, choice: str, item: str = "one", version: str = V) -> dict[str, str]:
    """An answer's event."""
    return {"kind": "answer", "lab": LAB, "item": item, "status": status, "version": version, "choice": choice}


def check(status: str, item: str = "who") -> dict[str, str]:
    """A check's event."""
    return {"kind": "check", "lab": LAB, "item": item, "status": status}


def test_an_exercise_is_stuck_after_three_tries_and_solved_for_good() -> None:
    """A later check of what is solved changes nothing."""
    room = Room()
    found: list[tuple[int, int, int]] = []
    for status in ("not yet", "not yet", "not yet", "solved", "not yet"):
        room.report("ada", check(status), 0)
        (row,) = summing_up.exercises(room, LAB, {})
        found.append((row.solved, row.at_it, row.stuck))
    assert found == [(0, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0), (1, 0, 0)]


def test_errors_that_most_learners_meet_come_first() -> None:
    """Then those that came most often."""
    room = Room()
    for name, code in (("ada", "A"), ("ada", "A"), ("ada", "A"), ("ada", "B"), ("bob", "B")):
        room.report(name, {"kind": "error", "lab": LAB, "code": code}, 0)
    room.report("bob", {"kind": "error", "lab": "06-grants", "code": "C"}, 0)
    rows = [(row.name, row.learners, row.times) for row in summing_up.errors(room)]
    assert rows == [("B", 2, 2), ("A", 1, 3), ("C", 1, 1)]
    assert [row.name for row in summing_up.errors(room, "06-grants")] == ["C"]


def test_a_hint_comes_once_and_to_those_in_its_lab() -> None:
    """A learner in another lab does not get it, and nobody gets yesterday's."""
    room = Room()
    room.hint("yesterday's", "", -HINT_LASTS)
    room.hint("  look\nup ", "", 0)
    room.hint("the root statement", LAB, 0)
    room.hint(" ", "", 0)
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
        answer("not right", "the key, I think"),
        answer("not right", "z"),
        answer("solved", "a"),
        answer("right", "a", version="my own words"),
        check("right"),
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
        room.report("ada", answer("not right", "abcdefgh"[number % 8 :], f"q{number}"), 0)
        room.report("ada", answer("not right", f"{number:b}".replace("1", "a").replace("0", "b")[:8], "q1"), 0)
        room.hint(f"hint {number}", "", 0)
    ada = room.learners["ada"]
    assert (len(ada.work), len(ada.errors), len(ada.answers), len(room.hints)) == (500, 500, 500, 100)
    assert len(ada.answers[LAB, "q1"].wrong) == 16


def test_what_the_room_gets_wrong_most_comes_first_with_its_wrong_choices() -> None:
    """Each learner counts once, by the first answer; a choice counts once a learner, too."""
    room = Room()
    for name, told in (
        ("ada", answer("not right", "a")),
        ("ada", answer("not right", "a")),
        ("ada", answer("right", "b")),
        ("bob", answer("not right", "c")),
        ("bob", answer("not right", "a")),
        ("cy", answer("right", "b")),
        ("cy", answer("not right", "c")),
        ("cy", answer("not right", "ac", "two")),
        ("bob", answer("not right", "a", "two")),
        ("bob", answer("not right", "", "made")),
        ("dan", answer("right", "b")),
    ):
        room.report(name, told, 0)
    two, one, made = summing_up.questions(room, COURSE)
    assert (one.wrong_first, one.right_since, one.answered) == (2, 1, 4)
    assert one.choices == (("a", 2), ("c", 2))
    assert (two.key[1], two.choices) == ("two", (("", 1), ("c", 1)))
    assert (made.key[1], made.choices) == ("made", ())
    assert summing_up.questions(room, COURSE, "06-grants") == []


def test_choices_of_another_version_are_not_shown_with_the_words_of_this_one() -> None:
    """The letters may mean something else there; right and wrong are counted still."""
    room = Room()
    room.report("ada", answer("not right", "a", version="ba9876543210"), 0)
    (row,) = summing_up.questions(room, COURSE)
    assert (row.wrong_first, row.choices) == (1, ())
    room.report("ada", answer("right", "b"), 0)
    assert summing_up.questions(room, COURSE) == []


def test_the_page_says_what_to_say() -> None:
    """To an exercise that somebody is stuck at, the pack's hints; to a wrong choice, why it is wrong; escaped."""
    room = Room()
    for _ in range(3):
        room.report("ada", check("not yet"), 0)
    room.report("ada", answer("not right", "a"), 0)
    room.report("ada", answer("not right", "", "made"), 0)
    shown = tables(room, COURSE, View(), 0)
    assert "1 learner, 1 stuck." in shown
    for words in ("who may", "<li>first words</li>", "Which one?", "1 × <b>a)</b> a1. <i>Say: no &lt;b&gt;</i>"):
        assert words in shown
    assert "Right: b1. In the lab: <i>A section</i>." in shown
    assert "made: Say: look" in shown


def test_a_view_of_one_lab_shows_that_lab() -> None:
    """Its exercises in order, tried or not; nobody and nothing of another lab."""
    room = Room()
    for name, lab in (("ada", LAB), ("bob", "06-grants")):
        for _ in range(3):
            room.report(name, {"kind": "check", "lab": lab, "item": "who", "status": "not yet"}, 0)
    shown = tables(room, COURSE, View.of(LAB, "name"), 0)
    assert "<td>who may</td><td>0</td><td>0</td><td>1</td></tr><tr><td>when</td>" in shown
    assert "ada" in shown
    assert "bob" not in shown
    assert View.of("<b>", "<b>") == View()


@pytest.mark.parametrize(
    ("sort", "names"),
    [("stuck", "cy ada bob"), ("silent", "bob cy ada"), ("lab", "bob ada cy"), ("name", "ada bob cy")],
)
def test_learners_in_order(sort: str, names: str) -> None:
    """Most stuck first, silent for longest first, by lab, by name."""
    room = Room()
    room.report("bob", {"kind": "start", "lab": "01-any"}, 1)
    for _ in range(3):
        room.report("cy", check("not yet"), 2)
    room.report("ada", {"kind": "start", "lab": LAB}, 3)
    assert " ".join(each.name for each in summing_up.ordered(room.learners.values(), sort)) == names


def test_the_page_shows_names_as_text() -> None:
    """A name of the hub's users may hold anything."""
    room = Room()
    room.report("<script>", check("not yet"), 0)
    shown = page(room, COURSE, View(), 120, "token")
    assert "&lt;script&gt;" in shown
    assert shown.count("<script") == 1
    assert "2 min ago" in shown
    assert "&lt;script&gt;" in mine("<script>", room.learners["<script>"], 14, 120, "token")


def test_a_learner_sees_all_that_is_known_and_what_forgets_it() -> None:
    """Nothing that the trainer's page has is missing on it."""
    room = Room()
    room.report("ada", check("not yet"), 0)
    room.report("ada", answer("not right", "a"), 0)
    room.report("ada", {"kind": "error", "lab": LAB, "code": "E"}, 0)
    shown = mine("ada", room.learners["ada"], 14, 0, "token")
    for words in (
        "<td>who</td><td>not yet</td><td>1</td>",
        "<td>one</td><td>not right</td>",
        "<td>a</td>",
        "<td>E</td>",
    ):
        assert words in shown
    assert 'action="forget-me"' in shown
    assert "knows nothing of you" in mine("bob", None, 14, 0, "token")
