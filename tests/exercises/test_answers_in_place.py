"""Wrong, forbidden and odd answers, and other right ones: each in its place in its notebook, each on its own account.

A notebook is walked once, for all tests of it: each story of STORIES is told in a branch of that walk (branching.py),
and after the last cell the trail is compared with the calls that were made, and the solutions are run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from labkit.exercises import Spec, notebooks
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.states import late_problems
from labkit.exercises.lab_rules.walking import solved_late

from . import (
    forbidden,
    forbidden_enclaves,
    forbidden_key_stores,
    forbidden_projects,
    forbidden_ways,
    other_ways,
    other_ways_projects,
    replaying,
    specimens,
)
from .absurd import problems
from .branching import files_as_found, in_branch, proxies_of_its_own
from .said import SAID
from .telling import SOLUTION, Step
from .walking import checked, run, visit

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


# After a notebook's end these are out of reach: the life of their keys, to its end, is what the notebook shows.
PAST = {"17-multi-region-keys": ("complete-replica", "close-everywhere", "only-frankfurt")}


@dataclass
class Walk:
    """What a walk through a notebook found."""

    wrong: list[str] = field(default_factory=list)  # stories whose check said something else
    told: set[str] = field(default_factory=set)  # the exercises at which stories were told
    unlike: dict[str, object] = field(default_factory=dict)  # what the trail says otherwise than the calls were
    late: list[str] = field(default_factory=list)  # solutions that do not solve after the last cell


@pytest.fixture(scope="module")
def walked() -> Callable[[str], Walk]:
    """Walks through a notebook, once."""
    return cache(_walk)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # what a story leaves open ends with its branch
@pytest.mark.parametrize("notebook", notebooks())
def test_every_answer_is_told_what_it_is(notebook: str, walked: Callable[[str], Walk]) -> None:
    """Each step's status and words; and answers that can't be any are told so at once."""
    walk = walked(notebook)
    assert walk.wrong == [], "\n".join(walk.wrong)
    tables = (WAYS, specimens.STORIES, SAID, *FORBIDDEN)
    assert {name for table in tables for name in table.get(notebook, ())} <= walk.told


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("notebook", notebooks())
def test_after_run_all_the_solutions_solve_or_the_way_back_is_told(
    notebook: str, walked: Callable[[str], Walk]
) -> None:
    """Who ran all cells can go back and solve each exercise, but for those few whose keys the lab itself deletes."""
    assert walked(notebook).late == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("notebook", notebooks())
def test_as_many_events_as_calls_each_with_the_right_caller(notebook: str, walked: Callable[[str], Walk]) -> None:
    """One record a call, of its operation, Region, error and caller; what is left over, services did."""
    assert walked(notebook).unlike == {}


def _walk(notebook: str) -> Walk:
    walk, page = Walk(), page_of(notebook)
    later, past = AFTER_SOLUTIONS.get(notebook, set()), PAST.get(notebook, ())

    def at(spec: Spec, learner: dict[str, Any]) -> None:
        if spec.answer is not None:
            walk.wrong.extend(problems(learner["lab"].exercise(spec.id)))  # what it reads, no branch need read again
        if spec.id not in later:
            tell(spec, learner)

    def at_solved(spec: Spec, learner: dict[str, Any]) -> None:
        if spec.id in later:
            tell(spec, learner)
        run(spec.solution, learner)

    def tell(spec: Spec, learner: dict[str, Any]) -> None:
        checked(spec, learner)  # what a check makes and loads at its first time, every branch finds made
        for story in stories(notebook, spec):
            with files_as_found(learner):
                walk.wrong.extend(in_branch(lambda: _tell(spec, story, learner)))  # noqa: B023  called at once
        walk.told.add(spec.id)

    def at_end(learner: dict[str, Any]) -> None:
        walk.unlike.update(replaying.compared(notebook, learner["lab"], notes))
        walk.late.extend(map(str, late_problems(page, solved_late(page, learner, past), past)))

    with replaying.noted() as notes:
        visit(notebook, at, at_end)
    if later:
        visit(notebook, at_solved)
    return walk


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
