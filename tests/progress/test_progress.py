"""What is kept and shown, for whom, and what a receipt is worth."""

from __future__ import annotations

import builtins
import json
import os
from pathlib import Path
from typing import Any

import pytest

import labkit
from labkit import cli
from labkit.exercises.engine import Outcome
from labkit.exercises.loader import labs
from labkit.presence import folder, is_kept, somebody_is_there
from labkit.progress import Keeper, Page, Store, make_receipt, progress, verify
from labkit.progress.course import Row, course, version_of_exercise
from labkit.progress.receipt import STATEMENT
from labkit.progress.store import Kept
from labkit.quiz import Feedback, Question

COURSE = {
    "00-a": Row("00-a", {"one": "v1", "two": "v1"}, {"q": "v1"}),
    "01-b": Row("01-b", {"three": "v2"}, {}),
    "02-c": Row("02-c", {"four": "v1"}, {"q": "v1", "r": "v1"}),
}


def kept(lab: str, item: str, status: str, kind: str = "exercise", version: str = "v1") -> Kept:
    """An outcome of some day."""
    return Kept(lab, kind, item, version, status, "2026-11-28T20:00:00+00:00")


WHOLE = [kept("00-a", "one", "solved"), kept("00-a", "two", "solved"), kept("00-a", "q", "right", "question")]


def test_the_map_shows_what_is_done_and_what_comes_next() -> None:
    """In words and signs; the same in HTML and as data."""
    page = Page.of(COURSE, [*WHOLE, kept("01-b", "three", "solved"), kept("02-c", "four", "not yet")])
    assert repr(page).splitlines() == [
        "1 of 3 labs and projects done, 2 begun. Next: 01-b.",
        "         lab   exercises solved                 quiz right",
        "✔ done   00-a  2 of 2                           1 of 1",
        "◐ begun  01-b  0 of 1, 1 in an earlier version  none",
        "◐ begun  02-c  0 of 1                           0 of 2",
    ]
    assert page.data["labs"][1]["earlier"] == 1
    assert '<td style="text-align:left">✔ done</td>' in page._repr_html_()


def test_the_map_of_somebody_who_has_done_all_and_of_nobody() -> None:
    """An outcome of a lab or an exercise that is not there any more changes nothing."""
    rest = [kept("01-b", "three", "solved", version="v2"), kept("02-c", "four", "solved")]
    rest += [kept("02-c", name, "right", "question") for name in ("q", "r")]
    strange = [kept("77-gone", "x", "solved"), kept("00-a", "gone", "solved"), kept("00-a", "<b>", "solved", "other")]
    assert Page.of(COURSE, [*WHOLE, *rest, *strange]).headline.endswith("You have done all of them.")
    assert Page.of(COURSE, []).next_lab == "00-a"
    assert Page.of(COURSE, [], ["a <note>"])._repr_html_().endswith("<p>a &lt;note&gt;</p></div>")


def test_the_course_is_all_labs_and_projects() -> None:
    """Each with the versions of its data: another text, another version."""
    rows = course()
    assert list(rows) == list(labs())
    (first, *_) = labs()["05-conditions"].specs()
    from dataclasses import replace

    other = replace(first, task=first.task + " ")
    assert rows["05-conditions"].exercises[first.id] == version_of_exercise(first) != version_of_exercise(other)


@pytest.fixture
def kept_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, where progress is kept."""
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    monkeypatch.setenv("LABKIT_PROGRESS", "on")
    return tmp_path


def test_a_lab_keeps_what_its_learner_does(kept_in: Path) -> None:
    """An exercise that was tried, a question that was answered; nothing of what was written, and no letter."""
    lab = labkit.start("00-start-here")
    lab.exercise("name-your-role").check("learner 4711")
    lab.exercise("hello-key").check()  # not attempted
    lab.quiz().quiz.graded(1, "a")
    lab.quiz().quiz.graded(1, None)
    found = Store(kept_in).all()
    assert [(each.kind, each.item) for each in found] == [("exercise", "name-your-role"), ("question", "alias-nowhere")]
    assert b"4711" not in Store(kept_in).file.read_bytes()
    assert lab.progress().lines[0].badge == "begun"
    assert {each.name for each in kept_in.iterdir()} == {"progress.sqlite3"}


def test_what_cannot_be_kept_disturbs_no_lab(kept_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check answers as always, and the page says what is wrong."""
    (kept_in / "no folder").write_text("")
    monkeypatch.setenv("LABKIT_HOME", str(kept_in / "no folder"))
    keeper = Keeper("00-start-here")
    keeper.checked(labs()["00-start-here"].specs()[0], Outcome("solved", "done"))
    keeper.answered(Question("q", "t", (), "s", "v"), Feedback(1, "right", "x"))
    assert progress().lines[0].solved == 0


def test_a_damaged_file_is_told_on_the_page(kept_in: Path) -> None:
    """In words, with the name under which it is kept."""
    (kept_in / "progress.sqlite3").write_bytes(b"no database" * 500)
    page = progress()
    assert page.next_lab == "00-start-here"
    assert f"It is kept as {kept_in / 'progress.damaged-1.sqlite3'}" in page.notes[0]


class _Kernel:
    """A kernel that works on one message."""

    def __init__(self, message: Any) -> None:
        self._message = message

    def get_parent(self) -> Any:
        if isinstance(self._message, Exception):
            raise self._message
        return self._message


def request(kind: str = "execute_request", **content: Any) -> dict[str, Any]:
    """A message as Jupyter sends it."""
    return {"header": {"msg_type": kind}, "content": content}


WHO = {
    "JupyterLab runs a cell": (request(allow_stdin=True), True),
    "nbval, nbclient and nbconvert run a cell": (request(allow_stdin=False), False),
    "a program that says nothing of it": (request(), False),
    "somebody clicks on a widget": (request("comm_msg", data={}), True),
    "no message": ({}, False),
    "odd": ({"header": None, "content": None}, False),
    "another form": (["x"], False),
    "a kernel of another make": (AttributeError("get_parent"), False),
}


@pytest.mark.parametrize("case", WHO)
def test_somebody_is_there_if_they_can_be_asked(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frontends of people say so in each request."""
    message, there = WHO[case]
    shell = type("Shell", (), {"kernel": _Kernel(message)})()
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    assert somebody_is_there() is there
    assert is_kept({}) is there
    assert not is_kept({"CI": "true"})
    assert not is_kept({"PYTEST_VERSION": "9"})
    assert not is_kept({"LABKIT_PROGRESS": " OFF "})
    assert is_kept({"LABKIT_PROGRESS": "on", "CI": "true"})


def test_a_test_run_touches_no_home() -> None:
    """It is switched off for the tests, and would be written elsewhere."""
    assert not is_kept()
    assert not is_kept({name: value for name, value in os.environ.items() if name != "LABKIT_PROGRESS"})
    assert folder() != folder({"HOME": os.environ.get("HOME", "")})
    lab = labkit.start("00-start-here")
    lab.exercise("name-your-role").check("x")
    lab.quiz().quiz.graded(1, "a")
    assert not folder().exists()
    assert repr(lab.progress()) == repr(Page.of(course(), []))


def test_a_receipt_says_what_it_is_worth(tmp_path: Path) -> None:
    """Unchanged or not, against the versions here, and plainly that it is the learner's own word."""
    some = [*WHOLE, kept("01-b", "three", "solved"), kept("02-c", "four", "not yet"), kept("77-gone", "x", "solved")]
    receipt = make_receipt(some, tmp_path, "Ada <b>", "1.0")
    found = verify(json.dumps(receipt), COURSE)
    assert found.is_unchanged
    assert found.rows == (
        ("00-a", "2 of 2 exercises solved, 1 of 1 questions right"),
        ("01-b", "0 of 1 exercises solved, 0 of 0 questions right; 1 more in another version than here"),
        ("77-gone", "1 done, and this labkit has no such lab"),
    )
    assert str(found).startswith("Receipt of Ada <b>, made ")
    assert str(found).endswith(STATEMENT)
    assert "the learner's own account" in receipt["statement"]
    assert (tmp_path / "receipt.key").stat().st_mode & 0o777 == 0o600
    assert verify(json.dumps(make_receipt([], tmp_path, "", "1.0")), COURSE).key == found.key
    assert {each.name for each in tmp_path.iterdir()} == {"receipt.key"}


def _changed(receipt: dict[str, Any], **more: Any) -> str:
    return json.dumps(receipt | more)


def test_a_changed_receipt_is_told(tmp_path: Path) -> None:
    """Any member, the statement even when signed anew, and a signature that is none."""
    receipt = make_receipt(WHOLE, tmp_path, "Ada", "1.0")
    more = [*receipt["outcomes"], {**receipt["outcomes"][0], "item": "x"}]
    for change in ({"name": "Bob"}, {"outcomes": more}, {"made": "2020"}, {"signature": "no base64"}, {"key": "AAAA"}):
        assert not verify(_changed(receipt, **change), COURSE).is_unchanged
    assert "CHANGED" in str(verify(_changed(receipt, name="Bob"), COURSE))
    for text in (
        "",
        "[]",
        "{}",
        "[" * 100_000,
        _changed(receipt, outcomes=3),
        _changed(receipt, outcomes=[{"lab": 1}]),
    ):
        with pytest.raises(ValueError, match="receipt|outcomes"):
            verify(text, COURSE)
    with pytest.raises(ValueError, match="another form"):
        verify(_changed(receipt, format="labkit receipt 2"), COURSE)


def test_the_commands(kept_in: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Show, as JSON, forget; make a receipt, verify it, and refuse what is none."""
    spec = labs()["05-conditions"].specs()[0]
    Keeper("05-conditions").checked(spec, Outcome("solved", "done"))
    assert cli.main(["progress"]) == 0
    assert "◐ begun  05-conditions " in capsys.readouterr().out
    assert cli.main(["progress", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["next"] == "00-start-here"
    assert cli.main(["receipt", "--name", "Ada"]) == 0
    file = tmp_path / "receipt.json"
    text = capsys.readouterr().out
    file.write_text(text)
    assert cli.main(["receipt", "--verify", str(file)]) == 0
    assert "05-conditions: 1 of 4 exercises solved, 0 of 8 questions right" in capsys.readouterr().out
    file.write_text(text.replace("Ada", "Bob"))
    assert cli.main(["receipt", "--verify", str(file)]) == 1
    file.write_text("no receipt")
    assert cli.main(["receipt", "--verify", str(file)]) == 2
    assert cli.main(["receipt", "--verify", str(tmp_path / "nowhere")]) == 2
    assert cli.main(["progress", "--reset"]) == 0
    assert cli.main(["progress", "--reset"]) == 0
    assert Store(kept_in).all() == ()
