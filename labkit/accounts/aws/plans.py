"""What each lab does in a real account, from one table: how much of it, where, what it makes, what stays a while."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Plan:
    """A lab: how many of its cells run there, its minutes, the Regions it names, what it makes, what stays a while.

    home: the one Region that it is written for; "" if it runs in any. needs: a capability without which too little of
    it is left. why: it runs in the simulated account only.
    """

    lab: str
    runs: int
    cells: int
    minutes: int
    regions: frozenset[str]
    home: str
    cost: str
    makes: tuple[str, ...]
    stays: tuple[str, ...]
    needs: str
    why: str

    @property
    def simulated_only(self) -> bool:
        """Tell whether it doesn't run in a real account at all."""
        return bool(self.why)

    def about(self) -> str:
        """Say it to a person before they agree."""
        if not self.cells:
            return "What it makes and costs is not known to the kit."
        made = f"It makes: {', '.join(self.makes)}." if self.makes else ""
        stays = f" Not gone at once: {', '.join(self.stays)}." if self.stays else ""
        cost = f" Its cost: {self.cost.rstrip('.')}." if self.cost else ""
        return f"{made}{cost}{stays}".strip()


@cache
def plans() -> Mapping[str, Plan]:
    """Read the table: the labs in their order."""
    text = files(__package__).joinpath("plans.tsv").read_text(encoding="utf-8")
    return {row["lab"]: _plan(row) for row in csv.DictReader(text.splitlines(), delimiter="\t")}


def plan_of(lab: str) -> Plan:
    """Find a lab's plan; of a lab that is not the kit's, one that knows nothing."""
    return plans().get(lab) or Plan(lab, 0, 0, 0, frozenset(), "", "", (), (), "", "")


def _plan(row: Mapping[str, str]) -> Plan:
    return Plan(
        row["lab"], int(row["runs"]), int(row["cells"]), int(row["minutes"]), frozenset(row["regions"].split()),
        row["home"], row["cost"], _parts(row["makes"]), _parts(row["stays"]), row["needs"], row["why"],
    )  # fmt: skip


def _parts(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("; ")))
