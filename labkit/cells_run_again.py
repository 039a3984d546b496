"""A notebook's cell that is run again, and fails because of what its first run made: a line below the error says so.

`lab.role` says it itself. For every other call the account answers as AWS would, that the thing is there already, and
a learner who pressed Shift+Enter twice should not have to guess what that means for the lab.
"""

from __future__ import annotations

import sys
from typing import Any

from .errors import LabError

RUN_AGAIN = (
    "This cell has run before, without an error, and what it did then stays as it is. If you have run it twice, go on "
    "with the next one. To begin anew, restart the kernel and run from the top; if you joined a `labkit serve`, "
    "restart that."
)
_EVENT = "post_run_cell"
_SAYS_IT_ITSELF = (LabError, SyntaxError, KeyboardInterrupt)


class CellsRun:
    """The cells that have run without an error since the lab began, by their text."""

    def __init__(self) -> None:
        self._done: set[str] = set()

    def after(self, result: Any) -> None:
        """Tell what a cell's second run means, if it failed and its first did not. Called by IPython."""
        failed = result.error_before_exec or result.error_in_exec
        source = result.info.raw_cell
        if failed is None:
            self._done.add(source)
        elif source in self._done and not isinstance(failed, _SAYS_IT_ITSELF):
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
