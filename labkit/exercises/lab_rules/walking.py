"""A learner walks through a notebook's own Python cells in a fresh lab.

Lines for the command line (`!aws …`) are left out: no exercise needs what they make.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Callable, Collection
from typing import Any

from botocore.exceptions import ClientError

from ..engine import Outcome, Spec
from .page import Page

CHECK = re.compile(r'lab\.exercise\("([^"]+)"\)\.check\(')

Learner = dict[str, Any]
"""What a learner's cells have defined, by name."""


def without_shell(source: str) -> str:
    """Take a cell's lines for the command line out; a variable that one would have filled gets a new key's id."""
    source = source.replace("\\\n", " ")
    source = re.sub(r"(?m)^(\w+) = !aws kms create-key .*$", r'\1 = [kms.create_key()["KeyMetadata"]["KeyId"]]', source)
    return re.sub(r"(?m)^!.*$", "", source)


def new_learner() -> Learner:
    """Begin with nothing defined."""
    return {"__name__": "__main__"}


def walk(page: Page, attempt: Callable[[Spec], str | None]) -> dict[str, Outcome]:
    """Run the whole notebook, and `attempt` at each exercise (None: skip it); answer the outcomes by exercise."""
    outcomes = {}

    def at(spec: Spec, learner: Learner) -> None:
        if (code := attempt(spec)) is not None:
            run(code, learner)
            outcomes[spec.id] = checked(spec, learner)

    visit(page, at)
    return outcomes


def nothing_more(_learner: Learner) -> None:
    """Do nothing after the last cell."""


def visit(page: Page, at: Callable[[Spec, Learner], Any], at_end: Callable[[Learner], None] = nothing_more) -> None:
    """Run the whole notebook, and call `at` in the place of each exercise, with what the cells above have made.

    `at_end` is called after the last cell. An error says by a note in which cell it came up.
    """
    specs = {spec.id: spec for spec in page.specs()}
    learner = new_learner()
    try:
        for cell in page.cells("code"):
            try:
                if check := CHECK.match(cell.source):
                    at(specs[check[1]], learner)
                else:
                    run(without_shell(cell.source), learner)
            except Exception as error:
                error.add_note(f"in the cell {cell.id} of {page.path.name}")
                raise
        at_end(learner)
    finally:
        tidy(learner)


def after_run_all(page: Page, past: Collection[str] = ()) -> dict[str, tuple[Outcome, Outcome]]:
    """Run all cells, untouched, then each shipped solution; answer the outcomes before and after it, by exercise.

    The account may refuse the solutions of exercises that are `past`.
    """
    outcomes: dict[str, tuple[Outcome, Outcome]] = {}
    visit(page, checked, lambda learner: outcomes.update(solved_late(page, learner, past)))
    return outcomes


def solved_late(page: Page, learner: Learner, past: Collection[str] = ()) -> dict[str, tuple[Outcome, Outcome]]:
    """Run each shipped solution for a learner who has run all cells; answer the outcomes before and after it."""
    outcomes = {}
    for spec in page.specs():
        learner["answer"] = None
        before = checked(spec, learner)
        with contextlib.suppress(*[ClientError] if spec.id in past else []):
            run(spec.solution, learner)
        outcomes[spec.id] = before, checked(spec, learner)
    return outcomes


def checked(spec: Spec, learner: Learner) -> Outcome:
    """Check an exercise as its learner does, without printing."""
    with contextlib.redirect_stdout(io.StringIO()):
        outcome: Outcome = learner["lab"].exercise(spec.id).check(learner.get("answer"))
    return outcome


def code(page: Page) -> list[str]:
    """Read the notebook's own cells, each without its lines for the command line."""
    return [without_shell(cell.source) for cell in page.cells("code")]


def run(source: str, learner: Learner) -> None:
    """Run code as the learner; what it prints is not of interest."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "<notebook>", "exec"), learner)  # noqa: S102  a lab's own code is what is tried


def tidy(learner: Learner) -> None:
    """Remove the folders that a notebook has made."""
    for value in learner.values():
        if isinstance(value, tempfile.TemporaryDirectory):
            value.cleanup()
