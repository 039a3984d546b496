"""What `lab.disturb` answers: what goes wrong in the account from now on, in words."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

WELL = "Nothing is disturbed."


@dataclass(frozen=True, slots=True)
class Disturbed:
    """What is switched on, a line each; empty when everything is well."""

    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(["Disturbed:", *(f"- {line}" for line in self.lines)]) if self.lines else WELL

    def _repr_html_(self) -> str:
        if not self.lines:
            return f"<p>{WELL}</p>"
        return "<p>Disturbed:</p><ul>" + "".join(f"<li>{escape(line)}</li>" for line in self.lines) + "</ul>"
