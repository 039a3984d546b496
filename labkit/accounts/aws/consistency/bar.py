"""A wait that one can see and interrupt: a bar that says what is waited for, in a notebook and in a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STEP = 0.2  # seconds: an interrupt is heeded at once in any case; the bar moves so often
UNSEEN = 1.0  # a shorter wait has no bar


@contextmanager
def _shown(what: str, seconds: float) -> Iterator[Callable[[float], object]]:
    if seconds < UNSEEN or not _somebody_looks():
        yield lambda _: None
        return
    from tqdm.auto import tqdm  # loaded when it is needed

    form = "{desc} {bar} {n:.0f} of at most {total:.0f} s"
    with tqdm(total=seconds, desc=what, leave=False, bar_format=form) as bar:
        yield bar.update


def _somebody_looks() -> bool:
    ipython = sys.modules.get("IPython")
    notebook = ipython is not None and ipython.get_ipython() is not None
    return notebook or (sys.stderr is not None and sys.stderr.isatty())


def wait(what: str, seconds: float) -> None:
    """Wait so long. KeyboardInterrupt ends it; nothing has been sent meanwhile, and nothing is left half done."""
    end = time.monotonic() + seconds
    with _shown(what, seconds) as moved:
        while (left := end - time.monotonic()) > 0:
            step = min(STEP, left)
            time.sleep(step)
            moved(step)
