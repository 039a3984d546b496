"""A key's page: key actions with what they ask before, tabs, the two views of a policy, the pages of grants."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from ..twin import Heading, Words
from .actions import ACTIONS, DAYS, LONGEST, SCHEDULE, SHORTEST, offered, warning
from .key_page import DEFAULT_VIEW, GRANTS, POLICY, POLICY_VIEW, KeyPage
from .parts import button, checkbox, html, row, shown

if TYPE_CHECKING:
    from .console import Console
    from .view import ConsoleView


class KeyView:
    """The page of the console's open key. `first` has the focus after it was opened."""

    def __init__(self, console: Console, above: ConsoleView) -> None:
        assert console.page is not None
        self._console = console
        self._page: KeyPage = console.page
        self._above = above
        self._question = w.VBox()
        self._body = w.HTML()
        self._turners = w.VBox()
        self._tabs = w.ToggleButtons(
            options=self._page.tabs, value=console.tab, tooltips=self._page.tabs, style={"button_width": "auto"}
        )
        self._tabs.observe(self._chose, "value")
        back = button("Back to the list", self._back)
        actions = [button(name, self._asked(name)) for name in offered(self._page.key)]
        self.first = back
        general = shown([Heading("General configuration", 2), *self._page.general()])
        self.box = w.VBox(
            [row(back, *actions), self._question, general, self._tabs, self._body, self._turners],
        )
        self._draw()

    def _back(self) -> None:
        self._console.page, self._console.made = None, ()
        self._above.draw()

    def _chose(self, change: dict[str, str]) -> None:
        self._console.tab = change["new"]
        self._draw()
        self._console.changed()

    def _draw(self) -> None:
        tab, page = self._console.tab, self._page
        self._body.value = html(page.tab(tab))
        turners = []
        if tab == POLICY:
            other = POLICY_VIEW if page.policy_view == DEFAULT_VIEW else DEFAULT_VIEW
            turners = [button(f"Switch to {other}", self._switch(other))]
        if tab == GRANTS:
            turners = [button("Previous grants", self._turn(-1)), button("Next grants", self._turn(1))]
            turners[1].disabled = not page.more_grants
        self._turners.children = [row(*turners)] if turners else []

    def _switch(self, view: str) -> Callable[[], None]:
        def act() -> None:
            self._page.policy_view = view
            self._draw()
            self._console.changed()
            self._turners.children[0].children[0].focus()

        return act

    def _turn(self, pages: int) -> Callable[[], None]:
        def act() -> None:
            self._page.grants_turn(pages)
            self._draw()
            self._console.changed()
            self._turners.children[0].children[0 if pages < 0 else 1].focus()

        return act

    def _asked(self, name: str) -> Callable[[], None]:
        def act() -> None:
            if ACTIONS[name].confirmation:
                self._ask(name)
            else:
                self._do(name)

        return act

    def _ask(self, name: str) -> None:
        """Show what is at stake, and a box to tick: the action's own button works only then."""
        days = w.BoundedIntText(
            DAYS, min=SHORTEST, max=LONGEST, description="Waiting period (in days)", style={"description_width": "14em"}
        )
        stake = shown([Words(warning(name), "note")])
        go = button("Schedule deletion" if name == SCHEDULE else name, lambda: self._do(name, days.value), "primary")
        go.disabled = True

        def ticked(value: bool) -> None:
            go.disabled = not value

        confirm = checkbox(ACTIONS[name].confirmation.format(days=days.value), False, ticked)

        def counted(change: dict[str, int]) -> None:
            stake.value = html([Words(warning(name, change["new"]), "note")])
            confirm.description = ACTIONS[name].confirmation.format(days=change["new"])

        days.observe(counted, "value")
        cancel = button("Cancel", self._leave)
        self._question.children = [shown([Heading(name, 2)]), stake, days, confirm, row(go, cancel)]
        days.focus()

    def _leave(self) -> None:
        self._question.children = []
        self.first.focus()

    def _do(self, name: str, days: int = DAYS) -> None:
        self._console.act(name, days)
        self._above.draw()
