"""Cells that a real account can't run: every one is in the table, and says why instead of running."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from labkit.accounts.aws import skipping
from labkit.accounts.aws.capabilities import capabilities
from labkit.accounts.aws.cells import read_cell
from labkit.accounts.aws.judging import Judge, by_hand, digest
from labkit.accounts.aws.plans import plan_of, plans
from labkit.exercises.loader import labs, notebook_files
from tools.write_real_cells import ROOT, code_of, pages

# Written anew here, not taken from the table: what a real account can't do, or should not without a word.
USES = re.compile(
    r"\.clock\.advance\(|lab\.account\(|lab\.organization\(|lab\.disturb\(|lab\.grant_delay\(|lab\.session\(|lab\.user\("
    r"|mfa=True|schedule_key_deletion\(|schedule-key-deletion|delete_imported_key_material\(|faulty_shop\("
    r"|BypassPolicyLockoutSafetyCheck|LabAdministrator|ebs[-_]encryption[-_]by[-_]default|ebs_default_kms_key_id"
)


def test_the_tables_are_those_of_the_notebooks(checkout: Path) -> None:
    """`make real` would change nothing."""
    stale = [str(path) for path, text in pages().items() if (checkout / path).read_text(encoding="utf-8") != text]
    assert stale == [], "Run `make real`."


def test_each_cell_that_uses_one_is_in_the_table(checkout: Path) -> None:
    """By another way of looking than the table's own."""
    text = (checkout / "labkit/accounts/aws/cells.tsv").read_text(encoding="utf-8")
    known = {(row["lab"], row["id"]) for row in csv.DictReader(text.splitlines(), delimiter="\t")}
    missing = [
        (path.stem, cell.id)
        for path in notebook_files(ROOT)
        for cell in code_of(path)
        if USES.search(re.sub(r"^\s*#.*$", "", cell.source, flags=re.MULTILINE)) and (path.stem, cell.id) not in known
    ]
    # `EbsEncryptionByDefault` is looked at, not changed, in cells that only read.
    assert [each for each in missing if not _only_reads(each)] == []


def _only_reads(cell: tuple[str, str]) -> bool:
    path = next(path for path in notebook_files(ROOT) if path.stem == cell[0])
    source = next(each.source for each in code_of(path) if each.id == cell[1])
    return re.search(r"get[-_]ebs|describe", source) is not None and "enable" not in source


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("lab.clock.advance(days=8)", ("time",)),
        ("clock = lab.clock\nlab.clock.now()", ()),
        ("lab.account_id", ()),
        ("partner = lab.account('partner')", ("second-account",)),
        ("[lab.account(n) for n in 'ab']", ("second-account",)),
        ("# lab.clock.advance(days=8)", ()),
        ("kms.schedule_key_deletion(KeyId=key)", ("deletion",)),
        ("boto3.client('kms').schedule_key_deletion(KeyId=key)", ("deletion",)),
        ("delete = kms.schedule_key_deletion", ("deletion",)),
        ("get_ipython().system('aws kms schedule-key-deletion --key-id x')", ("deletion",)),
        ("role.client('kms', mfa=True)", ("users",)),
        ("role.client('kms', mfa=False)", ()),
        ("kms.put_key_policy(KeyId=k, Policy=p, BypassPolicyLockoutSafetyCheck=True)", ("lock-out",)),
        ("f'arn:aws:iam::{lab.account_id}:role/LabAdministrator'", ("learner",)),
        ("lab.disturb()\nlab.clock.advance(days=1)", ("time", "disturbance")),
        ("this is no Python", ()),
    ],
)
def test_a_cells_code_tells_what_it_uses(source: str, uses: tuple[str, ...]) -> None:
    """By calls, keywords and texts; comments don't count."""
    assert read_cell(source).uses == uses


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [
        (["lab.clock.advance(days=1)\nx = 1", "x", "y = 2", "x = 3", "x"], [0, 1]),
        (["x = 1", "lab.clock.advance(days=1)\nx = 2", "print(x)"], [1, 2]),
        (["p = lab.account('p')", "def f():\n    return p", "f()"], [0, 1, 2]),
        (["p = lab.account('p')", "for p in (1, 2):\n    print(p)", "p"], [0]),
        (["with lab.account('p') as r:\n    pass", "with open('x') as r:\n    r.read()"], [0]),
        (["p, q = lab.account('p'), 1", "[q for q in (1, 2)]", "q"], [0, 2]),
        (["import json\nlab.clock.advance(days=1)", "json.dumps({})"], [0]),
        (["x = lab.account('p')", "(lambda x: x)(1)", "x += 1", "x"], [0, 2, 3]),
    ],
)
def test_what_builds_on_a_cell_that_was_left_out_is_left_out(cells: list[str], left_out: list[int]) -> None:
    """By the names that it would have made, until another cell makes them."""
    judge = Judge("x", lambda _: False)
    assert [n for n, cell in enumerate(cells) if judge.judge(cell, cell)] == left_out


def test_what_is_given_runs() -> None:
    """A second account, a deletion that was agreed to."""
    judge = Judge("x", lambda name: name in ("second-account", "deletion"))
    assert judge.judge("", "p = lab.account('p')") is None
    assert judge.judge("", "kms.schedule_key_deletion(KeyId=p)") is None
    assert judge.judge("", "lab.clock.advance(days=1)") is not None


def test_single_cells_are_found_by_their_text() -> None:
    """And rows of the table name cells that there are, with a capability that there is."""
    for row in by_hand():
        assert row.capability in capabilities()
    assert digest("a  \nb\n") == digest("a\nb") != digest("a\nc")


def test_every_lab_and_project_has_a_plan() -> None:
    """With what is left of it; one of which too little is left is simulated only."""
    assert set(plans()) == set(labs())
    for plan in plans().values():
        assert plan.cells > 20
        assert plan.cost
        assert plan.simulated_only or plan.needs or plan.runs >= plan.cells / 2
    assert plan_of("somebody's own").about() == "What it makes and costs is not known to the kit."


def test_each_notebook_begins_with_where_it_runs() -> None:
    """The lab stands last in the first cell, and shows itself."""
    wanting = [path.stem for path in notebook_files(ROOT) if not code_of(path)[0].source.endswith("\nlab")]
    assert wanting == []
    for path in notebook_files(ROOT):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        outputs = next(cell for cell in cells if cell["cell_type"] == "code")["outputs"]
        shown = json.dumps([output.get("data", {}).get("text/plain") for output in outputs])
        assert "simulated account" in shown or path.stem == "11-encrypt-s3"


@pytest.fixture
def shell() -> InteractiveShell:
    """IPython, as a kernel has it."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config(HistoryManager={"hist_file": ":memory:"}))
    yield shell
    skipping.stop()
    InteractiveShell.clear_instance()


def test_in_a_notebook_a_cell_says_why_it_does_not_run(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, no traceback; its imports are done; the next cell runs."""
    asked: list[str] = []
    permissions = skipping.Permissions(lambda prompt: asked.append(prompt))
    skipping.watch(Judge("x", permissions.given))
    shell.run_cell("import base64 as b\nlab.clock.advance(days=8)\nkey = 1")
    assert capsys.readouterr().out == (
        "Left out in a real account: the clock of a real account can't be moved. What comes of time passing is shown "
        "in the simulated account.\n"
    )
    assert shell.run_cell("b.b64encode(b'x')").result == b"eA=="
    shell.run_cell("key")
    assert "it needs `key`" in capsys.readouterr().out
    shell.run_cell("kms.schedule_key_deletion(KeyId='x')\n")
    assert "To allow it, set LABKIT_ALLOW=deletion." in capsys.readouterr().out
    assert len(asked) == 1
    shell.run_cell("!aws kms schedule-key-deletion --key-id x")
    assert "LABKIT_ALLOW=deletion" in capsys.readouterr().out
    assert len(asked) == 1
    skipping.stop()
    assert shell.run_cell("1 + 1").result == 2


@pytest.mark.parametrize(("typed", "given"), [("yes", True), ("no", False), ("", False), ("y", False), (None, False)])
def test_what_must_not_be_done_by_default_asks(typed: str | None, given: bool) -> None:
    """Once for a run; nobody there to ask is no."""
    assert skipping.Permissions(lambda _: typed).given("deletion") is given
    assert not skipping.Permissions(lambda _: "yes").given("lock-out")
    assert not skipping.Permissions(lambda _: "yes").given("second-account")


@pytest.mark.parametrize(
    ("allow", "given"),
    [("deletion", True), ("users, deletion", True), ("all", True), ("users", False), ("time", False)],
)
def test_a_variable_answers(monkeypatch: pytest.MonkeyPatch, allow: str, given: bool) -> None:
    """LABKIT_ALLOW, with names; what can't be done stays so."""
    monkeypatch.setenv("LABKIT_ALLOW", allow)
    assert capabilities()["deletion"].is_given() is given
    assert not capabilities()["time"].is_given()
