"""Every exercise in its three states, in the place where it stands in its notebook.

A learner walks through the notebook's own Python cells in a fresh lab and, at each exercise, does nothing, gives a
typical wrong answer, or runs the shipped solution. Lines for the command line (`!aws …`) are left out: no exercise
needs what they make.
"""

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import labkit
from labkit.exercises import Outcome, Spec, notebooks, read

from .other_ways import WAYS

ROOT = Path(__file__).parents[2]
CHECK = re.compile(r'lab\.exercise\("([^"]+)"\)\.check\(')
ROUNDS = [
    (notebook, number) for notebook in notebooks() for number in range(max(len(spec.wrong) for spec in read(notebook)))
]


def without_shell(source: str) -> str:
    """A cell without its lines for the command line; a variable that one would have filled gets a new key's id."""
    source = source.replace("\\\n", " ")
    source = re.sub(r"(?m)^(\w+) = !aws kms create-key .*$", r'\1 = [kms.create_key()["KeyMetadata"]["KeyId"]]', source)
    return re.sub(r"(?m)^!.*$", "", source)


def walk(notebook: str, attempt: Callable[[Spec], str | None]) -> dict[str, Outcome]:
    """Outcomes by exercise of a learner who runs the whole notebook, and `attempt` at each exercise (None: skip it)."""
    specs = {spec.id: spec for spec in read(notebook)}
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    learner: dict[str, Any] = {"__name__": "__main__"}
    outcomes = {}
    for cell in cells:
        if cell.cell_type != "code":
            continue
        check = CHECK.match(cell.source)
        if not check:
            run(without_shell(cell.source), learner)
        elif (code := attempt(specs[check[1]])) is not None:
            run(code, learner)
            outcomes[check[1]] = learner["lab"].exercise(check[1]).check(learner.get("answer"))
    for value in learner.values():
        if isinstance(value, tempfile.TemporaryDirectory):
            value.cleanup()
    return outcomes


def run(source: str, learner: dict[str, Any]) -> None:
    """Run code as the learner; what it prints is not of interest."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "<notebook>", "exec"), learner)


@pytest.fixture(autouse=True)
def back_again() -> Iterator[None]:
    """Notebooks may change the directory; tests go back."""
    before = Path.cwd()
    yield
    os.chdir(before)


@pytest.mark.parametrize("notebook", notebooks())
def test_untouched_is_not_attempted(notebook: str) -> None:
    """Who has done nothing is told so, whatever the notebook itself has done.

    The saved outputs show it, and nbval runs each notebook, untouched, and compares them to the letter.
    """
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    checks = {found[1]: cell for cell in cells if cell.cell_type == "code" and (found := CHECK.match(cell.source))}
    told = {name: cell.outputs[-1].data["text/plain"].partition(":")[0] for name, cell in checks.items()}
    assert told == {spec.id: "not attempted" for spec in read(notebook)}


@pytest.mark.parametrize("notebook", notebooks())
def test_the_shipped_solutions_solve(notebook: str) -> None:
    """The solutions that a learner is shown are right, and the notebook runs on after them."""
    outcomes = walk(notebook, lambda spec: spec.solution)
    wrong = {name: outcome for name, outcome in outcomes.items() if outcome.status != "solved"}
    assert wrong == {}
    assert len(outcomes) == len(read(notebook))


@pytest.mark.parametrize(("notebook", "number"), ROUNDS)
def test_wrong_answers_are_not_yet_and_say_why(notebook: str, number: int) -> None:
    """Each exercise's typical wrong answer (the first, the second …) gets the reason that belongs to it."""
    tried = {spec.id: spec.wrong[number] for spec in read(notebook) if len(spec.wrong) > number}
    outcomes = walk(notebook, lambda spec: tried[spec.id].code if spec.id in tried else None)
    assert {name: outcome.status for name, outcome in outcomes.items()} == dict.fromkeys(tried, "not yet")
    silent = {name: outcome for name, outcome in outcomes.items() if tried[name].says not in outcome.message}
    assert silent == {}


@pytest.mark.parametrize("notebook", WAYS)
def test_other_right_ways_are_accepted(notebook: str) -> None:
    """A check asks what was reached, not how."""
    outcomes = walk(notebook, lambda spec: WAYS[notebook].get(spec.id))
    assert {name: outcome.status for name, outcome in outcomes.items()} == dict.fromkeys(WAYS[notebook], "solved")


def test_a_check_leaves_no_trace() -> None:
    """Checking is not in the trail and takes no lab time."""
    lab = labkit.start("02-create-keys")
    before = (len(lab.events()), lab.clock.now())
    for spec in read("02-create-keys"):
        lab.exercise(spec.id).check()
    assert (len(lab.events()), lab.clock.now()) == before
