"""What notebooks print of the sample logs, counted again by jq, which knows nothing of this package.

Each `jq/NN.tsv` belongs to the notebook of that number. A row after the first, between tabs:

sample    fortnight or incident
cell      the id of the notebook's cell
words     words of its output (of a text cell: of the text) with Python's format fields for what is counted,
          as in "{:,} records read"; how much space is between words doesn't matter
program   jq: gives a value, the values of a row of words, or a list of such rows (each must be in the output);
          the same program in several rows runs once

A program has `$records` (all), `$events` (each eventID once), `$kms` (KMS's of these), `$calls` (of these, one of a
call that has a record in two accounts), `$files` (how many), the words of `jq/words.jq`, and in records the members
that `jq/records.jq` keeps. One run of jq has all programs of a sample, so its rows stand together. A code cell that is
in the table may print no number that isn't in one of its rows. For one: `pytest -n0 tests/trail/test_jq.py -k 18`.

What notebooks print of the lab's own records is not counted here: these exist while the notebook runs, and are so few
that a reader counts them in the tables above.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labkit.trail.samples import sample

HERE = Path(__file__).parent / "jq"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TABLES = sorted(HERE.glob("[0-9]*.tsv"))
GIVEN = (
    "($records | unique_by(.eventID)) as $events | ($events | map(select(is_kms))) as $kms | ($kms | once) as $calls"
)
Row = dict[str, str]


def rows(table: Path) -> list[Row]:
    """The rows of a table."""
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def answers(asked: list[Row]) -> Iterator[Any]:
    """What the programs of these rows answer."""
    for name, some in groupby(asked, key=lambda row: row["sample"]):
        programs = [row["program"] for row in some]
        different = list(dict.fromkeys(programs))
        found = dict(zip(different, _run(different, sample(name)), strict=True))
        yield from (found[program] for program in programs)


def _run(programs: list[str], logs: Path) -> list[Any]:
    """The programs' answers on these logs, all in one run."""
    files = sorted(logs.rglob("*.json.gz"))
    parts = [(HERE / name).read_text(encoding="utf-8") for name in ("words.jq", "records.jq")]
    every = ",\n".join(f"({program})" for program in programs)
    text = f"{parts[0]}\n[inputs | {parts[1]}] as $records | {GIVEN} |\n[{every}]"
    jq = ["jq", "--null-input", "--argjson", "files", str(len(files)), text]
    with subprocess.Popen(["xargs", "-0", "gzip", "-dc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as unpacking:
        assert unpacking.stdin
        reading = subprocess.Popen(jq, stdin=unpacking.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert unpacking.stdout
        unpacking.stdout.close()  # jq alone has it: if jq ends at once, over a program, gzip ends as well
        with contextlib.suppress(BrokenPipeError), unpacking.stdin:
            unpacking.stdin.write(b"\0".join(str(file).encode() for file in files))
        answer, problems = reading.communicate()
    assert reading.returncode == 0, problems.decode()
    return list(json.loads(answer))


def printed(notebook: Path) -> dict[str, str]:
    """What stands in each cell: the text, or the outputs as text."""
    cells = nbformat.read(notebook, as_version=4).cells
    return {cell.id: _plain(cell.source if cell.cell_type == "markdown" else _outputs(cell)) for cell in cells}


def _outputs(cell: Any) -> str:
    return "\n".join(
        output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"] for output in cell.outputs
    )


def _plain(text: str) -> str:
    """With single spaces, and without the backslashes at which pandas breaks wide tables."""
    return f" {' '.join(text.replace(chr(92), ' ').split())} "


def _texts(row: Row, answer: Any) -> list[str]:
    """The words of a row, filled in."""
    values = answer if isinstance(answer, list) else [answer]
    lists = values if values and all(isinstance(each, list) for each in values) else [values]
    return [row["words"].format(*each) for each in lists]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_number_is_what_jq_counts(table: Path) -> None:
    """The words with jq's numbers stand in the notebook, and no other number in the same cell."""
    if not shutil.which("jq") and not os.environ.get("CI"):
        pytest.skip("jq is not installed (apt-get install jq)")
    (notebook,) = NOTEBOOKS.glob(f"{table.stem}-*.ipynb")
    shown = printed(notebook)
    left = {cell.id: shown[cell.id] for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"}
    wrong = []
    for row, answer in zip(rows(table), answers(rows(table)), strict=True):
        for text in _texts(row, answer):
            if not re.search(rf"(?<![\w,.]){re.escape(text)}(?![\w])", shown[row["cell"]]):
                wrong.append(f"{row['cell']}: not there: {text}")
            elif row["cell"] in left:
                left[row["cell"]] = left[row["cell"]].replace(text, " ", 1)
    named = {row["cell"] for row in rows(table)} & set(left)
    wrong += [f"{cell}: not counted: {left[cell].strip()}" for cell in sorted(named) if re.search(r"\d", left[cell])]
    assert not wrong, "\n".join(wrong)


def test_a_wrong_number_is_found() -> None:
    """Words with another number are not in a cell's output; a list of lists is a row each."""
    row = {"words": "{:,} calls by {}"}
    assert _texts(row, [1234, "s3"]) == ["1,234 calls by s3"]
    assert _texts(row, [[1, "a"], [2, "b"]]) == ["1 calls by a", "2 calls by b"]
    assert _texts({"words": "{} in all"}, 5) == ["5 in all"]
    assert _texts({"words": "nothing"}, []) == ["nothing"]
