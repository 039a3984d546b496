"""Wrong, forbidden and odd answers, and other right ones: each in its place in its notebook, each on its own account.

A notebook is walked once, and each story of STORIES is told in a branch of that walk (branching.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.exercises import Spec, notebooks

from . import (
    forbidden,
    forbidden_enclaves,
    forbidden_key_stores,
    forbidden_projects,
    forbidden_ways,
    other_ways,
    other_ways_projects,
    specimens,
)
from .absurd import problems
from .branching import files_as_found, in_branch, proxies_of_its_own
from .said import SAID
from .telling import SOLUTION, Step
from .walking import run, visit

Rows = dict[str, dict[str, Any]]
WAYS = other_ways.WAYS | other_ways_projects.WAYS
FORBIDDEN: tuple[Rows, ...] = (
    forbidden.ANSWERS,
    forbidden_enclaves.ANSWERS,
    forbidden_key_stores.ANSWERS,
    forbidden_projects.ANSWERS,
    forbidden_ways.ANSWERS,
)

if not hasattr(os, "fork"):
    pytest.skip("a walk has branches where the system has fork (not on Windows)", allow_module_level=True)


# What is told of these is told where a learner stands who has solved all exercises above.
AFTER_SOLUTIONS = {
    "21-best-practices-audit": {"nothing-left"},
    "3-api-keys-in-dynamodb": {"doras-key"},
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # what a story leaves open ends with its branch
@pytest.mark.parametrize("notebook", notebooks())
def test_every_answer_is_told_what_it_is(notebook: str) -> None:
    """Each step's status and words; and answers that can't be any are told so at once."""
    wrong, told = list[str](), set[str]()
    later = AFTER_SOLUTIONS.get(notebook, set())

    def at(spec: Spec, learner: dict[str, Any]) -> None:
        if spec.answer is not None:
            wrong.extend(problems(learner["lab"].exercise(spec.id)))  # what it reads, no branch need read again
        if spec.id not in later:
            tell(spec, learner)

    def at_solved(spec: Spec, learner: dict[str, Any]) -> None:
        if spec.id in later:
            tell(spec, learner)
        run(spec.solution, learner)

    def tell(spec: Spec, learner: dict[str, Any]) -> None:
        for story in stories(notebook, spec):
            with files_as_found(learner):
                wrong.extend(in_branch(lambda: _tell(spec, story, learner)))  # noqa: B023  called at once
        told.add(spec.id)

    visit(notebook, at)
    if later:
        visit(notebook, at_solved)
    assert wrong == [], "\n".join(wrong)
    tables = (WAYS, specimens.STORIES, SAID, *FORBIDDEN)
    assert {name for table in tables for name in table.get(notebook, ())} <= told


def stories(notebook: str, spec: Spec) -> Iterator[list[Step]]:
    """All that is told of an exercise: steps, one after the other in one account."""
    for each in spec.wrong:
        yield [(each.code, "not yet", each.says)]
    if spec.id in WAYS.get(notebook, {}):
        yield [(WAYS[notebook][spec.id], "solved", "")]
    for table in FORBIDDEN:
        yield from ([row] for row in table.get(notebook, {}).get(spec.id, ()))
    yield from SAID.get(notebook, {}).get(spec.id, ())
    yield from specimens.STORIES.get(notebook, {}).get(spec.id, ())


def _tell(spec: Spec, story: list[Step], learner: dict[str, Any]) -> list[str]:
    """The steps after which the check said something else."""
    wrong = []
    proxies_of_its_own(learner["lab"])
    for code, status, says in story:
        run(spec.solution if code == SOLUTION else code, learner)
        outcome = learner["lab"].exercise(spec.id).check(learner.get("answer"))
        if outcome.status != status or says not in outcome.message:
            wrong.append(f"{spec.id}, after {code[-120:]!r}:\n  {outcome}\n  should be {status}: {says}")
    return wrong
