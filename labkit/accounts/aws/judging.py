"""Which cells of a notebook a real run leaves out: those that use what is not given, and those that build on them.

Pure but for the table of single cells; asks nobody. A name that a cell would have made is missing until another cell
makes it, and a cell that needs it is left out, too.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .capabilities import capabilities
from .cells import Cell, read_cell


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a cell is left out: the capability that is lacking, and the reason in a line. `imports` are done all the
    same."""

    capability: str
    why: str
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByHand:
    """A cell of which no code tells it: its lab and id, the capability that it needs, and why (for whoever mends
    it)."""

    lab: str
    cell: str
    digest: str
    capability: str
    why: str


class Judge:
    """Judges the cells of one lab, in the order in which they are run. `given` tells whether a capability may be
    used."""

    def __init__(self, lab: str, given: Callable[[str], bool]) -> None:
        self._given = given
        self._by_hand = {row.digest: row for row in by_hand() if row.lab == lab}
        self._missing: dict[str, str] = {}  # names, each with the capability for lack of which it was not made

    def judge(self, source: str, python: str) -> LeftOut | None:
        """Say why a cell is left out; None if it may run. source: as it stands; python: as IPython writes it."""
        cell = read_cell(python)
        lacking = self._lacking(source, cell)
        if lacking is None:
            for name in cell.makes:
                self._missing.pop(name, None)
            return None
        self._missing |= dict.fromkeys(cell.makes, lacking.capability)
        return lacking

    def _lacking(self, source: str, cell: Cell) -> LeftOut | None:
        for name in cell.uses:
            if not self._given(name):
                return LeftOut(name, capabilities()[name].reason(), cell.imports)
        row = self._by_hand.get(digest(source))
        if row is not None and not self._given(row.capability):
            return LeftOut(row.capability, capabilities()[row.capability].reason(), cell.imports)
        for name in sorted(cell.needs & self._missing.keys()):
            capability = self._missing[name]
            why = f"it needs `{name}`, which a cell that was left out would have made ({capability})."
            return LeftOut(capability, why, cell.imports)
        return None


def digest(source: str) -> str:
    """Give a cell's source a short name that changes with it; blanks at the ends of lines don't count."""
    lines = "\n".join(line.rstrip() for line in source.strip().splitlines())
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


@cache
def by_hand() -> tuple[ByHand, ...]:
    """Read the table of single cells."""
    return tuple(ByHand(**row) for row in _table("by_hand.tsv"))


def _table(name: str) -> list[Mapping[str, str]]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))
