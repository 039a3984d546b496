"""A class on a real JupyterHub: two learners, one trainer, asked by REST tokens and through their kernels."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workshop"))

import real_hub  # noqa: E402  it stands beside the hub's configuration

START = "import boto3, labkit\nlab = labkit.start('03-encrypt-and-decrypt')\nkms = boto3.client('kms')\nlab"
APP = (
    'app = kms.create_key()["KeyMetadata"]["Arn"]\n'
    'kms.create_alias(AliasName="alias/app", TargetKeyId=app)\n'
    'phone = kms.encrypt(KeyId="alias/app", Plaintext=b"1", EncryptionContext={"a": "b"})'
)
CHECK = "lab.exercise('sealed-for-invoices').check()"
WRONG = 'kms.encrypt(KeyId="alias/app", Plaintext=b"1", EncryptionContext={"purpose": "invoices"})'
RIGHT = (
    'context = {"purpose": "invoices"}\n'
    'sealed = kms.encrypt(KeyId="alias/app", Plaintext=b"1", EncryptionContext=context)["CiphertextBlob"]\n'
    'opened = kms.decrypt(CiphertextBlob=sealed, KeyId="alias/app", EncryptionContext=context)'
)
ASK = """
import os, urllib.request, urllib.error
def status(url):
    token = os.environ["JUPYTERHUB_API_TOKEN"]
    asked = urllib.request.Request(url, headers={"Authorization": "token " + token})
    try:
        return urllib.request.urlopen(asked).status
    except urllib.error.HTTPError as error:
        return error.code
"""
Cell = Callable[[str], str]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, need: Callable[[str, object], None]) -> Iterator[real_hub.Hub]:
    """One hub for this file; its proxy comes from npm."""
    need("node with npm", shutil.which("node") and shutil.which("npm"))
    made = subprocess.run([str(ROOT / "tools" / "make-hub-proxy")], capture_output=True, text=True, timeout=300)
    if made.returncode:
        pytest.skip(f"npm could not install the proxy: {made.stderr[-300:]}")
    with real_hub.running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def kernels(hub: real_hub.Hub) -> Iterator[dict[str, Cell]]:
    """Ada has agreed that the trainer sees her progress. Bob has not."""
    with ExitStack() as open_ones, ThreadPoolExecutor() as both:
        list(both.map(hub.start, ("ada", "bob"), ({"share": True}, {})))
        yield {name: open_ones.enter_context(real_hub.kernel(hub, name)) for name in ("ada", "bob")}


@pytest.fixture(scope="module")
def trainer(hub: real_hub.Hub) -> Callable[..., tuple[int, Any]]:
    """Asks as the trainer, with a token of theirs."""
    token = hub.token_of("trainer")
    return lambda method, path, body=None: hub.ask(method, f"/services/class/{path}", body, token)


def test_each_learner_has_an_account_and_files_of_their_own(hub: real_hub.Hub, kernels: dict[str, Cell]) -> None:
    """What one learner makes, the other does not find; both find the course in their home folder."""
    for cell in kernels.values():
        assert "Lab 03-encrypt-and-decrypt" in cell(START)
    assert kernels["ada"](APP) == ""
    assert "alias/app" in kernels["ada"]("[each['AliasName'] for each in kms.list_aliases()['Aliases']]")
    assert "alias/app" not in kernels["bob"]("[each['AliasName'] for each in kms.list_aliases()['Aliases']]")
    homes = [cell("from pathlib import Path; str(Path.home())") for cell in kernels.values()]
    assert len(set(homes)) == 2
    assert all((hub.home / "homes" / name / "course/notebooks/00-start-here.ipynb").is_file() for name in kernels)
    assert "UserId" in kernels["bob"]("!aws sts get-caller-identity")


def test_a_learner_who_has_agreed_is_told_so_and_the_other_tells_nothing(
    kernels: dict[str, Cell], trainer: Callable[..., tuple[int, Any]]
) -> None:
    """The first output says what is sent."""
    assert "You agreed that your trainer sees your progress" in kernels["ada"](START)
    assert "trainer" not in kernels["bob"](START)
    status, page = trainer("GET", "")
    assert status == 200
    assert "ada" in page
    assert "bob" not in page


def test_the_page_shows_what_is_solved_what_is_stuck_and_which_errors(
    kernels: dict[str, Cell], trainer: Callable[..., tuple[int, Any]]
) -> None:
    """Names alone: neither code nor messages of the learner's."""
    ada = kernels["ada"]
    ada(START)
    ada(APP)
    ada(WRONG)
    for _ in range(3):
        assert ada(CHECK).startswith("not yet")
    ada('kms.describe_key(KeyId="alias/my-own-secret")')
    status, told = trainer("GET", "tables")
    assert status == 200
    assert "<td>03-encrypt-and-decrypt</td><td>sealed-for-invoices</td><td>0</td><td>0</td><td>1</td>" in told
    assert "<td>NotFoundException from DescribeKey</td><td>1</td><td>1</td>" in told
    assert "my-own-secret" not in told
    ada(RIGHT)
    assert ada(CHECK).startswith("solved")
    assert "<td>sealed-for-invoices</td><td>1</td><td>0</td><td>0</td>" in trainer("GET", "tables")[1]


def post(hub: real_hub.Hub, verb: str, **fields: str) -> int:
    """Do one of the trainer's verbs, as the page's form does but with a token."""
    return hub.form(f"/services/class/{verb}", fields, hub.token_of("trainer"))


def test_the_trainer_pauses_hints_and_resets(
    hub: real_hub.Hub, kernels: dict[str, Cell], trainer: Callable[..., tuple[int, Any]]
) -> None:
    """A learner's next check shows it, once; the reset takes the outcomes away, and leaves the notebook."""
    assert post(hub, "pause") == 303
    assert post(hub, "hint", text="Look at <b>alias/app</b>") == 303
    assert "The class is paused" in trainer("GET", "")[1]
    told = kernels["ada"](CHECK)
    assert "Your trainer has paused the class" in told
    assert "A hint from your trainer: Look at <b>alias/app</b>" in told
    assert post(hub, "resume") == 303
    assert "trainer" not in kernels["ada"](CHECK)
    assert post(hub, "reset", name="ada", lab="03-encrypt-and-decrypt") == 303
    assert "sealed-for-invoices" not in trainer("GET", "tables")[1]
    assert "Your trainer has reset the lab 03-encrypt-and-decrypt" in kernels["ada"](CHECK)
    assert re.search(r"03-encrypt-and-decrypt +0 of 4", kernels["ada"]("lab.progress()"))


@pytest.mark.parametrize(
    ("path", "method"),
    [("", "GET"), ("tables", "GET"), ("pause", "POST"), ("resume", "POST"), ("hint", "POST"), ("reset", "POST")],
)
def test_the_page_and_its_verbs_are_for_trainers(hub: real_hub.Hub, path: str, method: str) -> None:
    """Neither a learner nor somebody without a token."""
    hub.ask("POST", "/hub/api/users/carol")
    for token in (hub.token_of("carol"), "none"):
        status, answer = hub.ask(method, f"/services/class/{path}", {} if method == "POST" else None, token)
        assert status == 403 or "Sign in" in str(answer)
        assert "Who is where" not in str(answer)


def test_the_token_in_a_learners_server_reports_and_does_nothing_else(
    hub: real_hub.Hub, kernels: dict[str, Cell]
) -> None:
    """It reads what is known of its owner, and neither the page nor the hub's list of users."""
    kernels["ada"](ASK)
    paths = ["/services/class/mine", "/services/class/tables", "/hub/api/users"]
    ask = f"[status({hub.address!r} + path) for path in {paths!r}]"
    assert kernels["ada"](ask) == "[200, 403, 403]"


def test_the_trainers_page_in_a_browser(hub: real_hub.Hub, kernels: dict[str, Cell], chromium: str) -> None:
    """Log in, see the room, send a hint by the form. Axe-core finds nothing serious, and nothing is from elsewhere."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    kernels["ada"](START)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(f"{hub.address}/services/class/")
        tab.fill("#username_input", "trainer")
        tab.fill("#password_input", (hub.home / "trainer-password").read_text("utf-8"))
        tab.click("#login_submit")
        tab.wait_for_selector("text=Who is where")
        assert "ada" in tab.inner_text("#tables")
        tab.fill("input[name=text]", "Read the key policy")
        tab.click("text=Send")
        tab.wait_for_selector("text=Who is where")
        found = Axe().run(tab).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        browser.close()
    assert [url for url in asked if not url.startswith((hub.address, "data:"))] == []
    assert "A hint from your trainer: Read the key policy" in kernels["ada"](START)
