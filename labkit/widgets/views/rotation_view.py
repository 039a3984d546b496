"""The live timeline: the picture, and under it the slider with what it would do, and the button that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..parts import WIDE, button, html, row, shown
from ..twin import Heading, Words
from .rotation import LONGEST

if TYPE_CHECKING:
    from .rotation import RotationWidget


class RotationView:
    """`box` is the widget; `draw` shows the timeline anew. Slider and number are one value, set by either."""

    def __init__(self, rotation: RotationWidget) -> None:
        self._rotation = rotation
        self._parts = w.HTML()
        self._would = w.HTML()
        # ipywidgets gives the slider's handle no name: the number beside it has one, and does the same
        self._slider = w.IntSlider(rotation.days, 1, LONGEST, readout=False, layout={"width": "24em"})
        self._number = w.BoundedIntText(
            rotation.days, min=1, max=LONGEST, description="Days to go forward", style=WIDE, layout={"width": "24em"}
        )
        self._slider.observe(self._set, "value")
        self._number.observe(self._set, "value")
        self._go = button("Move the lab's clock forward", self._forward, "primary")
        refresh = button("Refresh", self._refresh)
        moving = (
            [row(self._number, self._slider), self._would, row(self._go, refresh)] if rotation.can_move else [refresh]
        )
        self.box = w.VBox([shown([Heading("A key's material over time")]), self._parts, *moving])
        self.draw()

    def draw(self) -> None:
        """Show the timeline, and what the slider would do."""
        self._parts.value = html(self._rotation.parts())
        self._number.value = self._slider.value = self._rotation.days
        self._tell()

    def _tell(self) -> None:
        self._would.value = html([Words(self._rotation.would(), "note")], "status")

    def _set(self, change: Any) -> None:
        self._rotation.days = change["new"]
        self._number.value = self._slider.value = self._rotation.days
        self._tell()

    def _forward(self) -> None:
        self._rotation.forward()

    def _refresh(self) -> None:
        self._rotation.refresh()
