"""botocore's retry modes, tried on a lab's clock: which tries each call needs, when, and what comes of it.

The waits between tries, which would be seconds of yours, pass on the lab's clock instead, and botocore's dice fall the
same each time. The rest is botocore itself, with the retry mode that is asked for.
Source: boto3 guide, "Retries"; the modules botocore.retryhandler and botocore.retries.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import botocore.endpoint
import botocore.retries.bucket
from botocore.config import Config
from botocore.exceptions import ClientError

from .accounts.lab_clock import LabClock

MODES = ("legacy", "standard", "adaptive")
SHORTEST = 0.001
"""Seconds of a wait at the least: botocore asks for less than the lab's clock can tell apart."""


@dataclass(frozen=True, slots=True)
class Try:
    """One request: of which call, lab seconds after the start, and the error that answered it ("" for none)."""

    call: int
    at: float
    error: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a client did in one retry mode: its tries, and how many calls failed in the end."""

    mode: str
    calls: int
    failed: int
    seconds: float
    tries: tuple[Try, ...]

    @property
    def throttled(self) -> int:
        """Count the tries that were answered with an error."""
        return sum(bool(each.error) for each in self.tries)

    def __repr__(self) -> str:
        return (
            f"{self.mode}: {self.calls} calls, {len(self.tries)} tries, {self.throttled} of them throttled, "
            f"{self.failed} calls failed, {self.seconds:.0f} lab seconds"
        )


def try_mode(clock: LabClock, mode: str, call: Callable[[Any], Any], times: int, pause: float = 0) -> Run:
    """Make a client of KMS with this retry mode and let it call so many times, with a pause of lab seconds after each.

    `call` gets the client. Errors that are left after the retries are counted, not raised.
    """
    tries: list[Try] = []
    failed = 0
    with waits_on(clock):
        start = clock.now()
        client = boto3.client("kms", config=Config(retries={"mode": mode}))
        for number in range(times):

            def seen(parsed_response: Any, number: int = number, **_: Any) -> None:
                error = (parsed_response or {}).get("Error", {}).get("Code", "")
                tries.append(Try(number, (clock.now() - start).total_seconds(), error))

            client.meta.events.register("response-received", seen, unique_id="seen")
            try:
                call(client)
            except ClientError:
                failed += 1
            client.meta.events.unregister("response-received", unique_id="seen")
            if pause:
                clock.advance(seconds=pause)
        seconds = (clock.now() - start).total_seconds()
    return Run(mode, times, failed, seconds, tuple(tries))


@contextmanager
def waits_on(clock: LabClock) -> Iterator[None]:
    """Let botocore wait on the lab's clock, with the same dice each time; afterwards all is as before."""

    def sleep(seconds: float) -> None:
        clock.advance(seconds=max(seconds, SHORTEST))

    class Condition(threading.Condition):
        """What the adaptive mode waits at until it may send again."""

        def wait(self, timeout: float | None = None) -> bool:
            sleep(timeout or 0)
            return True

    dice = random.getstate()
    random.seed(MODES[0])
    with ExitStack() as replaced:
        at = replaced.enter_context
        at(patch.object(botocore.endpoint, "time", SimpleNamespace(sleep=sleep)))
        now = lambda _self: clock.now().timestamp()  # noqa: E731  # as botocore's Clock has it
        at(patch.object(botocore.retries.bucket.Clock, "current_time", now))
        at(
            patch.object(
                botocore.retries.bucket, "threading", SimpleNamespace(Lock=threading.Lock, Condition=Condition)
            )
        )
        try:
            yield
        finally:
            random.setstate(dice)
