"""A picture of an application's parts: boxes on a grid, and arrows between them that say what goes there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ..svg import PAGE, page

_WIDE, _HIGH = 176, 76
_ACROSS, _DOWN = 316, 128
_LEFT, _TOP = 46, 22
_COLOURS = {"yours": ("#eef5fb", "#0072b2"), "aws": ("#eefaf4", "#00674c"), "key": ("#fff6ec", "#a24a00")}
_HEAD = (
    '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L10 5L0 10z" fill="#333333"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class Part:
    """One box: its lines of text, its place (column 0 to 2, row from 0), and whose it is: "yours", "aws" or "key"."""

    lines: Sequence[str]
    column: int
    row: int
    kind: str = "yours"


@dataclass(frozen=True, slots=True)
class Arrow:
    """What goes from one part to another, by their names. They stand in one row, or in one column."""

    start: str
    end: str
    label: str
    lower: str = ""


def parts_picture(title: str, parts: Mapping[str, Part], arrows: Sequence[Arrow]) -> str:
    """Draw the parts and the arrows, as the text of an SVG file."""
    rows = 1 + max(part.row for part in parts.values())
    words = "; ".join(
        f"{' '.join(parts[each.start].lines)} to {' '.join(parts[each.end].lines)}: {each.label} {each.lower}".strip()
        for each in arrows
    )
    drawn = [_HEAD, *(_box(part) for part in parts.values())]
    drawn += [_arrow(parts[each.start], parts[each.end], each) for each in arrows]
    return page(PAGE, 2 * _TOP + _DOWN * (rows - 1) + _HIGH, title, words, drawn)


def _corner(part: Part) -> tuple[int, int]:
    return _LEFT + _ACROSS * part.column, _TOP + _DOWN * part.row


def _box(part: Part) -> str:
    (x, y), (fill, line) = _corner(part), _COLOURS[part.kind]
    box = f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="8" fill="{fill}" stroke="{line}"/>'
    first = y + _HIGH / 2 + 6 - 10 * (len(part.lines) - 1)
    texts = [
        _text(x + _WIDE / 2, first + 20 * number, line, 16 if number == 0 else 13, bold=number == 0)
        for number, line in enumerate(part.lines)
    ]
    return "\n".join([box, *texts])


def _arrow(start: Part, end: Part, arrow: Arrow) -> str:
    (x, y), (to_x, to_y) = _corner(start), _corner(end)
    if start.row == end.row:
        forward = to_x > x
        begin, stop = (x + _WIDE, to_x - 3) if forward else (x, to_x + _WIDE + 3)
        middle = y + _HIGH / 2
        path, at = f"M{begin} {middle}H{stop}", ((begin + stop) / 2, middle - 8)
        below = _text(at[0], middle + 18, arrow.lower, 13) if arrow.lower else ""
    else:
        down = to_y > y
        begin, stop = (y + _HIGH, to_y - 3) if down else (y, to_y + _HIGH + 3)
        middle = x + _WIDE / 2
        path, at = f"M{middle} {begin}V{stop}", (middle + 8, (begin + stop) / 2 + 2)
        below = _text(at[0], at[1] + 16, arrow.lower, 13, anchor="start") if arrow.lower else ""
    label = _text(*at, arrow.label, 13, anchor="middle" if start.row == end.row else "start")
    line = f'<path d="{path}" stroke="#333333" stroke-width="2" fill="none" marker-end="url(#a)"/>'
    return "\n".join(filter(None, [line, label, below]))


def _text(x: float, y: float, text: str, size: int, *, anchor: str = "middle", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}"{weight} text-anchor="{anchor}" fill="#1a1a1a">'
        f"{escape(text)}</text>"
    )
