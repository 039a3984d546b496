"""Shipping: what must not work does not, and a shipper that is killed loses nothing and doubles nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from sealed_logs import NameTaken, Shipper, read_back
from sealed_logs.must_not import LOG, must_not
from sealed_logs.rules import auditor_may, bucket_policy, shipper_may

import labkit

PACKAGES = Path(__file__).resolve().parents[2]
HOURS = [f"2026-01-05T{hour:02}.log" for hour in (9, 10, 11)]


class Killed(BaseException):
    """The end of the process, at a step of its work."""


class World:
    """A bucket with its policy, the key, and the clients of the roles."""

    def __init__(self, lab: labkit.Lab) -> None:
        kms, self.s3 = boto3.client("kms"), boto3.client("s3")
        self.key = kms.create_key(Description="log archive")["KeyMetadata"]["Arn"]
        self.bucket = f"logs-{lab.account_id}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        many = shipper_may("try*", self.bucket, self.key)  # one role for the applications of all these tests
        many[0]["Condition"] = {"StringLike": {"kms:EncryptionContext:app": "try*"}}
        shipper = lab.role("TestShipper", policy=many)
        self.shipper, self.free = shipper.session(), iter(f"try{number}" for number in range(100))
        self.web = lab.role("LogShipper", policy=shipper_may("web", self.bucket, self.key))
        self.auditor = lab.role("LogAuditor", policy=auditor_may("web", self.bucket, self.key))
        policy = bucket_policy(self.bucket, {"web": self.web.arn, "try*": shipper.arn})
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))

    def new(self, folder: Path, content: bytes = b"line\n") -> Shipper:
        """An application of its own, with three log files."""
        spool = folder / "spool"
        spool.mkdir(exist_ok=True)
        for hour in HOURS:
            (spool / hour).write_bytes(hour.encode() + content)
        (spool / "current.log").write_text("still being written")
        clients = self.shipper.client("kms"), self.shipper.client("s3")
        return Shipper(next(self.free), spool, folder / "outbox", self.bucket, self.key, *clients)

    def versions(self, app: str) -> list[str]:
        """All versions of all of its objects: one that was put twice stands here twice."""
        found = self.s3.list_object_versions(Bucket=self.bucket, Prefix=f"{app}/")
        return sorted(each["Key"] for each in found.get("Versions", []))


@pytest.fixture(scope="module")
def world(lab: labkit.Lab) -> World:
    """One account for the whole file."""
    return World(lab)


def is_whole(world: World, shipper: Shipper) -> bool:
    """Each hour once in the bucket; nothing of them left on the disk, but the file that is being written."""
    left = [path.name for folder in (shipper.spool, shipper.outbox) for path in folder.iterdir()]
    return world.versions(shipper.app) == [f"{shipper.app}/{hour}.sealed" for hour in HOURS] and left == ["current.log"]


def test_what_must_not_work_does_not(world: World, tmp_path: Path) -> None:
    """The list that the notebook shows, and nothing of it changes the bucket."""
    web, auditor = world.web.session().client, world.auditor.session().client
    shipper = replace(world.new(tmp_path, LOG), app="web", kms=web("kms"), s3=web("s3"))
    shipper.ship()
    tried = must_not("web", world.bucket, world.key, web, auditor, boto3.client)
    assert {each.what: each.outcome() for each in tried} == {each.what: each.error for each in tried}
    assert is_whole(world, shipper)
    texts = dict(read_back("web", world.bucket, world.key, auditor("kms"), auditor("s3")))
    assert texts == {hour: hour + LOG.decode() for hour in HOURS}


def steps_of(world: World, folder: Path) -> list[str]:
    """The words of all steps of one whole run."""
    said: list[str] = []
    replace(world.new(folder), step=said.append).ship()
    return said


def dying(after: int) -> Callable[[str], None]:
    """A step that kills the shipper at its so-many-th call."""
    left = iter(range(after))

    def step(word: str) -> None:
        if next(left, None) is None:
            raise Killed(word)

    return step


def test_killed_at_every_step_it_goes_on_with_nothing_lost_or_doubled(world: World, tmp_path: Path) -> None:
    """After each step of the work once; then started again."""
    (tmp_path / "whole").mkdir()
    steps = steps_of(world, tmp_path / "whole")
    assert steps == ["frame", "sealed", "renamed", "put", "log deleted", "sealed file deleted"] * 3
    for number, word in enumerate(steps):
        folder = tmp_path / str(number)
        folder.mkdir()
        shipper = world.new(folder)
        with pytest.raises(Killed, match=word):
            replace(shipper, step=dying(number)).ship()
        shipper.ship()
        assert is_whole(world, shipper), f"killed after step {number}, {word}"


def test_killed_again_and_again_it_comes_to_an_end(world: World, tmp_path: Path) -> None:
    """Three steps of life each time."""
    shipper = world.new(tmp_path)
    lives = 0
    while True:
        lives += 1
        try:
            replace(shipper, step=dying(3)).ship()
            break
        except Killed:
            assert lives < 30
    assert lives > 3
    assert is_whole(world, shipper)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_for_good_leaves_the_same(world: World, tmp_path: Path) -> None:
    """SIGKILL, in a process of its own over HTTP: no `finally` runs; the command then finishes the work."""
    shipper = world.new(tmp_path)
    said = [shipper.app, shipper.spool, shipper.outbox, world.bucket, world.key]
    kill = (
        "import os, sys, boto3; from pathlib import Path; from sealed_logs import Shipper\n"
        "app, spool, outbox, bucket, key = sys.argv[1:]\n"
        "def step(word):\n    if word == 'put': os.kill(os.getpid(), 9)\n"
        "clients = boto3.client('kms'), boto3.client('s3')\n"
        "Shipper(app, Path(spool), Path(outbox), bucket, key, *clients, step).ship()"
    )
    settings = os.environ | {"PYTHONPATH": str(PACKAGES)}
    settings |= {name.upper(): value for name, value in world.shipper._keys.items()}
    ended = subprocess.run([sys.executable, "-c", kill, *map(str, said)], env=settings, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert len(world.versions(shipper.app)) == 1
    assert {path.name for path in shipper.spool.iterdir()} == {*HOURS, "current.log"}
    app, spool, outbox, bucket, key = map(str, said)
    command = [sys.executable, "-m", "sealed_logs", "ship", app, "--bucket", bucket, "--key", key]
    again = [*command, "--spool", spool, "--outbox", outbox]
    told = subprocess.run(again, env=settings, capture_output=True, text=True, timeout=60)
    assert (told.stdout.split(), told.stderr) == ([f"{app}/{hour}.sealed" for hour in HOURS], "")
    assert is_whole(world, shipper)


def test_another_file_of_the_same_name_is_not_overwritten(world: World, tmp_path: Path) -> None:
    """Neither the object nor the file on the disk: a person has to look."""
    shipper = world.new(tmp_path)
    shipper.ship()
    again = replace(world.new(tmp_path, b"something else"), app=shipper.app)
    with pytest.raises(NameTaken, match=HOURS[0]):
        again.ship()
    assert (shipper.spool / HOURS[0]).exists()
    assert len(world.versions(shipper.app)) == 3


def failing_once(client: Any, error: Exception) -> Any:
    """A client whose first PutObject reaches S3, and whose answer gets lost."""

    class Lossy:
        def __init__(self) -> None:
            self.lost = False

        def put_object(self, **asked: Any) -> Any:
            answer = client.put_object(**asked)
            if not self.lost:
                self.lost = True
                raise error
            return answer

        def head_object(self, **asked: Any) -> Any:
            return client.head_object(**asked)

    return Lossy()


def test_an_answer_that_gets_lost_doubles_nothing(world: World, tmp_path: Path) -> None:
    """The object is there, and the shipper does not know: it asks, and goes on."""
    shipper = world.new(tmp_path)
    lossy = replace(shipper, s3=failing_once(shipper.s3, ConnectionError("lost")))
    with pytest.raises(ConnectionError):
        lossy.ship()
    lossy.ship()
    assert is_whole(world, shipper)


@pytest.mark.skipif(os.name != "posix", reason="Windows opens no folders")
def test_names_are_on_the_disk_before_the_next_step(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power failure keeps the order: the log's name is gone for good before the sealed file goes."""
    done: list[str] = []
    monkeypatch.setattr("sealed_logs.shipping._settle", lambda folder: done.append(folder.name))
    shipper = replace(world.new(tmp_path), step=done.append)
    shipper.outbox.mkdir(exist_ok=True)
    shipper.ship_one(HOURS[0])
    order = [each for each in done if each != "frame"]
    folders = [shipper.outbox.name, shipper.spool.name]
    assert order == [
        "sealed", folders[0], "renamed", "put", folders[1], "log deleted", "sealed file deleted",
    ]  # fmt: skip
