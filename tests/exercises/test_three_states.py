"""Every exercise, untouched, and a check that leaves no trace.

A learner runs the shipped solution in test_solutions_in_place.py; gives wrong answers, and solves after the notebook's
end, in test_answers_in_place.py.
"""

import pytest

import labkit
from labkit.exercises import notebooks, read
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.states import saved_untouched_problems


@pytest.mark.parametrize("notebook", notebooks())
def test_untouched_is_not_attempted(notebook: str) -> None:
    """Who has done nothing is told so, whatever the notebook itself has done.

    The saved outputs show it, and nbval runs each notebook, untouched, and compares them to the letter.
    """
    assert list(map(str, saved_untouched_problems(page_of(notebook)))) == []


def test_a_check_leaves_no_trace() -> None:
    """Checking is not in the trail and takes no lab time."""
    lab = labkit.start("02-create-keys")
    before = (len(lab.events()), lab.clock.now())
    for spec in read("02-create-keys"):
        lab.exercise(spec.id).check()
    assert (len(lab.events()), lab.clock.now()) == before
