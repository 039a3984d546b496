"""The live viewer of calls: a menu, two buttons to go through them, and the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..parts import button, html, row, shown
from ..twin import Heading, Words

if TYPE_CHECKING:
    from .inner_calls import InnerCallsWidget


class InnerCallsView:
    """`box` is the widget; `draw` shows the chosen call."""

    def __init__(self, calls: InnerCallsWidget) -> None:
        self._calls = calls
        self._busy = False
        self._says = w.HTML()
        self._picture = w.HTML()
        self._menu = w.Dropdown(description="Call", layout={"width": "52em", "max_width": "100%"})
        self._menu.observe(self._picked, "value")
        self._earlier = button("Earlier call", self._go_back)
        self._later = button("Later call", self._go_on)
        buttons = row(self._menu, self._earlier, self._later, button("Refresh", self._refresh))
        self.box = w.VBox([shown([Heading("A call and its inner calls")]), buttons, self._says, self._picture])
        self.draw()

    def draw(self) -> None:
        """Show the chosen call."""
        calls = self._calls
        self._busy = True
        self._menu.options = calls.options
        if calls.calls:
            self._menu.value = calls.number
        self._busy = False
        self._earlier.disabled = calls.number <= 1
        self._later.disabled = calls.number >= len(calls.calls)
        self._says.value = html([Words(calls.says)], "status")
        self._picture.value = html(calls.parts())

    def _picked(self, change: Any) -> None:
        if not self._busy and change["new"] is not None:
            self._calls.pick(change["new"])

    def _go_back(self) -> None:
        self._calls.go(-1)

    def _go_on(self) -> None:
        self._calls.go(1)

    def _refresh(self) -> None:
        self._calls.refresh()
