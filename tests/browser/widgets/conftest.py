"""One JupyterLab, one page, one kernel for all widgets of a file: a test drives the widget that its notebook shows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from ..conftest import Lab
from ..test_jupyterlab import KERNEL_IS_THERE, OPEN

MINUTES = 60_000
SCREENSHOTS = os.environ.get("WIDGET_SCREENSHOTS", "")
WIDGET = ".labkit-widget"
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
RUN = """index => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
    window.jupyterapp.commands.execute('notebook:run-cell');
}"""
THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name }).then(() => null)"
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
# what axe says of the widget's subtree alone: the rest of the page is JupyterLab's
AXE_RUN = "selector => axe.run(selector, { runOnly: ['wcag2a', 'wcag2aa'] })"


@pytest.fixture(autouse=True, scope="module")
def _no_kernel_is_left(jupyterlab: Lab) -> Iterator[None]:
    """A file's widgets share a kernel, which ends with the file."""
    yield
    jupyterlab.end_kernels()


@dataclass(frozen=True)
class Notebook:
    """A notebook in JupyterLab, with its widget."""

    page: Page
    lab: Lab
    name: str

    @property
    def widget(self) -> Locator:
        """The live widget of the first cell."""
        return self.page.locator(WIDGET).first

    @property
    def twin(self) -> Locator:
        """Its twin, shown or not."""
        return self.page.locator(".labkit-twin").first

    def run(self, cell: int = 0) -> Locator:
        """Run one cell; its outputs."""
        self.page.wait_for_function(KERNEL_IS_THERE, timeout=MINUTES)
        self.page.evaluate(RUN, cell)
        outputs = self.page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-OutputArea-child")
        expect(outputs.last).to_be_attached(timeout=MINUTES)
        return outputs

    def snap(self, name: str) -> None:
        """Keep a screenshot, where WIDGET_SCREENSHOTS names a folder: somebody wants to look."""
        if folder := SCREENSHOTS:
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def button(self, name: str) -> Locator:
        """A button of the widget, by its words."""
        return self.widget.get_by_role("button", name=name, exact=True)

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme."""
        self.page.evaluate(THEME, name)
        light = "false" if name == DARK else "true"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0, timeout=MINUTES)  # it covers the page a while

    def focused(self) -> str:
        """What the element with the focus is called: its words, or its label."""
        said: str = self.page.evaluate(
            """() => { const at = document.activeElement;
                return (at.labels?.[0]?.innerText || at.innerText || at.tagName).trim() }"""
        )
        return said

    def wait_for_focus(self, name: str) -> None:
        """Wait until the control of that name has the focus: where one goes on without a mouse."""
        for _ in range(50):
            if self.focused() == name:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"The focus is on {self.focused()!r}, not on {name!r}")

    def tab_to(self, name: str, most: int = 60, key: str = "Tab") -> None:
        """Press Tab until the control of that name has the focus."""
        for _ in range(most):
            if self.focused() == name:
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} does not reach {name!r}; the focus is on {self.focused()!r}")

    def tab_back_to(self, name: str) -> None:
        """Press Shift and Tab until the control of that name has the focus."""
        self.tab_to(name, key="Shift+Tab")

    def findings(self) -> list[str]:
        """What axe-core finds in the widget that is serious or worse."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.add_script_tag(path=AXE)
        found: dict[str, Any] = self.page.evaluate(AXE_RUN, WIDGET)
        assert found["passes"], "axe has looked at nothing"
        return [
            f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:200]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


def open_notebook(page: Page, lab: Lab, name: str, cells: list[str]) -> Notebook:
    """Write a notebook of these cells into JupyterLab's folder, and open it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    )
    nbformat.write(notebook, lab.folder / name)
    page.evaluate(OPEN, f"notebooks/{name}")
    return Notebook(page, lab, name)


def saved_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """The cells, as they are on disk."""
    cells: list[dict[str, Any]] = json.loads((notebook.lab.folder / notebook.name).read_text())["cells"]
    return cells
