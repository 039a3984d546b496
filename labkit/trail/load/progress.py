"""How far a long reading has come: a bar in a terminal or under a notebook's cell, and nothing for a short reading."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

LARGE = 50_000_000  # bytes as stored: below it a reading is over in seconds, and no bar is drawn
WIDTH = 40
PAUSE = 0.2  # seconds between two drawings

Progress = Callable[[int, int], None]  # bytes read, bytes in all (0: not known)


def silent(done: int, total: int) -> None:
    """Show no bar."""


def bar(done: int, total: int) -> None:
    """Draw the bar over the one before: terminals and notebooks both go back to the line's start."""
    share = min(done / total, 1.0)
    line = f"\r{'█' * int(share * WIDTH):<{WIDTH}} {share:4.0%} of {total / 1e6:,.0f} MB"
    sys.stderr.write(line + ("\n" if done >= total else ""))
    sys.stderr.flush()


def for_people() -> Progress:
    """Show the bar, for large readings and not more often than somebody can see."""
    last = 0.0

    def draw(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if total >= LARGE and (done >= total or now - last >= PAUSE):
            last = now
            bar(done, total)

    return draw
