"""The live viewer of a sealed file: what to change, what each reader gets, and the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from ..calls import outcomes
from ..parts import WIDE, button, choice, html, row, shown
from ..twin import Heading, Words

if TYPE_CHECKING:
    from .sealed import SealedWidget


class SealedView:
    """`box` is the widget; `draw` shows the file as it is now, and what the readers got."""

    def __init__(self, sealed: SealedWidget) -> None:
        self._sealed = sealed
        self._says = w.HTML()
        self._outcome = w.HTML()
        self._parts = w.HTML()
        names = [each.name for each in sealed.fields]
        self._field = choice(w.Dropdown, "Field", names, names[-1], lambda _: self._limit())
        self._byte = w.BoundedIntText(0, description="Byte of the field", style=WIDE)
        self._cut = w.BoundedIntText(1, min=1, max=sealed.fields[-1].start, description="Bytes at the end", style=WIDE)
        self._limit()
        changes = (
            row(self._field, self._byte, button("Change this byte", self._flip, "primary")),
            row(self._cut, button("Cut them off", self._cut_off)),
            row(
                button("Expect another context", self._other_context),
                button("Restore the file", self._restore),
                button("Take the key away", self._take, tooltip="Calls DisableKey"),
                button("Give the key back", self._give, tooltip="Calls EnableKey"),
            ),
        )
        note = "Changes are made to a copy. To take the key away, DisableKey is called, and to give it back, EnableKey."
        head = shown([Heading("A sealed file"), Words(note, "note")])
        self.box = w.VBox([head, *changes, self._says, self._outcome, self._parts])
        self.draw()

    def draw(self) -> None:
        """Show what was changed, and what came of it."""
        self._says.value = html(self._sealed.says, "status")
        self._outcome.value = html(outcomes(self._sealed.made), "status") if self._sealed.made else ""
        self._parts.value = html(self._sealed.parts())

    def _limit(self) -> None:
        self._byte.max = next(each.length for each in self._sealed.fields if each.name == self._field.value) - 1

    def _flip(self) -> None:
        self._sealed.flip(self._field.value, self._byte.value)

    def _cut_off(self) -> None:
        self._sealed.cut(self._cut.value)

    def _other_context(self) -> None:
        self._sealed.expect({"another": "context"})

    def _restore(self) -> None:
        self._sealed.restore()

    def _take(self) -> None:
        self._sealed.take_key_away()

    def _give(self) -> None:
        self._sealed.give_key_back()
