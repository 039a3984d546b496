"""The live graph: a menu of keys, and the picture with its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..parts import button, choice, html, row, shown
from ..twin import Heading, Words, one_line

if TYPE_CHECKING:
    from .reach import ReachWidget


class ReachView:
    """`box` is the widget; `draw` shows the chosen key's links."""

    def __init__(self, reach: ReachWidget) -> None:
        self._reach = reach
        self._busy = False
        self._says = w.HTML()
        self._parts = w.HTML()
        self._keys = choice(w.Dropdown, "Key", self._options(), reach.value, self._show)
        self._keys.layout = {"width": "40em", "max_width": "100%"}
        refresh = button("Refresh", self._refresh)
        self.box = w.VBox(
            [shown([Heading("Who reaches which key")]), row(self._keys, refresh), self._says, self._parts]
        )
        self.draw()

    def _options(self) -> list[tuple[str, str]]:
        named = [(f"{one_line(name, 60)} ({arn[-4:]})", arn) for arn, name in self._reach.keys.items()]
        return [("All keys", ""), *named]

    def draw(self) -> None:
        """Show the links."""
        self._busy = True
        self._keys.options = self._options()
        self._keys.value = self._reach.value
        self._busy = False
        self._says.value = html([Words(self._reach.says)], "status")
        self._parts.value = html(self._reach.parts())

    def _show(self, key: Any) -> None:
        if not self._busy:
            self._reach.show(key)

    def _refresh(self) -> None:
        self._reach.refresh()
