"""The exam: questions that people ask in public, and the section of a lab that answers each (docs/exam.tsv)."""

from __future__ import annotations

import csv
import re
from itertools import takewhile

import nbformat
import pytest

from .conftest import NOTEBOOKS, PATHS

TABLE = NOTEBOOKS.parent / "docs" / "exam.tsv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
LABS = {path.name[:2]: path for path in PATHS if path.parent == NOTEBOOKS}


def section(lab: str, heading: str) -> list[nbformat.NotebookNode]:
    """The cells from a heading to the next one; the first one may begin with the end of the section before."""
    cells = nbformat.read(LABS[lab], as_version=4).cells
    starts = [number for number, cell in enumerate(cells) if f"\n## {heading}\n" in f"\n{cell.source}\n"]
    assert len(starts) == 1, f"lab {lab} has {len(starts)} sections {heading!r}"
    next_one = re.compile("^## ", re.MULTILINE)
    rest = takewhile(lambda cell: cell.cell_type == "code" or not next_one.search(cell.source), cells[starts[0] + 1 :])
    return [cells[starts[0]], *rest]


def test_the_table_is_whole() -> None:
    """Fifty-five questions, each once, with an answer and a source."""
    assert len({row["id"] for row in ROWS}) == len(ROWS) == 55
    assert [row["id"] for row in ROWS if not all(row.values()) or not row["source"].startswith("https://")] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_lab_answers_it(row: dict[str, str]) -> None:
    """The section is there; where the account shows the answer, the section runs something."""
    cells = section(row["lab"], row["section"])
    words = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert len(re.findall(r"\w+", words)) > 20
    assert row["how"] in ("shown", "told")
    if row["how"] == "shown":
        assert any(cell.cell_type == "code" for cell in cells)
