"""What a learner does: open a notebook in JupyterLab, run it from top to bottom, look at the outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from .conftest import Lab

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
MINUTES = 60_000  # playwright counts milliseconds
CELL = ".jp-Notebook .jp-CodeCell"
RAN = f"{CELL} .jp-InputPrompt:text-matches('^\\\\[\\\\d+\\\\]:$')"
INDICATOR = ".jp-Notebook-ExecutionIndicator"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("[0-9]*.ipynb"))
ERRORS = ".jp-OutputArea-output:is([data-mime-type$='jupyter.error'], [data-mime-type$='jupyter.stderr'])"


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    """A notebook's code cells."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def shown(cell: nbformat.NotebookNode) -> str:
    """A cell's outputs as text: what was printed, then what it ended in.

    A shell cell's lines end as a terminal's do, in CR LF; JupyterLab saves LF.
    """
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return printed.replace("\r\n", "\n") + "".join(
        output.data.get("text/plain", "") for output in cell.outputs if "data" in output
    )


KERNEL_IS_THERE = """async () => {
    const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
    if (!context) return false;
    await context.ready;
    const kernel = context.session?.kernel;
    if (!kernel) return false;
    await kernel.info;
    return kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""


OPEN = "path => window.jupyterapp.commands.execute('docmanager:open', { path }).then(() => null)"
CLOSE_ALL = "() => { window.jupyterapp.commands.execute('application:close-all') }"
CUT_OFF = """() => [...document.querySelectorAll(".jp-OutputArea-output[data-mime-type^='image/'], .cm-scroller")]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .map(each => each.textContent || each.dataset.mimeType)"""


@pytest.fixture(autouse=True)
def _the_next_finds_nothing_open(jupyterlab: Lab, page: Page) -> Iterator[None]:
    """The notebook is closed; after a test that failed, JupyterLab would ask whether to save it."""
    yield
    page.evaluate(CLOSE_ALL)
    try:
        expect(page.locator(CELL)).to_have_count(0, timeout=5_000)
    except AssertionError:
        page.goto(jupyterlab.address)


def run_all_cells(page: Page) -> None:
    """By the menu, as a person does, once the kernel answers: what is sent before may be lost."""
    page.wait_for_function(KERNEL_IS_THERE, timeout=MINUTES)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


@pytest.mark.parametrize("name", NAMES)
def test_run_all_cells(name: str, jupyterlab: Lab, page: Page) -> None:
    """Run All Cells in a fresh kernel: every cell runs, no error is shown, and the outputs are the committed ones."""
    committed = code_cells(NOTEBOOKS / name)
    page.evaluate(OPEN, f"notebooks/{name}")
    expect(page.locator(CELL)).to_have_count(len(committed), timeout=MINUTES)
    expect(page.locator(f"{CELL} .jp-OutputArea-output")).to_have_count(0)

    # A fresh kernel is idle before anything is run. (A restart right away can lose the cells that are sent meanwhile.)
    expect(page.locator(INDICATOR).first).to_have_attribute("data-status", "idle", timeout=4 * MINUTES)
    for _ in range(2):  # JupyterLab may lose cells while it connects
        run_all_cells(page)
        try:
            expect(page.locator(RAN)).to_have_count(len(committed), timeout=MINUTES)
            break
        except AssertionError:
            page.reload()
            expect(page.locator(CELL)).to_have_count(len(committed), timeout=MINUTES)
    else:
        run_all_cells(page)
        expect(page.locator(RAN)).to_have_count(len(committed), timeout=4 * MINUTES)

    assert page.locator(ERRORS).all_inner_texts() == []
    assert page.locator(".jp-toast-message").all_inner_texts() == []  # no news, no question whether any are wanted
    assert page.evaluate(CUT_OFF) == []  # no picture and no line of code is wider than its place
    with_outputs = sum(bool(cell.outputs) for cell in committed)
    assert with_outputs > 0
    expect(page.locator(f"{CELL}:has(.jp-OutputArea-output)")).to_have_count(with_outputs)

    with page.expect_response(
        lambda answer: answer.request.method == "PUT" and f"/contents/notebooks/{name}" in answer.url
    ):
        page.keyboard.press("Control+s")
    assert [shown(cell) for cell in code_cells(jupyterlab.folder / name)] == [shown(cell) for cell in committed]
