"""The live timeline: the picture, and under it how many days to go forward, what would happen, and the button for it.

No slider: ipywidgets gives its handle no name, and a screen reader could not say what it moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from ..parts import WIDE, button, html, row, shown
from ..twin import Heading, Words
from .rotation import LONGEST

if TYPE_CHECKING:
    from .rotation import RotationWidget


_JUMPS = {"1 day": 1, "90 days": 90, "1 year": 365}


class RotationView:
    """`box` is the widget; `draw` shows the timeline anew. The small buttons set the number, and move nothing."""

    def __init__(self, rotation: RotationWidget) -> None:
        self._rotation = rotation
        self._parts = w.HTML()
        self._would = w.HTML()
        self._number = w.BoundedIntText(
            rotation.days, min=1, max=LONGEST, description="Days to go forward", style=WIDE, layout={"width": "24em"}
        )
        self._number.observe(lambda change: self._set(change["new"]), "value")
        jumps = [button(words, self._jump(days)) for words, days in _JUMPS.items()]
        to_next = button("To the next rotation", lambda: self._set(rotation.first_days))
        self._go = button("Move the lab's clock forward", self._forward, "primary")
        refresh = button("Refresh", self._refresh)
        moving = (
            [row(self._number, *jumps, to_next), self._would, row(self._go, refresh)]
            if rotation.can_move
            else [refresh]
        )
        self.box = w.VBox([shown([Heading("A key's material over time")]), self._parts, *moving])
        self.draw()

    def draw(self) -> None:
        """Show the timeline, and what going forward would do."""
        self._parts.value = html(self._rotation.parts())
        self._number.value = self._rotation.days
        self._tell()

    def _tell(self) -> None:
        self._would.value = html([Words(self._rotation.would(), "note")], "status")

    def _jump(self, days: int) -> Callable[[], None]:
        return lambda: self._set(days)

    def _set(self, days: int) -> None:
        self._rotation.days = days
        self._number.value = self._rotation.days
        self._tell()

    def _forward(self) -> None:
        self._rotation.forward()

    def _refresh(self) -> None:
        self._rotation.refresh()
