"""A call and its inner calls: pick one of the last calls, and see what services did for it: `lab.sequence_view()`.

From CloudTrail's records alone, drawn by `labkit.trail.pictures.sequence_picture`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...trail.pictures.sequence import Step, steps
from ...trail.pictures.sequence_picture import Picture
from ..frame import Widget
from ..twin import Heading, Part, Table, Twin, Words, one_line
from .drawn import drawn

if TYPE_CHECKING:
    from .inner_calls_view import InnerCallsView

MOST = 20
_LONGEST = 70  # characters of a call in a menu


class InnerCallsWidget(Widget):
    """The viewer of calls. `value` is the chosen call as a picture; the first choice is the last call with inner ones.

    `records` reads CloudTrail's records; `last` says of how many calls from the end one can be chosen.
    """

    def __init__(self, records: Callable[[], Sequence[Any]], last: int = MOST) -> None:
        if last < 1:
            raise ValueError("Ask for at least one call.")
        self._records = records
        self._last = last
        self._read()

    def _read(self) -> None:
        self.calls: tuple[Step, ...] = tuple(steps(self._records())[-self._last :])
        inner = [number for number, each in enumerate(self.calls, 1) if each.inner]
        self.number = inner[-1] if inner else len(self.calls)

    @property
    def value(self) -> Picture:
        """The chosen call with its inner calls, as a picture."""
        return Picture(self.calls[self.number - 1 : self.number] if self.calls else ())

    @property
    def picture(self) -> Picture:
        """The picture alone, which any page shows."""
        return self.value

    @property
    def options(self) -> list[tuple[str, int]]:
        """The calls that can be chosen: their words, and their numbers from 1."""
        return [(_words(number, each), number) for number, each in enumerate(self.calls, 1)]

    def pick(self, number: int) -> InnerCallsWidget:
        """Choose a call by its number in the list; the last one has the highest number."""
        if not 1 <= number <= len(self.calls):
            raise ValueError(f"There are calls 1 to {len(self.calls)}.")
        self.number = number
        return self.redraw()

    def go(self, by: int) -> InnerCallsWidget:
        """Go to an earlier or later call; before the first and after the last one, nothing happens."""
        self.number = min(max(self.number + by, 1), max(len(self.calls), 1)) if self.calls else 0
        return self.redraw()

    def refresh(self) -> InnerCallsWidget:
        """Read the records again."""
        self._read()
        return self.redraw()

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def says(self) -> str:
        """One line: which call it is, and how many inner ones it has."""
        if not self.calls:
            return "There are no calls yet."
        inner = len(self.calls[self.number - 1].inner)
        did = (
            f"Services made {inner} {'call' if inner == 1 else 'calls'} for it."
            if inner
            else "No service called for it."
        )
        return f"Call {self.number} of the last {len(self.calls)}. {did}"

    def parts(self) -> list[Part]:
        """Make the picture of the chosen call."""
        return [drawn(self.value, f"A call, and what services did for it. {self.says}")] if self.calls else []

    def twin(self) -> Twin:
        """Show the chosen call, and the list to choose from."""
        rows = [
            ("->" if number == self.number else "", str(number), each.time[11:19], _call(each), str(len(each.inner)))
            for number, each in enumerate(self.calls, 1)
        ]
        table = Table("The last calls", ("Shown", "Number", "Time", "Call", "Inner calls"), rows, "none")
        return Twin((Heading("A call and its inner calls"), Words(self.says), *self.parts(), table))

    def make_view(self) -> InnerCallsView:
        """Make the live viewer."""
        from .inner_calls_view import InnerCallsView

        return InnerCallsView(self)


def _call(step: Step) -> str:
    error = f", refused: {step.error}" if step.error else ""
    return f"{step.caller}: {step.service} {step.operation}{' ' + step.about if step.about else ''}{error}"


def _words(number: int, step: Step) -> str:
    inner = f" ({len(step.inner)} inner)" if step.inner else ""
    return f"{number}. {one_line(_call(step), _LONGEST)}{inner}"
