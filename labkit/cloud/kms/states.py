"""The one gate for key states: may this operation run on a key that is in this state, and if not, what is the error?

Driven by two tables beside this file, copied from "Key states of AWS KMS keys" (AWS KMS Developer Guide):
key-states.tsv (operation by state; Y, X, ?, N/A with footnotes) and key-state-errors.tsv (the footnotes).
operations.tsv says which row holds for an operation: its own, or for one that is newer than AWS's page its nearest
relative's (one newer row, RotateKeyOnDemand's, is ours). Where the real service was seen to answer otherwise than its
page, key-states-recorded.tsv says so, and is believed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Protocol

from ..core import kms_operations
from ..core.errors import AwsError
from .model import Key


class HasOrigin(Protocol):
    """What a footnote asks of a key."""

    @property
    def origin(self) -> str:
        """Where its material comes from: AWS_KMS, EXTERNAL, ..."""


@dataclass(frozen=True)
class Footnote:
    """A refusal and the keys that it concerns."""

    applies: Callable[[HasOrigin], bool]
    code: str
    message: str


_CONDITIONS: MappingProxyType[str, Callable[[HasOrigin], bool]] = MappingProxyType(
    {
        "always": lambda key: True,
        "external": lambda key: key.origin == "EXTERNAL",
        "not external": lambda key: key.origin != "EXTERNAL",
        "external or custom key store": lambda key: key.origin != "AWS_KMS",
    }
)
UNAVAILABLE = "11"
"""The footnote of keys in a custom key store that is not connected: its text depends on the kind of store."""
NO_KEY = "-"
"""Every cell of an operation that is about no key (ListKeys), or about one that is not there yet (CreateKey)."""
_INFORMATION = frozenset({"12", "13"})  # footnotes that refuse nothing
SUPERSEDED_FOOTNOTE = "2"
""""[2] or [3]" in the table: the real service answers [3] (recorded, GenerateDataKey)."""
_ONLY_IF = frozenset({"6", "7", "8", "9"})  # footnotes that hold for some keys; asked before the others


def check(operation: str, key: Key, now: datetime) -> None:
    """Raise AwsError if `operation` (an API operation's name) can't run on the key in its present state."""
    state = key.state(now)
    if (footnote := refusal(operation, state, key)) is not None:
        pending = "pending replica deletion" if state == "PendingReplicaDeletion" else "pending deletion"
        message = footnote.message.format(arn=key.arn, origin=key.origin, pending=pending)
        if footnote is footnotes()[UNAVAILABLE] and key.custom_store is not None:
            message = key.custom_store.not_connected
        raise AwsError(footnote.code, message)


def refusal(operation: str, state: str, key: HasOrigin) -> Footnote | None:
    """Find why `operation` can't run on a key in `state`; None if the state does not forbid it."""
    cell = table()[operation]["PendingDeletion" if state == "PendingReplicaDeletion" else state]
    return next((each for number in _refusals(cell, state) if (each := footnotes()[number]).applies(key)), None)


@lru_cache(maxsize=256)
def _refusals(cell: str, state: str) -> tuple[str, ...]:
    """The footnotes of a cell that can refuse, in the order in which they are asked."""
    if cell == NO_KEY:
        return ()
    if cell == "N/A":  # the table is older than imported HMAC and asymmetric material
        return {"PendingImport": ("5",), "Unavailable": ("9",)}[state]
    numbers = [n for n in re.findall(r"\d+", cell) if n not in _INFORMATION and n != SUPERSEDED_FOOTNOTE]
    conditional = [number for number in numbers if number in _ONLY_IF]
    if cell.startswith(("Y", "?")) and "10" not in numbers:
        return tuple(conditional)
    return (*conditional, *(number for number in numbers if number not in _ONLY_IF))


@lru_cache(maxsize=1)
def table() -> MappingProxyType[str, dict[str, str]]:
    """operation -> key state -> cell. ValueError if operations.tsv names a row that key-states.tsv lacks."""
    rows = page()
    operations = kms_operations.table().values()
    if unknown := [each.name for each in operations if each.states and each.states not in rows]:
        raise ValueError(f"operations.tsv, {', '.join(unknown)}: key-states.tsv has no row of that name.")
    without = dict.fromkeys(next(iter(rows.values())), NO_KEY)
    return MappingProxyType({each.name: rows[each.states] if each.states else without for each in operations})


def page() -> dict[str, dict[str, str]]:
    """Return the rows of key-states.tsv by name, as they were recorded. ValueError for a cell that is missing."""
    rows = {row.pop("operation"): row for row in csv.DictReader(_lines("key-states.tsv"), delimiter="\t")}
    if lacking := [name for name, row in rows.items() if None in row or not all(row.values())]:
        raise ValueError(f"key-states.tsv, {', '.join(lacking)}: the row lacks a cell, or has one too many.")
    for seen in csv.DictReader(_lines("key-states-recorded.tsv"), delimiter="\t"):
        if seen["operation"] not in rows:
            raise ValueError(f"key-states.tsv has no row for {seen['operation']}, which was recorded.")
        rows[seen["operation"]][seen["state"]] = seen["cell"]
    return rows


@lru_cache(maxsize=1)
def footnotes() -> MappingProxyType[str, Footnote]:
    """footnote -> what it means."""
    rows = csv.DictReader(_lines("key-state-errors.tsv"), delimiter="\t")
    return MappingProxyType(
        {row["footnote"]: Footnote(_CONDITIONS[row["when"]], row["code"], row["message"]) for row in rows}
    )


def _lines(name: str) -> list[str]:
    return (files(__package__) / name).read_text(encoding="utf-8").splitlines()
