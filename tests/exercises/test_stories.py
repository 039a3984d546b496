"""What checks say of work that is undone later, of work that the task forbids, and of right answers in other forms."""

import contextlib
from typing import Any

import pytest

from labkit.exercises import Spec

from .specimens import STORIES
from .telling import SOLUTION, Step
from .walking import run, visit

ROUNDS = [(notebook, number) for notebook in STORIES for number in range(max(map(len, STORIES[notebook].values())))]


class _Done(Exception):
    """The last story is told."""


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the walk ends where the last story does
@pytest.mark.parametrize(("notebook", "number"), ROUNDS)
def test_a_story_is_told_as_it_is(notebook: str, number: int) -> None:
    """Each step's status and words; a story may leave the account in pieces, so later cells may fail."""
    stories = {name: told[number] for name, told in STORIES[notebook].items() if len(told) > number}
    left, wrong = set(stories), list[str]()

    def at(spec: Spec, learner: dict[str, Any]) -> None:
        if spec.id in left:
            wrong.extend(_tell(spec, stories[spec.id], learner))
            left.remove(spec.id)
        if not left:
            raise _Done

    with contextlib.suppress(_Done):
        visit(notebook, at)
    assert wrong == [], "\n".join(wrong)
    assert not left


def _tell(spec: Spec, story: list[Step], learner: dict[str, Any]) -> list[str]:
    """The steps after which the check said something else."""
    wrong = []
    for code, status, says in story:
        run(spec.solution if code == SOLUTION else code, learner)
        outcome = learner["lab"].exercise(spec.id).check(learner.get("answer"))
        if outcome.status != status or says not in outcome.message:
            wrong.append(f"{spec.id}, after {code[-60:]!r}: {outcome}")
    return wrong
