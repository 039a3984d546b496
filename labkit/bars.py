"""A bar for what takes long, where somebody watches: in a terminal, or under a notebook's cell. tqdm draws it.

Nothing is drawn for the first two seconds, and the bar is taken away at the end: what is quick shows none, and what is
saved or compared holds none. A program that runs a notebook sees none either (`presence`).
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable
from typing import Any

from .presence import AUTOMATIC, somebody_is_there

PATIENCE = 2.0  # seconds
Tell = Callable[..., None]  # done, of how many (0: not known), what is looked at now


def silent(done: int, total: int = 0, what: str = "") -> None:
    """Show nothing."""


def is_watched() -> bool:
    """Tell whether somebody sees a bar: at a terminal, or in a notebook that a person runs.

    A notebook's `!` brings a terminal, too, but what is wiped away there stays in the page as blanks.
    """
    if any(os.environ.get(name) for name in AUTOMATIC):
        return False
    if getattr(getattr(builtins, "get_ipython", lambda: None)(), "kernel", None) is not None:
        return somebody_is_there()
    return sys.stderr is not None and sys.stderr.isatty() and "JPY_PARENT_PID" not in os.environ


def bar(unit: str, what: str = "") -> Tell:
    """Make a function that draws how far something has come; `unit` is "B" for bytes, else a word in the plural."""
    if not is_watched():
        return silent
    try:
        from tqdm.auto import tqdm
    except ImportError:  # labkit without its notebooks
        return silent
    return Bar(tqdm, unit, what)


class Bar:
    """Draws with tqdm from the first call on, and takes the bar away when all is done, or when it is forgotten."""

    def __init__(self, tqdm: Any, unit: str, what: str = "", patience: float = PATIENCE) -> None:
        # No thread beside the work: tqdm's monitor would outlive it.
        self._kind = type("LabkitBar", (tqdm,), {"monitor_interval": 0})
        self._unit = {"unit": "B", "unit_scale": True} if unit == "B" else {"unit": f" {unit}"}
        self._what = what
        self._patience = patience
        self._drawn: Any = None

    def __call__(self, done: int, total: int = 0, what: str = "") -> None:
        if self._drawn is None:
            self._drawn = self._kind(
                total=total or None, desc=self._what, leave=False, delay=self._patience, file=sys.stderr, **self._unit
            )
        if what:
            self._drawn.set_postfix_str(what[:60], refresh=False)
        self._drawn.update(done - self._drawn.n)
        if total and done >= total:
            self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._drawn is not None:
            self._drawn.close()
            self._drawn = None
