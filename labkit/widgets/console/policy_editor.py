"""Where one writes a key policy: the text, then what AWS would refuse and who gains and loses, then Save."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets as w

from ..calls import Outcome, outcomes
from ..parts import button, html, lines, row, shown
from ..twin import Heading, Words
from .key_page import KeyPage, pretty

if TYPE_CHECKING:
    from .console import Console

REVIEW, SAVE = "Show what changes", "Save changes"
_FIRST = f"Edit the key policy, then look at what changes. {SAVE} works after that."


class PolicyEditor:
    """`box` is the editor; `first` has the focus. Nothing is sent before `save`."""

    def __init__(self, console: Console, page: KeyPage, save: Callable[[str], None], leave: Callable[[], None]) -> None:
        self._console = console
        written = pretty(page.policy or "")
        self.first = lines("Text of the key policy", written, lambda _: self._wrote(), {"width": "99%"})
        self.first.rows = 18
        self.first.add_class("labkit-editor")
        self._found = w.HTML()
        self._save = button(SAVE, lambda: save(self.first.value), "primary")
        buttons = row(button(REVIEW, self._review), self._save, button("Cancel", leave))
        self.box = w.VBox([shown([Heading("Edit key policy", 2)]), self.first, buttons, self._found])
        self._wrote()

    def _wrote(self) -> None:
        self._save.disabled = True
        self._found.value = html([Words(_FIRST, "note")], "status")

    def refused(self, made: Sequence[Outcome]) -> None:
        """Show what AWS said; what was written stays."""
        self._found.value = html(outcomes(made), "alert")
        self.first.focus()

    def _review(self) -> None:
        self._found.value = html([Words("Asking the policy engine …", "note")], "status")
        self._found.value = html(self._console.policy_changes(self.first.value).parts, "status")
        self._save.disabled = False
