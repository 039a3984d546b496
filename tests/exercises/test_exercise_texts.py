"""What exercises say, against what their notebooks show: texts only, no account is needed."""

import pytest

from labkit.exercises import notebooks
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.texts import exercise_problems


@pytest.mark.parametrize("notebook", notebooks())
def test_exercises_are_complete_and_stand_in_their_notebook(notebook: str) -> None:
    """Three or more, with hints and wrong answers; heading, task and the three verbs stand on the page."""
    assert list(map(str, exercise_problems(page_of(notebook)))) == []
