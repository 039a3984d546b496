"""The trainer's pages say what the labs say, and the solutions solve."""

from __future__ import annotations

import re
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.walking import CHECK
from tools import make_solutions
from tools.write_trainer_pack import PACK, PLANS, QUESTIONS, Lab, pages, read_labs

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workshop"))

from class_service import course as courses  # noqa: E402  a service of the hub, beside its configuration

LABS = read_labs()
WRITTEN = pages()
LINK = re.compile(r"\]\(([^)\s#]+)\)")


def test_every_page_is_what_the_labs_say(checkout: Path) -> None:
    """`make trainer` would change nothing, and no page is of a lab that is gone."""
    assert [str(path) for path, text in WRITTEN.items() if (checkout / path).read_text("utf-8") != text] == []
    assert {PACK / path.name for path in (checkout / PACK).glob("[0-9]*.md")} == {PACK / f"{name}.md" for name in LABS}


@pytest.mark.parametrize("lab", LABS.values(), ids=lambda lab: lab.name)
def test_a_page_has_all_a_trainer_asks_for(lab: Lab) -> None:
    """Aims, minutes, questions, each exercise with each wrong answer and each hint."""
    text = WRITTEN[PACK / f"{lab.name}.md"]
    assert lab.aims.count("- ") >= 3
    assert f"{lab.minutes} minutes" in text
    assert [row for row in lab.questions if row["question"] not in text or row["answer"] not in text] == []
    for entry in lab.quiz:
        told = (
            [entry.id] if entry.question is None else [each.why for each in entry.question.choices if not each.is_right]
        )
        assert [each for each in told if each not in text] == []
    for spec in lab.specs:
        said = [*spec.hints, *(each.code.strip() for each in spec.wrong)]
        assert [each for each in said if each not in text] == []


def test_each_lab_of_a_plan_has_questions_whose_answers_are_in_the_lab(checkout: Path) -> None:
    """A section that is named is one of the notebook's."""
    planned = tomllib.loads((checkout / PLANS).read_text("utf-8"))["plan"]
    names = {
        name for plan in planned for day in plan["day"] for block in day["blocks"] for name in block.get("labs", ())
    }
    assert [name for name in sorted(names) if len(LABS[name].questions) < 2] == []
    for name, told in tomllib.loads((checkout / QUESTIONS).read_text("utf-8")).items():
        cells = nbformat.read(checkout / LABS[name].notebook, as_version=4).cells
        titles = set(re.findall(r"^## (.+)$", "\n".join(each.source for each in cells), re.MULTILINE))
        assert {section for _, section in told.values()} - titles == set()


def test_the_class_page_knows_the_course_as_it_is() -> None:
    """In order; the version of each question is the one that kernels tell."""
    known = courses.course()
    assert list(known) == list(LABS)
    versions = {name: {entry.id: entry.version for entry in lab.quiz} for name, lab in LABS.items()}
    assert {name: {key: q.version for key, q in lab.questions.items()} for name, lab in known.items()} == versions


def test_links_lead_somewhere(checkout: Path) -> None:
    """Of the made pages, and of those that are written by hand."""
    by_hand = [path.relative_to(checkout) for path in (checkout / "workshop").glob("**/README.md")]
    texts = WRITTEN | {path: (checkout / path).read_text("utf-8") for path in by_hand}
    targets = [(path, each) for path, text in texts.items() for each in LINK.findall(text) if "//" not in each]
    assert [(path, each) for path, each in targets if not (checkout / path.parent / each).exists()] == []


@pytest.mark.parametrize("name", LABS)
def test_each_solution_has_its_cell(name: str) -> None:
    """All exercises of all labs, and nothing that the learner is given is lost."""
    made = make_solutions.with_solutions(name)
    sources = [cell.source for cell in made.cells if cell.cell_type == "code"]
    solutions = {spec.id: spec.solution.strip() for spec in page_of(name).specs()}
    for work, check in pairwise(sources):
        if asked := CHECK.match(check):
            assert work.endswith(solutions[asked[1]])
            assert "your work here" not in work


def test_one_lab_is_made_and_solved(tmp_path: Path) -> None:
    """Executed in a kernel; a solution that does not solve is told by its name."""
    target = tmp_path / "made.ipynb"
    assert make_solutions.make("00-start-here", target) == []
    assert "solved: " in target.read_text("utf-8")
    spoiled = make_solutions.with_solutions("00-start-here")
    assert len(make_solutions.unsolved(spoiled)) == len(page_of("00-start-here").specs())
