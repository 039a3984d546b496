"""What exercises say, against what their notebook shows: texts only, no account is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..engine import Spec
from .page import Page
from .problem import Problem

EXERCISES_AT_LEAST = 3
HINTS_AT_LEAST = 2
WRONG_AT_LEAST = 2
VERBS = ("check(", "hint()", "solution()")
ASKED = re.compile(r"lab\.exercise\(\s*[\"']([\w-]+)")


def exercise_problems(page: Page) -> Iterator[Problem]:
    """Find what is missing in the exercises, and where the notebook shows something else."""
    specs = page.specs()
    if len(specs) < EXERCISES_AT_LEAST:
        yield Problem(
            page.exercises, f"It has {len(specs)} exercises.", f"A lab has {EXERCISES_AT_LEAST} or more: add another."
        )
    for spec in specs:
        yield from _of_the_file(page, spec)
        yield from _of_the_notebook(page, spec)
    known = {spec.id for spec in specs}
    asked = set(ASKED.findall(_text(page, "code")))
    for name in sorted(asked - known):
        yield Problem(page.path, f"It asks for an exercise {name!r}.", f"{page.exercises.name} has none: add it there.")


def _of_the_file(page: Page, spec: Spec) -> Iterator[Problem]:
    where = f"The exercise {spec.id!r} has"
    if len(spec.hints) < HINTS_AT_LEAST:
        yield Problem(
            page.exercises,
            f"{where} {len(spec.hints)} hints.",
            f"Give {HINTS_AT_LEAST} or more: the first says where to look, the last nearly how.",
        )
    if len(spec.wrong) < WRONG_AT_LEAST:
        yield Problem(
            page.exercises,
            f"{where} {len(spec.wrong)} wrong answers.",
            f"Give {WRONG_AT_LEAST} or more that learners are likely to try, each with what the check says to it.",
        )


def _of_the_notebook(page: Page, spec: Spec) -> Iterator[Problem]:
    text, code = _text(page, "markdown"), _text(page, "code")
    if (heading := f"### Exercise: {spec.title}") not in text:
        yield Problem(page.path, f"The heading `{heading}` is missing.", f"Write it, or change `title` of {spec.id!r}.")
    if " ".join(spec.task.split()) not in text:
        yield Problem(
            page.path,
            f"The task of {spec.id!r} does not stand in it word for word.",
            f"Copy `task` of {page.exercises.name} into the cell below the heading, or the other way round.",
        )
    for verb in VERBS:
        if (line := f'lab.exercise("{spec.id}").{verb}') not in code:
            yield Problem(
                page.path, f"No cell has `{line}`.", "All three verbs stand below the work cell; two as comments."
            )


def _text(page: Page, kind: str) -> str:
    """All cells of a kind, with white space made single."""
    return " ".join(" ".join(cell.source.split()) for cell in page.cells(kind))
