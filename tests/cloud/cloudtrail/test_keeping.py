"""A call that was made is recorded, whatever breaks while it is being recorded: if only by its name."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import boto3
import pytest

from labkit.accounts.local import LocalCloud
from labkit.cloud.cloudtrail import identity, keeping, record, resources, shapes
from labkit.cloud.gateway import gateway

MODULES = (gateway, keeping, record, resources, identity, shapes)
LEAST = {"least_event_of", "_by_name", "record_surely"}  # what is left when all the rest has failed


def functions(module: ModuleType) -> list[str]:
    """The functions that a module makes or uses."""
    found = inspect.getmembers(module, lambda it: inspect.isroutine(it) or hasattr(it, "cache_clear"))
    ours = [
        name for name, it in found if str(getattr(it, "__module__", "")).startswith(("labkit", "dataclasses", "moto"))
    ]
    return [name for name in ours if name not in LEAST]


RECORDING = [(module, name) for module in MODULES[1:] for name in functions(module)]


def broken(*_args: Any, **_kwargs: Any) -> Any:
    """A fault of ours."""
    raise RuntimeError("broken on purpose")


def one_is_recorded(kms: Any, events: Any) -> dict[str, Any]:
    """The record of a call made now: there is one, and the call has its answer all the same."""
    answer = kms.list_keys()
    assert answer["Keys"] == []
    (event,) = events("ListKeys")
    assert event["eventSource"] == "kms.amazonaws.com"
    assert event["requestID"] == answer["ResponseMetadata"]["RequestId"]
    found: dict[str, Any] = event
    return found


@pytest.mark.parametrize(("module", "name"), RECORDING, ids=lambda it: getattr(it, "__name__", it).rpartition(".")[2])
def test_every_function_of_recording_may_fail(
    kms: Any, events: Any, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    """The call is there by its name, and who made it and when are told."""
    monkeypatch.setattr(module, name, broken)
    event = one_is_recorded(kms, events)
    assert event["recipientAccountId"] == event["userIdentity"]["accountId"]
    assert event["eventTime"] and event["eventID"]


@pytest.mark.parametrize("what", ["explanations.keep", "_entropy.uuid"])
def test_every_method_that_keep_calls_may_fail(
    kms: Any, events: Any, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """So may what is remembered besides, and what gives ids."""
    owner, _, method = what.partition(".")
    its = LocalCloud._server.cloud.gateway
    ids = iter(["00000000-0000-4000-8000-000000000001"])  # the request's own id is given before
    monkeypatch.setattr(getattr(its, owner), method, (lambda: next(ids)) if method == "uuid" else broken)
    one_is_recorded(kms, events)


def test_what_is_told_of_calls_may_fail(kms: Any, events: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """KMS, which remembers the last use of a key, for one."""
    monkeypatch.setattr(LocalCloud._server.cloud.gateway, "noted", [broken])
    one_is_recorded(kms, events)


def test_the_history_may_fail_once(kms: Any, events: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the history would not take in full is put there by its name."""
    history = LocalCloud._server.cloud.history
    add = history.add

    def picky(event: dict[str, Any]) -> None:
        if "tlsDetails" in event:
            broken()
        add(event)

    monkeypatch.setattr(history, "add", picky)
    assert "tlsDetails" not in one_is_recorded(kms, events)


def test_followers_may_fail(kms: Any, events: Any) -> None:
    """Whoever follows events can't keep one from being recorded."""
    LocalCloud._server.cloud.gateway.followers.insert(0, broken)
    assert one_is_recorded(kms, events)["tlsDetails"]


def test_a_refused_call_keeps_its_code(kms: Any, events: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least record still says how the call ended."""
    monkeypatch.setattr(keeping, "events_of", broken)
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="alias/nobody")
    (event,) = events("DescribeKey")
    assert event["errorCode"] == "NotFoundException"


def test_calls_of_other_services_and_of_nobody(lab: Any, events: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not KMS alone."""
    monkeypatch.setattr(keeping, "events_of", broken)
    boto3.client("ssm").put_parameter(Name="p", Value="v", Type="String")
    (event,) = events("PutParameter")
    assert event["eventSource"] == "ssm.amazonaws.com"
    assert lab.account_id == event["recipientAccountId"]


def test_what_is_due_by_the_clock_may_fail(kms: Any, events: Any) -> None:
    """A rotation or a delivery that fails takes no call with it."""

    class Broken:
        def next_due(self) -> datetime:
            return datetime(2000, 1, 1, tzinfo=UTC)

        run = staticmethod(broken)

    LocalCloud._server.cloud.gateway.timed.insert(0, Broken())
    assert one_is_recorded(kms, events)["tlsDetails"]
