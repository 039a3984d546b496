"""A notebook's shape: what a reader finds at its head and its end, and how big its steps are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from .page import Page
from .problem import Problem

CELLS = range(20, 91)
USUAL_CELL = 3
LONGEST_CELL = 12
ALTERNATIVE_TEXT = 10
HEAD = {
    "You will learn": ("what a reader will learn", "Write **You will learn** and a list in one of the first cells."),
    r"\bminutes\b": ("how many minutes it takes", "Write **Time** 30 minutes in one of the first cells."),
    r"\bcost\b": ("what it costs", "Write **Cost on a real account** and the sum in one of the first cells."),
}
LINK = re.compile(r"(?P<image>!)?\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)[^)]*\)")


def shape_problems(page: Page) -> Iterator[Problem]:
    """Find what a notebook's head, steps, links or end are lacking."""
    yield from _head(page)
    yield from _size(page)
    yield from _links(page)
    yield from _end(page)


def _head(page: Page) -> Iterator[Problem]:
    cells = page.notebook().cells
    titles = re.findall(r"^# +(.+)$", _markdown(page), re.MULTILINE)
    if len(titles) != 1 or not cells[0].source.startswith("# "):
        yield Problem(
            page.path, f"It has {len(titles)} titles.", "Open the first cell with one line `# Title`; others are `## `."
        )
    head = "\n".join(cell.source for cell in cells[:3] if cell.cell_type == "markdown")
    for promise, (what, mend) in HEAD.items():
        if not re.search(promise, head, re.IGNORECASE):
            yield Problem(page.path, f"Its head does not say {what}.", mend)


def _size(page: Page) -> Iterator[Problem]:
    cells = page.notebook().cells
    if len(cells) not in CELLS:
        yield Problem(
            page.path, f"It has {len(cells)} cells.", f"A lab has {CELLS[0]} to {CELLS[-1]}: split it, or show more."
        )
    code = [(cell.id, len(cell.source.splitlines())) for cell in cells if cell.cell_type == "code"]
    if median([lines for _, lines in code] or [0]) > USUAL_CELL:
        yield Problem(
            page.path, f"Half of its code cells are longer than {USUAL_CELL} lines.", "One step a cell: split some."
        )
    for name, lines in code:
        if lines > LONGEST_CELL:
            yield Problem(
                page.path, f"The cell {name} has {lines} lines.", f"Split it: a cell has {LONGEST_CELL} at the most."
            )
    ids = [cell.id for cell in cells]
    for name in sorted({each for each in ids if ids.count(each) > 1}):
        yield Problem(page.path, f"Two cells have the id {name}.", "Give each cell an id of its own.")
    for cell in cells:
        if not cell.source.strip():
            yield Problem(page.path, f"The cell {cell.id} is empty.", "Delete it.")


def _links(page: Page) -> Iterator[Problem]:
    for found in LINK.finditer(_markdown(page)):
        target = found["target"]
        if found["image"] and len(found["text"]) < ALTERNATIVE_TEXT:
            yield Problem(
                page.path,
                f"The picture {target} says too little to those who can't see it.",
                "Describe between the brackets what it shows: ![...](...).",
            )
        elsewhere = re.match(r"https?://|#|mailto:", target)
        if not elsewhere and not (page.path.parent / target.split("#")[0]).is_file():
            yield Problem(page.path, f"It links to {target}, which is not there.", "Mend the link.")


def _end(page: Page) -> Iterator[Problem]:
    text = _markdown(page)
    recap, following = (re.search(rf"^(?:##+ +|\*\*){word}\b", text, re.MULTILINE) for word in ("Recap", "Next"))
    if not recap or not following or recap.start() > following.start():
        yield Problem(page.path, "It does not end with Recap and Next.", "Add `## Recap` and, below it, **Next:**.")
    every = sorted(page.path.parent.glob("[0-9]*.ipynb"))
    after = dict(pairwise(every)).get(page.path)
    if after is not None and after.name not in {found["target"] for found in LINK.finditer(text)}:
        yield Problem(page.path, f"It does not lead on to {after.name}.", "Link to it behind **Next:**.")


def _markdown(page: Page) -> str:
    """All the text of a notebook, without what is in code fences."""
    text = "\n\n".join(cell.source for cell in page.cells("markdown"))
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)
