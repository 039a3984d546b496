"""Shift+Enter, pressed once too often, in a notebook: a second run works, or it says that one may go on."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import labkit
from labkit.accounts.cells_run_again import MADE_AGAIN, RUN_AGAIN, CellsRun
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.walking import code

ONCE = "if x: raise labkit.LabError('It is there.')\nx.append(1)"
LAB_ROLE_SAYS = "If you have run this cell twice, go on with the next one."


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[InteractiveShell]:
    """A kernel's shell, without its history."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # a lab takes it in a kernel
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=Config(HistoryManager={"hist_file": ":memory:"}))
    yield made
    InteractiveShell.clear_instance()


def _told(shell: InteractiveShell, source: str) -> tuple[bool, str]:
    """Whether a cell ran without an error, and what stood below it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        result = shell.run_cell(source)
    return result.success, out.getvalue()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_second_run_works_or_says_that_one_may_go_on(shell: InteractiveShell) -> None:
    """Secrets, parameters, roles: each cell of a notebook, two times in a row."""
    refused = []
    for source in code(page_of("13-secrets-manager")):
        assert _told(shell, source)[0], source
        if "labkit.start(" not in source:
            worked, said = _told(shell, source)
            assert worked or RUN_AGAIN in said or LAB_ROLE_SAYS in said, source
            refused += [] if worked else [RUN_AGAIN in said]
    assert {True, False} == set(refused)  # lab.role has said it itself


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["1 / 0"], False),  # the first run
        (["1 / 0", "1 / 0"], False),  # no run has worked
        (["x = []", "assert not x; x.append(1)", "assert not x; x.append(1)"], True),
        (["x = []", "assert not x; x.append(1)", "assert not x;  x.append(1)"], False),  # another text
        (["x = []", ONCE, ONCE], False),  # the lab has said it
        (["x = 1", "x = 1"], False),
    ],
)
def test_only_a_cell_that_has_worked_and_fails_is_told(shell: InteractiveShell, cells: list[str], told: bool) -> None:
    """A first run, an edited cell, a cell that never worked: these errors are for the learner to read."""
    _told(shell, "import labkit")
    shell.events.register("post_run_cell", CellsRun().after)
    assert ([_told(shell, each)[1] for each in cells][-1].endswith(f"{RUN_AGAIN}\n")) is told


def test_keys_that_are_made_twice_are_told(shell: InteractiveShell) -> None:
    """A second key is no error, and no check looks at it."""
    _told(shell, "class kms:\n    create_key = staticmethod(lambda: 1)")
    shell.events.register("post_run_cell", CellsRun().after)
    told = [_told(shell, each)[1] for each in ("key = kms.create_key()", "key = kms.create_key()", "x = 1", "x = 1")]
    assert told == ["", f"{MADE_AGAIN}\n", "", ""]


def test_a_new_lab_forgets_what_ran_in_the_last(shell: InteractiveShell) -> None:
    """One watch at a time, and outside of a notebook none."""
    for _ in range(2):
        labkit.start("run-again")
    watches = [each for each in shell.events.callbacks["post_run_cell"] if "CellsRun" in repr(each)]
    assert len(watches) == 1
    InteractiveShell.clear_instance()
    labkit.start("run-again")
