"""`labkit learn` opens JupyterLab, or gets it: what is run, with which words, and what is never touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from labkit import cli
from labkit.commands import learn
from labkit.learn import opening
from labkit.learn.material import FIRST


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would be run; each ends well, and an interpreter that is asked for is not there yet."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(opening.subprocess, "run", run)
    return commands


def test_jupyterlab_opens_the_first_lab_for_this_machine_alone(tmp_path: Path, ran: list[list[str]]) -> None:
    """With this environment's own JupyterLab; as root only where one is root."""
    assert cli.main(["learn", str(tmp_path)]) == 0
    (command,) = ran
    assert command[:4] == [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1"]
    assert command[-1] == str(tmp_path / FIRST)
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert ("--allow-root" in command) == (os.geteuid() == 0)


def test_its_options_are_jupyterlabs(tmp_path: Path) -> None:
    """JupyterLab takes each of them, and shows that it did."""
    command = opening.jupyter_command(sys.executable, tmp_path)[:-1]
    shown = subprocess.run([*command, "--show-config-json"], capture_output=True, text=True, timeout=60)
    told = json.loads(shown.stdout)
    assert told["ServerApp"]["ip"] == "127.0.0.1"
    assert told["LabApp"]["check_for_updates_class"] == "jupyterlab.NeverCheckForUpdate"


def test_without_jupyterlab_the_folder_gets_an_environment(
    tmp_path: Path, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after `uvx labkit learn`: it says what it installs, pins the versions, and touches no other environment."""
    monkeypatch.setattr(opening, "missing", lambda: ["jupyterlab", "pandas"])
    monkeypatch.setattr(opening, "source", lambda: "labkit[notebooks]==9.9")
    assert cli.main(["learn", str(tmp_path)]) == 0
    make, fill, start = ran
    python = str(tmp_path / ".venv" / "bin" / "python")
    assert make == [sys.executable, "-m", "venv", str(tmp_path / ".venv")]
    assert fill[0] == start[0] == python
    assert fill[-3] == "-c"
    assert fill[-2].endswith("constraints.txt")
    assert fill[-1] == "labkit[notebooks]==9.9"
    out = capsys.readouterr().out
    assert "Not installed here: jupyterlab, pandas." in out
    assert f"Installing what the labs need into {tmp_path / '.venv'}" in out


def test_no_open_says_what_is_missing(
    tmp_path: Path, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And installs nothing."""
    monkeypatch.setattr(opening, "missing", lambda: ["jupyterlab"])
    assert cli.main(["learn", "--no-open", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Not installed here: jupyterlab. Install them with: pip install 'labkit[notebooks]'" in out
    assert ran == []


def test_an_installation_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, with a way out."""
    monkeypatch.setattr(opening, "missing", lambda: ["jupyterlab"])
    monkeypatch.setattr(opening, "source", lambda: "labkit[notebooks]==9.9")
    monkeypatch.setattr(opening.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    assert cli.main(["learn", str(tmp_path)]) == 1
    assert "Is there a network" in capsys.readouterr().err
    assert learn.FOLDER == "kms-labs"


COMMIT = "0123456789abcdef0123456789abcdef01234567"
SOURCES = {
    "an index": (None, "labkit[notebooks]==9.9"),
    "a wheel": ({"url": "file:///w/labkit.whl", "archive_info": {}}, "labkit[notebooks] @ file:///w/labkit.whl"),
    "git": (
        {"url": "https://git.example/labkit", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
        f"labkit[notebooks] @ git+https://git.example/labkit@{COMMIT}",
    ),
}


@pytest.mark.parametrize(("record", "wanted"), SOURCES.values(), ids=SOURCES)
def test_it_is_installed_from_where_it_came(
    record: dict[str, object] | None, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PEP 610's record says so; a package of the same name elsewhere is never taken for it."""
    text = None if record is None else json.dumps(record)
    found = SimpleNamespace(version="9.9", read_text=lambda _: text)
    monkeypatch.setattr(opening.metadata, "distribution", lambda _: found)
    assert opening.source() == wanted


def test_a_checkout_is_told_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """An editable install without JupyterLab: `make setup` brings everything."""
    text = json.dumps({"url": "file:///labkit", "dir_info": {"editable": True}})
    found = SimpleNamespace(version="9.9", read_text=lambda _: text)
    monkeypatch.setattr(opening.metadata, "distribution", lambda _: found)
    with pytest.raises(opening.CannotOpenError, match="make setup"):
        opening.source()
