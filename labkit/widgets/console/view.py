"""The live console: navigation, what came of the last action, and the view of the place. The console does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..twin import Heading
from . import pages
from .form_view import FormView
from .key_view import KeyView
from .list_view import ListView, StoresView
from .pages import CREATE_KEY, CUSTOMER_MANAGED, NAVIGATION, STORES
from .parts import button, html, row

if TYPE_CHECKING:
    from .console import Console


class ConsoleView:
    """`box` is the widget. `draw` shows the place anew, and puts the focus where one goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._busy = False
        self._navigation = w.ToggleButtons(options=NAVIGATION, value=CUSTOMER_MANAGED, style={"button_width": "auto"})
        self._navigation.observe(self._went, "value")
        self._title = w.HTML()
        self._outcome = w.HTML()
        self._place = w.VBox()
        head = row(self._navigation, button("Refresh", self._refresh))
        name = w.HTML(html([Heading("Key Management Service (KMS)")]))
        self.box = w.VBox([name, head, self._title, self._outcome, self._place])
        self.draw(focus=False)

    def draw(self, *, focus: bool = True) -> None:
        """Show where the console is now."""
        console = self._console
        self._busy = True
        self._navigation.value = console.place if console.place in NAVIGATION else CUSTOMER_MANAGED
        self._busy = False
        self.tell()
        if console.page is not None:
            place: Any = KeyView(console, self)
        elif console.place == CREATE_KEY:
            place = FormView(console, self)
        elif console.place == STORES:
            place = StoresView(console)
        else:
            place = ListView(console, self)
        self._place.children = [place.box]
        console.changed()
        if focus and place.first is not None:
            place.first.focus()

    def tell(self) -> None:
        """Show the place's title, and what came of the last action."""
        self._title.value = html([Heading(self._console.title, 2)])
        made = self._console.made
        self._outcome.value = html(pages.outcomes(made), "status") if made else ""

    def _went(self, change: Any) -> None:
        if not self._busy:
            self._console.go(change["new"])
            self.draw(focus=False)

    def _refresh(self) -> None:
        self._console.refresh()
        self.draw(focus=False)
