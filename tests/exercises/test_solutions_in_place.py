"""Every shipped solution solves in its place, the notebook runs on, and whatever is added to it is noticed.

Each notebook is walked once, and at each exercise the shipped solution is run. At those of the kind "this and no more",
in a branch of the walk (branching.py), each action of KMS, each principal, each value of a condition is added to what
it wrote, alone, is checked, and is taken away again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from labkit.exercises import Outcome, Spec, notebooks
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.states import unsolved_problems

from .additions import Addition, Place, additions, documents
from .branching import in_branch
from .no_more import EXERCISES, GIVES_NOTHING
from .remembering import remembering
from .walking import checked, run, visit

if not hasattr(os, "fork"):
    pytest.skip("a walk has branches where the system has fork (not on Windows)", allow_module_level=True)

MINUTES = 60


@dataclass
class Added:
    """What became of all additions to a solution."""

    tried: int = 0
    accepted: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


@dataclass
class Walk:
    """What a walk through a notebook found."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)  # by exercise, after its solution
    added: dict[str, Added] = field(default_factory=dict)  # by exercise


@pytest.fixture(scope="module")
def walked() -> Callable[[str], Walk]:
    """Walks through a notebook, once."""
    return cache(_walk)


@pytest.mark.parametrize("notebook", notebooks())
def test_the_shipped_solutions_solve(notebook: str, walked: Callable[[str], Walk]) -> None:
    """The solutions that a learner is shown are right, and the notebook runs on after them."""
    assert list(map(str, unsolved_problems(page_of(notebook), walked(notebook).outcomes))) == []


@pytest.mark.parametrize("notebook", EXERCISES)
def test_nothing_can_be_added_to_a_solution(notebook: str, walked: Callable[[str], Walk]) -> None:
    """Action by action, principal by principal, algorithm by algorithm."""
    added = walked(notebook).added
    assert [each for exercise in added.values() for each in exercise.accepted] == []
    assert [each for exercise in added.values() for each in exercise.unclear] == []
    assert set(added) == set(EXERCISES[notebook])
    assert sum(exercise.tried for exercise in added.values()) >= 10 * len(added)


def _walk(notebook: str) -> Walk:
    walk = Walk()

    def at(spec: Spec, learner: dict[str, Any]) -> None:
        asked = spec.id in EXERCISES.get(notebook, ())
        before = documents(learner["lab"]) if asked else {}
        run(spec.solution, learner)
        walk.outcomes[spec.id] = checked(spec, learner)
        if asked:
            walk.added[spec.id] = in_branch(lambda: _added(spec, learner, before), 15 * MINUTES)

    visit(notebook, at)
    return walk


def _added(spec: Spec, learner: dict[str, Any], before: dict[Place, Any]) -> Added:
    """Make each addition, check, and take it away."""
    lab, found = learner["lab"], Added()
    after, principals = documents(lab), _principals(lab)
    assert checked(spec, learner).status == "solved", checked(spec, learner)
    with remembering(lab) as memory:
        for addition in additions(before, after, principals):
            if _is_made(addition):
                memory.forget(addition.service)
                outcome = checked(spec, learner)
                found.tried += 1
                addition.undo()
                memory.forget(addition.service)
                if outcome.status == "solved" and not _gives_nothing(spec.id, addition.name):
                    found.accepted.append(f"{spec.id}: {addition.name}")
                elif outcome.status not in ("solved", "not yet"):
                    found.unclear.append(f"{spec.id}: {addition.name}: {outcome}")
    assert checked(spec, learner).status == "solved", checked(spec, learner)
    return found


def _principals(lab: Any) -> dict[str, str]:
    """Principals that no solution names, by kind."""
    iam, name = boto3.client("iam"), "Bystander"
    own, other = lab.account_id, lab.account("bystanders")
    lab.role(name)
    iam.create_user(UserName=name)
    other.role(name)
    return {
        "a role": f"arn:aws:iam::{own}:role/{name}",
        "a user": f"arn:aws:iam::{own}:user/{name}",
        "a role elsewhere": f"arn:aws:iam::{other.account_id}:role/{name}",
        "an account": f"arn:aws:iam::{other.account_id}:root",
        "a service": "backup.amazonaws.com",
        "everybody": "*",
    }


def _is_made(addition: Addition) -> bool:
    """Make the addition; False if the account refuses it, as KMS does an operation that a key has not."""
    try:
        addition.make()
    except ClientError:
        return False
    return True


def _gives_nothing(exercise: str, name: str) -> bool:
    return any(exercise == each and name.startswith(beginning) for each, beginning in GIVES_NOTHING)
