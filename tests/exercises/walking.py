"""A learner walks through a notebook's own Python cells in a fresh lab.

Lines for the command line (`!aws …`) are left out: no exercise needs what they make.
"""

import contextlib
import io
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import nbformat
from botocore.exceptions import ClientError

from labkit.exercises import Outcome, Spec, read

ROOT = Path(__file__).parents[2]
CHECK = re.compile(r'lab\.exercise\("([^"]+)"\)\.check\(')


def without_shell(source: str) -> str:
    """A cell without its lines for the command line; a variable that one would have filled gets a new key's id."""
    source = source.replace("\\\n", " ")
    source = re.sub(r"(?m)^(\w+) = !aws kms create-key .*$", r'\1 = [kms.create_key()["KeyMetadata"]["KeyId"]]', source)
    return re.sub(r"(?m)^!.*$", "", source)


def walk(notebook: str, attempt: Callable[[Spec], str | None]) -> dict[str, Outcome]:
    """Outcomes by exercise of a learner who runs the whole notebook, and `attempt` at each exercise (None: skip it)."""
    outcomes = {}

    def at(spec: Spec, learner: dict[str, Any]) -> None:
        if (code := attempt(spec)) is not None:
            run(code, learner)
            outcomes[spec.id] = learner["lab"].exercise(spec.id).check(learner.get("answer"))

    visit(notebook, at)
    return outcomes


def visit(notebook: str, at: Callable[[Spec, dict[str, Any]], None]) -> None:
    """Run the whole notebook, and call `at` in the place of each exercise, with what the cells above have made."""
    specs = {spec.id: spec for spec in read(notebook)}
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    learner: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        if cell.cell_type != "code":
            continue
        if check := CHECK.match(cell.source):
            at(specs[check[1]], learner)
        else:
            run(without_shell(cell.source), learner)
    tidy(learner)


def to_exercises(notebook: str, wanted: Collection[str]) -> Iterator[tuple[dict[str, Any], Spec]]:
    """Walk through the notebook up to the last of these exercises, and stop at each: what the learner has, and it."""
    specs = {spec.id: spec for spec in read(notebook)}
    left, learner = list(wanted), {"__name__": "__main__"}
    for cell in nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells:
        check = CHECK.match(cell.source) if cell.cell_type == "code" else None
        if check and check[1] in left:
            yield learner, specs[check[1]]
            left.remove(check[1])
            if not left:
                break
        elif cell.cell_type == "code" and not check:
            run(without_shell(cell.source), learner)
    tidy(learner)
    assert left == []


def after_run_all(notebook: str, past: Collection[str] = ()) -> dict[str, tuple[Outcome, Outcome]]:
    """Outcomes by exercise, before and after its shipped solution, of a learner who ran all cells first, untouched.

    The account may refuse the solutions of exercises that are `past`.
    """
    learner: dict[str, Any] = {"__name__": "__main__"}
    for source in code(notebook):
        run(source, learner)
    outcomes = {}
    for spec in read(notebook):
        exercise = learner["lab"].exercise(spec.id)
        learner["answer"], before = None, exercise.check()
        with contextlib.suppress(*[ClientError] if spec.id in past else []):
            run(spec.solution, learner)
        outcomes[spec.id] = before, exercise.check(learner["answer"])
    tidy(learner)
    return outcomes


def twice(notebook: str) -> None:
    """Run each cell two times in a row. The second run may fail; raises what a first run raises."""
    learner: dict[str, Any] = {"__name__": "__main__"}
    for source in code(notebook):
        run(source, learner)
        if "labkit.start(" not in source:
            with contextlib.suppress(Exception):
                run(source, learner)
    tidy(learner)


def code(notebook: str) -> list[str]:
    """The notebook's own cells, each without its lines for the command line."""
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    return [without_shell(cell.source) for cell in cells if cell.cell_type == "code"]


def tidy(learner: dict[str, Any]) -> None:
    """Remove the folders that a notebook has made."""
    for value in learner.values():
        if isinstance(value, tempfile.TemporaryDirectory):
            value.cleanup()


def run(source: str, learner: dict[str, Any]) -> None:
    """Run code as the learner; what it prints is not of interest."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "<notebook>", "exec"), learner)
