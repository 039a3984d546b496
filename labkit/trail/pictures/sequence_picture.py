"""A sequence of calls as a picture (SVG) and as text; both say the same, and are the same at each run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ...svg import page
from .sequence import Step, steps

MOST = 40
"""Calls that are drawn, at most: the last ones."""
_INK, _LINE, _REFUSED, _PALE = "#1a1a1a", "#0072b2", "#a24a00", "#eef5fb"
_LEFT, _COLUMN, _TOP, _ROW, _SMALL = 110, 210, 96, 46, 20
_PER_CHARACTER = 7.2


def sequence(records: Iterable[Any], last: int | None = None) -> Picture:
    """Draw the picture of CloudTrail records (AWS's own form); with `last`, of so many calls from the end, with what
    services did for them."""
    found = steps(records)
    shown = found[-(MOST if last is None else last) :] if last != 0 else []
    return Picture(tuple(shown), len(found) - len(shown) if last is None else 0)


@dataclass(frozen=True)
class _Row:
    """An arrow on its way to the page."""

    step: Step
    depth: int


@dataclass(frozen=True, repr=False)
class Picture:
    """The calls: as SVG in a notebook, as text elsewhere."""

    steps: tuple[Step, ...]
    left_out: int = 0  # earlier calls that are not drawn

    @property
    def lifelines(self) -> list[str]:
        """Who takes part: people and roles first, then services, KMS last; each in the order of appearance."""
        rows = list(self._rows())
        services = {row.step.service: None for row in rows} | {row.step.caller: None for row in rows if row.depth}
        people = {row.step.caller: None for row in rows if row.step.caller not in services}
        return [*people, *(name for name in services if name != "KMS"), *(["KMS"] if "KMS" in services else [])]

    def _rows(self) -> Iterator[_Row]:
        for step in self.steps:
            yield _Row(step, 0)
            yield from (_Row(each, 1) for each in step.inner)

    # --- Text --------------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        if not self.steps:
            return "No calls."
        lines = [f"({_counted(self.left_out)} before these)"] if self.left_out else []
        day = ""
        for row in self._rows():
            lines += ([row.step.time[:10]] if row.step.time[:10] != day else []) + _said(row)
            day = row.step.time[:10]
        notes = self._legend("~>")
        return "\n".join([*lines, *(["", *notes] if notes else [])])

    def _legend(self, mark: str) -> list[str]:
        """What the arrows don't say by themselves; `mark` is how an inferred one looks."""
        every = [row.step for row in self._rows()]
        notes = []
        if any(not step.recorded for step in every):
            notes.append(f"{mark}: not among these records, inferred from what the service did for it")
        if any(row.depth for row in self._rows()):
            notes.append("What stands under a call was done for it, as caller, service, time and context suggest.")
        return notes

    # --- SVG ---------------------------------------------------------------------------------------------------------

    def _repr_svg_(self) -> str:
        names = self.lifelines
        places = {name: _LEFT + number * _COLUMN for number, name in enumerate(names)}
        body: list[str] = []
        y = _TOP
        widest = _LEFT + max(len(names) - 1, 0) * _COLUMN + 120.0
        day = ""
        for row in self._rows():
            if row.step.time[:10] != day:
                day = row.step.time[:10]
                body.append(_write(8, y - 7, day, 11, "bold"))
                y += 15
            drawn, bottom, right = _drawn(row, places, y)
            body += drawn
            y, widest = bottom, max(widest, right)
        notes = self._legend("dotted")
        height = y + 18 * len(notes) + 16
        width = round(max(widest + 16, *(40 + _PER_CHARACTER * len(note) for note in notes), 320))
        foot = [_write(20, y + 18 * number, note, 12) for number, note in enumerate(notes, start=1)]
        parts = [
            *([_write(20, 20, f"{_counted(self.left_out)} before these", 12)] if self.left_out else []),
            *(_lifeline(name, x, y - 14) for name, x in places.items()),
            *body,
            *foot,
        ]
        return page(width, height, _title(self.steps), repr(self), parts)


def _said(row: _Row) -> list[str]:
    """One call as lines of text."""
    step, indent = row.step, "    " * row.depth
    time = f"{step.time[11:19]}  " if not row.depth else " " * 10
    arrow = "->" if step.recorded else "~>"
    to = "" if step.by_itself else f" {arrow} {step.service}"
    lines = [f"{time}{indent}{step.caller}{to}: {_label(step)}{_end(step)}"]
    lines += [f"{' ' * 10}{indent}      {name} = {value}" for name, value in step.context]
    return lines


def _label(step: Step) -> str:
    if not step.recorded:
        return "a call that is not among these records"
    behalf = f", for {step.behalf}" if step.behalf else ", by itself" if step.by_itself else ""
    return f"{step.operation}{' ' + step.about if step.about else ''}{behalf}"


def _end(step: Step) -> str:
    return f"  ✕ refused: {step.error}" if step.error else ""


def _counted(number: int) -> str:
    return f"{number} earlier call{'' if number == 1 else 's'}"


def _title(found: Sequence[Step]) -> str:
    return f"{len(found)} call{'' if len(found) == 1 else 's'}, and what services did for them"


def _drawn(row: _Row, places: dict[str, int], y: int) -> tuple[list[str], int, float]:
    """The SVG of one call; the next free line, and how far it reaches to the right."""
    step = row.step
    start, end = places[step.caller], places[step.service]
    ink = _REFUSED if step.error else _LINE
    dashes = "" if step.recorded else ' stroke-dasharray="3 4"'
    label, left = _label(step), min(start, end) + 10
    time = [] if row.depth else [_write(8, y, step.time[11:19], 11)]
    lines = [*time, _write(left, y - 7, label, 13, "bold" if not row.depth else "normal")]
    right = left + _PER_CHARACTER * len(label)
    if start == end:
        lines.append(
            f'<path d="M{start} {y}h34v10h-28" stroke="{ink}" stroke-width="2" fill="none"{dashes}/>'
            f'<path d="M{start + 3} {y + 10}l9 -4v8z" fill="{ink}"/>'
        )
        y += 10
    else:
        way = 1 if end > start else -1
        tip = end - 12 * way if step.error else end
        lines.append(f'<path d="M{start} {y}H{tip}" stroke="{ink}" stroke-width="2" fill="none"{dashes}/>')
        lines.append(_cross(tip, y) if step.error else f'<path d="M{end} {y}l{-10 * way} -5v10z" fill="{ink}"/>')
    for text in ([f"✕ refused: {step.error}"] if step.error else []) + [f"{n} = {v}" for n, v in step.context]:
        y += _SMALL
        refused = text.startswith("✕") and bool(step.error)
        lines.append(_write(left, y - 2, text, 12, "bold" if refused else "normal", _REFUSED if refused else _INK))
        right = max(right, left + _PER_CHARACTER * len(text))
    return lines, y + _ROW, right


def _cross(x: int, y: int) -> str:
    return f'<path d="M{x - 6} {y - 6}l12 12m0 -12l-12 12" stroke="{_REFUSED}" stroke-width="3" fill="none"/>'


def _lifeline(name: str, x: int, bottom: int) -> str:
    shown = name if len(name) <= 30 else f"{name[:14]}…{name[-14:]}"
    width = round(max(70, 24 + 8 * len(shown)))
    return (
        f'<path d="M{x} 58V{bottom}" stroke="#8c8c8c" stroke-width="1" stroke-dasharray="6 4"/>'
        f'<rect x="{x - width // 2}" y="30" width="{width}" height="28" rx="6" fill="{_PALE}" stroke="{_LINE}"/>'
        f'<text x="{x}" y="49" font-size="13" font-weight="bold" text-anchor="middle" fill="{_INK}">'
        f"{escape(shown)}</text>"
    )


def _write(x: float, y: float, text: str, size: int, weight: str = "normal", ink: str = _INK) -> str:
    """Text with a white edge, so that lines behind it do not cross it."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{ink}" stroke="#ffffff" '
        f'stroke-width="4" stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
    )
