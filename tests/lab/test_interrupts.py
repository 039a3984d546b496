"""A call is done and recorded, or it is not done, wherever Ctrl-C or another signal's exception strikes."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from labkit.cloud.core import uninterrupted as module
from labkit.cloud.core.uninterrupted import uninterrupted

from .conftest import Script

STORM = """
import os, random, signal, sys, threading, time
import boto3, labkit

class Stop(SystemExit):
    pass

def leave(number, frame):
    raise Stop

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are begun without
lab = labkit.start("interrupts")
kms, s3 = boto3.client("kms"), boto3.client("s3")
s3.create_bucket(Bucket="a-bucket")
NUMBER = SIGNAL
if NUMBER != signal.SIGINT:
    signal.signal(NUMBER, leave)
before = signal.getsignal(NUMBER)
aiming = threading.Event()

def storm():
    draw = random.Random(7)
    while True:
        time.sleep(draw.random() * 0.004)
        if aiming.is_set():
            os.kill(os.getpid(), NUMBER)

threading.Thread(target=storm, daemon=True).start()
struck, end, asked = 0, time.monotonic() + SECONDS, 0
while time.monotonic() < end:
    try:
        aiming.set()
        try:
            while True:
                kms.create_key()
                asked += 1
                s3.put_object(Bucket="a-bucket", Key=str(asked), Body=b"")
        finally:
            aiming.clear()
    except (KeyboardInterrupt, Stop):
        struck += 1
time.sleep(0.05)
assert signal.getsignal(NUMBER) == before
events = lab.events()
made = [e["responseElements"]["keyMetadata"]["keyId"] for e in events if e["eventName"] == "CreateKey"]
keys = [k["KeyId"] for p in kms.get_paginator("list_keys").paginate() for k in p["Keys"]]
assert sorted(made) == sorted(keys), set(made) ^ set(keys)
put = {e["requestParameters"]["key"] for e in events if e["eventName"] == "PutObject"}
pages = s3.get_paginator("list_objects_v2").paginate(Bucket="a-bucket")
objects = [o["Key"] for p in pages for o in p.get("Contents", [])]
assert put == set(objects), put ^ set(objects)
assert len({e["eventID"] for e in events}) == len(events)
print(struck)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="this system has few signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_calls_are_done_and_recorded_or_not_done(script: Script, name: str) -> None:
    """Hundreds of interrupts (KeyboardInterrupt, SystemExit): each key and object has a record, each record its key."""
    done = script(STORM.replace("SIGNAL", f"signal.{name}").replace("SECONDS", "4"))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Also where the suite was begun in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_is_raised_when_the_work_is_over() -> None:
    """And the work's result is lost, not the work."""
    done = []

    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append(True)

    with pytest.raises(KeyboardInterrupt):
        uninterrupted(work)
    assert done == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_every_handler_comes_back_and_acts_though_others_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signal that came meanwhile has its effect."""
    acted = []
    previous = {}
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGUSR1", "SIGINT") if hasattr(signal, name)]

    def act(number: int, _: object) -> None:
        acted.append(number)
        raise SystemExit(number)

    for number in numbers:
        previous[number] = signal.signal(number, act)
    try:
        with pytest.raises(SystemExit):
            uninterrupted(lambda: [signal.raise_signal(number) for number in numbers])
        assert sorted(acted) == sorted(numbers)
        assert all(signal.getsignal(number) is act for number in numbers)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def test_errors_of_the_work_come_through() -> None:
    """With every handler as it was."""
    with pytest.raises(ZeroDivisionError):
        uninterrupted(lambda: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_those_who_insist_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that never ends can be ended, by an interrupt some seconds after the first."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)

    def endless() -> None:
        while True:
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.02)

    with pytest.raises(KeyboardInterrupt):
        uninterrupted(endless)


def test_other_threads_work_as_ever() -> None:
    """They can't set handlers, and need not."""
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(uninterrupted(lambda: 7)))
    thread.start()
    thread.join()
    assert answers == [7]
