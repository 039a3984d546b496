"""The map of the course: what is done, what is begun and what comes next, as text and as HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from .course import EXERCISE, QUESTION, Row
from .store import Kept

Badge = Literal["done", "begun", "to do"]
MARKS: dict[Badge, str] = {"done": "✔", "begun": "◐", "to do": "○"}
"""A sign beside each word, so that nobody needs colours."""


@dataclass(frozen=True, slots=True)
class Line:
    """One lab: how many of its exercises are solved, and how many of its questions answered right."""

    lab: str
    solved: int
    exercises: int
    right: int
    questions: int
    is_begun: bool
    earlier: int = 0

    @property
    def badge(self) -> Badge:
        """Where the learner stands with this lab."""
        if self.solved == self.exercises and self.right == self.questions:
            return "done"
        return "begun" if self.is_begun else "to do"

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """Give the cells of the row: badge, lab, exercises, quiz."""
        older = f", {self.earlier} in an earlier version" if self.earlier else ""
        quiz = f"{self.right} of {self.questions}" if self.questions else "none"
        badge = f"{MARKS[self.badge]} {self.badge}"
        return badge, self.lab, f"{self.solved} of {self.exercises}{older}", quiz


COLUMNS = ("", "lab", "exercises solved", "quiz right")


@dataclass(frozen=True, slots=True)
class Page:
    """The whole course, and where a learner stands. `notes` say what is to be known of the file."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, course: Mapping[str, Row], kept: Iterable[Kept], notes: Iterable[str] = ()) -> Page:
        """Hold what is kept against the course as it is now."""
        by_lab: dict[str, list[Kept]] = {}
        for each in kept:
            by_lab.setdefault(each.lab, []).append(each)
        return cls(tuple(_line(row, by_lab.get(row.lab, [])) for row in course.values()), tuple(notes))

    @property
    def next_lab(self) -> str:
        """The first lab that is not done; empty when all are."""
        return next((line.lab for line in self.lines if line.badge != "done"), "")

    @property
    def headline(self) -> str:
        """How much of the course is done, and what comes next."""
        done = sum(line.badge == "done" for line in self.lines)
        begun = sum(line.badge == "begun" for line in self.lines)
        told = f"{done} of {len(self.lines)} labs and projects done, {begun} begun."
        return f"{told} Next: {self.next_lab}." if self.next_lab else f"{told} You have done all of them."

    @property
    def data(self) -> dict[str, Any]:
        """The same as lists and dicts, fit for JSON."""
        rows = [
            {
                "lab": line.lab,
                "badge": line.badge,
                "exercises": line.exercises,
                "solved": line.solved,
                "questions": line.questions,
                "right": line.right,
                "earlier": line.earlier,
            }
            for line in self.lines
        ]
        return {"labs": rows, "next": self.next_lab, "notes": list(self.notes)}

    def __repr__(self) -> str:
        cells = [COLUMNS, *(line.parts for line in self.lines)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        rows = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
        return "\n".join([self.headline, *rows, *self.notes])

    def _repr_html_(self) -> str:
        head = "".join(_cell("th", name, "col") for name in COLUMNS)
        rows = "".join("<tr>" + "".join(_cell("td", cell) for cell in line.parts) + "</tr>" for line in self.lines)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f'<div class="labkit-progress"><p><b>{escape(self.headline)}</b></p>{table}{notes}</div>'


def _line(row: Row, kept: list[Kept]) -> Line:
    now = [each for each in kept if row.has(each.kind).get(each.item) == each.version]
    done = {(each.kind, each.item) for each in now if each.is_done}
    older = {(each.kind, each.item) for each in kept if each.is_done and each.item in row.has(each.kind)} - done
    solved, right = (sum(kind == wanted for kind, _ in done) for wanted in (EXERCISE, QUESTION))
    return Line(row.lab, solved, len(row.exercises), right, len(row.questions), bool(kept), len(older))


def _cell(tag: str, words: str, scope: str = "") -> str:
    of = f' scope="{scope}"' if scope else ""
    return f'<{tag}{of} style="text-align:left">{escape(words)}</{tag}>'
