"""The policies of the exercise on must-not lists, as the notebook has them, and what each of them allows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from labkit.exercises.engine import LabView
from labkit.exercises.permissions import grants_on, key_policy
from labkit.policy import simulate

from .attempts import Attempt

ADA, CLERK_ROLE = "ada", "Clerk"
Statement = Mapping[str, Any]


def of_clerk(key: str) -> Statement:
    """Make the statement of the role's own policy."""
    condition = {"StringEquals": {"kms:EncryptionContext:customer": ADA}}
    return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": condition}


def wider(key: str) -> Mapping[str, Statement]:
    """Make those that are too wide, by their names."""
    right = of_clerk(key)
    return {
        "any customer": {name: part for name, part in right.items() if name != "Condition"},
        "any key": {**right, "Resource": "*"},
        "any action": {**right, "Action": "kms:*"},
    }


def allowed(lab: LabView, attempt: Attempt, statement: Statement) -> bool:
    """Decide whether the Clerk, with that statement and its grants, may make the call: all that it asks for."""
    role = lab.observer.client("iam").get_role(RoleName=CLERK_ROLE)["Role"]["Arn"]
    identity = {"Version": "2012-10-17", "Statement": [statement]}
    decide = partial(simulate, role, identity=identity)
    return all(
        decide(
            asked.action,
            asked.resource,
            resource_policy=key_policy(lab, asked.resource) if asked.resource != "*" else None,
            context=asked.context,
            grants=grants_on(lab, asked.resource) if asked.resource != "*" else (),
        ).data["allowed"]
        for asked in attempt.asks
    )
