"""Says so when a cell fails that ran before in this notebook: most often, what it makes or takes away is done already.

A plain call of boto3 can't say it, and AWS's own error does not: VolumeInUse, NotFoundException, and many more. This
listens to IPython, where there is one, and touches nothing else.
"""

from __future__ import annotations

import builtins
from typing import Any

from .errors import LabError

AGAIN = (
    "You have run this cell before, and it worked. What it does may be done already: go on with the next one. To begin "
    "anew, restart the kernel and run from the top."
)
_EVENT = "post_run_cell"


class CellsRunBefore:
    """The cells that have run without an error since the lab began."""

    def __init__(self) -> None:
        self._worked: set[str] = set()

    def after(self, result: Any) -> None:
        """Note a cell that worked; print `AGAIN` below one that worked before, and failed now."""
        source = getattr(result.info, "raw_cell", None)
        if not source:
            return
        if result.success:
            self._worked.add(source)
        elif source in self._worked and not isinstance(result.error_in_exec, LabError | KeyboardInterrupt):
            print(AGAIN)  # noqa: T201  # below the error, for the learner


def watch_cells() -> None:
    """Listen from now on, in the kernel that this process is, if it is one; what was heard before is forgotten."""
    asked = getattr(builtins, "get_ipython", None)
    shell = asked() if asked else None
    if shell is None:
        return
    for heard in list(shell.events.callbacks[_EVENT]):
        if isinstance(getattr(heard, "__self__", None), CellsRunBefore):
            shell.events.unregister(_EVENT, heard)
    shell.events.register(_EVENT, CellsRunBefore().after)
