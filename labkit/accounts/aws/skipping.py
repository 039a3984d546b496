"""In a notebook: cells that a real account can't run, or should not by default, print why instead of running.

IPython hands each cell's code to `_Skipper` just before it runs; what other programs ask of the kernel is not judged.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from . import consent
from .capabilities import capabilities
from .judging import Judge

YES = "yes"


class Permissions:
    """Which capabilities are given in this run: by the settings, or by a person, asked once for each."""

    def __init__(self, ask: consent.Ask = consent.ask_here) -> None:
        self._ask = ask
        self._answers: dict[str, bool] = {}

    def given(self, name: str) -> bool:
        """Tell whether this capability may be used; asks, where that settles it."""
        capability = capabilities()[name]
        if capability.is_given():
            return True
        if capability.way != "ask":
            return False
        if name not in self._answers:
            told = f"This needs your word ({name}): {capability.why}. Type {YES} to do it in this run: "
            self._answers[name] = self._ask(told) == YES
        return self._answers[name]


class _Skipper(ast.NodeTransformer):
    """Replaces a cell's code by its imports and the line that says why it is left out."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._source = ""

    def before(self, info: Any) -> None:
        """Remember a cell's text as it stands. Called by IPython."""
        self._source = info.raw_cell or ""

    def visit(self, node: ast.AST) -> Any:
        """Judge a cell's code as a whole. Called by IPython."""
        if not isinstance(node, ast.Module):
            return node
        try:
            left_out = self._judge.judge(self._source, ast.unparse(node))
        except Exception as wrong:  # IPython would take an error for the judge's end, and run this cell and all others
            return _says(f"it could not be judged ({type(wrong).__name__}).", ())
        return node if left_out is None else _says(left_out.why, left_out.imports)


def _says(why: str, imports: tuple[str, ...]) -> ast.Module:
    """The code of a cell that says why it is left out."""
    line = f"Left out in a real account: {why}"
    return ast.parse("\n".join([*imports, f"print({line!r})"]))


def watch(judge: Judge) -> None:
    """Judge the cells of this notebook from the next one on, if the lab is in one; in the place of an earlier judge."""
    stop()
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        skipper = _Skipper(judge)
        shell.events.register("pre_run_cell", skipper.before)
        shell.ast_transformers.append(skipper)


def stop() -> None:
    """Judge no more cells."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    for each in [each for each in shell.ast_transformers if isinstance(each, _Skipper)]:
        shell.ast_transformers.remove(each)
        shell.events.unregister("pre_run_cell", each.before)
