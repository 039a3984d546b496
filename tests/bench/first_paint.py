"""How long a widget takes until it can be seen in JupyterLab, beside bare ipywidgets. Run by `make bench`.

From the start of a cell to its view's first visible paint, in a headless Chromium: the console on a stand-in for a
large account, the policy lab, and for each a bare VBox of as many ipywidgets of the same kinds, in turn, in one run.
Only the ratio is held, which other programs disturb least.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests.browser.conftest import CHROMIUM_OPTIONS, Lab, running
from tests.browser.widgets.conftest import MINUTES, open_notebook

TESTS = Path(__file__).resolve().parent.parent
ROUNDS = 5
MOST = 3.0  # times as long as the bare VBox
PREPARE = f"""import sys
sys.path.insert(0, {str(TESTS / "widgets")!r})
import ipywidgets as w, labkit
from accounts import ManyKeys
from labkit.widgets.console import Console
lab = labkit.start("02-create-keys")
account = ManyKeys(10_000, 50_000, "<script>alert(1)</script>")

def kinds(box):
    yield type(box)
    for each in getattr(box, "children", ()):
        yield from kinds(each)

def bare(view):
    made = [kind() for kind in kinds(view) if kind not in (w.VBox, w.HBox)]
    return w.VBox(made).add_class("bare")

widgets = {{"console": lambda: Console({{"kms": account}}), "policy lab": lab.policy_lab}}
shapes = {{name: make().view for name, make in widgets.items()}}
print({{name: len(list(kinds(view))) for name, view in shapes.items()}})"""
NAMES = ("console", "policy lab")
CELLS = [PREPARE, *(cell for name in NAMES for cell in (f"bare(shapes[{name!r}])", f"widgets[{name!r}]()"))]
# runs a cell, and answers how many milliseconds later its new view has a size
TIME = """async index => {
    const content = window.jupyterapp.shell.currentWidget.content, cell = content.widgets[index].node;
    content.activeCellIndex = index;
    const shown = () => [...cell.querySelectorAll('.labkit-widget, .bare')].find(each => each.offsetHeight > 0);
    const old = shown(), begun = performance.now();
    window.jupyterapp.commands.execute('notebook:run-cell');
    while (!shown() || shown() === old) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - begun;
}"""


def times(page: Page, lab: Lab) -> dict[int, list[float]]:
    """Time each cell in turn, ROUNDS times."""
    notebook = open_notebook(page, lab, "first-paint.ipynb", CELLS)
    print("ipywidgets in each:", notebook.run().first.inner_text())
    page.locator(".jp-OutputArea-child").first.wait_for(timeout=MINUTES)
    cells = range(1, len(CELLS))
    for cell in cells:  # everything is loaded
        page.evaluate(TIME, cell)
    rounds = [{cell: page.evaluate(TIME, cell) for cell in cells} for _ in range(ROUNDS)]
    return {cell: [each[cell] for each in rounds] for cell in cells}


def main() -> int:
    """Measure, print, and answer whether the figures hold."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (Path(folder) / "root" / "notebooks").mkdir(parents=True)
        with running(Path(folder)) as lab:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_OPTIONS)
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            page.goto(lab.address)
            page.wait_for_function("() => window.jupyterapp?.started.then(() => true)", timeout=4 * MINUTES)
            taken = {cell: statistics.median(each) for cell, each in times(page, lab).items()}
            browser.close()
            lab.end_kernels()
    missed = 0
    for at, name in enumerate(NAMES):
        bare, widget = taken[1 + 2 * at], taken[2 + 2 * at]
        missed += widget > MOST * bare
        print(
            f"{name}: {widget / 1000:.2f} s from the cell to the first paint, a bare VBox {bare / 1000:.2f} s: "
            f"{widget / bare:.1f} times (at most {MOST:.0f})"
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
