"""A lab, its clients, and the KMS events that services caused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit
from labkit.principals import Role

Inner = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("service-tests")


@pytest.fixture
def kms(lab: labkit.Lab) -> Any:
    """KMS as the lab's administrator."""
    return boto3.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    """The ARN of a customer managed key."""
    return str(kms.create_key(Description="for services")["KeyMetadata"]["Arn"])


@pytest.fixture
def inner(lab: labkit.Lab) -> Inner:
    """`inner()`: the KMS events by services since it was last called, oldest first."""
    seen = 0

    def since() -> list[dict[str, Any]]:
        nonlocal seen
        events = lab.events()
        new, seen = events[seen:], len(events)
        return [e for e in new if e["eventSource"] == "kms.amazonaws.com" and e["userAgent"] == e["sourceIPAddress"]]

    since()
    return since


@pytest.fixture
def reader(lab: labkit.Lab) -> Callable[..., Role]:
    """`reader("Clerk", "s3:*")`: a role with these actions on everything."""

    def make(name: str, *actions: str) -> Role:
        return lab.role(name, policy=[{"Effect": "Allow", "Action": list(actions), "Resource": "*"}])

    return make
