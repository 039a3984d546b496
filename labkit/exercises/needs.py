"""What an exercise rests on: things that cells of its notebook make, seen in the trail, and the place on the page.

Reads the records only. A thing that was made and deleted since counts as made: the check itself says what it misses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Data events, which CloudTrail's event history of a real account does not have ("Logging data events", CloudTrail User
# Guide): whether such a call was made it can't tell.
DATA_EVENTS = frozenset({
    "PutObject", "GetObject", "HeadObject", "CopyObject", "DeleteObject", "Invoke", "Publish", "SendMessage",
    "PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """What one cell makes: the call that shows it, and where the cell is.

    `having` are request parameters of the call (a text that ends in "*" is the beginning of one), `line` stands in the
    cell, `under` is the heading above it ("" before the first heading of a section).
    """

    id: str
    what: str
    call: str
    having: Mapping[str, Any]
    line: str
    under: str
    error: str = ""
    region: str = ""

    def is_in(self, events: Iterable[Mapping[str, Any]]) -> bool:
        """Tell whether some record is of the call."""
        return any(self._is(event) for event in events)

    def _is(self, event: Mapping[str, Any]) -> bool:
        if event["eventName"] != self.call or event.get("errorCode", "") != self.error:
            return False
        if self.region and event["awsRegion"] != self.region:
            return False
        asked = event.get("requestParameters") or {}
        return all(_agrees(asked.get(name), wanted) for name, wanted in self.having.items())

    @property
    def in_history(self) -> bool:
        """Tell whether the event history of a real account shows the call."""
        return self.call not in DATA_EVENTS

    def place(self) -> str:
        """Say where on the page the cell is."""
        where = f"in the section “{self.under}”" if self.under else "at the top of the page"
        return f"the cell with `{self.line}`, {where}"


def _agrees(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and wanted.endswith("*"):
        return str(given).startswith(wanted[:-1])
    return bool(given == wanted)
