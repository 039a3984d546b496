"""A notebook's shape: what a reader finds at its head and its end, and how big its steps are."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from nbformat import NotebookNode

LONGEST_CELL = 12
LINK = re.compile(r"(?P<image>!)?\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)[^)]*\)")


def markdown(notebook: NotebookNode) -> str:
    """All the text of a notebook, without what is in code fences."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def headings(notebook: NotebookNode, level: int) -> list[str]:
    """The headings of one level, in order."""
    return re.findall(rf"^{'#' * level} +(.+)$", markdown(notebook), re.MULTILINE)


def test_one_title_that_stands_first(notebook: NotebookNode) -> None:
    """One H1, and it opens the notebook."""
    assert len(headings(notebook, 1)) == 1
    assert notebook.cells[0].source.startswith("# ")


@pytest.mark.parametrize("promise", [r"You will learn", r"\bminutes\b", r"\bcost\b"])
def test_the_head_says_what_to_expect(notebook: NotebookNode, promise: str) -> None:
    """What will be learned, how long it takes, and what it would cost on a real account."""
    head = "\n".join(cell.source for cell in notebook.cells[:3] if cell.cell_type == "markdown")
    assert re.search(promise, head, re.IGNORECASE)


def test_it_ends_with_recap_and_next(notebook: NotebookNode) -> None:
    """Recap, then Next, stand at the end."""
    text = markdown(notebook)
    recap, following = (re.search(rf"^(?:##+ +|\*\*){word}\b", text, re.MULTILINE) for word in ("Recap", "Next"))
    assert recap, "no Recap"
    assert following, "no Next"
    assert recap.start() < following.start()


def test_size(notebook: NotebookNode) -> None:
    """20 to 60 cells, small ones: half of the code cells have three lines or fewer, none more than twelve."""
    lengths = [len(cell.source.splitlines()) for cell in notebook.cells if cell.cell_type == "code"]
    assert 20 <= len(notebook.cells) <= 60
    assert median(lengths) <= 3
    assert max(lengths) <= LONGEST_CELL


def test_cells_have_names(notebook: NotebookNode) -> None:
    """Ids are there and unique; a cell is never empty."""
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert [cell.id for cell in notebook.cells if not cell.source.strip()] == []


def test_links_and_pictures_are_there(path: Path, notebook: NotebookNode) -> None:
    """Each relative link leads to a file, each picture has a text for those who do not see it."""
    for found in LINK.finditer(markdown(notebook)):
        target = found["target"]
        if found["image"]:
            assert len(found["text"]) >= 10, f"{target} says too little in its alternative text"
        if not re.match(r"https?://|#|mailto:", target):
            assert (path.parent / target.split("#")[0]).is_file(), f"{target} is not there"


def test_next_leads_on(path: Path, notebook: NotebookNode) -> None:
    """A notebook links to the one that follows it."""
    every = sorted(path.parent.glob("[0-9]*.ipynb"))
    following = dict(pairwise(every)).get(path)
    if following is not None:
        assert following.name in {found["target"] for found in LINK.finditer(markdown(notebook))}


def test_it_has_three_exercises_at_least(notebook: NotebookNode) -> None:
    """Each notebook lets its reader do something, and check it."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert len(set(re.findall(r"lab\.exercise\(\s*[\"']([\w-]+)", code))) >= 3
