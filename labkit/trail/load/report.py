"""What a reading has met: every record and every file is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 10  # problems that the printed form names; the report itself holds all of them


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason why something in a file was not kept, and how many records that cost (0: none that could be told)."""

    file: str
    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class Report:
    """read = kept + duplicates + filtered + rejected, in records; a Report that does not add up can't be made.

    `duplicates` are equal to a record that was kept. `differing` of the kept ones have an id that another kept record
    has, too, which says something else: the files were changed, or put together by hand.
    `files` were opened; `skipped` were not, as their names say that they were delivered before the time asked for;
    `set_aside` are files of CloudTrail's own without events: (name, what it is).
    """

    files: int
    read: int
    kept: int
    duplicates: int
    filtered: int
    rejected: int
    skipped: int = 0
    set_aside: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    differing: int = 0

    def __post_init__(self) -> None:
        if self.read != self.kept + self.duplicates + self.filtered + self.rejected:
            raise AssertionError(f"Records are missing from the account: {self}")

    def as_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and texts, for DataFrame.attrs: pandas writes those to Parquet as JSON."""
        return {
            **asdict(self),
            "set_aside": [list(pair) for pair in self.set_aside],
            "problems": [asdict(problem) for problem in self.problems],
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Report:
        """Read the report that `as_dict` wrote."""
        problems = tuple(Problem(**problem) for problem in kept["problems"])
        return cls(**{**kept, "set_aside": tuple((a, b) for a, b in kept["set_aside"]), "problems": problems})

    def __str__(self) -> str:
        where = f" in {_files(self.files)}" if self.files else ""
        kept = f"{self.kept:,} kept + {self.duplicates:,} duplicates"
        lost = f"{self.filtered:,} filtered + {self.rejected:,} rejected"
        lines = [f"{self.read:,} records read{where} = {kept} + {lost}"]
        if self.differing:
            lines.append(f"{self.differing:,} share an id and differ: all of them are kept")
        if self.skipped:
            lines.append(f"{_files(self.skipped)} not opened: delivered before the time asked for")
        for what, count in sorted(Counter(what for _, what in self.set_aside).items()):
            lines.append(f"{_files(count)} set aside: {what}")
        for problem in self.problems[:SHOWN]:
            lost = f" ({problem.records:,} record{'s' * (problem.records != 1)})" if problem.records else ""
            lines.append(f"{problem.file}: {problem.reason}{lost}")
        if len(self.problems) > SHOWN:
            lines.append(f"... and {len(self.problems) - SHOWN:,} more problems: report(events).problems has all")
        return "\n".join(lines)


@dataclass(slots=True)
class Tally:
    """A report in the making."""

    files: int = 0
    read: int = 0
    kept: int = 0
    duplicates: int = 0
    filtered: int = 0
    rejected: int = 0
    skipped: int = 0
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    differing: int = 0

    def reject(self, file: str, reason: str, records: int) -> None:
        """Records of a file that are not kept, or a file of which nothing can be told (0)."""
        self.rejected += records
        self.problems.append(Problem(file, reason, records))

    def report(self) -> Report:
        """Write the finished report, with problems and files in the order of their names; a file and reason once."""
        lost: Counter[tuple[str, str]] = Counter()
        for problem in self.problems:
            lost[problem.file, problem.reason] += problem.records
        kept = {name: getattr(self, name) for name in Tally.__slots__}
        kept["set_aside"] = tuple(sorted(self.set_aside))
        kept["problems"] = tuple(Problem(file, reason, count) for (file, reason), count in sorted(lost.items()))
        return Report(**kept)


def _files(count: int) -> str:
    return f"{count:,} file{'s' * (count != 1)}"
