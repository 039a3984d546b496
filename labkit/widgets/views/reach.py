"""The graph of who reaches which key and how: `lab.reach_graph()`. Choose a key, or see all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...audit.facts.reader import CouldNotRead
from ..frame import Widget
from ..twin import Heading, Part, Table, Twin, Words
from .drawn import drawn
from .reach_facts import Link, Reached, reached
from .reach_picture import ReachPicture

if TYPE_CHECKING:
    from .reach_view import ReachView

_MOST_ROWS = 200
_NOTE = (
    "Another account is taken to allow it on its side. Service and resource control policies are not read: they can "
    "only take away. Keys that are pending deletion are left out, and what roles and users may only look at."
)


class ReachWidget(Widget):
    """The live graph. `value` is the ARN of the chosen key, "" for all; `links` are what is shown."""

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients
        self._chosen = ""
        self._read()

    def _read(self) -> None:
        try:
            self.reached = reached(self._clients)
        except CouldNotRead as refused:
            self.reached = Reached((), {}, (f"{refused.permission} was refused ({refused.code}): {refused.text}",))

    @property
    def value(self) -> str:
        """The ARN of the chosen key; "" where all are shown."""
        return self._chosen

    @property
    def keys(self) -> Mapping[str, str]:
        """The keys: ARN and name."""
        return self.reached.keys

    @property
    def links(self) -> tuple[Link, ...]:
        """The ways to the chosen key, or to all of them."""
        return tuple(each for each in self.reached.links if self._chosen in ("", each.key))

    @property
    def picture(self) -> ReachPicture:
        """The picture alone, which any page shows."""
        return ReachPicture(self.links, self.keys)

    def show(self, key: str = "") -> ReachWidget:
        """Choose a key by its ARN, ID or name (an alias, else its description); "" shows all."""
        found = [arn for arn, name in self.keys.items() if key in (arn, arn.rpartition("/")[2], name)]
        if key and not found:
            raise ValueError(f"The graph has no key {key!r}; it has {', '.join(self.keys.values())}.")
        self._chosen = found[0] if key else ""
        return self.redraw()

    def refresh(self) -> ReachWidget:
        """Read the account again."""
        self._read()
        self._chosen = self._chosen if self._chosen in self.keys else ""
        return self.redraw()

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def says(self) -> str:
        """One line: how many reach what."""
        who, keys = (len({getattr(each, name) for each in self.links}) for name in ("who", "key"))
        if self._chosen:
            return f"{self.keys[self._chosen]} is reached by {who}."
        return f"Of {len(self.keys)} keys, {keys} are reached by somebody, and {who} reach a key."

    def parts(self) -> list[Part]:
        """Make the picture, and the same as a table."""
        rows = [
            (each.who, self.keys[each.key], each.how, each.condition, each.says) for each in self.links[:_MOST_ROWS]
        ]
        columns = ("From", "To", "By", "Under a condition", "Actions")
        return [
            drawn(self.picture, "Who reaches which key, and how. The table says the same."),
            Table("Who reaches which key", columns, rows, "nobody"),
            Words(_NOTE, "note"),
            *(Words(each, "note") for each in self.reached.left_out[:20]),
        ]

    def twin(self) -> Twin:
        """Show the graph."""
        return Twin((Heading("Who reaches which key"), Words(self.says), *self.parts()))

    def make_view(self) -> ReachView:
        """Make the live graph."""
        from .reach_view import ReachView

        return ReachView(self)
