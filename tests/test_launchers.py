"""The launchers of an environment's commands run wherever its folder stands, after a move and after pip's updates."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from labkit import cli, doctor
from labkit.accounts import environment, launchers

BODY = "# -*- coding: utf-8 -*-\nimport sys\nprint(sys.prefix, sys.argv[1:])\n"
PLACES = ["plain", "my labs ü", "Anna's labs", "a $HOME `sign`", 'a "quoted" one', "long" + "-" * 120]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of commands of an environment in a folder whose name is out of the ordinary."""
    venv.create(tmp_path / request.param / ".venv", with_pip=False, symlinks=True)
    return tmp_path / request.param / ".venv" / "bin"


def write(folder: Path, name: str, python: object, form: str = "direct") -> Path:
    """A launcher as pip writes it: for scripts of a package, or ("shell") for entry points where a path is awkward."""
    head = f"#!{python}\n" if form == "direct" else f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
    path = folder / name
    path.write_text(head + BODY, encoding="utf-8")
    path.chmod(0o755)
    return path


def says(path: Path, *arguments: str) -> str:
    """What the command prints: its environment, and its arguments."""
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout.rstrip("\n")


@pytest.mark.parametrize("form", ["direct", "shell"])
def test_every_launcher_runs_once_mended(place: Path, form: str, tmp_path: Path) -> None:
    """With its arguments as they were, through a link too; a second look finds nothing to mend."""
    aws = write(place, "aws", place / "python", form)
    mended = launchers.mend(place)
    assert launchers.mend(place) == []
    assert (mended == []) == (place.parent.parent.name == "plain" or (form == "shell" and says_itself(place)))
    (tmp_path / "link").symlink_to(aws)
    for path in (aws, tmp_path / "link"):
        assert says(path, "a b", "$c", "'") == f"{place.parent} ['a b', '$c', \"'\"]"
    assert stat.S_IMODE(aws.stat().st_mode) == 0o755


def says_itself(place: Path) -> bool:
    """pip's form for the shell holds but for what the shell gives a meaning to."""
    return not set('$`"') & set(str(place))


@pytest.mark.parametrize("form", ["direct", "shell"])
@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_folder_that_was_moved_or_copied(how: object, form: str, tmp_path: Path) -> None:
    """Its commands run its own Python, not the one of the place where it was."""
    venv.create(tmp_path / "old", with_pip=False, symlinks=True)
    write(tmp_path / "old" / "bin", "aws", tmp_path / "old" / "bin" / "python", form)
    options = {"symlinks": True} if how is shutil.copytree else {}
    how(tmp_path / "old", tmp_path / "new", **options)
    assert [path.name for path in launchers.mend(tmp_path / "new" / "bin")] == ["aws"]
    assert says(tmp_path / "new" / "bin" / "aws").startswith(f"{tmp_path / 'new'} ")


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """Programs, other shells' scripts, launchers with env, a link, and whatever is in no environment."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    folder = tmp_path / "env" / "bin"
    (folder / "binary").write_bytes(b"\x7fELF" + bytes(100))
    (folder / "script").write_text("#!/bin/sh\necho 1\n")
    (folder / "by-env").write_text("#!/usr/bin/env python3\n")
    write(folder, "own", sys._base_executable)  # a Python outside any environment that is there
    (folder / "link").symlink_to(write(tmp_path, "elsewhere", "/not/there/python"))
    assert launchers.broken(folder) == []
    assert launchers.broken(tmp_path) == []


def test_a_lab_mends_its_aws_command(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update by pip, say: `!aws` is found and runs."""
    aws = write(place, "aws", place / "python")
    monkeypatch.setattr(launchers.sys, "executable", str(place / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    environment._prefer_own_commands()
    assert shutil.which("aws", path=os.environ["PATH"]) == str(aws)
    assert says(aws) == f"{place.parent} []"


def test_doctor_tells_and_mends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """The way that doctor names is the way that mends."""
    venv.create(tmp_path / "my labs" / ".venv", with_pip=False, symlinks=True)
    folder = tmp_path / "my labs" / ".venv" / "bin"
    aws = write(folder, "aws", folder / "python")
    monkeypatch.setattr(launchers.sys, "executable", str(folder / "python"))
    monkeypatch.setattr(doctor, "examine", lambda: doctor.commands(folder))
    assert cli.main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "aws" in told
    assert f"Run: '{folder / 'python'}' -m labkit doctor --mend" in told
    assert cli.main(["doctor", "--mend"]) == 0
    assert "mended: aws" in capsys.readouterr().out
    assert says(aws) == f"{folder.parent} []"
    assert cli.main(["doctor", "--mend"]) == 0


def test_doctor_says_where_nothing_can_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """In another user's folder, say: no traceback, and what to do."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(launchers, "mend", refuse)
    monkeypatch.setattr(doctor, "examine", list)
    assert cli.main(["doctor", "--mend"]) == 1
    assert "cannot be mended: Permission denied" in capsys.readouterr().out
