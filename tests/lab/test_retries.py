"""botocore's retry modes on the lab's clock: the same each time, as botocore has them, and all is put back after."""

from __future__ import annotations

import random
import time
from typing import Any

import boto3
import botocore.endpoint
import pytest

import labkit
from labkit.retries import MODES, Run, try_mode


def runs(mode: str) -> Run:
    """Forty questions at five a second, in a fresh account."""
    lab = labkit.start("retries")
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    lab.disturb(quotas=True, calls_per_second=50)
    return try_mode(lab.clock, mode, lambda kms: kms.get_key_last_usage(KeyId=key), 40)


@pytest.mark.parametrize("mode", MODES)
def test_a_run_is_the_same_each_time(mode: str) -> None:
    """Dice and waits."""
    dice = random.getstate()
    first, second = runs(mode), runs(mode)
    assert first == second
    assert first.seconds > 5  # forty at five a second
    assert first.throttled > 0
    assert random.getstate() == dice
    assert botocore.endpoint.time is time


def test_the_adaptive_mode_is_throttled_least() -> None:
    """It slows down before it is told to."""
    told = {mode: runs(mode) for mode in MODES}
    assert told["adaptive"].throttled < told["standard"].throttled
    assert told["legacy"].failed == 0


def test_each_mode_gives_up_as_botocore_says() -> None:
    """Legacy tries five times, the others three; what is left is counted, not raised."""
    lab = labkit.start("retries")
    tries: dict[str, Any] = {}
    for mode in MODES:
        lab.disturb("kms:ListKeys", error="ThrottlingException", times=5)
        tries[mode] = try_mode(lab.clock, mode, lambda kms: kms.list_keys(), 1)
        lab.disturb()
    assert {mode: (len(run.tries), run.failed) for mode, run in tries.items()} == {
        "legacy": (5, 1),
        "standard": (3, 1),
        "adaptive": (3, 1),
    }


def test_a_paced_clock_moves_by_parts_of_a_second() -> None:
    """And in whole ones else, as it always has."""
    lab = labkit.start("retries")
    start = lab.clock.now()
    assert (lab.clock.advance(seconds=0.4) - start).total_seconds() == 0
    lab.disturb(calls_per_second=10)
    assert (lab.clock.advance(seconds=0.4) - start).total_seconds() == 0.4
