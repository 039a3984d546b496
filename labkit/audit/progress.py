"""How far a long audit has come: one line on standard error, where somebody sits at a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

Progress = Callable[[int, int, str], None]  # done, of how many, what is looked at now
WIDTH = 24
LINE = 79


def silent(done: int, total: int, what: str) -> None:
    """Show nothing."""


def bar(done: int, total: int, what: str) -> None:
    """Draw the bar over the one before, and wipe it away at the end."""
    filled = WIDTH * done // max(total, 1)
    line = f"{'█' * filled:<{WIDTH}} {done}/{total} {what}"[:LINE] if done < total else ""
    sys.stderr.write(f"\r{line:<{LINE}}" + ("" if done < total else "\r"))
    sys.stderr.flush()


def for_people() -> Progress:
    """Choose the bar where standard error is a terminal, else nothing.

    A notebook's `!` brings a terminal, too, but what is wiped away there stays in the page as blanks.
    """
    is_terminal = sys.stderr is not None and sys.stderr.isatty() and "JPY_PARENT_PID" not in os.environ
    return bar if is_terminal else silent
