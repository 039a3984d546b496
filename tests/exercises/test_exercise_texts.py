"""What exercises say, against what their notebooks show: texts only, no account is needed."""

from pathlib import Path

import nbformat
import pytest

from labkit.exercises import Spec, notebooks, read

ROOT = Path(__file__).parents[2]
SPECS = [(notebook, spec) for notebook in notebooks() for spec in read(notebook)]


def text_of(notebook: str, kind: str) -> str:
    """All cells of a kind ("markdown" or "code"), with white space made single."""
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    return " ".join(" ".join(cell.source.split()) for cell in cells if cell.cell_type == kind)


@pytest.mark.parametrize(("notebook", "spec"), SPECS, ids=lambda value: getattr(value, "id", None))
def test_the_notebook_shows_heading_and_task(notebook: str, spec: Spec) -> None:
    """The page and the data file say the same."""
    text = text_of(notebook, "markdown")
    assert f"### Exercise: {spec.title}" in text
    assert " ".join(spec.task.split()) in text


@pytest.mark.parametrize(("notebook", "spec"), SPECS, ids=lambda value: getattr(value, "id", None))
def test_the_notebook_offers_check_hint_and_solution(notebook: str, spec: Spec) -> None:
    """All three verbs stand below the work cell, under the exercise's own name."""
    code = text_of(notebook, "code")
    for verb in ("check(", "hint()", "solution()"):
        assert f'lab.exercise("{spec.id}").{verb}' in code


@pytest.mark.parametrize("notebook", notebooks())
def test_every_notebook_has_three_exercises_or_more(notebook: str) -> None:
    """The course's promise; and no id stands twice."""
    ids = [spec.id for spec in read(notebook)]
    assert len(ids) >= 3
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("notebook", "spec"), SPECS, ids=lambda value: getattr(value, "id", None))
def test_hints_do_not_end_before_they_help(notebook: str, spec: Spec) -> None:
    """A ladder has at least two steps, and two wrong answers at least are foreseen."""
    assert len(spec.hints) >= 2
    assert len(spec.wrong) >= 2
