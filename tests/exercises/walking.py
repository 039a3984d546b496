"""A learner walks through one of the notebooks, by its name; the walking itself is that of `labkit check-lab`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labkit.exercises import Spec
from labkit.exercises.lab_rules import walking
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.walking import CHECK, checked, run, tidy

__all__ = ["CHECK", "ROOT", "checked", "code", "run", "tidy", "twice", "visit"]

ROOT = Path(__file__).parents[2]


def visit(
    notebook: str,
    at: Callable[[Spec, dict[str, Any]], None],
    at_end: Callable[[dict[str, Any]], None] = walking.nothing_more,
) -> None:
    """Run the whole notebook; call `at` in the place of each exercise, with what the cells above have made, and
    `at_end` after the last cell."""
    walking.visit(page_of(notebook), at, at_end)


def code(notebook: str) -> list[str]:
    """The notebook's own cells, each without its lines for the command line."""
    return walking.code(page_of(notebook))


def twice(notebook: str) -> None:
    """Run each cell two times in a row. The second run may fail; raises what a first run raises."""
    learner: dict[str, Any] = {"__name__": "__main__"}
    for source in code(notebook):
        run(source, learner)
        if "labkit.start(" not in source:
            with contextlib.suppress(Exception):
                run(source, learner)
    tidy(learner)
