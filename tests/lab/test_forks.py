"""Children of a process with a lab: they speak to the parent's account, and no two of them make the same key."""

from __future__ import annotations

import os

import pytest

from .conftest import Script

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")

BEGIN = """
import os, sys, threading, time, multiprocessing
from concurrent.futures import ProcessPoolExecutor
import boto3, labkit

def work(number):
    answer = kms.generate_data_key(KeyId=KEY, KeySpec="AES_256", EncryptionContext={"child": str(number)})
    made = kms.create_key(Description=f"child {number}")["KeyMetadata"]["KeyId"]
    secret = boto3.client("secretsmanager").create_secret(Name=f"s{number}", SecretString=str(number))
    return answer["Plaintext"].hex(), answer["CiphertextBlob"].hex(), made, secret["VersionId"]

def judge(results):
    assert len(results) == COUNT, results
    for each in zip(*results):
        assert len(set(each)) == COUNT, each
    for number, (_, sealed, _, _) in enumerate(results):
        kms.decrypt(CiphertextBlob=bytes.fromhex(sealed), EncryptionContext={"child": str(number)})
    events = lab.events()
    contexts = [e["requestParameters"]["encryptionContext"]["child"] for e in events
                if e["eventName"] == "GenerateDataKey" and "child" in e["requestParameters"]["encryptionContext"]]
    assert sorted(contexts) == sorted(map(str, range(COUNT))), contexts
    keys = {k["KeyId"] for p in kms.get_paginator("list_keys").paginate() for k in p["Keys"]}
    assert {made for _, _, made, _ in results} <= keys
    print("ok")

if __name__ == "__main__":
    COUNT = 4
    lab = labkit.start("forks")
    kms = boto3.client("kms")
    KEY = kms.create_key()["KeyMetadata"]["KeyId"]
"""

UNDER_LOAD = """
    def load():
        mine = boto3.Session().client("kms")
        while True:
            mine.encrypt(KeyId=KEY, Plaintext=b"x")
    for _ in range(4):
        threading.Thread(target=load, daemon=True).start()
"""

FORK = """
    def forked(number):
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            try:
                os.write(writing, repr(work(number)).encode())
            finally:
                os._exit(0)
        os.close(writing)
        return child, reading
    results = []
    for child, reading in [forked(number) for number in range(COUNT)]:
        with os.fdopen(reading, "rb") as told:
            results.append(eval(told.read()))
        os.waitpid(child, 0)
    judge(results)
"""

POOL = """
    with multiprocessing.get_context("fork").Pool(3) as pool:
        judge(pool.map(work, range(COUNT)))
"""

EXECUTOR = """
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("fork")) as pool:
        judge(list(pool.map(work, range(COUNT))))
"""

SPAWN = """
    os.environ["KEY"] = KEY
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        judge(list(pool.map(work, range(COUNT))))
else:
    kms, KEY = boto3.client("kms"), os.environ["KEY"]
"""

DASK = """
    import dask
    os.environ["KEY"] = KEY
    from importlib import import_module
    there = dask.delayed(import_module("script").work)  # as in a module of one's own, not by value
    judge(list(dask.compute(*[there(n) for n in range(COUNT)], scheduler="processes", num_workers=2)))
else:
    kms, KEY = boto3.client("kms"), os.environ["KEY"]
"""

# A server as gunicorn makes one: the application is loaded, then workers are forked that share a listening socket.
PREFORK = """
    import socket, signal
    listening = socket.create_server(("127.0.0.1", 0))
    workers = []
    for _ in range(3):
        if (pid := os.fork()) == 0:
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(repr(work(int(connection.recv(16)))).encode())
        workers.append(pid)
    results = []
    for number in range(COUNT):
        with socket.create_connection(listening.getsockname()) as asking:
            asking.sendall(str(number).encode())
            results.append(eval(b"".join(iter(lambda: asking.recv(65536), b""))))
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    judge(results)
"""

WAYS = {
    "fork": FORK,
    "fork under load": UNDER_LOAD + FORK,
    "pool under load": UNDER_LOAD + POOL,
    "executor": EXECUTOR,
    "executor spawn": SPAWN,
    "dask processes": DASK,
    "prefork server": PREFORK,
}


@pytest.mark.parametrize("way", WAYS)
def test_children_speak_to_the_parents_account(script: Script, way: str) -> None:
    """Their data keys, keys and versions differ, and the parent's trail has each call once; nobody hangs."""
    done = script(BEGIN + WAYS[way])
    assert (done.stdout, done.returncode) == ("ok\n", 0), done.stderr


def test_a_child_whose_parent_has_ended_is_told(script: Script) -> None:
    """In words, at once, and not after some seconds of boto3's own trying."""
    done = script(
        BEGIN
        + """
    if os.fork():
        os._exit(0)
    while os.getppid() != 1 and lab.endpoint:
        try:
            lab.clock.now()
        except labkit.LabError:
            break
        time.sleep(0.05)
    begun = time.monotonic()
    try:
        kms.list_keys()
    except Exception as told:
        print(type(told).__name__, told, time.monotonic() - begun < 2)
"""
    )
    assert "forked from one that held the lab's account, and that one has ended" in done.stdout, done.stderr
    assert done.stdout.endswith("True\n")


def test_a_child_may_start_a_lab_of_its_own(script: Script) -> None:
    """It leaves the parent's as it was."""
    done = script(
        BEGIN
        + """
    before = kms.list_keys()["Keys"]
    if (child := os.fork()) == 0:
        mine = labkit.start("childs")
        boto3.client("kms").create_key()
        print(len(mine.events()), mine.endpoint != lab.endpoint, flush=True)
        try:
            lab.events()
        except labkit.LabError as over:
            print(str(over)[:16], flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    assert kms.list_keys()["Keys"] == before
    print(lab.name, len(lab.events()))
"""
    )
    assert done.stdout.splitlines() == ["2 True", "This lab is over", "forks 4"], done.stderr
