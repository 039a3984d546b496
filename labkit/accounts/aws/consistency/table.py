"""Reads waits.tsv: what of AWS may be late, by service, operation, code and text, and how long it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

NONE, ANY = "-", "*"
ERROR, SUCCESS, ANSWER = WHAT = ("error", "success", "answer")
NAMED = "named"
KINDS = frozenset({"iam", "keys", "opened", "aliases", "grants", "policies"})
_COLUMNS = ["what", "service", "operations", "code", "text", "after", "about", "bound", "interval", "source"]


@dataclass(frozen=True, slots=True)
class Wait:
    """A row. An `error` passes by itself; a `success` will be refused with `code` soon; an `answer` may be an old one.

    It holds for `bound` seconds after a change of one of the kinds `after`; where `named`, of a change that has to do
    with what the call names. Calls are `interval` seconds apart.
    """

    what: str
    service: str
    operations: frozenset[str]
    code: str
    text: str
    after: frozenset[str]
    named: bool
    bound: float
    interval: float
    source: str

    def fits(self, what: str, service: str, operation: str, code: str = "", text: str = "") -> bool:
        """Tell whether this is about such an answer to such a call."""
        return (
            (self.what, self.service) == (what, service)
            and (ANY in self.operations or operation in self.operations)
            and (self.code, self.text in text) == (code, True)
        )


@lru_cache(maxsize=1)
def waits() -> tuple[Wait, ...]:
    """Return every row. ValueError, with the line, where the table is not in form."""
    head, *lines = (files(__package__) / "waits.tsv").read_text(encoding="utf-8").splitlines()
    if head.split("\t") != _COLUMNS:
        raise ValueError(f"waits.tsv: its columns are {', '.join(_COLUMNS)}.")
    return tuple(_row(line) for line in lines)


def find(what: str, service: str, operation: str, code: str = "", text: str = "") -> Wait | None:
    """Return the first row that fits; None if nothing is waited for."""
    return next((each for each in waits() if each.fits(what, service, operation, code, text)), None)


def _row(line: str) -> Wait:
    cells = ["" if cell == NONE else cell for cell in line.split("\t")]
    if len(cells) != len(_COLUMNS) or cells[0] not in WHAT or not cells[-1]:
        raise ValueError(f"waits.tsv: {line!r} is no row of {', '.join(_COLUMNS)}.")
    what, service, operations, code, text, after, about, bound, interval, source = cells
    kinds = frozenset(after.split())
    if not kinds <= KINDS:
        raise ValueError(f"waits.tsv: {sorted(kinds - KINDS)} are no kinds of changes.")
    return Wait(
        what, service, frozenset(operations.split()), code, text, kinds, about == NAMED, float(bound), float(interval),
        source,
    )  # fmt: skip
