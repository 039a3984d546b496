"""The policy lab in JupyterLab: by click, by keys alone, in both themes, and without its kernel.

The tests share one page and one account, in this order.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from ..conftest import Lab
from .conftest import DARK, LIGHT, MINUTES, Notebook, open_notebook
from .test_console import RESTART

HOSTILE = "<img src=x onerror='hacked = 1'>\\u202e"
SHOW = f"""import boto3, labkit
lab = labkit.start("04-key-policies-and-iam")
kms = boto3.client("kms")
key = kms.create_key(Description="payroll {HOSTILE}")["KeyMetadata"]["Arn"]
clerk = lab.role("Clerk")
desk = lab.policy_lab()
desk"""
VALUE = "desk.value"
STATEMENT = '{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}'
STAR = f"""{{
  "Version": "2012-10-17",
  "Statement": [
    {STATEMENT[:-1]}, "Principal": "*"}}
  ]
}}"""
IAM = f'{{"Version": "2012-10-17", "Statement": [{STATEMENT}]}}'


@pytest.fixture(scope="module")
def notebook(jupyterlab: Lab, page: Page) -> Notebook:
    """A notebook with the policy lab, run."""
    page.set_viewport_size({"width": 1280, "height": 1700})
    opened = open_notebook(page, jupyterlab, "policy-lab.ipynb", [SHOW, VALUE])
    opened.run()
    expect(opened.widget).to_be_visible(timeout=MINUTES)
    return opened


def look(notebook: Notebook, name: str) -> None:
    """In both themes: axe-core finds nothing serious."""
    for theme in (DARK, LIGHT):
        notebook.theme(theme)
        notebook.snap(f"policy-{name}-{theme.split()[-1].lower()}")
        assert notebook.findings() == [], (name, theme)


def write(editor: Locator, text: str) -> None:
    """Write a text, and leave the field."""
    editor.fill(text)
    editor.blur()


def test_by_click_in_both_themes(notebook: Notebook) -> None:
    """A fault with its line, the least change, who else gets in: each is readable, and nothing is sent."""
    widget = notebook.widget
    expect(notebook.twin).to_be_hidden()
    expect(widget).to_contain_text("Refused: User: arn:aws:sts::111122223333:assumed-role/Clerk/simulated")
    notebook.snap("policy-opened")
    editor = widget.get_by_label("Text of the document")
    sound = editor.input_value()
    write(editor, sound.replace('"Allow"', '"Alow"').replace('"kms:*"', '"kms"'))
    expect(widget).to_contain_text("Not decided: AWS would refuse this document: Key policy")
    expect(widget.get_by_role("row").filter(has_text='"Effect": "Alow"')).to_contain_text("7")
    look(notebook, "marked")
    write(editor, STAR)
    expect(widget).to_contain_text("Allowed: arn:aws:sts::111122223333:assumed-role/Clerk/simulated may kms:Decrypt")
    expect(widget).to_contain_text("The new key policy will not allow you to update the key policy in the future.")
    notebook.button("Who else gets in by this?").click()
    expect(widget.get_by_role("cell", name="a role that no document names")).to_be_visible(timeout=MINUTES)
    look(notebook, "who-else")
    notebook.button("Back to the present documents").click()
    expect(editor).to_have_value(sound)
    notebook.button("Make it pass with the least").click()
    expect(widget).to_contain_text("Changed here, and not in the account: allow kms:Decrypt")
    expect(notebook.run(cell=1)).to_contain_text("allowed; Key policy, IAM policy")
    look(notebook, "least")
    assert notebook.page.evaluate("() => typeof hacked") == "undefined"
    assert widget.locator("img, script").count() == 0


def test_by_keys_alone(notebook: Notebook) -> None:
    """Tab, arrows, typing and space: another action, a context, a document, the least."""
    page, widget = notebook.page, notebook.widget
    notebook.button("Back to the present documents").focus()
    page.keyboard.press("Enter")
    notebook.tab_back_to("Action")
    page.keyboard.press("Control+a")
    page.keyboard.type("kms:Encrypt")
    page.keyboard.press("Enter")
    expect(widget).to_contain_text("not authorized to perform: kms:Encrypt")
    notebook.tab_to("Encryption context")
    page.keyboard.type("box=7")
    notebook.tab_to("Document")
    page.keyboard.press("ArrowDown")
    notebook.tab_to("Text of the document")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(IAM)
    page.keyboard.press("Tab")
    expect(widget).to_contain_text("Action: written kms:Decrypt; seen kms:Encrypt")
    notebook.tab_to("Make it pass with the least")
    page.keyboard.press("Space")
    expect(widget).to_contain_text("Allowed: arn:aws:sts::111122223333:assumed-role/Clerk/simulated may kms:Encrypt")
    notebook.snap("policy-keys")


def test_without_the_kernel_the_twin_is_shown(notebook: Notebook) -> None:
    """The last state: the question, the documents, the decision."""
    notebook.page.evaluate(RESTART)
    expect(notebook.twin).to_be_visible(timeout=MINUTES)
    expect(notebook.twin).to_contain_text("Encryption context")
    expect(notebook.twin).to_contain_text("may kms:Encrypt")
    expect(notebook.widget).to_be_hidden()
