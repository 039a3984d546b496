"""The live diagram of a key's states: the picture, a button for each operation, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from ..console.actions import ACTIONS, DAYS, LONGEST, SHORTEST, warning
from ..console.pages import outcomes
from ..console.parts import button, checkbox, html, row, shown, text
from ..twin import Heading, Words
from .key_states import OFFERED

if TYPE_CHECKING:
    from .key_states import KeyStatesWidget


class KeyStatesView:
    """`box` is the widget; `draw` shows the state anew."""

    def __init__(self, states: KeyStatesWidget) -> None:
        self._states = states
        self._says = w.HTML()
        self._parts = w.HTML()
        self._outcome = w.HTML()
        self._question = w.VBox()
        self._buttons = {name: button(ACTIONS[name].operation, self._asked(name)) for name in OFFERED}
        buttons = row(*self._buttons.values(), button("Refresh", self._refresh))
        title = shown([Heading("The states of a key")])
        self.box = w.VBox([title, self._says, buttons, self._question, self._outcome, self._parts])
        self.draw()

    def draw(self) -> None:
        """Show where the key is, and what came of the last call."""
        states = self._states
        self._says.value = html([Words(states.says, "" if states.value else "refused")], "status")
        self._parts.value = html(states.parts())
        self._outcome.value = html(outcomes(states.made), "status") if states.made else ""

    def _refresh(self) -> None:
        self._states.refresh()

    def _asked(self, name: str) -> Callable[[], None]:
        def act() -> None:
            self._question.children = []
            if ACTIONS[name].confirmation:
                self._ask(name)
            else:
                self._states.act(name)

        return act

    def _ask(self, name: str) -> None:
        """Say what is at stake; the call is made once the box is ticked."""
        stake = w.HTML()
        go = button("Schedule deletion", lambda: self._do(name, days_of()), "primary")

        def days_of() -> int:
            """Read the days; 0 where they are none that KMS takes."""
            written = days.value.strip()
            return int(written) if written.isdecimal() and SHORTEST <= int(written) <= LONGEST else 0

        def sync() -> None:
            wanted = days_of()
            said = warning(name, wanted) if wanted else f"The waiting period is {SHORTEST} to {LONGEST} days."
            stake.value = html([Words(said, "note")], "status")
            confirm.description = ACTIONS[name].confirmation.format(days=days.value.strip())
            go.disabled = not (wanted and confirm.value)

        days = text("Waiting period (in days)", str(DAYS), lambda _: sync())
        confirm = checkbox("", False, lambda _: sync())
        sync()
        cancel = button("Cancel", lambda: self._leave(name))
        self._question.children = [stake, days, confirm, row(go, cancel)]
        days.focus()

    def _leave(self, name: str) -> None:
        self._question.children = []
        self._buttons[name].focus()

    def _do(self, name: str, days: int) -> None:
        self._states.act(name, days)
        self._leave(name)
