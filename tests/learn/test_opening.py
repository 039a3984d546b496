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


def looks(command: list[str]) -> bool:
    """Whether it only asks an interpreter."""
    return command[1] == "-c"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would be run; each ends well, and an interpreter that is asked for is not there yet."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=int(looks(command) and not Path(command[0]).exists()), stdout="")

    class Server(SimpleNamespace):
        def __init__(self, command: list[str], **_: object) -> None:
            super().__init__(stops=iter([KeyboardInterrupt, KeyboardInterrupt]))
            commands.append(command)

        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait(self) -> int:
            """Ctrl-C twice, while JupyterLab asks and tidies up, and then its end."""
            if stop := next(self.stops, None):
                raise stop
            return 0

    monkeypatch.setattr(opening.subprocess, "run", run)
    monkeypatch.setattr(opening.subprocess, "Popen", Server)
    monkeypatch.delenv("UV", raising=False)
    return commands


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment of labkit alone, from a wheel."""
    monkeypatch.setattr(opening, "missing", lambda: ["jupyterlab", "pandas"])
    monkeypatch.setattr(opening, "source", lambda: WHEEL)


WHEEL = "labkit[notebooks] @ file:///w/labkit.whl"


def test_jupyterlab_opens_the_first_lab_for_this_machine_alone(tmp_path: Path, ran: list[list[str]]) -> None:
    """With this environment's own JupyterLab; as root only where one is root; Ctrl-C is JupyterLab's to answer."""
    assert cli.main(["learn", str(tmp_path)]) == 0
    trust, command = ran
    assert trust[:3] == [sys.executable, "-m", "nbformat.sign"]
    assert trust[3] == str(tmp_path / FIRST)
    assert command[:4] == [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1"]
    assert f"--LabApp.default_url=/lab/tree/{FIRST}" in command
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert ("--allow-root" in command) == (os.geteuid() == 0)


def test_no_open_signs_what_it_hands_out(tmp_path: Path, ran: list[list[str]]) -> None:
    """For a hub, whose JupyterLab is started by somebody else. Once: at each start it would take two seconds."""
    for _ in range(2):
        assert cli.main(["learn", "--no-open", str(tmp_path)]) == 0
    (trust,) = ran
    assert trust[:4] == [sys.executable, "-m", "nbformat.sign", str(tmp_path / FIRST)]


def test_what_they_changed_is_not_signed(tmp_path: Path, ran: list[list[str]]) -> None:
    """A signature says that the outputs are ours."""
    assert cli.main(["learn", "--no-open", str(tmp_path)]) == 0
    first = tmp_path / FIRST
    first.write_bytes(first.read_bytes().replace(b"KMS", b"SMK", 1))
    opening.trust("python", tmp_path)
    assert str(first) not in ran[-1]
    assert str(tmp_path / "notebooks" / "02-create-keys.ipynb") in ran[-1]


def test_its_options_are_jupyterlabs(tmp_path: Path) -> None:
    """JupyterLab takes each of them, and shows that it did."""
    command = opening.jupyter_command(sys.executable, tmp_path)[:-1]
    shown = subprocess.run([*command, "--show-config-json"], capture_output=True, text=True, timeout=60)
    told = json.loads(shown.stdout)
    assert told["ServerApp"]["ip"] == "127.0.0.1"
    assert told["LabApp"]["check_for_updates_class"] == "jupyterlab.NeverCheckForUpdate"


def made(ran: list[list[str]], folder: Path) -> list[list[str]]:
    """The commands that made the folder's environment, without what only looks, signs or opens."""
    python = str(opening.own_python(folder))
    assert ran[-1][:3] == [python, "-m", "jupyterlab"]
    return [each for each in ran if not looks(each) and each[2] not in ("jupyterlab", "nbformat.sign")]


@pytest.mark.usefixtures("bare")
def test_without_jupyterlab_the_folder_gets_an_environment(
    tmp_path: Path, ran: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """As after `pipx run`: it says what it installs, pins the versions, and touches no other environment."""
    assert cli.main(["learn", str(tmp_path)]) == 0
    make, fill = made(ran, tmp_path)
    assert make == [sys.executable, "-m", "venv", "--clear", str(tmp_path / ".venv")]
    assert fill[:4] == [str(opening.own_python(tmp_path)), "-m", "pip", "install"]
    assert fill[-3] == "-c"
    assert fill[-2].endswith("constraints.txt")
    assert fill[-1] == WHEEL
    out = capsys.readouterr().out
    assert "Not installed here: jupyterlab, pandas." in out
    assert f"Installing what the labs need into {tmp_path / '.venv'}" in out


@pytest.mark.usefixtures("bare")
def test_uvx_makes_it_with_uv(tmp_path: Path, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """uv names itself in UV; it needs no module venv, which Debian's Python has not, and no pip."""
    monkeypatch.setenv("UV", "/bin/uv")
    assert cli.main(["learn", str(tmp_path)]) == 0
    make, fill = made(ran, tmp_path)
    assert (make[:2], make[-1]) == (["/bin/uv", "venv"], str(tmp_path / ".venv"))
    assert (fill[:3], fill[-1]) == (["/bin/uv", "pip", "install"], WHEEL)
    assert str(opening.own_python(tmp_path)) in fill


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("uv", ["", "/bin/uv"])
def test_a_new_labkit_goes_into_an_environment_that_is_there(
    uv: str, tmp_path: Path, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebooks are new, so labkit is: also when the version is the same. Nothing is made again."""
    python = opening.own_python(tmp_path)
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setenv("UV", uv)
    assert cli.main(["learn", str(tmp_path)]) == 0
    *_, last = made(ran, tmp_path)
    assert [command for command in ran if "venv" in command] == []
    assert "--force-reinstall" in last or "--reinstall-package=labkit" in last


def test_an_environment_is_known_by_labkits_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the same wheel makes it ready."""
    told = "import jupyterlab, labkit.learn.opening as here; print(here.fingerprint())"
    answers = {told: "new"}
    monkeypatch.setattr(opening, "_asked", lambda _, code: answers[code])
    for mine, is_ready in (("new", True), ("old", False)):
        monkeypatch.setattr(opening, "fingerprint", lambda mine=mine: mine)
        assert opening.ready(tmp_path) is is_ready


@pytest.mark.usefixtures("bare")
def test_no_open_says_what_is_missing(tmp_path: Path, ran: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """And installs nothing."""
    assert cli.main(["learn", "--no-open", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert f"Not installed here: jupyterlab, pandas. That command installs them into {tmp_path / '.venv'}." in out
    assert f"pip install '{WHEEL}'" in out
    assert ran == []


@pytest.mark.usefixtures("bare")
def test_an_installation_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, with a way out."""
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
