"""The KMS console in JupyterLab: by click, by keys alone, in both themes, and without its kernel.

The tests share one page and one account, in this order.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from labkit.widgets.console.form import STEPS

from ..conftest import Lab
from .conftest import DARK, LIGHT, MINUTES, Notebook, open_notebook, saved_cells

SHOW = """import labkit
lab = labkit.start("02-create-keys")
lab.role("Keeper", [])
console = lab.console()
console"""
VALUE = """import boto3
boto3.client("kms").describe_key(KeyId=console.value)["KeyMetadata"]["Description"]"""
HOSTILE = f"""import sys
sys.path.insert(0, {str(Path(__file__).parent.parent.parent / "widgets")!r})
from accounts import ManyKeys
from labkit.widgets.console import Console
Console({{"kms": ManyKeys(10_000, 50_000, "<script>hacked = 1</script><img src=x onerror='hacked = 1'>",
                          alias="<img src=x onerror='hacked = 1'>\\u202e{{}}")}})"""
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)"
SAVE = "() => window.jupyterapp.shell.currentWidget.context.save().then(() => null)"


@pytest.fixture(scope="module")
def notebook(jupyterlab: Lab, page: Page) -> Notebook:
    """A notebook with the console, run."""
    page.set_viewport_size({"width": 1280, "height": 1400})
    opened = open_notebook(page, jupyterlab, "console.ipynb", [SHOW, VALUE, HOSTILE])
    opened.run()
    expect(opened.widget).to_be_visible(timeout=MINUTES)
    return opened


def look(notebook: Notebook, name: str) -> None:
    """In both themes: axe-core finds nothing serious; a screenshot for those who want to see it."""
    for theme in (LIGHT, DARK):
        notebook.theme(theme)
        notebook.snap(f"{name}-{theme.split()[-1].lower()}")
        assert notebook.findings() == [], (name, theme)


def test_by_click_in_both_themes(notebook: Notebook) -> None:
    """The six steps, the key's page, its tabs and actions, the list: each place is readable in either theme."""
    expect(notebook.twin).to_be_hidden()
    expect(notebook.widget).to_contain_text("Customer managed keys (0), page 1: No keys")
    look(notebook, "empty")
    notebook.button("Create key").click()
    for step, title in enumerate(STEPS, 1):
        expect(notebook.widget).to_contain_text(f"Step {step} of 6: {title}")
        if step == 2:
            notebook.button("Next").click()
            expect(notebook.widget.get_by_role("alert")).to_contain_text("Enter an alias")
            notebook.widget.get_by_label("Alias", exact=True).fill("orders")
            notebook.widget.get_by_label("Description - optional").fill("by click")
            notebook.button("Add tag").click()
            notebook.widget.get_by_label("Tag key 1").fill("Stage")
            notebook.widget.get_by_label("Tag value 1").fill("test")
        if step == 3:
            notebook.widget.get_by_label("Key administrators").select_option(["arn:aws:iam::111122223333:role/Keeper"])
        if step == 5:
            expect(notebook.widget).to_contain_text("Allow access for Key Administrators")
        look(notebook, f"step-{step}")
        notebook.button("Finish" if step == 6 else "Next").click()
    expect(notebook.widget).to_contain_text("Done: CreateAlias")
    expect(notebook.widget).to_contain_text("aws kms create-alias --alias-name alias/orders")
    look(notebook, "key")
    notebook.button("Switch to policy view").click()
    expect(notebook.widget).to_contain_text('"Sid": "Allow access for Key Administrators"')
    notebook.button("Tags").click()
    expect(notebook.widget.get_by_role("cell", name="Stage")).to_be_visible()
    notebook.button("Schedule key deletion").click()
    expect(notebook.button("Schedule deletion")).to_be_disabled()
    look(notebook, "schedule")
    notebook.button("Cancel").click()
    notebook.button("Disable").click()
    expect(notebook.widget).to_contain_text("Done: DisableKey")
    notebook.button("Back to the list").click()
    expect(notebook.button("orders")).to_be_visible()
    expect(notebook.widget).to_contain_text("Disabled")
    look(notebook, "list")
    notebook.button("Custom key stores").click()
    expect(notebook.widget).to_contain_text("key stores")
    notebook.button("Customer managed keys").click()


def test_the_next_cell_reads_the_value(notebook: Notebook) -> None:
    """The key that was made by click."""
    expect(notebook.run(cell=1)).to_contain_text("by click")


def test_by_keys_alone(notebook: Notebook) -> None:
    """A MAC key in six steps, then its deletion scheduled and cancelled: Tab, arrows, space and Enter."""
    page = notebook.page

    def press(name: str) -> None:
        notebook.tab_to(name)
        page.keyboard.press("Enter")

    notebook.button("Refresh").focus()
    press("Create key")
    notebook.wait_for_focus("Symmetric")
    notebook.tab_to("Encrypt and decrypt")
    page.keyboard.press("ArrowDown")
    press("Next")
    notebook.wait_for_focus("Alias")
    page.keyboard.type("mac")
    press("Next")
    notebook.wait_for_focus("Key administrators")
    page.keyboard.press("End")
    notebook.tab_to("Allow key administrators to delete this key")
    page.keyboard.press("Space")
    press("Next")
    notebook.wait_for_focus("Key users")
    press("Add another AWS account")
    notebook.wait_for_focus("Account ID 1")
    page.keyboard.type("444455556666")
    press("Next")
    notebook.wait_for_focus("Next")
    page.keyboard.press("Enter")
    notebook.wait_for_focus("Finish")
    page.keyboard.press("Enter")
    notebook.wait_for_focus("Back to the list")
    expect(notebook.widget).to_contain_text("Done: CreateAlias")
    expect(notebook.widget).to_contain_text("444455556666")
    press("Cryptographic configuration")
    expect(notebook.widget).to_contain_text("HMAC_SHA_224")
    assert notebook.focused() == "Cryptographic configuration"
    notebook.tab_back_to("Schedule key deletion")
    page.keyboard.press("Enter")
    notebook.wait_for_focus("Waiting period (in days)")
    page.keyboard.press("Control+a")
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    notebook.wait_for_focus("Confirm you want to schedule this key for deletion in 7 days.")
    page.keyboard.press("Space")
    expect(notebook.button("Schedule deletion")).to_be_enabled()
    press("Schedule deletion")
    expect(notebook.widget).to_contain_text("--pending-window-in-days 7")
    notebook.wait_for_focus("Back to the list")
    press("Cancel key deletion")
    expect(notebook.widget).to_contain_text("Done: CancelKeyDeletion")
    notebook.wait_for_focus("Back to the list")
    page.keyboard.press("Enter")
    expect(notebook.button("mac")).to_be_visible()


def test_hostile_names_in_a_large_account(notebook: Notebook) -> None:
    """10,000 keys and 50,000 grants, each named by a script: ten are shown, and no name runs."""
    notebook.run(cell=2)
    widget = notebook.page.locator(".labkit-widget").nth(1)
    expect(widget).to_contain_text("Customer managed keys (10000), page 1", timeout=MINUTES)
    widget.get_by_role("button", name="00000003-0000-4000-8000-000000000000").click()
    widget.get_by_role("button", name="Grants", exact=True).click()
    expect(widget).to_contain_text("Grants, page 1")
    assert notebook.page.evaluate("() => typeof hacked") == "undefined"
    assert widget.locator("img, script").count() == 0


def test_without_the_kernel_the_twin_is_shown(notebook: Notebook) -> None:
    """After a restart, and after the page was loaded anew: the last state, and no word of a missing widget."""
    page = notebook.page
    page.evaluate(RESTART)
    expect(notebook.twin).to_be_visible(timeout=MINUTES)
    expect(notebook.twin).to_contain_text("mac")
    expect(notebook.widget).to_be_hidden()
    page.evaluate(SAVE)
    cell, _, _ = saved_cells(notebook)
    assert "orders" in "".join(cell["outputs"][0]["data"]["text/plain"])
    assert "text/html" in cell["outputs"][0]["data"]
    notebook.lab.end_kernels()
    page.reload()
    expect(notebook.twin).to_be_visible(timeout=MINUTES)
    expect(page.get_by_text("Error displaying widget").first).to_be_hidden()
    notebook.snap("without-kernel")
