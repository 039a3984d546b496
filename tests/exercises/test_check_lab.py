"""`labkit check-lab`: docs/add-a-lab.md followed to the letter, and what it says to a lab with one thing wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labkit import cli
from labkit.exercises.lab_rules.page import page_at
from labkit.exercises.lab_rules.saved_form import saved_form_problems
from labkit.exercises.loader import LabFileError

SECONDS = 300


def blocks(checkout: Path, language: str) -> list[str]:
    """The page's code blocks of a language."""
    page = (checkout / "docs" / "add-a-lab.md").read_text(encoding="utf-8")
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def lab(tmp_path: Path, checkout: Path) -> Path:
    """A copy of the example lab, to be spoilt."""
    shutil.copytree(checkout / "examples" / "labs", tmp_path, dirs_exist_ok=True)
    return tmp_path / "90_first_key"


def test_the_steps_to_the_letter(tmp_path: Path, checkout: Path) -> None:
    """The commands of the page, one after the other, in a folder that looks like the checkout."""
    (steps,) = blocks(checkout, "sh")
    for each in ("Makefile", "pyproject.toml", "constraints.txt", "tools", "tests", "examples", "labkit", ".venv"):
        (tmp_path / each).symlink_to(checkout / each)
    # Under `make test` an inner make would tell which folder it enters and leaves.
    outside_make = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    told = subprocess.run(
        ["sh", "-ec", steps.replace("make ", "make -o .venv/.ready ")],
        cwd=tmp_path,
        env={**outside_make, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines()[-2:] == [
        "90-first-key.ipynb: as it was",
        "90-first-key: 3 exercises, nothing to mend.",
    ]


def test_what_the_page_shows_is_the_example(checkout: Path) -> None:
    """Each part of a file that it shows stands in the example lab, line by line."""
    folder = checkout / "examples" / "labs" / "90_first_key"
    files = ("exercises.toml", "quiz.toml", "checks.py")
    exercises, quiz, checks = ((folder / name).read_text(encoding="utf-8") for name in files)
    toml = exercises + quiz
    assert [each for each in blocks(checkout, "toml") if each not in toml] == []
    shown = blocks(checkout, "python")[0]
    assert shown in checks


SPOILT = {
    "a-hint-too-few": (
        "90_first_key/exercises.toml",
        '  "The cell that made the first key shows the call.",\n',
        "",
        ["exercises.toml: The exercise 'second-key' has 1 hints. Give 2 or more"],
    ),
    "another-task": (
        "90_first_key/exercises.toml",
        "Make a KMS key whose description is `invoices`",
        "Make any key",
        ["The task of 'second-key' does not stand in it word for word. Copy `task`"],
    ),
    "no-head": ("notebooks/90-first-key.ipynb", "You will learn", "You learn", ["Its head does not say what a reader"]),
    "no-recap": ("notebooks/90-first-key.ipynb", "## Recap", "## End", ["It does not end with Recap and Next. Add"]),
    "no-hint-verb": (
        "notebooks/90-first-key.ipynb",
        '# lab.exercise(\\"count-keys\\").hint()',
        "# hint",
        ['No cell has `lab.exercise("count-keys").hint()`. All three verbs'],
    ),
    "a-dead-link": (
        "notebooks/90-first-key.ipynb",
        "labs of labkit",
        "[labs](labs.md)",
        ["labs.md, which is not there"],
    ),
    "an-old-run": (
        "notebooks/90-first-key.ipynb",
        '"execution_count": 3',
        '"execution_count": 33',
        ["It was not run from top to bottom in a clean kernel. Run it again: `labkit execute"],
    ),
    "a-wrong-solution": (
        "90_first_key/exercises.toml",
        "solution = 'kms.create_key(Description=\"invoices\")'",
        "solution = 'kms.create_key(Description=\"invoice\")'",
        ["The check of 'second-key' says `not yet: ", "after its solution. It should be solved. Mend `solution`"],
    ),
    "another-reason": (
        "90_first_key/exercises.toml",
        'says = "no description"',
        'says = "without words"',
        ["to its wrong answer 1. `says` promises 'without words'"],
    ),
    "cells-count-as-work": (
        "90_first_key/checks.py",
        'OWN_KEYS = {"payroll"}',
        "OWN_KEYS = set()",
        ["The check of 'second-key' says `not yet: ", "when nothing was done. It should be not attempted."],
    ),
    "no-check": (
        "90_first_key/checks.py",
        "def count_keys",
        "def count_all",
        ["The exercise 'count-keys' has no check.", "has no function count_keys"],
    ),
    "a-cell-that-fails": (
        "notebooks/90-first-key.ipynb",
        "described = kms.describe_key",
        "described = kms.describe_keys",
        [
            "walk ends in the cell c13 of 90-first-key.ipynb with AttributeError",
            "Mend the cell",
            "1 to mend",
        ],
    ),
    "a-quiz-without-feedback": (
        "90_first_key/quiz.toml",
        ', why = "KMS describes keys that are there."',
        "",
        ["quiz.toml: It can't be used.", "(no-such-name), choice a has no text `why`"],
    ),
    "a-section-that-is-not-there": (
        "90_first_key/quiz.toml",
        'source = "A key\'s use can be refused"',
        'source = "Refusals"',
        ["The question 'no-such-name' names the section 'Refusals', which the notebook has not."],
    ),
    "no-quiz-cell": ("notebooks/90-first-key.ipynb", "lab.quiz()\\n", "lab\\n", ["0 cells show the quiz."]),
    "no-toml": ("90_first_key/exercises.toml", "[[made]]", "[[made", ["is not valid TOML"]),
}


@pytest.mark.parametrize(("file", "old", "new", "says"), SPOILT.values(), ids=SPOILT)
def test_each_fault_is_told_with_its_mend(
    lab: Path, file: str, old: str, new: str, says: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The file, the fault, what to do; and exit status 1."""
    path = lab.parent / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert cli.main(["check-lab", str(lab)]) == 1
    told = capsys.readouterr().out
    assert [each for each in says if each not in told] == [], told
    assert told.startswith(str(lab.parent))  # each line with its file


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("91-no-such-lab", "There is no lab '91-no-such-lab'. The labs are 00-start-here"),
        ("nowhere", "exercises.toml is missing. A lab is a folder with exercises.toml and checks.py"),
    ],
)
def test_what_is_no_lab_is_told(where: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was looked for, and how a lab is named."""
    assert cli.main(["check-lab", where]) == 1
    assert says in capsys.readouterr().out


def test_a_lab_without_its_notebook_is_told(lab: Path) -> None:
    """Where it should be."""
    shutil.rmtree(lab.parent / "notebooks")
    with pytest.raises(LabFileError, match=r"has no notebook. Put 90-first-key.ipynb into .*/notebooks"):
        page_at(str(lab))


def test_a_trace_of_a_machine_is_found(lab: Path) -> None:
    """A folder in an output."""
    notebook = lab.parent / "notebooks" / "90-first-key.ipynb"
    text = notebook.read_text(encoding="utf-8")
    notebook.write_text(text.replace("SYMMETRIC_DEFAULT", "/home/ann/key"), encoding="utf-8")
    assert [each.what for each in saved_form_problems(page_at(str(lab)))] == [
        "An output shows a folder of a machine: /home/ann."
    ]
