"""The live console: navigation, what came of the last action, and the view of the place. The console does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..calls import outcomes
from ..parts import button, html, row
from ..twin import Heading
from .form_view import FormView
from .key_view import KeyView
from .list_view import ListView, StoresView
from .pages import CREATE_KEY, CUSTOMER_MANAGED, NAVIGATION, STORES

if TYPE_CHECKING:
    from .console import Console


class ConsoleView:
    """`box` is the widget. `draw` shows the place as it is; `arrive` puts the focus where one goes on there."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._busy = False
        self._navigation = w.ToggleButtons(options=NAVIGATION, value=CUSTOMER_MANAGED, style={"button_width": "auto"})
        self._navigation.observe(self._went, "value")
        self._title = w.HTML()
        self._outcome = w.HTML()
        self._room = w.VBox()
        self._place: Any = None
        head = row(self._navigation, button("Refresh", self._refresh))
        name = w.HTML(html([Heading("Key Management Service (KMS)")]))
        self.box = w.VBox([name, head, self._title, self._outcome, self._room])
        self.draw()

    def draw(self) -> None:
        """Show where the console is now. A key's page that is open stays, with what is being written there."""
        console = self._console
        self._busy = True
        self._navigation.value = console.place if console.place in NAVIGATION else CUSTOMER_MANAGED
        self._busy = False
        self.tell()
        if isinstance(self._place, KeyView) and self._place.page is console.page:
            self._place.draw()
            return
        self._place = self._made()
        self._room.children = [self._place.box]

    def _made(self) -> Any:
        console = self._console
        if console.page is not None:
            return KeyView(console)
        if console.place == CREATE_KEY:
            return FormView(console, self)
        return StoresView(console) if console.place == STORES else ListView(console, self)

    def arrive(self) -> None:
        """Put the focus where one goes on."""
        if self._place.first is not None:
            self._place.first.focus()

    def tell(self) -> None:
        """Show the place's title, and what came of the last action."""
        self._title.value = html([Heading(self._console.title, 2)])
        made = self._console.made
        self._outcome.value = html(outcomes(made), "status") if made else ""

    def _went(self, change: Any) -> None:
        if not self._busy:
            self._console.go(change["new"])

    def _refresh(self) -> None:
        self._console.refresh()
