"""Looks at the cells of a lab as they end, tells the class's page, and shows what the trainer says."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from ..exercises import Outcome, Spec
from ..exercises.engine import Told
from ..presence import folder
from ..progress import Keeper, NotKept, Store
from ..quiz import Feedback, Question
from .reporting import AGREED, Classroom, Notices

_EVENT = "post_run_cell"
SELDOM = 20.0  # seconds between two cells that are told of, if nothing else is
PAUSED = "Your trainer has paused the class, and asks you to look up."


def begin(lab: str) -> None:
    """Tell that a lab has begun, and watch its cells from now on; nothing where there is no class."""
    shell = _shell()
    if shell is not None:
        for each in list(shell.events.callbacks[_EVENT]):
            if isinstance(getattr(each, "__self__", None), Watch):
                shell.events.unregister(_EVENT, each)
    classroom = Classroom.found()
    if classroom is None:
        return
    watch = Watch(lab)
    sys.stdout.write(f"{AGREED}\n")
    watch.tell(kind="start")
    if shell is not None:
        shell.events.register(_EVENT, watch.after)


def told(lab: str) -> Told:
    """Make what hears of each check of a lab: the learner's own progress first, then the class's page."""
    keeper = Keeper(lab)

    def tell(spec: Spec, outcome: Outcome) -> None:
        keeper.checked(spec, outcome)
        if outcome.status in ("solved", "not yet"):
            Watch(lab).tell(kind="check", item=spec.id, status=outcome.status)

    return tell


def answered(lab: str) -> Callable[[Question, Feedback], None]:
    """Make what hears of each answer in a lab's quiz: the learner's own progress first, then the class's page."""
    keeper = Keeper(lab)

    def tell(question: Question, feedback: Feedback) -> None:
        keeper.answered(question, feedback)
        if feedback.status in ("right", "not right"):
            choice = "" if question.is_made else feedback.chosen  # a made question has letters of its own
            asked = {"item": question.id, "version": question.version}
            Watch(lab).tell(kind="answer", status=feedback.status, choice=choice, **asked)

    return tell


class Watch:
    """The cells of one lab."""

    def __init__(self, lab: str) -> None:
        self._lab = lab
        self._last = 0.0

    def after(self, result: Any) -> None:
        """Tell the name of an error that ended a cell, or now and then that cells are run. Called by IPython."""
        failed = result.error_before_exec or result.error_in_exec
        if failed is not None and not isinstance(failed, KeyboardInterrupt):
            self.tell(kind="error", code=name_of(failed))
        elif time.monotonic() - self._last >= SELDOM:
            self.tell(kind="cell")

    def tell(self, **event: str) -> None:
        """Send an event, if the learner still agrees, and show the answer."""
        classroom = Classroom.found()
        if classroom is None:
            return
        self._last = time.monotonic()
        notices = classroom.tell(lab=self._lab, **event)
        if notices is not None:
            _show(notices)


def name_of(error: BaseException) -> str:
    """Name an error: code and operation of what AWS refused, else its type; never its message."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        return f"{code} from {error.operation_name}"[:80]
    return type(error).__name__[:80]


def _show(notices: Notices) -> None:
    said = [PAUSED] if notices.paused else []
    said += [f"A hint from your trainer: {hint}" for hint in notices.hints]
    for lab in notices.resets:
        with suppress(NotKept):
            Store(folder()).forget_lab(lab)
        said.append(
            f"Your trainer has reset the lab {lab}: its exercises count as not solved. "
            "For a fresh account, restart the kernel and run from the top. Your notebook stays as it is."
        )
    sys.stdout.write("".join(f"{line}\n" for line in said))


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
