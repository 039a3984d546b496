"""A notebook's cell that is run again: a line says what it means that it fails, or that it makes its keys anew.

`lab.role` says it itself. For every other call the account answers as AWS would, that the thing is there already, and
a learner who pressed Shift+Enter twice should not have to guess what that means for the lab.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from ..errors import LabError

ANEW = "To begin anew, restart the kernel and run from the top; if you joined a `labkit serve`, restart that."
RUN_AGAIN = (
    "This cell has run before, without an error, and what it did then stays as it is. If you have run it twice, go on "
    f"with the next one. {ANEW}"
)
MADE_AGAIN = (
    "This cell has run before, and has now made its keys a second time. An exercise may look at the first ones. " + ANEW
)
_MAKES_KEYS = re.compile(r"\.create_key\(|\bkms create-key\b")
_EVENT = "post_run_cell"
_SAYS_IT_ITSELF = (LabError, SyntaxError, KeyboardInterrupt)


class CellsRun:
    """The cells that have run without an error since the lab began, by their text."""

    def __init__(self) -> None:
        self._done: set[str] = set()

    def after(self, result: Any) -> None:
        """Tell what a cell's second run means, if it failed and its first did not, or made keys. Called by IPython."""
        failed = result.error_before_exec or result.error_in_exec
        source = result.info.raw_cell
        again = source in self._done
        if failed is None:
            self._done.add(source)
        if again and failed is None and _MAKES_KEYS.search(source):
            sys.stdout.write(f"{MADE_AGAIN}\n")
        elif again and failed is not None and not isinstance(failed, _SAYS_IT_ITSELF):
            sys.stdout.write(f"{RUN_AGAIN}\n")


def watch() -> None:
    """Begin to watch the cells of this notebook, if the lab is in one, in the place of an earlier lab's watch."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    for each in list(shell.events.callbacks[_EVENT]):
        if isinstance(getattr(each, "__self__", None), CellsRun):
            shell.events.unregister(_EVENT, each)
    shell.events.register(_EVENT, CellsRun().after)
