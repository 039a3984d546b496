"""What learners and trainers do with a real hub in a browser: for test_hub.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from real_hub import Hub

MINUTES = 60_000  # playwright counts milliseconds
START = "button:has-text('Start')"
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === "code")
    .map(cell => [cell.model.executionCount, JSON.stringify(cell.model.outputs.toJSON())])"""
RUN_ALL = """async () => {
    const widget = window.jupyterapp?.shell.currentWidget;
    const context = widget?.sessionContext;
    if (!context || !widget.content?.widgets.length) return false;
    await widget.context.ready;
    await context.ready;
    const kernel = context.session?.kernel;
    if (!kernel) return false;
    await kernel.info;
    if (kernel.connectionStatus !== "connected" || kernel.status !== "idle") return false;
    await window.jupyterapp.commands.execute("notebook:run-all-cells");
    return true;
}"""


@dataclass(frozen=True, slots=True)
class Form:
    """What a learner found in the form before their server started; the tab goes on to JupyterLab."""

    tab: Any
    text: str
    chosen_before: int
    passed_unanswered: bool
    found_by_axe: list[str]


def at(browser: Any, hub: Hub, name: str, path: str) -> Any:
    """Log in as somebody, in a browser of their own; the tab shows the path."""
    context = browser.new_context()
    context.set_default_timeout(2 * MINUTES)  # a machine that runs other tests is slow
    tab = context.new_page()
    tab.goto(f"{hub.address}{path}")
    password = "trainer-password" if name == "trainer" else "class-password"
    tab.fill("#username_input", name)
    tab.fill("#password_input", (hub.home / password).read_text("utf-8"))
    tab.click("#login_submit")
    tab.wait_for_load_state()
    return tab


def come_in(browser: Any, hub: Hub, name: str, said: str) -> Form:
    """Log in as a learner, read the form, try to pass it without an answer, then answer and start."""
    tab = at(browser, hub, name, "/hub/login")
    tab.wait_for_selector("input[name=share]")
    text = re.sub(r"\s+", " ", tab.inner_text("#spawn_form"))
    chosen = tab.locator("input[name=share]:checked").count()
    found = serious(tab, "#spawn_form fieldset")
    tab.click(START)
    passed = tab.locator("input[name=share]:invalid").count() == 0
    tab.check(f"input[name=share][value={said}]")
    tab.click(START)
    tab.wait_for_url(lambda url: "/hub/spawn-pending/" in url or "/user/" in url)
    return Form(tab, text, chosen, passed, found)


def serious(tab: Any, where: str = "main") -> list[str]:
    """What axe-core finds of serious or worse, in a part of the page."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab, context=where).response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def trainers_page(browser: Any, hub: Hub, query: str = "") -> tuple[Any, list[str]]:
    """Log in as the trainer, and open the page; the tab, and every address that it asks from then on."""
    tab = at(browser, hub, "trainer", f"/services/class/{query}")
    tab.wait_for_selector("#headline")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    return tab, asked


def run_all(tab: Any) -> list[str]:
    """Run every cell of the notebook on which the learner's server opens; their outputs as JSON."""
    tab.wait_for_url("**/lab/tree/notebooks/00-start-here.ipynb", timeout=4 * MINUTES)
    tab.wait_for_function(RUN_ALL, timeout=4 * MINUTES, polling=1000)
    found = tab.evaluate(OUTPUTS)
    assert all(count for count, _ in found), "a cell did not run"
    return [output for _, output in found]
