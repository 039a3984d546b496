"""A quiz, against what its notebook says: texts only, no account is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...quiz.files import FILE, entries
from ..loader import NOTEBOOKS, LabFileError
from .page import Page
from .problem import Problem

FEWEST_QUESTIONS = 5
CELL = re.compile(r"^lab\.quiz\(\)$", re.MULTILINE)


def quiz_problems(page: Page) -> Iterator[Problem]:
    """Find what a quiz is lacking. labkit's own labs have one; a lab from outside may."""
    file = page.lab.path / FILE
    shown = [cell for cell in page.cells("code") if CELL.search(cell.source)]
    if not file.is_file():
        if page.lab.path.parent in NOTEBOOKS:
            yield Problem(file, "It is missing.", f"Write {FEWEST_QUESTIONS} questions or more: docs/add-a-lab.md.")
        elif shown:
            yield Problem(page.path, "It shows a quiz, and there is none.", f"Write {file}, or delete the cell.")
        return
    try:
        found = entries(page.lab.path)
    except LabFileError as error:
        yield Problem(file, "It can't be used.", str(error))
        return
    if len(found) < FEWEST_QUESTIONS:
        yield Problem(file, f"It has {len(found)} questions.", f"A quiz has {FEWEST_QUESTIONS} or more.")
    if len(shown) != 1:
        yield Problem(page.path, f"{len(shown)} cells show the quiz.", "One cell ends with the line `lab.quiz()`.")
    text = "\n".join(cell.source for cell in page.cells("markdown"))
    headings = set(re.findall(r"^##+ (.+)$", text, re.MULTILINE))
    for each in found:
        if not each.source.startswith("https://") and each.source not in headings:
            yield Problem(
                file,
                f"The question {each.id!r} names the section {each.source!r}, which the notebook has not.",
                "Name a heading as it stands there, or the address of AWS's page.",
            )
