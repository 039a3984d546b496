"""A failed stream of AWS's Encryption SDK fails once more while Python clears it away: in a notebook, that is left out.

Since Python 3.13, what a file's close() raises while the object is finalized is printed ("io" in "What's New In Python
3.13"). The learner has had the error already, and these words would come under whichever cell runs then. All others
are passed on. Touches `sys.unraisablehook`, and only in a notebook's process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

STREAMS = "<aws_encryption_sdk.streaming_client."


class LeavesOut:
    """A hook that passes on what it does not leave out."""

    def __init__(self, before: Callable[[Any], Any]) -> None:
        self._before = before

    def __call__(self, unraisable: Any) -> None:
        """Take what could not be raised. The file is the object in 3.13, and in the words from 3.14 on."""
        if STREAMS not in f"{unraisable.err_msg} {unraisable.object!r}":
            self._before(unraisable)


def leave_last_words_out() -> None:
    """Begin to leave them out, if this is a notebook's process."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None and not isinstance(sys.unraisablehook, LeavesOut):
        sys.unraisablehook = LeavesOut(sys.unraisablehook)
