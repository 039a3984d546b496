"""The live diagram of a key's states: the picture, a button for each operation, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from ..calls import outcomes
from ..key_actions import ACTIONS
from ..parts import button, html, row, shown
from ..question import Question
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
        self._question = Question()
        self._buttons = {name: button(ACTIONS[name].operation, self._asked(name)) for name in OFFERED}
        buttons = row(*self._buttons.values(), button("Refresh", self._refresh))
        title = shown([Heading("The states of a key")])
        self.box = w.VBox([title, self._says, buttons, self._question.box, self._outcome, self._parts])
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
        back = self._focus(name)

        def do(days: int) -> None:
            self._states.act(name, days)
            self._question.leave(back)

        def act() -> None:
            self._question.leave()
            if ACTIONS[name].confirmation:
                self._question.ask_for_deletion(do, back)
            else:
                self._states.act(name)

        return act

    def _focus(self, name: str) -> Callable[[], None]:
        return lambda: self._buttons[name].focus()
