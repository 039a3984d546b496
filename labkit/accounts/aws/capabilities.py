"""What a real account can't do, or does only if asked to: one table, by which cells are skipped and code is refused.

ways: `never`, `setting` (one is needed, and named), `ask` (the person is asked; LABKIT_ALLOW=name,name answers).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from ...errors import LabError

ALLOW = "LABKIT_ALLOW"
SECOND_PROFILE = "LABKIT_SECOND_PROFILE"
Way = Literal["never", "setting", "ask"]


class Unavailable(LabError):
    """A real account can't do what was asked, or does it only with a setting; the message says which."""


@dataclass(frozen=True, slots=True)
class Capability:
    """One row: its name, the way it may be had, why not by default, and the calls and texts that use it."""

    name: str
    way: Way
    why: str
    uses: tuple[str, ...]

    def is_given(self, environ: Mapping[str, str] = os.environ) -> bool:
        """Tell whether the settings give it."""
        if self.way == "setting":
            return bool(environ.get(SECOND_PROFILE))
        return self.way == "ask" and bool({self.name, "all"} & set(environ.get(ALLOW, "").replace(" ", "").split(",")))

    def reason(self) -> str:
        """Say why it is not done, and what to do if it should be, in one line."""
        return f"{self.why}. To allow it, set {ALLOW}={self.name}." if self.way == "ask" else f"{self.why}."


@cache
def capabilities() -> Mapping[str, Capability]:
    """Read the table, in its order: of two that a cell uses, the first one is told."""
    text = files(__package__).joinpath("capabilities.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return {
        row["name"]: Capability(row["name"], _way(row["way"]), row["why"], tuple(row["uses"].split())) for row in rows
    }


def unavailable(name: str) -> Unavailable:
    """Make the error for code that asks for a capability which is not given."""
    return Unavailable(f"Not in a real account: {capabilities()[name].reason()}")


def _way(text: str) -> Way:
    ways: tuple[Way, ...] = ("never", "setting", "ask")
    return next(each for each in ways if each == text)
