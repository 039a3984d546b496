"""Labs and notebooks of other people: made, run, compared; docs/write-your-own-lab.md is followed to the letter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from labkit import cli
from labkit.authoring.executing import CellFailed, execute
from labkit.authoring.new_lab import NoLabError, new_lab
from labkit.authoring.reading import read_notebook
from labkit.authoring.surroundings import lab_folder

SECONDS = 200


def shell(steps: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run these lines as a shell of somebody else would, with an AWS account of theirs that must not matter."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LABKIT_")}
    env = own | {"AWS_PROFILE": "theirs", "LABKIT_ACCOUNT": "aws"}
    return subprocess.run(
        ["sh", "-ec", steps], cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    """The page that takes a trainer through it."""
    return (checkout / "docs" / "write-your-own-lab.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def trainers(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trainer's folder after the page's first commands."""
    folder = tmp_path_factory.mktemp("trainer")
    told = shell(re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0], folder)
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines()[-1] == "90-encrypt-sqs: 3 exercises, nothing to mend."
    return folder


def test_the_files_are_those_of_the_page(page: str, trainers: Path) -> None:
    """All of them, no other, and nothing of the example's name is left."""
    files = [path for path in (trainers / "my-labs").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    named = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert sorted(path.relative_to(trainers).as_posix() for path in files) == sorted(named)
    assert [path for path in files if re.search("first[_-]key", path.read_text(encoding="utf-8"))] == []
    notebook = json.loads((trainers / "my-labs/notebooks/90-encrypt-sqs.ipynb").read_text(encoding="utf-8"))
    assert notebook["cells"][0]["source"][0] == "# Encrypt SQS\n"
    test = (trainers / "my-labs/tests/test_90_encrypt_sqs.py").read_text(encoding="utf-8")
    assert re.findall(r'main\(\["([\w-]+)"', test) == ["check-lab", "check"]  # which the tests below run


def test_its_own_tests_pass(trainers: Path) -> None:
    """As pytest finds them in the trainer's folder, which has no settings of ours."""
    told = shell(f"{sys.executable} -m pytest -q -p no:cacheprovider", trainers / "my-labs")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "2 passed" in told.stdout


def test_the_workflow_runs_as_a_script(page: str, trainers: Path) -> None:
    """Ten lines; its own commands, one after the other, in the lab's repository."""
    (text,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(text.splitlines()) == 10
    install, *steps = [step["run"] for step in yaml.safe_load(text)["jobs"]["labs"]["steps"] if "run" in step]
    assert install == "pip install 'labkit[notebooks]'"
    told = shell("\n".join(steps), trainers / "my-labs")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines() == [
        "90-encrypt-sqs.ipynb: as saved",
        "90-encrypt-sqs: 3 exercises, nothing to mend.",
    ]


TITLES = {
    "Encrypt SQS": "90_encrypt_sqs",
    "  Schlüssel & “Rechte”:\nein \\ Weg ": "90_schlussel_rechte_ein_weg",
    "7 things about 90-first-key": "90_7_things_about_90_first_key",
    "x" * 200: "90_" + "x" * 60,
}


@pytest.mark.parametrize(("title", "name"), TITLES.items(), ids=TITLES.values())
def test_any_title_makes_a_name(title: str, name: str, tmp_path: Path) -> None:
    """The notebook holds it on one line, whatever is in it; a second lab gets the next number."""
    lab, notebook = new_lab(title, tmp_path)
    assert (lab.name, lab_folder(notebook)) == (name, lab)
    head = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"][0]
    assert head == f"# {' '.join(title.split())}\n"
    assert new_lab("Another", tmp_path)[0].name == "91_another"
    with pytest.raises(NoLabError, match="already"):
        new_lab(title, tmp_path)


@pytest.mark.parametrize("title", ["", "???", "鍵"])
def test_a_title_without_letters(title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is made, and the words say what to write."""
    assert cli.main(["new-lab", title, str(tmp_path)]) == 1
    assert "labkit new-lab 'Encrypt SQS'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook of that name is somebody's work."""
    theirs = tmp_path / "notebooks" / "90-encrypt-sqs.ipynb"
    theirs.parent.mkdir()
    theirs.write_text("work")
    assert cli.main(["new-lab", "Encrypt SQS", str(tmp_path)]) == 1
    assert theirs.read_text() == "work"
    assert "Nothing was overwritten" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notebooks"]  # nor half a lab left


def test_a_folder_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file on the way, a name that is too long."""
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "deep", tmp_path / ("x" * 300)):
        assert cli.main(["new-lab", "Encrypt SQS", str(place)]) == 1
        assert "Nothing was overwritten" in capsys.readouterr().err


def plain(path: Path, *sources: str) -> Path:
    """A notebook of anyone's, which was never run, with metadata of its own."""
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{number}", "metadata": {"tags": ["slide"]},
         "outputs": [], "source": source}
        for number, source in enumerate(sources)
    ]  # fmt: skip
    path.write_text(json.dumps({"cells": cells, "metadata": {"mine": 1}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_anyones_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is run with the account and saved with its own metadata; then an output that was changed is found."""
    start = 'import boto3, labkit\nlab = labkit.start()\nboto3.client("kms").create_key()["KeyMetadata"]["Enabled"]'
    path = plain(tmp_path / "anyone's.ipynb", start)
    assert cli.main(["execute", str(path)]) == 0
    saved = json.loads(path.read_text())
    assert (saved["metadata"]["mine"], saved["cells"][0]["metadata"]["tags"]) == (1, ["slide"])
    assert saved["cells"][0]["outputs"][0]["data"]["text/plain"] == ["True"]
    path.write_text(path.read_text().replace('"True"', '"False"'))
    assert cli.main(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert "anyone's.ipynb: changed" in out
    assert "anyone's.ipynb: not as saved" in out


FAILING = {
    "an error": ("1 / 0", "ZeroDivisionError"),
    "a cell without an end": ("while True: pass", "Cell 2 (while True: pass) took longer than 2 seconds."),
    "a kernel that ends": ("import os\nos._exit(3)", "Cell 2 (import os) ended the kernel"),
}


@pytest.mark.parametrize(("source", "says"), FAILING.values(), ids=FAILING)
def test_a_cell_that_fails_saves_nothing(source: str, says: str, tmp_path: Path) -> None:
    """The notebook stays as it was; the cell and what happened are told, without colours."""
    path = plain(tmp_path / "fails.ipynb", "1", source, "2")
    before = path.read_text()
    with pytest.raises(CellFailed, match=re.escape(says)) as told:
        execute(path, 2)
    assert "\x1b" not in str(told.value)
    assert path.read_text() == before


def test_check_ends_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell without an end is told, and the rest is not waited for."""
    path = plain(tmp_path / "loops.ipynb", "while True: pass", "2")
    assert cli.main(["check", "--cell-seconds", "1", str(path)]) == 1
    out = capsys.readouterr().out
    assert "A cell took longer than 1 seconds, or it ended the kernel." in out
    assert "\x1b" not in out


def test_what_may_differ_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By nbval's comment or by its tag; standard error and pictures are outputs like others."""
    path = plain(
        tmp_path / "times.ipynb",
        "# NBVAL_IGNORE_OUTPUT\nimport time\ntime.time()",
        "time.time()",
        "import sys\nprint('careful', file=sys.stderr)",
        "from IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    )
    book = json.loads(path.read_text())
    book["cells"][1]["metadata"]["tags"] = ["nbval-ignore-output"]
    path.write_text(json.dumps(book))
    assert cli.main(["execute", str(path)]) == 0
    assert cli.main(["check", str(path)]) == 0
    assert "times.ipynb: as saved" in capsys.readouterr().out


VALID = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
BAD = {
    "empty": ("", "The file is empty."),
    "cut off": (json.dumps(VALID)[:30], "was cut off"),
    "half merged": ("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> theirs\n", "a merge in git"),
    "a list": ("[]", "no notebook"),
    "another JSON": ('{"cells": []}', "no notebook"),
    "no metadata": ('{"cells": [], "nbformat": 4, "nbformat_minor": 5}', "missing an expected key: metadata"),
    "no such cells": (json.dumps({**VALID, "cells": [{"cell_type": "cod"}]}), "Save it once in JupyterLab"),
    "the future": (json.dumps({**VALID, "nbformat": 9}), "no notebook"),
    "R": (json.dumps({**VALID, "metadata": {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}}),
          "Its cells are in R"),
    "no text": (b"\xff\xfe\x00", "no text in UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["execute", "check"])
@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_run(
    content: str | bytes, says: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its name and the reason in a line; it stays as it was, and no kernel is started."""
    path = tmp_path / "bad.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    assert cli.main([command, str(path)]) == 1
    told = "".join(capsys.readouterr())
    assert told.startswith("bad.ipynb: not ")
    assert says in told
    assert len(told.splitlines()) == 1
    assert path.read_bytes() == before


ELSEWHERE = {
    "VS Code": {
        "kernelspec": {"name": ".venv", "display_name": ".venv (3.11.2)", "language": "python"},
        "language_info": {"name": "python", "version": "3.11.2"}, "vscode": {"interpreter": {"hash": "ab"}},
    },
    "Colab": {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"},
              "accelerator": "GPU"},
}  # fmt: skip


@pytest.mark.parametrize("metadata", ELSEWHERE.values(), ids=ELSEWHERE)
def test_notebooks_from_elsewhere_are_read(metadata: dict[str, object], tmp_path: Path) -> None:
    """With a kernel's name that is not known here, and cells without ids; what they say of themselves stays."""
    cell = {"cell_type": "code", "execution_count": None, "metadata": {"id": "Xyz"}, "outputs": [], "source": ["1"]}
    path = tmp_path / "theirs.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 0}))
    assert dict(read_notebook(path).metadata) == metadata


@pytest.mark.parametrize("command", ["execute", "check"])
def test_what_is_no_notebook(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named."""
    with pytest.raises(SystemExit):
        cli.main([command, str(tmp_path / "nowhere.ipynb")])
    assert "is no notebook's file" in capsys.readouterr().err
