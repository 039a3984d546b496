"""Exercises that are opened before the cells above them were run."""

import pytest

import labkit
from labkit.exercises import notebooks, read
from labkit.exercises.lab_rules.page import page_of

from .walking import CHECK

FAILED = "The check itself failed"


@pytest.mark.parametrize("notebook", notebooks())
def test_on_a_fresh_account_the_missing_cell_is_named(notebook: str) -> None:
    """Nothing was run but the first line: no check fails, and each says what it needs and where that is made."""
    lab = labkit.start(notebook)
    for spec in read(notebook):
        for answer in (None, "x", 7, ["x"]):
            outcome = lab.exercise(spec.id).check(answer)
            assert FAILED not in outcome.message
            assert outcome.status != "solved"
            if spec.needs:
                first = spec.needs[0]
                assert outcome.status == "not attempted"
                assert f"needs {first.what}." in outcome.message
                assert f"`{first.line}`" in outcome.message
                assert (first.under or "at the top of the page") in outcome.message


@pytest.mark.parametrize("notebook", notebooks())
def test_what_an_exercise_needs_is_made_above_it(notebook: str) -> None:
    """The line stands in one cell of the notebook, under that heading, before the exercise; each row is of use."""
    made = {need.id: need for spec in read(notebook) for need in spec.needs}
    cells = page_of(notebook).notebook().cells
    specs = {spec.id: spec for spec in read(notebook)}
    heading, seen = "", set()
    for cell in cells:
        if cell.cell_type == "markdown":
            heads = [line.removeprefix("## ") for line in cell.source.splitlines() if line.startswith("## ")]
            heading = heads[-1] if heads else heading
        elif check := CHECK.match(cell.source):
            assert {need.id for need in specs[check[1]].needs} <= seen
        else:
            here = {name for name, need in made.items() if need.line in cell.source}
            assert not here & seen, "the line stands in two cells"
            assert {made[name].under for name in here} <= {heading}
            seen |= here
    assert seen == set(made)
