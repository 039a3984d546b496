"""`labkit learn` hands out the course: a new version comes, and nothing that a learner wrote is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from labkit import __version__, cli
from labkit.learn.handing_out import RECORD, NotYoursError, hand_out
from labkit.learn.material import FIRST, course
from labkit.learn.merging import merged


def book(**cells: str) -> bytes:
    """A notebook with these cells, by id."""
    made = [
        {"cell_type": "code", "execution_count": None, "id": each, "metadata": {}, "outputs": [], "source": [text]}
        for each, text in cells.items()
    ]
    content = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def told(text: bytes | None) -> dict[str, str]:
    """The cells of a notebook, in order."""
    assert text is not None
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(text)["cells"]}


BASE = {"a": "1", "b": "2", "c": "3"}
MERGES = {
    "untouched": (BASE, {"a": "1", "b": "20", "c": "3"}, {"a": "1", "b": "20", "c": "3"}),
    "they changed another cell": ({**BASE, "a": "mine"}, {**BASE, "b": "20"}, {"a": "mine", "b": "20", "c": "3"}),
    "both changed one cell": ({**BASE, "b": "mine"}, {**BASE, "b": "20"}, {"a": "1", "b": "mine", "c": "3"}),
    "they added a cell": (
        {"a": "1", "x": "mine", "b": "2", "c": "3"},
        {**BASE, "b": "20"},
        {"a": "1", "x": "mine", "b": "20", "c": "3"},
    ),
    "they added the first and two in a row": (
        {"x": "mine", "a": "1", "b": "2", "c": "3", "y": "mine, too", "z": "and this"},
        {**BASE, "d": "4"},
        {"x": "mine", "a": "1", "b": "2", "c": "3", "y": "mine, too", "z": "and this", "d": "4"},
    ),
    "both added a cell at one place": (
        {**BASE, "x": "mine"}, {**BASE, "d": "4"}, {"a": "1", "b": "2", "c": "3", "x": "mine", "d": "4"}
    ),
    "they deleted a cell": ({"a": "1", "c": "3"}, {**BASE, "c": "30"}, {"a": "1", "c": "30"}),
    "they deleted a cell that is new now": ({"a": "1", "c": "3"}, {**BASE, "b": "20"}, {"a": "1", "b": "20", "c": "3"}),
    "a cell is gone that they left alone": (BASE, {"a": "1", "c": "3"}, {"a": "1", "c": "3"}),
    "a cell is gone that they changed": ({**BASE, "b": "mine"}, {"a": "1", "c": "3"}, {**BASE, "b": "mine"}),
    "the same id twice new": ({**BASE, "d": "mine"}, {**BASE, "d": "4"}, {**BASE, "d": "mine"}),
}  # fmt: skip


@pytest.mark.parametrize(("mine", "new", "both"), MERGES.values(), ids=MERGES)
def test_notebooks_are_merged_by_cells(mine: dict[str, str], new: dict[str, str], both: dict[str, str]) -> None:
    """What they wrote wins; where they wrote nothing, the new version comes; the order is kept."""
    result = told(merged(book(**BASE), book(**mine), book(**new)))
    assert list(result.items()) == list(both.items())


def test_outputs_stay_with_their_code() -> None:
    """A cell that they ran keeps its outputs, unless its code is new."""
    ran = json.loads(book(**BASE))
    for cell in ran["cells"]:
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["as I saw it"]}]
    result = merged(book(**BASE), json.dumps(ran).encode(), book(**{**BASE, "b": "20"}))
    assert [bool(cell["outputs"]) for cell in json.loads(result or b"")["cells"]] == [True, False, True]


@pytest.mark.parametrize("mine", [b"{", b"[]", b'{"cells": 1}', b'{"cells": [{}]}', book(a="1")[:-9], b"\xff"])
def test_what_is_no_notebook_is_not_merged(mine: bytes) -> None:
    """A broken file is theirs, too: it stays as it is."""
    assert merged(book(**BASE), mine, book(**{**BASE, "b": "20"})) is None


OLD = {"n/1.ipynb": book(**BASE), "n/2.ipynb": book(**BASE), "n/a.py": b"old", "n/b.py": b"old"}
NEW = {**OLD, "n/1.ipynb": book(**{**BASE, "b": "20"}), "n/a.py": b"new", "n/b.py": b"new", "n/c.py": b"new"}


def test_a_new_version_comes_and_their_work_stays(tmp_path: Path) -> None:
    """One file after the other: changed, untouched, deleted, in the way, broken; and a second time changes nothing."""
    assert hand_out(OLD, tmp_path).written == list(OLD)
    (tmp_path / "n/1.ipynb").write_bytes(book(**{**BASE, "a": "mine"}))
    (tmp_path / "n/2.ipynb").unlink()
    (tmp_path / "n/b.py").write_bytes(b"mine")
    (tmp_path / "n/c.py").write_bytes(b"mine, before yours")
    (tmp_path / "n/notes.md").write_bytes(b"mine")
    report = hand_out(NEW, tmp_path)
    assert told((tmp_path / "n/1.ipynb").read_bytes()) == {"a": "mine", "b": "20", "c": "3"}
    assert (tmp_path / "n/2.ipynb").read_bytes() == OLD["n/2.ipynb"]  # a deleted file comes back
    assert [(tmp_path / "n" / name).read_bytes() for name in ("a.py", "b.py", "c.py")] == [b"new", b"mine", b"new"]
    assert (tmp_path / "n/c.mine.py").read_bytes() == b"mine, before yours"
    assert (tmp_path / "n/notes.md").read_bytes() == b"mine"
    assert (report.merged, report.kept, report.moved) == (["n/1.ipynb"], ["n/b.py"], {"n/c.py": "c.mine.py"})
    again = hand_out(NEW, tmp_path)
    assert (again.written, again.merged, again.kept, again.moved) == ([], [], [], {})


def test_an_interrupted_start_goes_on(tmp_path: Path) -> None:
    """Files without a record, as they were handed out: nothing is moved."""
    hand_out(OLD, tmp_path)
    (tmp_path / RECORD).write_bytes(b"half a zip")
    (tmp_path / "n/a.py").unlink()
    report = hand_out(OLD, tmp_path)
    assert (report.written, report.moved) == (["n/a.py"], {})


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """What stands elsewhere is not written to."""
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_bytes(b"old")
    hand_out(OLD, tmp_path / "labs")
    (tmp_path / "labs/n/a.py").unlink()
    (tmp_path / "labs/n/a.py").symlink_to(elsewhere)
    hand_out(NEW, tmp_path / "labs")
    assert elsewhere.read_bytes() == b"old"


def test_places_that_are_none(tmp_path: Path, checkout: Path) -> None:
    """A checkout has the labs already; a file is no folder."""
    (tmp_path / "file").touch()
    for place in (checkout, tmp_path / "file"):
        with pytest.raises(NotYoursError):
            hand_out(OLD, place)


def test_the_course_is_what_git_has(checkout: Path) -> None:
    """Every notebook, picture and program of the checkout, and the pages that they link to; nothing a run made."""
    names = set(course())
    found = (checkout / "notebooks").rglob("*.ipynb")
    books = {path.relative_to(checkout).as_posix() for path in found if ".ipynb_checkpoints" not in path.parts}
    assert books - names == set()
    others = {"notebooks/images/arn.svg", "notebooks/projects/conftest.py", "docs/costs.md", "FIDELITY.md"}
    assert others | {FIRST} <= names
    assert [name for name in names if "__pycache__" in name or name.startswith("data/made")] == []


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It says its version and the folder; where it can't write, it says so without a traceback."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("labkit.learn.opening.trust", lambda *_: None)  # it writes into the home folder
    assert cli.main(["learn", "--no-open"]) == 0
    out = capsys.readouterr().out
    assert f"labkit {__version__}: the labs are in {tmp_path / 'kms-labs'}" in out
    assert (tmp_path / "kms-labs" / FIRST).is_file()
    (tmp_path / "file").touch()
    assert cli.main(["learn", "--no-open", str(tmp_path / "file" / "labs")]) == 1
    assert "Name another folder" in capsys.readouterr().err
    assert os.listdir(tmp_path / "kms-labs" / ".labkit") == [RECORD.name]
