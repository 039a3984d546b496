"""A lab, and the short hand of these tests for policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import labkit

Statement = dict[str, Any]


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("authorize-tests")


@pytest.fixture(scope="session")
def allow() -> Callable[..., Statement]:
    """`allow("kms:Encrypt", Condition=...)`: a statement on every resource unless told otherwise."""

    def make(*actions: str, **elements: Any) -> Statement:
        return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **elements}

    return make


@pytest.fixture(scope="session")
def document() -> Callable[..., str]:
    """A policy of these statements, as JSON."""

    def make(*statements: Statement) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    return make


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """`refusal(code, call, **parameters)`: the message with which the call was refused."""

    def of(code: str, call: Callable[..., Any], **parameters: Any) -> str:
        with labkit.expect_error(code) as refused:
            call(**parameters)
        return refused.message

    return of
