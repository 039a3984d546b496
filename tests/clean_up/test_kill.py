"""kill -9 at every creating call, before it is sent and before it is settled: clean-up leaves the account as it was."""

from __future__ import annotations

import os
import signal
from typing import Any

import boto3
import pytest

from labkit.accounts.aws.hooks.recorder import Recorder
from labkit.accounts.aws.ledger.makings import makings

from . import scenario
from .conftest import World
from .listing import listing

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork, and no kill -9")
AT_MOST = 12  # creating calls of one step


def _killed(step: Any, made: scenario.Made, call: int, after: bool) -> bool:
    """Carry out a step in a child that is killed at its n-th creating call; False where it has fewer."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(call, after)
            step(dict(made))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _die_at(call: int, after: bool) -> None:
    """Let this process be killed at its n-th creating call: before it is sent, or before its answer is settled."""
    send_on, count = Recorder._send, [0]

    def send(self: Recorder, client: Any, service: str, operation: str, params: Any, shown: Any, send: Any) -> Any:
        making = makings().get((service, operation))
        if making is None or making.way not in ("makes", "setting"):
            return send_on(self, client, service, operation, params, shown, send)
        count[0] += 1

        def dying(one: Any, name: str, asked: Any) -> Any:
            if count[0] != call:
                return send(one, name, asked)
            if after:
                send(one, name, asked)
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        return send_on(self, client, service, operation, params, shown, dying)

    Recorder._send = send  # type: ignore[method-assign]  # in the child


def test_a_kill_at_any_creating_call_leaves_nothing(world: World) -> None:
    """Each creating call of each step is one kill point, twice; then one clean-up."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="of-somebody-else")
    before = listing()
    ledger = world.install()
    made = scenario.play()
    points = 0
    for step in scenario.STEPS:
        for call in range(1, AT_MOST):
            if not _killed(step, made | {"n": f"a{call}"}, call, after=True):
                break
            points += 1
            if call == 1 and step in BEFORE:
                assert _killed(step, made | {"n": "b"}, call, after=False)
    operations = {(each.service, each.operation) for each in ledger.entries() if each.state == "writing"}
    makes = {place for place, each in makings().items() if each.way == "makes"}
    assert makes - operations <= NOT_PLAYED
    assert points > len(makes)
    assert world.clean() == 3, "\n".join(world.said)
    assert _own(listing()) == _own(before)
    assert [each for each in world.said if each.startswith("  left: ")] == []
    assert world.clean() == 3
    assert _own(listing()) == _own(before)
    assert {each.kind for each in ledger.entries()} <= {"key", "grant"}


# A row that nothing was sent for is the same for every kind: a name or a tag that is not there.
BEFORE = (scenario.STEPS[0], scenario.STEPS[2], scenario.STEPS[6], scenario.STEPS[8], scenario.STEPS[10])
NOT_PLAYED = {("ec2", "CopyImage"), ("ec2", "RegisterImage"), ("kms", "CreateCustomKeyStore"), ("kms", "CreateGrant")}


def _own(found: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Leave out what AWS itself makes at a service's first use and nobody can delete, or need not."""
    managed = [each for each in found if "AWSServiceRoleFor" in each[2] or ":alias/aws/" in each[2]]
    kms = boto3.client("kms")
    aliases = kms.list_aliases()["Aliases"]
    keys = {each.get("TargetKeyId") for each in aliases if each["AliasName"].startswith("alias/aws/")}
    return {each for each in found if each not in managed and each[2] not in keys}
