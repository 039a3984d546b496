"""The sessions that a lab makes behave as botocore's own, though they share what never changes."""

from __future__ import annotations

from typing import Any

import boto3
import botocore
import pytest
from botocore import handlers

import labkit
from labkit.accounts.sessions import new_session


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One for all of these."""
    return labkit.start("start-tests")


def _registered(session: boto3.Session) -> dict[str, list[list[str]]]:
    """event -> the handlers first, between and last; by name, since each session makes some of its own."""
    found: dict[str, list[list[str]]] = {}

    def look(node: Any, event: str) -> None:
        if node["values"] is not None:
            found[event] = [[getattr(each, "__qualname__", repr(each)) for each in part] for part in node["values"]]
        for name, child in node["children"].items():
            look(child, f"{event}.{name}")

    look(session._session.get_component("event_emitter")._emitter._handlers._root, "")
    return found


@pytest.mark.usefixtures("lab")
def test_they_have_botocores_handlers_in_its_order() -> None:
    """Every one, under its own event, first, between and last."""
    own = _registered(new_session())
    assert len(own) > 100
    assert own == _registered(boto3.Session())


@pytest.mark.usefixtures("lab")
def test_a_handler_is_its_sessions_own() -> None:
    """A session that is told to listen leaves the next one, and the clients of others, as they were."""
    heard: list[str] = []
    first, second = new_session(), new_session()
    first.events.register("before-call.kms", lambda **_: heard.append("first"))
    second.client("kms").list_keys()
    new_session().client("kms").list_keys()
    assert heard == []
    first.client("kms").list_keys()
    assert heard == ["first"]


@pytest.mark.usefixtures("lab")
def test_a_handler_that_everybody_gets_is_theirs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's list may grow: another tool puts itself there as the lab's door does."""
    heard: list[str] = []
    more = [*handlers.BUILTIN_HANDLERS, ("before-call.kms", lambda **_: heard.append("all"))]
    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", more)
    new_session().client("kms").list_keys()
    monkeypatch.undo()
    new_session().client("kms").list_keys()
    assert heard == ["all"]


@pytest.mark.usefixtures("lab")
def test_an_initializer_runs_once_a_session() -> None:
    """As botocore promises it to tools that add themselves to sessions."""
    made: list[Any] = []
    botocore.register_initializer(made.append)
    try:
        session = new_session()
    finally:
        botocore.unregister_initializer(made.append)
    assert made == [session._session]
