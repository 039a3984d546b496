"""Long work shows a bar to people who watch, and to nobody else; interrupted, it leaves nothing half-written."""

from __future__ import annotations

import builtins
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

from labkit import bars, trail
from labkit.bars import Bar, bar, is_watched, silent
from labkit.trail.samples import delivering
from labkit.trail.samples import sample as make_sample


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """Put a terminal in the place of standard error, in no test run as far as the bars know."""
    for name in (*bars.AUTOMATIC, "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    shown = _Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    return shown


def test_a_bar_is_drawn_and_wiped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """On one line, which is blank at the end."""
    terminal = at_a_terminal(monkeypatch)
    draw = Bar(tqdm, "checks", "audit", patience=0)
    draw(3, 12, "automatic rotation is off")
    draw(12, 12)
    shown = terminal.getvalue()
    assert "audit:  25%" in shown
    assert "\n" not in shown
    assert shown.endswith("\r")
    assert shown.rstrip("\r ").count("%") == shown.count("%")


def test_what_is_quick_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, and things of an unknown number."""
    terminal = at_a_terminal(monkeypatch)
    for unit in ("B", "files"):
        draw = bar(unit)
        assert isinstance(draw, Bar)
        for done in range(1, 100):
            draw(done, 0)
        draw.close()
        draw.close()
    assert terminal.getvalue() == ""


def test_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal, a notebook's `!`, a test run, a kernel that a program drives."""
    at_a_terminal(monkeypatch)
    assert is_watched()
    for name in ("CI", "PYTEST_VERSION", "JPY_PARENT_PID"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "1")
            assert bar("B") is silent
    for message, watched in (({"allow_stdin": True}, True), ({"allow_stdin": False}, False)):
        kernel = type("Kernel", (), {"get_parent": lambda _, message=message: {"content": message}})()
        shell = type("Shell", (), {"kernel": kernel})()
        monkeypatch.setattr(builtins, "get_ipython", lambda shell=shell: shell, raising=False)
        assert is_watched() is watched
    monkeypatch.delattr(builtins, "get_ipython")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not is_watched()
    assert silent(1, 2, "x") is None


def test_a_sample_is_there_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of its files."""

    def some(_records: Any) -> Iterator[delivering.File]:
        yield delivering.File("a/b.json.gz", b"{}")
        raise KeyboardInterrupt

    monkeypatch.setattr("labkit.trail.samples.delivered", some)
    monkeypatch.setattr("labkit.trail.samples.fortnight", lambda **_: [])
    with pytest.raises(KeyboardInterrupt):
        make_sample("fortnight", tmp_path / "made")
    assert [path.name for path in (tmp_path / "made").iterdir() if path.is_dir()] == []


RECORD = {
    "eventID": "1",
    "eventTime": "2026-01-05T09:00:00Z",
    "eventName": "Encrypt",
    "eventSource": "kms.amazonaws.com",
}


@pytest.mark.parametrize("was_there", [True, False])
def test_a_copy_is_there_as_a_whole_or_not_at_all(tmp_path: Path, was_there: bool) -> None:
    """Ctrl-C in the middle leaves the folder as it was; a whole one takes its place, for the same people."""
    goal = tmp_path / "copy"
    if was_there:
        goal.mkdir(mode=0o700)

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trail.to_parquet([RECORD], goal, tell=str, progress=interrupted)
    assert sorted(path.name for path in tmp_path.iterdir()) == (["copy"] if was_there else [])
    trail.to_parquet([RECORD], goal, tell=str)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    assert [path.name for path in goal.iterdir()] == ["day=2026-01-05"]
    assert not was_there or goal.stat().st_mode & 0o777 == 0o700
    assert len(trail.load(goal, tell=str)) == 1
