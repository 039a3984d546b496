"""The file of progress: private, whole after any end, shared by kernels, and begun anew when it is damaged."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labkit
from labkit.progress import NotKept, Store

ROW = ("05-conditions", "exercise", "hand-it-over", "v1", "solved")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in a folder that is not there yet."""
    return Store(tmp_path / "home" / ".labkit")


def test_outcomes_are_kept_once_for_each_version(store: Store) -> None:
    """A later try that fails takes nothing away; another version is another row."""
    assert store.all() == ()
    assert not store.folder.exists()  # reading makes nothing
    for status in ("not yet", "solved", "not yet"):
        store.keep(*ROW[:4], status)
    store.keep(*ROW[:3], "v2", "not yet")
    store.keep("05-conditions", "question", "not-tax", "v1", "not right")
    kept = Store(store.folder).all()
    assert [(each.kind, each.version, each.status, each.is_done) for each in kept] == [
        ("exercise", "v1", "solved", True),
        ("exercise", "v2", "not yet", False),
        ("question", "v1", "not right", False),
    ]
    assert store.forget()
    assert store.all() == ()
    assert not Store(store.folder / "nothing").forget()


def test_nobody_else_may_read_it(store: Store) -> None:
    """File and folder are the user's own, whatever the umask."""
    before = os.umask(0)
    try:
        store.keep(*ROW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_a_damaged_file_is_put_aside_and_a_new_one_begun(store: Store) -> None:
    """No SQLite at all, a database cut off, tables of another make: each is kept, and the next outcome counts."""
    store.keep(*ROW)
    whole = store.file.read_bytes()
    damaged = [b"", b"x" * 5000, whole[:6000], whole[:100] + b"\xff" * (len(whole) - 100)]
    aside = 0
    for content in damaged:
        store.file.write_bytes(content)
        store.keep(*ROW)
        assert [each.status for each in store.all()] == ["solved"]
        if content:  # an empty file is a new one
            aside += 1
            assert store.put_aside()[-1].read_bytes() == content
    with closing(sqlite3.connect(store.file)) as file:
        file.executescript("DROP TABLE outcomes; CREATE TABLE outcomes (other TEXT);")
    store.keep(*ROW)
    assert len(store.all()) == 1
    assert len(store.put_aside()) == aside + 1


def test_a_newer_file_is_left_alone(store: Store) -> None:
    """It is neither read nor put aside; the words say why."""
    store.keep(*ROW)
    with closing(sqlite3.connect(store.file)) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(NotKept, match="a newer labkit has made this file.*LABKIT_HOME"):
        store.all()
    assert store.put_aside() == ()


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "here").write_text("a file")
    with pytest.raises(NotKept, match="can't be kept in .*LABKIT_PROGRESS=off"):
        Store(tmp_path / "here").keep(*ROW)


@given(st.binary(max_size=300), st.integers(0, 8191))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_over_it(store: Store, noise: bytes, place: int) -> None:
    """Some bytes anywhere: what can be read is text, and the next outcome is kept."""
    store.keep(*ROW)
    content = bytearray(store.file.read_bytes())
    content[place : place + len(noise)] = noise
    store.file.write_bytes(bytes(content))
    for each in store.all():
        assert all(isinstance(getattr(each, name), str) for name in ("lab", "item", "status"))
    store.keep("06-grants", "exercise", "one-box", "v1", "solved")
    assert ("06-grants", "solved") in [(each.lab, each.status) for each in store.all()]


WRITER = """
import sys, time, types
from pathlib import Path
for name, path in (("labkit", Path(sys.argv[4])), ("labkit.progress", Path(sys.argv[4]) / "progress")):
    sys.modules[name] = types.ModuleType(name)  # without the rest of the kit, which takes seconds to import
    sys.modules[name].__path__ = [str(path)]
from labkit.progress.store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    store.keep(sys.argv[2], "exercise", f"e{number}", "v", "solved")
    time.sleep(0.01)
"""


def writer(store: Store, lab: str, count: int) -> subprocess.Popen[bytes]:
    """A process that keeps so many outcomes."""
    package = Path(labkit.__file__).parent
    command = [sys.executable, "-c", WRITER, str(store.folder), lab, str(count), str(package)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_two_kernels_at_once_and_one_is_killed(store: Store) -> None:
    """Nothing of the one is lost, and the file is whole after the other's sudden end."""
    one, other = writer(store, "one", 20), writer(store, "other", 100_000)
    try:
        one.communicate(timeout=60)
        until = time.monotonic() + 20
        while not any(each.lab == "other" for each in store.all()) and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        other.send_signal(signal.SIGKILL)
        other.communicate()
    kept = store.all()
    assert one.returncode == 0
    assert sum(each.lab == "one" for each in kept) == 20
    done = [int(each.item[1:]) for each in kept if each.lab == "other"]
    assert sorted(done) == list(range(len(done)))
    store.keep(*ROW)
    assert store.put_aside() == ()


def test_two_kernels_find_it_damaged(store: Store) -> None:
    """It is put aside once, and the outcomes of both are in the new one."""
    store.folder.mkdir(parents=True)
    store.file.write_bytes(b"no database" * 1000)
    both = [writer(store, lab, 3) for lab in ("one", "other")]
    for each in both:
        each.communicate(timeout=60)
    assert [each.returncode for each in both] == [0, 0]
    assert len(store.all()) == 6
    assert len(store.put_aside()) == 1
