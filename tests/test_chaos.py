"""All at once: joins, forks, interrupts, kills, moves of the clock, 32 threads on both doors. No call is lost.

Takes some seconds; CHAOS=60 makes it a minute.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = float(os.environ.get("CHAOS", "8"))

IN_ONE_PROCESS = """
import os, random, signal, subprocess, sys, threading, time
from collections import Counter
import boto3, labkit
from botocore.config import Config

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are begun without
lab = labkit.start("chaos")
ONCE = Config(retries={"max_attempts": 0}, max_pool_connections=40, connect_timeout=60, read_timeout=60)
inside = boto3.client("kms", config=ONCE)
outside = boto3.client("kms", config=ONCE, endpoint_url=lab.endpoint.replace("127.0.0.1", "localhost"))
KEY = inside.create_key(Description="setup")["KeyMetadata"]["KeyId"]
END = time.monotonic() + SECONDS
made, failed, lock = [], [], threading.Lock()

def busy(number):
    kms, count = (inside, outside)[number % 2], 0
    while time.monotonic() < END:
        name = f"thread-{number}-{count}"
        try:
            kms.encrypt(KeyId=KEY, Plaintext=b"x", EncryptionContext={"call": name})
        except Exception as error:
            failed.append((name, repr(error)))
        else:
            made.append(name)
        count += 1

def move():
    while time.monotonic() < END:
        lab.clock.advance(hours=7)
        time.sleep(0.2)

def join():
    number = 0
    while time.monotonic() < END:
        lab.account(f"guest-{number}").client("kms").create_key(Description="a guest's")
        number += 1

def child(number):
    for count in range(5):
        name = f"child-{number}-{count}"
        inside.encrypt(KeyId=KEY, Plaintext=b"x", EncryptionContext={"call": name})

def killed(number):
    # its calls may be done or not, and are recorded once if they are
    code = ("import boto3, sys\\nkms = boto3.client('kms')\\nn = 0\\n"
            "while True:\\n"
            "    context = {'call': f'killed-{sys.argv[2]}-{n}'}\\n"
            "    kms.encrypt(KeyId=sys.argv[1], Plaintext=b'x', EncryptionContext=context)\\n"
            "    n += 1\\n")
    return subprocess.Popen([sys.executable, "-c", code, KEY, str(number)], stderr=subprocess.DEVNULL)

aiming = threading.Event()
def interrupt():
    draw = random.Random(3)
    while time.monotonic() < END:
        time.sleep(draw.random() * 0.05)
        if aiming.is_set():
            os.kill(os.getpid(), signal.SIGINT)

threads = [threading.Thread(target=busy, args=(number,)) for number in range(32)]
threads += [threading.Thread(target=each) for each in (move, join, interrupt)]
for thread in threads:
    thread.start()

struck, asked, children, victims = 0, 0, [], []
while time.monotonic() < END:
    try:
        aiming.set()
        try:
            while time.monotonic() < END:
                asked += 1
                inside.create_key(Description=f"main-{asked}")
        finally:
            aiming.clear()
    except KeyboardInterrupt:
        struck += 1
    if struck % 5 == 0 and len(children) < SECONDS:
        number = len(children)
        if (pid := os.fork()) == 0:
            try:
                child(number)
                os._exit(0)
            except BaseException as error:
                sys.stderr.write(repr(error))
                os._exit(1)
        children.append(pid)
    if struck % 7 == 0 and len(victims) < 3:
        victims.append(killed(len(victims)))
for victim in victims:
    victim.kill()
    victim.wait()
for thread in threads:
    thread.join()
left = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
assert not failed, failed[:3]
assert left == [0] * len(children), left
time.sleep(0.5)  # a request of a victim may still be on its way

events = lab.events()
calls = Counter(e["requestParameters"]["encryptionContext"]["call"] for e in events if e["eventName"] == "Encrypt")
assert set(calls.values()) == {1}, calls.most_common(3)
wanted = set(made) | {f"child-{n}-{c}" for n in range(len(children)) for c in range(5)}
assert wanted <= set(calls), list(wanted - set(calls))[:3]
assert all(name.startswith("killed-") for name in set(calls) - wanted), list(set(calls) - wanted)[:3]
keys = {k["KeyId"] for page in inside.get_paginator("list_keys").paginate() for k in page["Keys"]}
records = [e["responseElements"]["keyMetadata"]["keyId"] for e in events if e["eventName"] == "CreateKey"]
assert sorted(records) == sorted(keys), set(records) ^ keys
assert len({e["eventID"] for e in events}) == len(events)
assert [e["eventTime"] for e in events] == sorted(e["eventTime"] for e in events)
print(len(made), struck, len(children), len(victims), len(lab._accounts))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_chaos_loses_no_call_and_doubles_none(tmp_path: Path) -> None:
    """What was answered is recorded once; what was interrupted or killed is recorded if it was done."""
    path = tmp_path / "chaos.py"
    path.write_text(IN_ONE_PROCESS.replace("SECONDS", str(SECONDS)))
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 240)
    assert done.returncode == 0, done.stderr[-3000:]
    calls, struck, children, victims, guests = map(int, done.stdout.split())
    assert min(calls, struck, children, victims, guests) > 0
    assert calls > 32
