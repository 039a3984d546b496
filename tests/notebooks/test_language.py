"""What can be counted of the language: a sentence is short enough to say, and does not begin with a relative "who".

The rest of it (words in the order in which one would say them) is for a reader's ear. Tables, headings, code and the
descriptions of pictures are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from .conftest import PATHS

LONGEST_SENTENCE = 35
MOST_BRACKETS = 2
READ_ALOUD = ("00", "04", "08", "16", "18", "24", "25")  # each cell of these was read aloud
RELATIVE = re.compile(r"\W*(Who|Whoever|Whom)\b")


def sentences(text: str) -> list[str]:
    """The sentences of a cell's prose, each on one line."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n|\n(?=[-|#]|\d+\.)", text)]
    prose = [block for block in blocks if not block.startswith(("|", "#"))]
    return [each for block in prose for each in re.split(r"(?<=[.?!:])\)?\s+(?=[A-Z(*`])", block)]


def brackets(text: str) -> int:
    """How many brackets a cell's prose has; code, links and tables have their own."""
    said = " ".join(re.sub(r"`[^`]*`", "", each) for each in sentences(text))
    return len(re.findall(r"\(", said))


def prose(notebook: NotebookNode) -> list[str]:
    """The sentences of a notebook."""
    return [each for cell in notebook.cells if cell.cell_type == "markdown" for each in sentences(cell.source)]


def test_no_sentence_begins_with_a_relative_who(notebook: NotebookNode) -> None:
    """ "Who asks, gets" is no English that one speaks; a question may begin so."""
    assert [each for each in prose(notebook) if RELATIVE.match(each) and "?" not in each] == []


ALOUD = [path for path in PATHS if path.name.startswith(READ_ALOUD)]


@pytest.mark.parametrize("page", ALOUD, ids=lambda page: page.stem)
def test_a_sentence_can_be_said_in_one_breath(page: Path) -> None:
    """No more than 35 words, in the labs that were read aloud."""
    notebook = nbformat.read(page, as_version=4)
    assert [each for each in prose(notebook) if len(each.split()) > LONGEST_SENTENCE] == []


@pytest.mark.parametrize("page", ALOUD, ids=lambda page: page.stem)
def test_a_cell_has_few_brackets(page: Path) -> None:
    """What may be skipped stands in brackets: no more than two in a cell."""
    notebook = nbformat.read(page, as_version=4)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert [text for text in texts if brackets(text) > MOST_BRACKETS] == []


def test_both_are_found() -> None:
    """The rules see what they are for, and no more."""
    told = sentences("Who asks, gets. Who asks? ![Who: a](x.svg)\n\n| Who |\n|---|\n\n- Whoever may, reads.")
    assert [each for each in told if RELATIVE.match(each) and "?" not in each] == [
        "Who asks, gets.",
        "- Whoever may, reads.",
    ]
    assert brackets("One (a). [Two](b.html), `three(c)`, four (d), and\n\n| five (e) |") == 2
