"""The live pictures in JupyterLab: by click, by keys alone, in both themes, and without their kernel.

The tests share one page and one account, in this order.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from ..conftest import Lab
from .conftest import DARK, LIGHT, MINUTES, SCREENSHOTS, Notebook, open_notebook, saved_cells
from .test_console import RESTART, SAVE

STATES, ROTATION, SEALED, GRAPH, CALLS = range(5)
PREPARE = """import io, boto3, labkit
from labkit import envelope
lab = labkit.start("16-disable-and-delete")
kms, sealed, context = boto3.client("kms"), io.BytesIO(), {"file": "<img src=x onerror='hacked = 1'>"}
key = kms.create_key(Description="<script>hacked = 1</script>")["KeyMetadata"]["Arn"]
kms.create_alias(AliasName="alias/shop", TargetKeyId=key)
kms.enable_key_rotation(KeyId=key)
boto3.client("secretsmanager").create_secret(Name="db", SecretString="x", KmsKeyId=key)
envelope.encrypt(io.BytesIO(b"letter" * 40), sealed, kms, key, context, frame_bytes=100)
entries = [(lab.clock.now(), kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])]
lab.role("Reader", [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}])
states = lab.key_states("alias/shop")
"""
CELLS = [
    PREPARE + "states",
    "rotation = lab.rotation_view(key, entries)\nrotation",
    "viewer = lab.envelope_view(sealed.getvalue(), key, context)\nviewer",
    "graph = lab.reach_graph()\ngraph",
    "calls = lab.sequence_view()\ncalls",
    "print(states.value, len(rotation.picture.lanes), viewer.value, graph.value == key, calls.number)",
]


@pytest.fixture(scope="module")
def notebook(jupyterlab: Lab, page: Page) -> Notebook:
    """A notebook with all of them, run."""
    page.set_viewport_size({"width": 1280, "height": 1500})
    opened = open_notebook(page, jupyterlab, "views.ipynb", CELLS)
    for cell in range(len(CELLS) - 1):
        opened.run(cell)
        expect(view(opened, cell)).to_be_visible(timeout=MINUTES)
    return opened


def view(notebook: Notebook, number: int) -> Locator:
    """The live view of a cell."""
    return notebook.page.locator(".jp-Notebook .jp-CodeCell").nth(number).locator(".labkit-widget")


def click(notebook: Notebook, number: int, name: str) -> None:
    """Click a button of a view."""
    view(notebook, number).get_by_role("button", name=name, exact=True).click()


def look(notebook: Notebook, name: str) -> None:
    """In both themes, axe-core finds nothing serious in any of the views."""
    for theme in (LIGHT, DARK):
        notebook.theme(theme)
        for number in range(5) if SCREENSHOTS else ():
            view(notebook, number).evaluate("each => each.scrollIntoView()")
            notebook.snap(f"views-{name}-{number}-{theme.split()[-1].lower()}")
        assert notebook.findings() == [], (name, theme)
    notebook.theme(LIGHT)


def test_by_click(notebook: Notebook) -> None:
    """Each shows its picture and what a click changes; no name from the account runs."""
    expect(notebook.twin).to_be_hidden()
    for number in range(5):
        expect(view(notebook, number).locator("img")).to_have_count(1)
        assert view(notebook, number).locator("img").evaluate("each => each.naturalWidth") > 0
    look(notebook, "first")
    click(notebook, STATES, "CancelKeyDeletion")
    expect(view(notebook, STATES)).to_contain_text("Refused: KMSInvalidStateException")
    click(notebook, STATES, "DisableKey")
    expect(view(notebook, STATES).get_by_role("status").first).to_contain_text("in the state Disabled")
    expect(view(notebook, STATES)).to_contain_text("aws kms disable-key")
    click(notebook, STATES, "EnableKey")
    expect(view(notebook, STATES).get_by_role("status").first).to_contain_text("in the state Enabled")
    expect(view(notebook, ROTATION)).to_contain_text("It never goes back.")
    click(notebook, ROTATION, "Move the lab's clock forward")
    expect(view(notebook, ROTATION)).to_contain_text("only decrypts since")
    click(notebook, SEALED, "Change this byte")
    expect(view(notebook, SEALED).get_by_role("status").first).to_contain_text("DamagedFrame")
    click(notebook, SEALED, "Take the key away")
    expect(view(notebook, SEALED)).to_contain_text("DisabledException")
    click(notebook, SEALED, "Give the key back")
    click(notebook, SEALED, "Restore the file")
    expect(view(notebook, SEALED).get_by_role("status").first).to_contain_text("opened, 240 bytes")
    view(notebook, GRAPH).get_by_label("Key").select_option(index=1)
    expect(view(notebook, GRAPH)).to_contain_text("alias/shop is reached by 3.")
    expect(view(notebook, CALLS)).to_contain_text("Services made")
    look(notebook, "clicked")
    assert notebook.page.evaluate("() => typeof hacked") == "undefined"


def test_by_keys_alone(notebook: Notebook) -> None:
    """Tab, arrows, space and Enter."""
    page = notebook.page

    def press(name: str) -> None:
        notebook.tab_to(name)
        page.keyboard.press("Enter")

    view(notebook, STATES).get_by_role("button", name="EnableKey").focus()
    press("ScheduleKeyDeletion")
    notebook.wait_for_focus("Waiting period (in days)")
    page.keyboard.press("Tab")
    notebook.wait_for_focus("Confirm you want to schedule this key for deletion in 30 days.")
    page.keyboard.press("Space")
    expect(view(notebook, STATES).get_by_role("button", name="Schedule deletion")).to_be_enabled()
    press("Schedule deletion")
    expect(view(notebook, STATES).get_by_role("status").first).to_contain_text("PendingDeletion")
    notebook.wait_for_focus("ScheduleKeyDeletion")
    press("CancelKeyDeletion")
    expect(view(notebook, STATES).get_by_role("status").first).to_contain_text("Disabled")
    notebook.tab_back_to("EnableKey")
    page.keyboard.press("Enter")
    expect(view(notebook, STATES).get_by_role("status").first).to_contain_text("Enabled")
    view(notebook, ROTATION).get_by_label("Days to go forward").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("30")
    notebook.tab_to("1 year")
    expect(view(notebook, ROTATION)).to_contain_text("go forward by 30 days")
    page.keyboard.press("Space")
    expect(view(notebook, ROTATION).get_by_label("Days to go forward")).to_have_value("365")
    press("To the next rotation")
    expect(view(notebook, ROTATION)).to_contain_text("That is on the way.")
    press("Move the lab's clock forward")
    expect(view(notebook, ROTATION).get_by_role("row", name="3 ")).to_be_visible()
    view(notebook, SEALED).get_by_label("Field", exact=True).focus()
    page.keyboard.press("Home")
    press("Change this byte")
    expect(view(notebook, SEALED).get_by_role("status").first).to_contain_text("NotAnEnvelope")
    view(notebook, CALLS).get_by_label("Call", exact=True).focus()
    press("Earlier call")
    expect(view(notebook, CALLS)).to_contain_text("No service called for it")


def test_the_next_cell_reads_the_values(notebook: Notebook) -> None:
    """What was chosen and done."""
    said = notebook.run(len(CELLS) - 1)
    expect(said.first).to_contain_text("Enabled 3 NotAnEnvelope True")


def test_without_the_kernel_the_twins_are_shown(notebook: Notebook) -> None:
    """Each picture is there in its last state, and in the saved notebook."""
    notebook.page.evaluate(RESTART)
    twins = notebook.page.locator(".labkit-twin")
    for number in range(5):
        expect(twins.nth(number)).to_be_visible(timeout=MINUTES)
        expect(twins.nth(number).locator("img")).to_be_visible()
        expect(view(notebook, number)).to_be_hidden()
    expect(twins.nth(ROTATION)).to_contain_text("only decrypts since")
    notebook.page.evaluate(SAVE)
    for number, cell in enumerate(saved_cells(notebook)[:5]):
        data = cell["outputs"][0]["data"]
        assert "data:image/svg+xml;base64," in "".join(data["text/html"]), number
        assert data["text/plain"], number
    twins.first.scroll_into_view_if_needed()
    notebook.snap("views-without-kernel")
