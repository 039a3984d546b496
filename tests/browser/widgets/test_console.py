"""The KMS console in JupyterLab: by click, by keys alone, in both themes, and without its kernel.

The tests share one page and one account, in this order.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from labkit.widgets.console.form import STEPS

from ..conftest import Lab
from ..test_jupyterlab import KERNEL_IS_THERE
from .conftest import DARK, LIGHT, MINUTES, Notebook, open_notebook, saved_cells

SHOW = """import labkit
lab = labkit.start("02-create-keys")
lab.role("Keeper", [])
console = lab.console()
console"""
KEEPER = ["arn:aws:iam::111122223333:role/Keeper"]
VALUE = """import boto3
boto3.client("kms").describe_key(KeyId=console.value)["KeyMetadata"]["Description"]"""
HOSTILE = f"""import sys
sys.path.insert(0, {str(Path(__file__).parent.parent.parent / "widgets")!r})
from accounts import ManyKeys
from labkit.widgets.console import Console
Console({{"kms": ManyKeys(10_000, 50_000, "<script>hacked = 1</script><img src=x onerror='hacked = 1'>",
                          alias="<img src=x onerror='hacked = 1'>\\u202e{{}}")}})"""
GUEST = """reader = {"Effect": "Allow", "Action": ["kms:List*", "kms:Describe*"], "Resource": "*"}
lab.console(lab.role("Guest", [reader])).open(console.value)"""
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)"
SAVE = "() => window.jupyterapp.shell.currentWidget.context.save().then(() => null)"


@pytest.fixture(scope="module")
def notebook(jupyterlab: Lab, page: Page) -> Notebook:
    """A notebook with the console, run."""
    page.set_viewport_size({"width": 1280, "height": 1400})
    opened = open_notebook(page, jupyterlab, "console.ipynb", [SHOW, VALUE, HOSTILE, GUEST, KINDS])
    opened.run()
    expect(opened.widget).to_be_visible(timeout=MINUTES)
    return opened


def look(notebook: Notebook, name: str) -> None:
    """See that axe-core finds nothing serious; keep a screenshot for those who want to see the place."""
    notebook.snap(name)
    assert notebook.findings() == [], name


def test_by_click_in_the_light_theme(notebook: Notebook) -> None:
    """The six steps, the key's page, its tabs and actions, the list: each place is readable."""
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
            notebook.widget.get_by_label("Key administrators", exact=True).select_option(KEEPER)
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


def test_by_keys_alone_in_the_dark_theme(notebook: Notebook) -> None:
    """A MAC key in six steps, then its deletion scheduled and cancelled: Tab, arrows, space and Enter."""
    page = notebook.page
    notebook.theme(DARK)

    def press(name: str) -> None:
        notebook.tab_to(name)
        page.keyboard.press("Enter")

    notebook.button("Refresh").focus()
    press("Create key")
    notebook.wait_for_focus("Symmetric")
    notebook.tab_to("Generate and verify MAC")
    page.keyboard.press("Space")
    expect(notebook.widget.get_by_label("Key spec")).to_be_visible()
    look(notebook, "dark-1")
    press("Next")
    notebook.wait_for_focus("Alias")
    page.keyboard.type("mac")
    look(notebook, "dark-2")
    press("Next")
    notebook.wait_for_focus("Key administrators")
    page.keyboard.press("End")
    look(notebook, "dark-3")
    notebook.tab_to("Allow key administrators to delete this key")
    page.keyboard.press("Space")
    press("Next")
    notebook.wait_for_focus("Key users")
    press("Add another AWS account")
    notebook.wait_for_focus("Account ID 1")
    page.keyboard.type("444455556666")
    look(notebook, "dark-4")
    press("Next")
    notebook.wait_for_focus("Next")
    look(notebook, "dark-5")
    page.keyboard.press("Enter")
    notebook.wait_for_focus("Finish")
    look(notebook, "dark-6")
    page.keyboard.press("Enter")
    notebook.wait_for_focus("Back to the list")
    expect(notebook.widget).to_contain_text("Done: CreateAlias")
    expect(notebook.widget).to_contain_text("444455556666")
    press("Cryptographic configuration")
    expect(notebook.widget).to_contain_text("HMAC_SHA_224")
    assert notebook.focused() == "Cryptographic configuration"
    look(notebook, "dark-key")
    notebook.tab_back_to("Schedule key deletion")
    page.keyboard.press("Enter")
    notebook.wait_for_focus("Waiting period (in days)")
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    expect(notebook.widget).to_contain_text("The waiting period is 7 to 30 days.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    notebook.wait_for_focus("Confirm you want to schedule this key for deletion in 7 days.")
    page.keyboard.press("Space")
    expect(notebook.button("Schedule deletion")).to_be_enabled()
    look(notebook, "dark-schedule")
    press("Schedule deletion")
    expect(notebook.widget).to_contain_text("--pending-window-in-days 7")
    notebook.wait_for_focus("Back to the list")
    press("Cancel key deletion")
    expect(notebook.widget).to_contain_text("Done: CancelKeyDeletion")
    notebook.wait_for_focus("Back to the list")
    page.keyboard.press("Enter")
    expect(notebook.button("mac")).to_be_visible()
    look(notebook, "dark-list")
    notebook.theme(LIGHT)


def test_a_key_s_page_is_edited_in_the_light_theme_by_click(notebook: Notebook) -> None:
    """Tags and the key policy: what changes is shown before it is saved, and what AWS refuses where one writes."""
    widget = notebook.widget
    notebook.button("orders").click()
    notebook.button("Enable").click()
    notebook.button("Tags").click()
    notebook.button("Edit tags").click()
    notebook.button("Add tag").click()
    widget.get_by_label("Tag key 2").fill("Team")
    widget.get_by_label("Tag value 2").fill("shop")
    notebook.button("Remove tag 1").click()
    look(notebook, "edit-tags")
    notebook.button("Save changes").click()
    expect(widget).to_contain_text("aws kms untag-resource")
    expect(widget.get_by_role("cell", name="shop")).to_be_visible()
    notebook.wait_for_focus("Edit tags")
    notebook.button("Key policy").click()
    notebook.button("Edit key policy").click()
    editor = widget.get_by_label("Text of the key policy")
    before = editor.input_value()
    editor.fill('{"Version": "2012-10-17"}')
    notebook.button("Show what changes").click()
    expect(widget).to_contain_text("AWS would refuse this key policy")
    notebook.button("Save changes").click()
    expect(widget.get_by_role("alert")).to_contain_text("Refused: MalformedPolicyDocumentException")
    look(notebook, "edit-policy-refused")
    editor.fill(before.replace("role/Keeper", "root"))
    notebook.button("Save changes").click()  # what was written meanwhile was not looked at: nothing is saved
    expect(notebook.button("Save changes")).to_be_disabled()
    notebook.button("Show what changes").click()
    expect(widget).to_contain_text("the role Keeper", timeout=MINUTES)
    look(notebook, "edit-policy")
    notebook.button("Save changes").click()
    expect(widget).to_contain_text("Done: PutKeyPolicy")


def test_a_key_s_page_is_edited_in_the_dark_theme_by_keys(notebook: Notebook) -> None:
    """Rotation, an alias and its end: Tab, typing, arrows, space and Enter."""
    page, widget = notebook.page, notebook.widget
    notebook.theme(DARK)

    def press(name: str) -> None:
        notebook.tab_to(name)
        page.keyboard.press("Enter")

    notebook.button("Back to the list").focus()
    press("Edit description")
    notebook.wait_for_focus("Description")
    page.keyboard.press("Control+a")
    page.keyboard.type("by keys")
    press("Save changes")
    expect(widget).to_contain_text("Done: UpdateKeyDescription")
    notebook.wait_for_focus("Edit description")
    press("Key material and rotations")
    press("Edit automatic rotation")
    notebook.wait_for_focus("Enable")
    page.keyboard.press("Space")
    notebook.tab_to("Rotation period (in days)")
    page.keyboard.press("Control+a")
    page.keyboard.type("180")
    look(notebook, "dark-edit-rotation")
    press("Save changes")
    expect(widget).to_contain_text("--rotation-period-in-days 180")
    notebook.wait_for_focus("Edit automatic rotation")
    notebook.tab_back_to("Aliases")
    page.keyboard.press("Enter")
    press("Create alias")
    notebook.wait_for_focus("Alias name")
    page.keyboard.type("second")
    press("Save alias")
    expect(widget).to_contain_text("Done: CreateAlias")
    notebook.wait_for_focus("Create alias")
    press("Delete alias/second")
    notebook.wait_for_focus("Confirm you want to delete alias/second.")
    page.keyboard.press("Space")
    look(notebook, "dark-delete-alias")
    press("Delete alias")
    expect(widget).to_contain_text("Done: DeleteAlias")
    notebook.wait_for_focus("Create alias")
    notebook.button("Back to the list").click()
    notebook.theme(LIGHT)


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


def test_a_refusal_and_its_explanation_by_click(notebook: Notebook) -> None:
    """Another identity's console: what AWS says, and why."""
    notebook.run(cell=3)
    widget = notebook.page.locator(".labkit-widget").nth(2)
    expect(widget).to_contain_text("General configuration", timeout=MINUTES)
    widget.get_by_role("button", name=re.compile("^(En|Dis)able$")).click()
    expect(widget.get_by_role("status").first).to_contain_text("Refused: AccessDeniedException")
    expect(widget).to_contain_text("none of the caller's allows it")
    expect(widget).to_contain_text("In Python")
    look(notebook, "refused")


# what letters and Enter do in JupyterLab's command mode: insert, cut and delete a cell, turn it into text, run it
LETTERS = ("a", "b", "x", "m", "d", "d", "Shift+Enter", "z")
CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(each => each.getSource())"
CONTROLS = ":is(button, select, input, textarea, pre, [tabindex]):not([tabindex='-1']):not([disabled])"
KINDS = """import ipywidgets as w
from labkit.widgets.frame import STYLE
few = {"options": ["a", "b"]}
every = [w.Button(description="a"), w.Checkbox(), w.BoundedIntText(), w.Combobox(), w.Text(), w.Textarea(),
         w.HTML('<pre tabindex="0">a</pre>'), w.Dropdown(**few), w.RadioButtons(**few), w.Select(**few),
         w.SelectMultiple(**few), w.ToggleButtons(**few), w.ToggleButton(description="a"), w.IntSlider()]
w.VBox([w.HTML(STYLE), *every]).add_class("labkit-widget").add_class("every-kind")"""


def test_letters_stay_in_the_widget(notebook: Notebook) -> None:
    """JupyterLab has a shortcut for each; on no kind of control does it make, change, run or delete a cell."""
    page = notebook.page
    notebook.run(cell=4)
    controls = page.locator(".every-kind").locator(CONTROLS)
    expect(controls.last).to_be_visible(timeout=MINUTES)
    before = page.evaluate(CELLS)
    assert controls.count() >= 16
    for number in range(controls.count()):
        controls.nth(number).focus()
        for key in LETTERS:
            page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.evaluate(CELLS) == before
    page.keyboard.press("Control+s")  # what has Ctrl still goes to JupyterLab
    expect(page.locator(".jp-mod-dirty .lm-TabBar-tab")).to_have_count(0)


def test_without_the_kernel_the_twin_is_shown(notebook: Notebook) -> None:
    """After a restart, and after the page was loaded anew: the last state, and no word of a missing widget."""
    page = notebook.page
    page.evaluate(RESTART)
    expect(notebook.twin).to_be_visible(timeout=MINUTES)
    expect(notebook.twin).to_contain_text("mac")
    expect(notebook.widget).to_be_hidden()
    page.evaluate(SAVE)
    cell, *_ = saved_cells(notebook)
    assert "orders" in "".join(cell["outputs"][0]["data"]["text/plain"])
    assert "text/html" in cell["outputs"][0]["data"]
    notebook.lab.end_kernels()
    page.reload()
    expect(notebook.twin).to_be_visible(timeout=MINUTES)
    view = page.locator(".jp-Notebook .jp-CodeCell").first.locator(".jp-OutputArea-child").nth(1)
    expect(view).to_have_text(re.compile("Loading widget|Error displaying widget"))
    expect(view).to_be_hidden()
    notebook.snap("without-kernel")
    page.wait_for_function(KERNEL_IS_THERE, timeout=MINUTES)  # a new one, which the server would else wait for
