"""What `labkit.diagnose` answers, as text, as HTML and as plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A cause, the layer that it lies in, how to mend it, and where that is written; `evidence` is of the account.

    `rule` is the name of the rule that knew it, "" for an error that none knows.
    """

    cause: str
    layer: str
    mend: str
    sources: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    rule: str = ""

    @classmethod
    def unknown(cls) -> Diagnosis:
        """Answer for an error that is not known: no guess."""
        return cls(
            "Don't know: this is no error that the table has.",
            UNKNOWN,
            "Give the whole message, with its error code and the operation. CloudTrail's record of the call has "
            "errorCode and errorMessage, which are often fuller than what a tool prints.",
        )

    @property
    def is_known(self) -> bool:
        """Whether a rule knew the error."""
        return bool(self.rule)

    def with_evidence(self, evidence: tuple[str, ...]) -> Diagnosis:
        """Return the same, with what the account says."""
        return replace(self, evidence=evidence)

    def as_data(self) -> dict[str, str | list[str]]:
        """Give the four names that `labkit diagnose --json` prints."""
        return {"cause": self.cause, "layer": self.layer, "mend": self.mend, "sources": list(self.sources)}

    def _rows(self) -> list[tuple[str, tuple[str, ...]]]:
        rows: list[tuple[str, tuple[str, ...]]]
        rows = [("Cause", (self.cause,)), ("Layer", (self.layer,)), ("Mend", (self.mend,))]
        rows += [(name, lines) for name, lines in (("Seen", self.evidence), ("Sources", self.sources)) if lines]
        return rows

    def __repr__(self) -> str:
        indent = "\n" + " " * 9
        return "\n".join(f"{name + ':':9}{indent.join(lines)}" for name, lines in self._rows())

    def _repr_html_(self) -> str:
        style = " style='text-align:left'"
        cells = (
            f"<tr><th{style}>{name}</th><td{style}>{'<br>'.join(map(_linked, lines))}</td></tr>"
            for name, lines in self._rows()
        )
        return f"<table>{''.join(cells)}</table>"


def _linked(line: str) -> str:
    """A line as HTML; an address at its end, which only sources have, is a link."""
    name, mark, address = line.partition(": https://")
    if not mark:
        return escape(line)
    return f'<a href="{escape("https://" + address)}">{escape(name)}</a>'
