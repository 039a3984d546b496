"""The report of an audit: a table, a page, a text and JSON. What was read came from strangers, so a page escapes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from .facts.account import Account
from .facts.controls import rows
from .facts.finding import SEVERITIES, UNREAD, Finding, checks, plain

if TYPE_CHECKING:
    import pandas

COLUMNS = ("check", "severity", "resource", "why", "mend", "controls", "course", "source", "region")
_COLOURS = {"critical": "#a40e26", "high": "#c4500b", "medium": "#8a6100", "low": "#57606a", UNREAD: "#6639ba"}
_CELL = "text-align:left;vertical-align:top;white-space:normal;unicode-bidi:isolate"


@dataclass(frozen=True)
class Report:
    """What an audit has found, the worst first; empty only if everything was read and nothing found."""

    account_id: str
    region: str
    findings: tuple[Finding, ...]
    _account: Account = field(repr=False)

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    @property
    def unread(self) -> tuple[Finding, ...]:
        """What could not be read: nothing is known there."""
        return tuple(each for each in self.findings if each.is_unread)

    def at_least(self, severity: str) -> tuple[Finding, ...]:
        """Return the findings of this severity and above; what could not be read is none of them."""
        high = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return tuple(each for each in self.findings if each.severity in high)

    @property
    def frame(self) -> pandas.DataFrame:
        """Make a DataFrame, a row a finding: check, severity, resource, why, mend, controls, course, source, region."""
        import pandas

        made = [[getattr(each, name) for name in COLUMNS] for each in self.findings]
        table = pandas.DataFrame(made, columns=list(COLUMNS))
        table["severity"] = pandas.Categorical(table["severity"], [*SEVERITIES, UNREAD], ordered=True)
        return table

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each severity there are, the worst first."""
        found = Counter(each.severity for each in self.findings)
        return {severity: found[severity] for severity in (*SEVERITIES, UNREAD) if found[severity]}

    def tools(self) -> pandas.DataFrame:
        """Show what three tools say of each customer managed key: "" where one does not judge."""
        import pandas

        columns = ["name", "tool", "control", "status", "resource"]
        return pandas.DataFrame(
            [[getattr(row, name) for name in columns] for row in rows(self._account)], columns=columns
        )

    def as_json(self) -> list[dict[str, Any]]:
        """Return the findings as `labkit audit --json` prints them."""
        return [each.as_json() for each in self.findings]

    def __str__(self) -> str:
        lines = [self._head()]
        for each in self.findings:
            lines += ["", f"{each.severity.upper()}  {each.check}  {plain(each.resource)}", f"  {plain(each.why)}"]
            lines += [f"  mend: {plain(each.mend.cli)}"]
            lines += [f"  {'; '.join(each.controls)}"] if each.controls else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _head(self) -> str:
        told = ", ".join(f"{number} {severity}" for severity, number in self.counts.items()) or "nothing to mend"
        return f"Account {self.account_id}, Region {self.region}: {told}."

    def _repr_html_(self) -> str:
        body = "".join(map(_row, self.findings))
        head = "".join(
            f"<th style='text-align:left'>{name}</th>" for name in ("Severity", "What", "How to mend it", "Source")
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if self.findings else ""
        return f"<p><b>{escape(self._head())}</b></p>{table}"


def _row(each: Finding) -> str:
    title = checks()[each.check].title
    severity = f"<b style='color:{_COLOURS[each.severity]}'>{escape(each.severity)}</b>"
    what = f"<b>{escape(title)}</b><br><bdi>{_html(each.why)}</bdi><br><code><bdi>{_html(each.resource)}</bdi></code>"
    mend = f"<pre style='white-space:pre-wrap;margin:0'>{_html(each.mend.cli)}\n{_html(each.mend.boto3)}</pre>"
    page = f"<a href='{escape(each.source, quote=True)}'>{escape('; '.join(each.controls) or 'AWS')}</a>"
    source = f"{page}<br>{escape(each.course)}"
    return "<tr>" + "".join(f"<td style='{_CELL}'>{cell}</td>" for cell in (severity, what, mend, source)) + "</tr>"


def _html(text: str) -> str:
    return escape(plain(text), quote=True)
