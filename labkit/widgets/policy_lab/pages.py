"""What the policy lab shows, as parts of its twin. Pure but for the decision."""

from __future__ import annotations

from collections.abc import Sequence

from ...cloud.policy import wording
from ...cloud.policy.explanation import Explanation
from ..twin import Code, Facts, Heading, Part, Table, Words
from .marks import Mark
from .papers import Paper
from .workbench import Workbench

NAME = "Policy lab"
LEAST, ELSE = "Make it pass with the least", "Who else gets in by this?"
_LINE = 80  # characters of a marked line that are shown


def question(bench: Workbench) -> list[Part]:
    """Say who asks for what, and what the request brings."""
    asked = bench.asked
    key = bench.account.keys.get(asked.key, "")
    facts = [
        ("Principal", asked.principal),
        ("Action", asked.action),
        ("KMS key", f"{key} ({asked.key})" if key else asked.key),
    ]
    pairs = ", ".join(f"{name}={value}" for name, value in asked.encryption_context.items())
    tags = ", ".join(f"{name}={value}" for name, value in asked.tags.items())
    more = ", ".join(f"{n}={v if isinstance(v, str) else ' and '.join(v)}" for n, v in asked.context.items())
    given = [
        ("Encryption context", pairs),
        ("Source IP address", asked.source_ip),
        ("MFA", "" if asked.mfa is None else "yes" if asked.mfa else "no"),
        ("Tags of the principal", tags),
        ("Through the service", asked.via_service),
        ("Other condition keys", more),
    ]
    return [Facts([*facts, *((name, value) for name, value in given if value)])]


def decision(bench: Workbench, decided: Explanation | None) -> list[Part]:
    """Say what is decided, and why; or which document keeps it from being decided."""
    if decided is None:
        titles = ", ".join(each.title for each in bench.unsound)
        return [Words(f"Not decided: AWS would refuse this document: {titles}.", "note")]
    kind = "done" if decided.allowed else "refused"
    return [Words(decided.headline, kind), Words(f"Why: {wording.verdict(decided.decision)}")]


def care(decided: Explanation | None) -> list[Part]:
    """Say what the documents hold that was not evaluated, or not as it looks."""
    return [Words(f"{each.where}: {each.text}", "note") for each in decided.remarks] if decided else []


def reasons(decided: Explanation | None) -> list[Part]:
    """Show which documents were read, and which statement says what."""
    if decided is None:
        return []
    lines = decided.text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.startswith("1. ")), len(lines))
    ends = ("Read with care:", "Each of these would")
    last = next((at for at, line in enumerate(lines) if line.startswith(ends)), len(lines))
    return [Code("\n".join(lines[first:last]), "What was read, in this order")] if first < last else []


def changes(bench: Workbench, decided: Explanation | None) -> list[Part]:
    """List the smallest changes."""
    if decided is None or decided.allowed:
        return []
    rows = [(str(number), each.text) for number, each in enumerate(decided.changes, 1)]
    return [Table("The smallest changes that would allow it", ("Number", "Change"), rows, "None is known")]


def document(bench: Workbench, paper: Paper) -> list[Part]:
    """Show a document and its marks."""
    edited = " (edited)" if paper not in bench.before else ""
    return [Code(paper.text, f"{paper.title}{edited}"), *marked(paper, bench.marks(paper))]


def marked(paper: Paper, marks: Sequence[Mark]) -> list[Part]:
    """Show the marks, line by line, each with its line."""
    if not marks:
        return []
    lines = paper.text.split("\n")
    rows = [
        (
            "Problem" if each.problem else "Note",
            str(each.line),
            str(each.column),
            lines[each.line - 1][each.column - 1 :].strip()[:_LINE] if each.line <= len(lines) else "",
            each.says,
        )
        for each in marks
    ]
    return [Table(f"{paper.title}: look here", ("Kind", "Line", "Column", "Text", "What is wrong"), rows)]


def unread(bench: Workbench) -> list[Part]:
    """Name what could not be read."""
    return [Words(f"Not read: {each}.", "note") for each in dict.fromkeys(bench.account.unread)]


def head() -> list[Part]:
    """Name the widget."""
    return [Heading(NAME)]
