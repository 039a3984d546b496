"""The quiz in JupyterLab: by click, by keys alone, in both themes, and without its kernel; it keeps the progress.

The tests share one page and one lab, in this order.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from labkit.exercises import labs
from labkit.progress import Store
from labkit.quiz.files import entries
from labkit.quiz.questions import Choice, Question

from ..conftest import Lab
from .conftest import DARK, LIGHT, MINUTES, Notebook, open_notebook, saved_cells
from .test_console import RESTART, SAVE

LAB = "05-conditions"
VALUE = "lab.quiz().value"
ON_THE_FIRST_CHOICE = "() => document.activeElement.labels?.[0]?.innerText.trim().startsWith('a)')"


def show(home: Path) -> str:
    """The cell that shows the quiz; its kernel belongs to a learner with this folder."""
    return f"""import os
del os.environ["PYTEST_VERSION"]
os.environ |= {{"LABKIT_HOME": {str(home)!r}, "LABKIT_PROGRESS": ""}}
os.environ.pop("CI", None)
import labkit
lab = labkit.start("{LAB}")
lab.quiz()"""


def written() -> dict[int, Question]:
    """The questions of the file, by number."""
    return {number: each.question for number, each in enumerate(entries(labs()[LAB].path), 1) if each.question}


def plain(choice: Choice) -> str:
    """A choice as its label says it."""
    return choice.text.replace("`", "")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A learner's folder."""
    return tmp_path_factory.mktemp("learner")


@pytest.fixture(scope="module")
def notebook(jupyterlab: Lab, page: Page, home: Path) -> Notebook:
    """A notebook with a quiz, run."""
    page.set_viewport_size({"width": 1280, "height": 1000})
    opened = open_notebook(page, jupyterlab, "quiz.ipynb", [show(home), VALUE])
    opened.run()
    expect(opened.widget).to_be_visible(timeout=MINUTES)
    return opened


def look(notebook: Notebook, name: str) -> None:
    """In both themes: axe-core finds nothing serious, and no choice is cut off."""
    for theme in (LIGHT, DARK):
        notebook.theme(theme)
        notebook.snap(f"quiz-{name}-{theme.split()[-1].lower()}")
        assert notebook.findings() == [], (name, theme)
    cut = "() => [...document.querySelectorAll('.labkit-choices label')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    assert notebook.page.evaluate(f"{cut}.map(e => e.innerText)") == []


def test_by_click_in_both_themes(notebook: Notebook) -> None:
    """A wrong answer says why, the right one that it is; the last question waits behind the others."""
    question = written()[1]
    expect(notebook.twin).to_be_hidden()
    expect(notebook.widget).to_contain_text("Question 1 of 8: An Allow has the condition StringNotEquals")
    expect(notebook.button("Previous question")).to_be_disabled()
    wrong = next(choice for choice in question.choices if not choice.is_right)
    notebook.widget.get_by_label(plain(wrong)).check()
    notebook.button("Answer").click()
    expect(notebook.widget.get_by_role("status")).to_contain_text(f"not right: {wrong.why}")
    look(notebook, "wrong")
    notebook.widget.get_by_label(next(plain(choice) for choice in question.choices if choice.is_right)).check()
    notebook.button("Answer").click()
    expect(notebook.widget).to_contain_text("1 of 8 right")
    look(notebook, "right")


def test_by_keys_alone(notebook: Notebook) -> None:
    """Tab, arrows, space and Enter: to the question with several answers, and through it."""
    page = notebook.page
    several = next(number for number, question in written().items() if question.has_several)
    notebook.button("Next question").focus()
    for number in range(2, several + 1):
        notebook.tab_to("Next question")
        page.keyboard.press("Enter")
        expect(notebook.widget).to_contain_text(f"Question {number} of 8")
        page.wait_for_function(ON_THE_FIRST_CHOICE)
    notebook.wait_for_focus(f"a) {plain(written()[several].choices[0])}")
    for letter, choice in zip("abcd", written()[several].choices, strict=True):
        if choice.is_right:
            notebook.tab_to(f"{letter}) {plain(choice)}")
            page.keyboard.press("Space")
    notebook.tab_to("Answer")
    page.keyboard.press("Enter")
    expect(notebook.widget).to_contain_text("2 of 8 right")
    look(notebook, "several")
    notebook.tab_to("Previous question")
    page.keyboard.press("Enter")
    expect(notebook.widget).to_contain_text(f"Question {several - 1} of 8")
    notebook.tab_to(f"a) {plain(written()[several - 1].choices[0])}")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    notebook.tab_to("Answer")
    page.keyboard.press("Enter")
    expect(notebook.widget.get_by_role("status")).to_contain_text("right")


def test_the_next_cell_reads_the_value_and_progress_is_kept(notebook: Notebook, home: Path) -> None:
    """Somebody clicked, so it is kept: the questions, and no letters."""
    expect(notebook.run(cell=1)).to_contain_text("of 8 right")
    kept = {each.item: each.status for each in Store(home).all()}
    several = next(question for question in written().values() if question.has_several)
    assert kept[written()[1].id] == kept[several.id] == "right"
    assert len(kept) == 3


def test_without_the_kernel_the_twin_is_shown(notebook: Notebook) -> None:
    """All questions, and what was said; no word of a missing widget."""
    notebook.page.evaluate(RESTART)
    expect(notebook.twin).to_be_visible(timeout=MINUTES)
    expect(notebook.twin).to_contain_text("Question 1, right: That is it.")
    expect(notebook.widget).to_be_hidden()
    notebook.page.evaluate(SAVE)
    cell, _ = saved_cells(notebook)
    assert "8. Look into" in "".join(cell["outputs"][0]["data"]["text/plain"]) or "8. A session" in "".join(
        cell["outputs"][0]["data"]["text/plain"]
    )
