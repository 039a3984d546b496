"""A cell that fails when it is run twice says what to do, whatever AWS calls the error."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from labkit.run_again import AGAIN, watch_cells

ONCE = "import labkit\nif 'made' in globals(): raise {error}\nmade = 1"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A shell of IPython that a lab listens to."""
    settings = Config()
    settings.HistoryManager.enabled = False
    made = InteractiveShell(config=settings)
    monkeypatch.setattr(builtins, "get_ipython", lambda: made, raising=False)
    watch_cells()
    yield made
    made.restore_sys_module_state()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([ONCE.format(error="ValueError('VolumeInUse')")] * 2, 1),
        ([ONCE.format(error="ValueError('VolumeInUse')")] * 3, 2),
        ([ONCE.format(error="AssertionError('Nothing was refused')")] * 2, 1),
        ([ONCE.format(error="labkit.LabError('It says so itself.')")] * 2, 0),
        (["raise ValueError('the first time')"] * 2, 0),
        (["made = 1", "raise ValueError('another cell')"], 0),
        (["made = 1"] * 2, 0),
    ],
)
def test_what_a_second_run_says(shell: Any, capsys: pytest.CaptureFixture[str], cells: list[str], said: int) -> None:
    """Below the error, and only where the same cell worked before; a LabError has its own words."""
    for cell in cells:
        shell.run_cell(cell)
    assert capsys.readouterr().out.count(AGAIN) == said


def test_another_lab_forgets(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """In a fresh account, nothing has been done before; and nothing is said twice."""
    shell.run_cell(cell := ONCE.format(error="ValueError"))
    watch_cells()
    shell.run_cell(cell)
    assert AGAIN not in capsys.readouterr().out
    heard = [each for each in shell.events.callbacks["post_run_cell"] if "CellsRunBefore" in repr(each)]
    assert len(heard) == 1


def test_outside_of_a_notebook_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script has no cells."""
    monkeypatch.delattr(builtins, "get_ipython", raising=False)
    watch_cells()
