"""The exercise engine: a task, a ladder of hints, a solution, and a check that looks at the account.

Knows nothing of KMS and changes nothing: a check reads through `lab.observer` (which leaves no trace) and
`lab.events()`. What an exercise says is data (exercises.toml); how it is checked is a function (checks.py).
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, Protocol, TypeVar

from botocore.exceptions import ClientError

from ..errors import LabError
from .answers import Form, no_answer, not_of, plain
from .looking import OneLook
from .needs import Made

Status = Literal["solved", "not yet", "not attempted", "could not tell"]

MARKS: dict[Status, str] = {"solved": "✔", "not yet": "…", "not attempted": "○", "could not tell": "?"}
"""A sign beside each word, so that colour is never needed to tell them apart."""


class LabView(Protocol):
    """The part of a lab that a check may use."""

    name: str
    region: str
    observer: Any

    @property
    def simulated(self) -> bool: ...

    def events(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Wrong:
    """A typical wrong answer: the code a learner writes, and a phrase that the check must answer with."""

    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Spec:
    """One exercise as its data file has it: `title` is its heading in the notebook, "### Exercise: <title>".

    Texts are plain; `task` and `hints` may hold `code` in backquotes. `answer` is the form of the answer that is asked
    for (None: the exercise looks at the account alone), `needs` what cells above must have made.
    """

    id: str
    title: str
    task: str
    hints: tuple[str, ...]
    solution: str
    wrong: tuple[Wrong, ...]
    answer: Form | None = "any"
    needs: tuple[Made, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found. `message` says what was looked at and what is missing, never the answer."""

    status: Status
    message: str

    def __repr__(self) -> str:
        return f"{self.status}: {self.message}"

    def _repr_html_(self) -> str:
        return f"<p>{MARKS[self.status]} <b>{escape(self.status)}</b>: {with_code(self.message)}</p>"


@dataclass(frozen=True, slots=True)
class Hint:
    """One step of the ladder."""

    step: int
    steps: int
    text: str

    def __repr__(self) -> str:
        return f"Hint {self.step} of {self.steps}: {self.text}"

    def _repr_html_(self) -> str:
        return f"<p><b>Hint {self.step} of {self.steps}</b>: {with_code(self.text)}</p>"


@dataclass(frozen=True, slots=True)
class Solution:
    """Code that solves the exercise; run it in the exercise's own cell."""

    code: str

    def __repr__(self) -> str:
        return self.code

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.code)}</pre>"


Check = Callable[[LabView, Any], Outcome]
T = TypeVar("T")

RUN_ABOVE = "to run all cells above this one, select it, and choose Run → Run All Above Selected Cell."
COME_BACK = "restart the kernel, select this cell, and choose Run → Run All Above Selected Cell."
"""How a learner gets the account back as the exercise found it (README and lab 00 say the same)."""


# How services say that there is no such thing: a learner may have deleted what a check looks at.
_GONE = frozenset(
    {
        "InvalidVolume.NotFound",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchKey",
        "NotFoundException",
        "ResourceNotFoundException",
        "TrailNotFoundException",
    }
)


class MovedOn(Exception):
    """Raised by a check: later cells of the lab took away what the exercise needs. The text says what they did."""


class Gone(Exception):
    """Raised by a check: something that cells made is not in the account any more. The text names it."""


class Missing(Exception):
    """Raised by a check: a cell has not been run. The text is the id of what it makes (`Made.id`)."""


class CannotJudge(Exception):
    """Raised by a check that meets what it cannot judge. The text says what that is."""


def solved(message: str) -> Outcome:
    """Say that the work is there and right."""
    return Outcome("solved", message)


def not_yet(message: str) -> Outcome:
    """Something is there; `message` says what was looked at and what is missing."""
    return Outcome("not yet", message)


def not_attempted(message: str = "Nothing of this exercise is in the account so far.") -> Outcome:
    """Nothing has been done yet."""
    return Outcome("not attempted", message)


def unanswered() -> Outcome:
    """Say that the exercise asks for an answer, and none was given."""
    return not_attempted("`answer` is still None.")


def no_number(answer: Any) -> Outcome | None:
    """Find what to say if the answer should be a whole number and is none; None if it is one."""
    if answer is None:
        return unanswered()
    wrong = not_of("number", answer)
    return not_yet(wrong) if wrong else None


def no_text(answer: Any, what: str) -> Outcome | None:
    """Find what to say if the answer should be a text and is none; None if it is one. `what`: of what, "the Sid"."""
    if answer is None:
        return unanswered()
    if not isinstance(answer, str):
        return not_yet(f"The answer should be {what}, as text; this is {type(answer).__name__}.")
    return None


def with_code(text: str) -> str:
    """Escaped HTML of a text, with `backquoted` parts as code."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:  # an unpaired backquote is just a character
        return escape(text)
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _missing(made: Made) -> Outcome:
    """A cell above has not been run."""
    return not_attempted(
        f"This exercise needs {made.what}. Nothing has made that in this account so far: run {made.place()}. "
        f"Or, {RUN_ABOVE}"
    )


def _could_not_tell(error: Exception) -> Outcome:
    """The check failed: our fault."""
    return Outcome(
        "could not tell",
        f"The check itself failed ({type(error).__name__}: {error}). That is not your mistake. For a fresh account to "
        f"look at, {COME_BACK}",
    )


def printed_in_scripts(shown: T) -> T:
    """Print the value in a script, and return it. Notebooks and prompts show a value that stands last by themselves."""
    if not hasattr(sys, "ps1") and not hasattr(builtins, "get_ipython") and sys.stdout is not None:
        sys.stdout.write(f"{shown!r}\n")
    return shown


Told = Callable[[Spec, Outcome], None]


def tell_nobody(_spec: Spec, _outcome: Outcome) -> None:
    """Keep nothing of what a check found."""


class Exercise:
    """One exercise in one lab: `check()`, `hint()`, `solution()`. `told` hears of each outcome."""

    def __init__(self, spec: Spec, lab: LabView, check: Check, told: Told = tell_nobody) -> None:
        self.spec = spec
        self._lab = lab
        self._check = check
        self._told = told
        self._step = 0

    def check(self, answer: Any = None) -> Outcome:
        """Look at the account (and at `answer`, where the exercise asks for one). Changes nothing.

        The check gets numbers and texts of numpy as Python's own (`plain`), and no answer that can't be one. In a plain
        script, which shows no values of its own accord, the outcome is printed; so are hints and solutions.
        """
        outcome = self._checked(answer)
        self._told(self.spec, outcome)
        return printed_in_scripts(outcome)

    def _checked(self, answer: Any) -> Outcome:
        if self.spec.answer is None:
            answer = None
        if wrong := no_answer(answer):
            return not_yet(wrong)
        lab = OneLook(self._lab)
        try:
            events = lab.events()
            told = [made for made in self.spec.needs if self._lab.simulated or made.in_history]
            if missing := next((made for made in told if not made.is_in(events)), None):
                return _missing(missing)
            if wrong := not_of(self.spec.answer or "any", answer):
                return not_yet(wrong)
            return self._check(lab, plain(answer))
        except Missing as missed:
            return _missing(next(made for made in self.spec.needs if made.id == str(missed)))
        except MovedOn as later:
            return not_yet(f"The lab has gone on past this exercise: {later} To come back to it, {COME_BACK}")
        except (Gone, StopIteration) as gone:  # StopIteration: of `next`, which found nothing
            what = f"{gone} is" if isinstance(gone, Gone) else "Something that this exercise looks at is"
            return not_yet(f"{what} not in the account any more. To have it again, {COME_BACK}")
        except CannotJudge as unclear:
            return Outcome("could not tell", f"The check cannot judge this: {unclear}. Try it with simpler means.")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                return _could_not_tell(error)
            return not_yet(
                f"What this exercise looks at is not in the account ({error}). If it was deleted, {COME_BACK}"
            )
        except LabError as over:  # the lab is over, or its account is gone: the message says how to go on
            return Outcome("could not tell", str(over))
        except Exception as error:  # whatever goes wrong in a check is told, never thrown at a learner
            return _could_not_tell(error)

    def hint(self) -> Hint:
        """Give the next hint; each call goes one step further, and the last one stays."""
        self._step = min(self._step + 1, len(self.spec.hints))
        return printed_in_scripts(Hint(self._step, len(self.spec.hints), self.spec.hints[self._step - 1]))

    def solution(self) -> Solution:
        """Show one way to solve it."""
        return printed_in_scripts(Solution(self.spec.solution.strip()))

    def __repr__(self) -> str:
        return self.spec.task

    def _repr_html_(self) -> str:
        return f"<p>{with_code(self.spec.task)}</p>"
