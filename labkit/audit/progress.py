"""How far a long audit has come: a bar, where somebody watches."""

from __future__ import annotations

from collections.abc import Callable

from ..bars import bar, silent

Progress = Callable[[int, int, str], None]  # done, of how many, what is looked at now

__all__ = ["Progress", "for_people", "silent"]


def for_people() -> Progress:
    """Choose the bar for somebody who watches, else nothing."""
    return bar("checks", "audit")
