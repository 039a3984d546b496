"""Every exercise in its three states, in the place where it stands in its notebook, and after the notebook's end.

At each exercise a learner does nothing, gives a typical wrong answer, or runs the shipped solution.
"""

import pytest

import labkit
from labkit.exercises import notebooks, read
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.states import (
    going_back_problems,
    saved_untouched_problems,
    solution_problems,
    wrong_answer_problems,
)

from . import other_ways, other_ways_projects
from .walking import walk

WAYS = other_ways.WAYS | other_ways_projects.WAYS
# After a notebook's end these are out of reach: the life of their keys, to its end, is what the notebook shows.
PAST = {"17-multi-region-keys": ("complete-replica", "close-everywhere", "only-frankfurt")}
ROUNDS = [
    (notebook, number) for notebook in notebooks() for number in range(max(len(spec.wrong) for spec in read(notebook)))
]


@pytest.mark.parametrize("notebook", notebooks())
def test_untouched_is_not_attempted(notebook: str) -> None:
    """Who has done nothing is told so, whatever the notebook itself has done.

    The saved outputs show it, and nbval runs each notebook, untouched, and compares them to the letter.
    """
    assert list(map(str, saved_untouched_problems(page_of(notebook)))) == []


@pytest.mark.parametrize("notebook", notebooks())
def test_the_shipped_solutions_solve(notebook: str) -> None:
    """The solutions that a learner is shown are right, and the notebook runs on after them."""
    assert list(map(str, solution_problems(page_of(notebook)))) == []


@pytest.mark.parametrize(("notebook", "number"), ROUNDS)
def test_wrong_answers_are_not_yet_and_say_why(notebook: str, number: int) -> None:
    """Each exercise's typical wrong answer (the first, the second …) gets the reason that belongs to it."""
    assert list(map(str, wrong_answer_problems(page_of(notebook), number))) == []


@pytest.mark.parametrize("notebook", WAYS)
def test_other_right_ways_are_accepted(notebook: str) -> None:
    """A check asks what was reached, not how."""
    outcomes = walk(notebook, lambda spec: WAYS[notebook].get(spec.id))
    assert {name: outcome.status for name, outcome in outcomes.items()} == dict.fromkeys(WAYS[notebook], "solved")


@pytest.mark.parametrize("notebook", notebooks())
def test_after_run_all_the_solutions_solve_or_the_way_back_is_told(notebook: str) -> None:
    """Who ran all cells can go back and solve each exercise, but for those few whose keys the lab itself deletes."""
    assert list(map(str, going_back_problems(page_of(notebook), PAST.get(notebook, ())))) == []


def test_a_check_leaves_no_trace() -> None:
    """Checking is not in the trail and takes no lab time."""
    lab = labkit.start("02-create-keys")
    before = (len(lab.events()), lab.clock.now())
    for spec in read("02-create-keys"):
        lab.exercise(spec.id).check()
    assert (len(lab.events()), lab.clock.now()) == before
