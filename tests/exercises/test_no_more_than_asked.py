"""Every single thing that is added to a solution of the kind "this and no more" is noticed.

Each notebook is walked once, to its exercises. At each, the shipped solution is run; then each action of KMS, each
principal, each value of a condition is added to what it wrote, alone, is checked, and is taken away again.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from labkit.exercises import Outcome, Spec

from .additions import Addition, additions, documents
from .no_more import EXERCISES, GIVES_NOTHING
from .remembering import remembering
from .walking import run, to_exercises


@pytest.mark.parametrize("notebook", EXERCISES)
def test_nothing_can_be_added_to_a_solution(notebook: str) -> None:
    """Action by action, principal by principal, algorithm by algorithm."""
    accepted, unclear, tried = [], [], 0
    for learner, spec in to_exercises(notebook, EXERCISES[notebook]):
        lab = learner["lab"]

        def check(spec: Spec = spec, learner: dict[str, Any] = learner) -> Outcome:
            outcome: Outcome = learner["lab"].exercise(spec.id).check(learner.get("answer"))
            return outcome

        principals, before = _principals(lab), documents(lab)
        run(spec.solution, learner)
        assert check().status == "solved", check()
        with remembering(lab) as memory:
            for addition in additions(before, documents(lab), principals):
                if _is_made(addition):
                    memory.forget(addition.service)
                    outcome, tried = check(), tried + 1
                    addition.undo()
                    memory.forget(addition.service)
                    if outcome.status == "solved" and not _gives_nothing(spec.id, addition.name):
                        accepted.append((spec.id, addition.name))
                    elif outcome.status not in ("solved", "not yet"):
                        unclear.append((spec.id, addition.name, outcome))
        assert check().status == "solved", check()
    assert accepted == [], "\n".join(map(str, accepted))
    assert unclear == [], "\n".join(map(str, unclear))
    assert tried >= 10 * len(EXERCISES[notebook])


def _principals(lab: Any) -> dict[str, str]:
    """Principals that no solution names, by kind: made now, and found again at the next exercise."""
    iam, name = boto3.client("iam"), "Bystander"
    own, other = lab.account_id, lab.account("bystanders")
    try:
        lab.role(name)
        iam.create_user(UserName=name)
        other.role(name)
    except Exception as error:
        if "already" not in str(error):
            raise
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
