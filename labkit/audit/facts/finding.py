"""What an audit finds: one row each, with why it matters, how to mend it, and whose control says so. Plain facts.

Reads checks.tsv, once.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

SEVERITIES = ("critical", "high", "medium", "low")
UNREAD: Final = "could not read"
"""Stands in the place of a severity where a permission or an answer was missing: nothing is known there."""


@dataclass(frozen=True, slots=True)
class Check:
    """One row of checks.tsv.

    `controls` are the ids under which others know it ("Security Hub KMS.4", "CIS v3.0 3.6"); `course` is the line of
    the course's own list of best practices; `source` is the page that the condition comes from.
    """

    id: str
    severity: str
    title: str
    controls: tuple[str, ...]
    course: str
    source: str


@lru_cache(maxsize=1)
def checks() -> Mapping[str, Check]:
    """Return every check by its id, in the order of the report."""
    text = resources.files(__package__).joinpath("checks.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return MappingProxyType(
        {
            row["check"]: Check(
                row["check"], row["severity"], row["title"], _listed(row["controls"]), row["course"], row["source"]
            )
            for row in rows
        }
    )


def _listed(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split("; "))


@dataclass(frozen=True, slots=True)
class Mend:
    """How to mend a finding: one way, as the command line has it and as boto3 has it."""

    cli: str
    boto3: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, or one thing that could not be read (then `severity` is "could not read")."""

    check: str
    severity: str
    resource: str
    why: str
    mend: Mend
    controls: tuple[str, ...]
    course: str
    source: str
    region: str

    @property
    def is_unread(self) -> bool:
        """Whether it says only that something could not be read."""
        return self.severity == UNREAD

    def __str__(self) -> str:
        """Say how severe it is, and why."""
        return f"{self.severity}: {plain(self.why)}"

    def as_json(self) -> dict[str, Any]:
        """Return it as `labkit audit --json` prints it."""
        return {
            "check": self.check,
            "severity": self.severity,
            "resource": self.resource,
            "why": self.why,
            "mend": {"cli": self.mend.cli, "boto3": self.mend.boto3},
            "controls": list(self.controls),
            "course": self.course,
            "source": self.source,
            "region": self.region,
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check has found, before its row of checks.tsv is laid beside it; "" stands for the row's own severity."""

    check: str
    resource: str
    why: str
    mend: Mend
    severity: str = ""
    controls: tuple[str, ...] = ()

    def finding(self, region: str) -> Finding:
        """Lay the check's row beside it."""
        row = checks()[self.check]
        controls = (*row.controls, *self.controls)
        severity = self.severity or row.severity
        return Finding(
            self.check, severity, self.resource, self.why, self.mend, controls, row.course, row.source, region
        )


def plain(text: str) -> str:
    """Return the text with what would move a terminal's cursor, or turn the order of letters, written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
