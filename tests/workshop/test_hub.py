"""A class on a real JupyterHub: two learners and a trainer, in a browser, by REST tokens and through their kernels.

Everything here shares one hub and two learners' servers, which are dear.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "workshop"), str(Path(__file__).parent)]

import browsing  # noqa: E402  it stands beside this file
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
VERBS = ("pause", "resume", "hint", "reset", "forget", "forget-all")
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
def browser(chromium: str) -> Iterator[Any]:
    """One Chromium for this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture(scope="module")
def forms(hub: real_hub.Hub, browser: Any) -> dict[str, browsing.Form]:
    """Both log in and read the form. Ada says yes, and Bob no; their servers start."""
    found = {name: browsing.come_in(browser, hub, name, said) for name, said in (("ada", "yes"), ("bob", "no"))}
    found["bob"].tab.close()  # a JupyterLab that nobody looks at costs seconds
    return found


@pytest.fixture(scope="module")
def kernels(hub: real_hub.Hub, forms: dict[str, browsing.Form]) -> Iterator[dict[str, Cell]]:
    """Ada has agreed that the trainer sees her progress. Bob has not."""
    with ExitStack() as open_ones:
        for name in forms:
            hub.wait_for(name)
        yield {name: open_ones.enter_context(real_hub.kernel(hub, name)) for name in ("ada", "bob")}


@pytest.fixture(scope="module")
def trainer(hub: real_hub.Hub) -> Callable[..., tuple[int, Any]]:
    """Asks as the trainer, with a token of theirs."""
    token = hub.token_of("trainer")
    return lambda method, path, body=None: hub.ask(method, f"/services/class/{path}", body, token)


def test_the_class_password_can_be_read_off_a_slide(hub: real_hub.Hub) -> None:
    """And the trainer's can't be guessed from it."""
    assert re.fullmatch(r"([a-km-np-z2-9]{4}-){2}[a-km-np-z2-9]{4}", (hub.home / "class-password").read_text("utf-8"))
    assert len((hub.home / "trainer-password").read_text("utf-8")) >= 32


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
    trusted = [*(hub.home / "homes").rglob("nbsignatures.db")]  # else pictures are text until cells are run
    assert {path.relative_to(hub.home / "homes").parts[0] for path in trusted} >= set(kernels)
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
    status, told = trainer("GET", "tables?lab=03-encrypt-and-decrypt")
    assert status == 200
    assert "<td>seal it for one purpose</td><td>0</td><td>0</td><td>1</td>" in told
    assert "<td>NotFoundException from DescribeKey</td><td>1</td><td>1</td>" in told
    assert "my-own-secret" not in told
    ada(RIGHT)
    assert ada(CHECK).startswith("solved")
    told = trainer("GET", "tables?lab=03-encrypt-and-decrypt")[1]
    assert "<td>seal it for one purpose</td><td>1</td><td>0</td><td>0</td>" in told


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
    told = trainer("GET", "tables?lab=03-encrypt-and-decrypt")[1]
    assert "<td>seal it for one purpose</td><td>0</td><td>0</td><td>0</td>" in told
    assert "Your trainer has reset the lab 03-encrypt-and-decrypt" in kernels["ada"](CHECK)
    assert re.search(r"03-encrypt-and-decrypt +0 of 4", kernels["ada"]("lab.progress()"))


def test_the_page_shows_what_the_room_gets_wrong_in_a_quiz(
    kernels: dict[str, Cell], trainer: Callable[..., tuple[int, Any]]
) -> None:
    """The wrong choice is the kit's own text. Bob's is not among them."""
    for cell in kernels.values():
        cell(START)
        cell("lab.quiz().answer(1, 'a'); lab.quiz().answer(1, 'b'); lab.quiz().answer(7, 'a')")
    told = trainer("GET", "tables")[1]
    assert "1 × <b>a)</b> Nothing: KMS answers <code>AccessDeniedException</code>" in told
    assert "<td>1 of 1</td><td>1</td>" in told


@pytest.mark.parametrize(
    ("path", "method"),
    [("", "GET"), ("tables", "GET"), *((verb, "POST") for verb in VERBS)],
)
def test_the_page_and_its_verbs_are_for_trainers(hub: real_hub.Hub, path: str, method: str) -> None:
    """Neither a learner nor somebody without a token; a learner is led to what is known of themselves."""
    hub.ask("POST", "/hub/api/users/carol")
    for token in (hub.token_of("carol"), "none"):
        status, answer = hub.ask(method, f"/services/class/{path}", {} if method == "POST" else None, token)
        own = path == "" and "Your trainer's page knows nothing of you." in str(answer)
        assert status == 403 or "Sign in" in str(answer) or own
        assert "Who is where" not in str(answer)


def test_the_token_in_a_learners_server_reports_and_does_nothing_else(
    hub: real_hub.Hub, kernels: dict[str, Cell]
) -> None:
    """It reads what is known of its owner, and neither the page nor the hub's list of users."""
    kernels["ada"](ASK)
    paths = ["/services/class/mine", "/services/class/tables", "/hub/api/users"]
    ask = f"[status({hub.address!r} + path) for path in {paths!r}]"
    assert kernels["ada"](ask) == "[200, 403, 403]"


def test_the_form_says_what_is_shown_and_wants_an_answer(forms: dict[str, browsing.Form]) -> None:
    """Nothing is chosen before, and nobody gets past it without a yes or a no. Axe-core finds nothing in it."""
    form = forms["ada"]
    for words in ("which lab you are in", "solved or not yet", "what you choose in quizzes", "the names of errors"):
        assert words in form.text
    assert "keeps it for 14 days" in form.text
    assert "Nothing that you write is told" in form.text
    assert (form.chosen_before, form.passed_unanswered, form.found_by_axe) == (0, False, [])


def test_a_learner_runs_lab_00_in_the_browser_and_the_trainer_sees_the_lab(
    hub: real_hub.Hub, forms: dict[str, browsing.Form], browser: Any, kernels: dict[str, Cell]
) -> None:
    """The server opens on it. The page, itself untouched, comes to show its name, and nothing that it says."""
    tab, asked = browsing.trainers_page(browser, hub)
    lab = forms["ada"].tab
    cells = browsing.run_all(lab)
    assert len(cells) > 15
    assert [text for text in cells if "Error:" in text] == []
    assert "You agreed that your trainer sees your progress" in cells[0]
    tab.wait_for_selector("#tables >> text=00-start-here", timeout=60_000)
    shown = tab.inner_text("#tables")
    assert "1 learner, nobody stuck." in shown
    assert re.search(r"ada\s+00-start-here\s+(now|1 min ago)\s+0 of 3", shown)
    assert not re.search("bob|arn:|Hello", shown)
    assert browsing.serious(tab) == []
    assert [url for url in asked if not url.startswith((hub.address, "data:"))] == []
    lab.close()


def test_the_trainer_sends_a_hint_by_the_form(hub: real_hub.Hub, kernels: dict[str, Cell], browser: Any) -> None:
    """It stays with the lab that is shown. A request from another site's page would bring no token of the form."""
    tab, _ = browsing.trainers_page(browser, hub, "?lab=03-encrypt-and-decrypt&sort=name")
    tab.fill("input[name=text]", "Read the key policy")
    tab.click("text=Send")
    tab.wait_for_selector("text=Learners in 03-encrypt-and-decrypt")
    assert tab.input_value("select[name=sort]") == "name"
    assert tab.evaluate("fetch('pause', {method: 'POST'}).then(answer => answer.status)") == 403
    assert "A hint from your trainer: Read the key policy" in kernels["ada"](START)


def test_a_learner_stops_telling_and_has_it_forgotten(
    hub: real_hub.Hub, kernels: dict[str, Cell], browser: Any, trainer: Callable[..., tuple[int, Any]]
) -> None:
    """The page keeps what it had, until the learner says so."""
    ada = kernels["ada"]
    ada(START)
    ada("import os; address = os.environ['LABKIT_CLASS']")
    ada("%env LABKIT_CLASS=off")
    before = trainer("GET", "tables")[1]
    ada("1 / 0")
    assert "ZeroDivisionError" not in before + trainer("GET", "tables")[1]
    tab = browsing.at(browser, hub, "ada", "/services/class/")
    assert tab.url.endswith("/services/class/mine")
    assert "03-encrypt-and-decrypt" in tab.inner_text("main")
    assert browsing.serious(tab) == []
    tab.click("text=Forget this")
    tab.wait_for_selector("text=knows nothing of you")
    assert "0 learners" in trainer("GET", "tables")[1]


def test_a_service_that_is_started_again_knows_the_class(
    hub: real_hub.Hub, kernels: dict[str, Cell], trainer: Callable[..., tuple[int, Any]]
) -> None:
    """The hub starts its service again when it ends. Then all is forgotten, on the disk too."""
    ada = kernels["ada"]
    ada("os.environ['LABKIT_CLASS'] = address")  # as before the test above
    ada(START)
    hub.end_the_service()
    assert "1 learner, nobody stuck." in trainer("GET", "tables")[1]
    assert str(hub.home) in trainer("GET", "")[1]
    assert post(hub, "forget-all", sure="") == 303
    assert "1 learner" in trainer("GET", "tables")[1]
    assert post(hub, "forget-all", sure="yes") == 303
    assert "0 learners" in trainer("GET", "tables")[1]
    assert b"ada" not in (hub.home / "class" / "class.sqlite3").read_bytes()
