"""Checks a lab: its texts, its notebook, and its exercises in three states, each in a fresh account.

Walks run the notebook's cells in this process, one account after the other. Nothing is written into the lab.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..loader import NOTEBOOKS, VARIABLE, LabFileError, labs
from .notebook_shape import shape_problems
from .page import Page
from .problem import Problem
from .quizzes import quiz_problems
from .saved_form import saved_form_problems
from .states import (
    rounds,
    saved_untouched_problems,
    solution_problems,
    untouched_problems,
    way_back_problems,
    wrong_answer_problems,
)
from .texts import exercise_problems

Rule = Callable[[Page], Iterable[Problem]]

READ: tuple[Rule, ...] = (
    exercise_problems,
    quiz_problems,
    shape_problems,
    saved_form_problems,
    saved_untouched_problems,
)
"""The rules that read files alone."""


def lab_problems(page: Page) -> Iterator[Problem]:
    """Find everything that is wrong in a lab, first what reading shows, then what learners meet.

    LabFileError where a file cannot be used at all.
    """
    for rule in READ:
        yield from rule(page)
    with _known(page):
        labs()
        missing = [*_missing_checks(page)]
        yield from missing
        if missing:
            return  # a walk would end at the first of them
        walks: list[Rule] = [untouched_problems, solution_problems]
        walks += [partial(wrong_answer_problems, number=number) for number in rounds(page)]
        walks.append(way_back_problems)
        try:
            for rule in walks:
                yield from _walked(page, rule)
        except Exception as error:  # whatever a lab's own cells raise: the other walks would end there, too
            notes = " ".join(getattr(error, "__notes__", ["after its last cell"]))
            yield Problem(
                page.path,
                f"A learner's walk ends {notes} with {type(error).__name__}: {str(error).rstrip('.')}.",
                "Mend the cell, or the solution or wrong answer that was tried there.",
            )


def _missing_checks(page: Page) -> Iterator[Problem]:
    for spec in page.specs():
        try:
            page.lab.check(spec.id)
        except LabFileError as error:
            yield Problem(page.checks, f"The exercise {spec.id!r} has no check.", str(error))


def _walked(page: Page, rule: Rule) -> Iterator[Problem]:
    """Follow a rule that runs cells, from where a notebook's kernel begins: in its folder, which it imports from."""
    before = Path.cwd()
    place = str(page.path.parent)
    os.chdir(place)
    sys.path.insert(0, place)
    try:
        yield from rule(page)
    finally:
        sys.path.remove(place)
        os.chdir(before)


@contextmanager
def _known(page: Page) -> Iterator[None]:
    """Let `labkit.start` find the lab: LABKIT_LABS names its place meanwhile. AWS's settings are put back, too."""
    settings = dict(os.environ)
    place = str(page.lab.path.parent)
    named = os.environ.get(VARIABLE, "").split(os.pathsep)
    if page.lab.path.parent not in NOTEBOOKS and place not in [str(Path(each).resolve()) for each in named if each]:
        os.environ[VARIABLE] = os.pathsep.join([place, *filter(None, named)])
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(settings)
