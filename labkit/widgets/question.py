"""The question before an action that loses something: what is at stake, and a box to tick before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from .key_actions import ACTIONS, DAYS, LONGEST, SCHEDULE, SHORTEST, warning
from .parts import button, checkbox, html, row, shown, text
from .twin import Heading, Words


class Question:
    """`box` is empty until something is asked; afterwards, and after Cancel, `back` puts the focus where it was."""

    def __init__(self) -> None:
        self.box = w.VBox()

    def leave(self, back: Callable[[], None] | None = None) -> None:
        """Take the question away."""
        self.box.children = []
        if back is not None:
            back()

    def ask(
        self, title: str, stake: str, confirmation: str, words: str, do: Callable[[], None], back: Callable[[], None]
    ) -> None:
        """Ask before `do`; its button, with these words, works once the box is ticked."""
        go = button(words, do, "primary")
        go.disabled = True

        def tick(ticked: bool) -> None:
            go.disabled = not ticked

        confirm = checkbox(confirmation, False, tick)
        self._show(title, [shown([Words(stake, "note")], "status"), confirm], go, back)
        confirm.focus()

    def ask_for_deletion(self, do: Callable[[int], None], back: Callable[[], None]) -> None:
        """Ask for the waiting period of a key's deletion, and before it is scheduled."""
        stake = w.HTML()
        go = button("Schedule deletion", lambda: do(days_of()), "primary")

        def days_of() -> int:
            """Read the days; 0 where they are none that KMS takes."""
            written = days.value.strip()
            return int(written) if written.isdecimal() and SHORTEST <= int(written) <= LONGEST else 0

        def sync() -> None:
            wanted = days_of()
            said = warning(SCHEDULE, wanted) if wanted else f"The waiting period is {SHORTEST} to {LONGEST} days."
            stake.value = html([Words(said, "note")], "status")
            confirm.description = ACTIONS[SCHEDULE].confirmation.format(days=days.value.strip())
            go.disabled = not (wanted and confirm.value)

        days = text("Waiting period (in days)", str(DAYS), lambda _: sync())
        confirm = checkbox("", False, lambda _: sync())
        sync()
        self._show(SCHEDULE, [stake, days, confirm], go, back)
        days.focus()

    def _show(self, title: str, fields: list[Any], go: Any, back: Callable[[], None]) -> None:
        cancel = button("Cancel", lambda: self.leave(back))
        self.box.children = [shown([Heading(title, 2)]), *fields, row(go, cancel)]
