"""Many begin at once: each gets an account of its own, or the one lab of its process in its turn."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

import labkit
from labkit.accounts.remote import Remote
from labkit.cloud.assembly.cloud import Cloud
from labkit.cloud.doors import control

JOIN = "import labkit, boto3; lab = labkit.start(); boto3.client('kms').create_key(); print(lab.account_id)"


def test_processes_that_join_at_once(joined: dict[str, str]) -> None:
    """Six notebooks that start together are in six accounts."""
    command = [sys.executable, "-c", JOIN]
    running = [
        subprocess.Popen(command, env=os.environ | joined, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    told = [process.communicate(timeout=120) for process in running]
    assert [errors for _, errors in told] == [""] * 6
    assert len({output.strip() for output, _ in told}) == 6


def test_sixty_four_join_at_once(served: dict[str, Any]) -> None:
    """Each account has a number of its own, and its administrator's key works."""

    def join(_: int) -> dict[str, str]:
        answer: dict[str, str] = Remote(served["endpoint"], served["control_token"]).post("accounts")
        return answer

    with ThreadPoolExecutor(64) as pool:
        keys = list(pool.map(join, range(64)))
    assert len({each["account_id"] for each in keys}) == len({each["access_key_id"] for each in keys}) == 64
    for each in (keys[0], keys[-1]):
        sts = boto3.client(
            "sts",
            endpoint_url=served["endpoint"],
            region_name="us-east-1",
            aws_access_key_id=each["access_key_id"],
            aws_secret_access_key=each["secret_access_key"],
        )
        assert sts.get_caller_identity()["Account"] == each["account_id"]


@pytest.mark.parametrize("same", [True, False], ids=["one name", "names"])
def test_threads_that_start_labs_at_once(same: bool) -> None:
    """All get one, in turn; the last is the process's, and the others say that they are over."""
    names = ["thread" if same else f"thread-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        labs = list(pool.map(labkit.start, names))
    current = []
    for lab in labs:
        try:
            current.append(lab.events())
        except labkit.LabError as over:
            assert "This lab is over" in str(over)
    assert len(current) == 1
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert boto3.client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]


def test_an_old_lab_says_that_it_is_over() -> None:
    """In each of its calls; not with words about tokens or keys."""
    old = labkit.start("start-tests")
    observer = old.observer.client("kms")
    new = labkit.start("another")
    for ask in (
        old.events,
        old.clock.now,
        lambda: old.clock.advance(days=1),
        lambda: old.role("Clerk"),
        lambda: old.user("ada"),
        old.session,
        lambda: old.account("partner"),
        lambda: old.organization([]),
        lambda: old.exercise("x"),
        lambda: old.explain("x"),
        old.grant_delay,
        observer.list_keys,
    ):
        with pytest.raises(labkit.LabError, match=r"This lab is over: labkit.start\('another'\)"):
            ask()
    assert "This lab is over" in repr(old)
    assert "This lab is over" in old._repr_html_()
    assert [event["eventName"] for event in new.events()] == ["AssumeRole"]


def test_a_lab_needs_no_name() -> None:
    """And is the same each time all the same."""
    keys = []
    for _ in range(2):
        lab = labkit.start()
        keys.append(boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])
    assert (lab.name, keys[0]) == ("lab", keys[1])


def test_a_fault_while_an_account_is_opened_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, and the next account is a whole one."""
    lab = labkit.start("start-tests")
    with monkeypatch.context() as broken:
        broken.setattr("labkit.cloud.assembly.cloud.give_unique_id", lambda *_: 1 / 0)
        with pytest.raises(labkit.LabError, match="POST accounts failed inside the simulated account: this is a fault"):
            lab.account("partner")
    assert lab.account("partner").client("sts").get_caller_identity()["Account"] == "777788889999"


@pytest.mark.parametrize("verb", sorted(control._ANSWERS))
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"seconds": "x", "account": 7}', b'{"seconds": NaN}', b'"x"', b"null"]
)
def test_every_control_request_has_an_answer(verb: str, body: bytes) -> None:
    """Whatever is sent with it: JSON, and a sentence where it can't be done."""
    import json

    from labkit.cloud.wire.protocols import HttpRequest

    cloud = _cloud()
    method, name = verb.split()
    headers = {"host": "127.0.0.1:1", control.HEADER: cloud.control_token}
    answer = control.control(cloud, HttpRequest(method, control.PREFIX + name, "", headers, body))
    told = json.loads(answer.body)
    assert answer.status in (200, 400)
    assert answer.status == 200 or told["error"]


_CLOUDS: list[Cloud] = []


def _cloud() -> Cloud:
    """One for all of these."""
    if not _CLOUDS:
        _CLOUDS.append(Cloud("control"))
    return _CLOUDS[0]
