"""The engine by itself: outcomes, hints, errors; no account is needed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from botocore.exceptions import ClientError

from labkit.exercises import Exercise, Exercises, Outcome, Spec, UnknownExercise
from labkit.exercises.engine import COME_BACK, MARKS, MovedOn, no_number, not_attempted, not_yet, solved, with_code

SPEC = Spec("try-it", "Try it", "Make `x` be <1>.", ("Look at x.", "Use `x = 0`."), "x = 0\n", ())


@dataclass
class NoLab:
    """A lab that holds nothing."""

    name: str = "my-own-lab"
    region: str = "us-east-1"
    observer: Any = None
    trail: list[dict[str, Any]] = field(default_factory=list)

    def events(self) -> list[dict[str, Any]]:
        return self.trail


def broken(lab: Any, answer: Any) -> Outcome:
    raise KeyError("gone")


def test_a_check_gets_the_lab_and_the_answer() -> None:
    """The check function decides, with the lab and what the learner answered."""
    lab = NoLab()
    exercise = Exercise(SPEC, lab, lambda seen, answer: solved(f"{seen.observer is lab.observer} {answer}"))
    assert exercise.check(42) == Outcome("solved", "True 42")


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (numpy.int64(7), 7),
        (pandas.Series([3, 4]).sum(), 7),
        (numpy.uint8(7), 7),
        (numpy.str_("disks"), "disks"),
        (pandas.Timestamp("2026-01-13", tz="UTC"), datetime(2026, 1, 13, tzinfo=UTC)),
        (True, True),
        (7.0, 7.0),
        (None, None),
    ],
    ids=lambda each: f"{type(each).__name__} {each}",
)
def test_answers_of_numpy_and_pandas_are_taken_as_pythons(answer: Any, seen: Any) -> None:
    """Who counts in a table answers with numpy's numbers; a check compares and prints Python's."""
    got: list[Any] = []
    Exercise(SPEC, NoLab(), lambda _, given: got.append(given) or solved("")).check(answer)
    assert got == [seen]
    assert type(got[0]) is type(seen) or isinstance(answer, datetime)


@pytest.mark.parametrize("answer", [7, numpy.int64(7), pandas.Series([3, 4]).sum()])
def test_whole_numbers_are_numbers(answer: Any) -> None:
    """Python's and numpy's."""
    assert no_number(answer) is None


@pytest.mark.parametrize(
    "answer", [True, numpy.True_, 7.0, numpy.float64(7), "7", numpy.array([7]), numpy.timedelta64(7, "s")]
)
def test_what_is_no_whole_number_is_told(answer: Any) -> None:
    """Truth values, fractions, texts and columns are none."""
    assert no_number(answer).message.startswith("The answer should be a whole number; this is ")


def test_a_failing_check_is_told_and_not_raised() -> None:
    """An error of ours is an outcome with what happened, never a traceback."""
    outcome = Exercise(SPEC, NoLab(), broken).check()
    assert outcome.status == "could not tell"
    assert "KeyError: 'gone'" in outcome.message
    assert "not your mistake" in outcome.message


def deleted(lab: Any, answer: Any) -> Outcome:
    raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "Role Operator not found"}}, "GetRole")


def throttled(lab: Any, answer: Any) -> Outcome:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "GetRole")


def test_what_a_learner_has_deleted_is_missed_and_no_failure() -> None:
    """With its name, and the way to have it again; any other error of a service is ours."""
    outcome = Exercise(SPEC, NoLab(), deleted).check()
    assert outcome.status == "not yet"
    assert "Role Operator not found" in outcome.message
    assert outcome.message.endswith(f"If it was deleted, {COME_BACK}")
    assert Exercise(SPEC, NoLab(), throttled).check().status == "could not tell"


def past(lab: Any, answer: Any) -> Outcome:
    raise MovedOn("its key is deleted by now.")


def test_a_lab_that_has_gone_on_says_how_to_come_back() -> None:
    """After "Run All" an exercise may be out of reach: that is said kindly, and is no failure of the check."""
    outcome = Exercise(SPEC, NoLab(), past).check()
    assert outcome == not_yet(
        "The lab has gone on past this exercise: its key is deleted by now. "
        "To come back to it, restart the kernel, select this cell, and choose Run → Run All Above Selected Cell."
    )


def test_the_way_back_is_the_one_that_the_readme_names(checkout: Path) -> None:
    """One way, in the same words of JupyterLab's menu."""
    menu = COME_BACK.partition("choose ")[2]
    assert f"*{menu.rstrip('.')}*" in (checkout / "README.md").read_text()


def test_hints_are_a_ladder_and_the_last_one_stays() -> None:
    """Each call is one step further."""
    exercise = Exercise(SPEC, NoLab(), broken)
    texts = [repr(exercise.hint()) for _ in range(3)]
    assert texts == ["Hint 1 of 2: Look at x.", "Hint 2 of 2: Use `x = 0`.", "Hint 2 of 2: Use `x = 0`."]


def test_texts_are_shown_plainly_and_escaped_in_html() -> None:
    """No text of an exercise can become markup; code stands in code."""
    exercise = Exercise(SPEC, NoLab(), broken)
    assert repr(exercise) == "Make `x` be <1>."
    assert exercise._repr_html_() == "<p>Make <code>x</code> be &lt;1&gt;.</p>"
    assert repr(exercise.solution()) == "x = 0"
    assert not_yet("<script>")._repr_html_() == f"<p>{MARKS['not yet']} <b>not yet</b>: &lt;script&gt;</p>"


def test_an_outcome_reads_as_a_sentence() -> None:
    """Status first, then what was seen."""
    assert repr(not_yet("The alias is missing.")) == "not yet: The alias is missing."
    assert not_attempted().status == "not attempted"


def test_an_unpaired_backquote_is_a_character() -> None:
    """Text is never lost to a missing backquote."""
    assert with_code("a ` b <") == "a ` b &lt;"


def test_an_unknown_exercise_is_named_with_those_there_are() -> None:
    """The message helps to find the right name."""
    with pytest.raises(UnknownExercise, match=r"'my-own-lab' has no exercise 'try-it'\. It has: none"):
        Exercises(NoLab()).get("try-it")
