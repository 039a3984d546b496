"""How far a long reading has come: a bar, where somebody watches; nothing for a short reading."""

from __future__ import annotations

from collections.abc import Callable

from ...bars import bar

Progress = Callable[[int, int], None]  # bytes read, bytes in all (0: not known)


def for_people() -> Progress:
    """Choose the bar for somebody who watches, else nothing."""
    return bar("B", "reading logs")
