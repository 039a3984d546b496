"""A key's material on a timeline, with the ciphertexts under each: drawn from what KMS answers, and from nothing else.

Pure: answers in, a picture out. The same answers give the same picture, to the letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..svg import PAGE, page

Mark = tuple[datetime, str]
"""When a ciphertext was made, and the id of the material it is under (KeyMaterialId of Decrypt's answer)."""

_LEFT, _RIGHT, _TOP, _LANE, _BAR = 210, 870, 64, 56, 24
_SHOWN = 8  # characters of a material's id
_CURRENT, _OLD, _INK, _CIPHERTEXT = "#0072b2", "#dcebf5", "#1a1a1a", "#e69f00"
_HOW = {"AUTOMATIC": "automatic", "ON_DEMAND": "on demand"}
_STEPS = (1, 3, 6, 12, 24, 60)  # months between two dates on the axis


@dataclass(frozen=True)
class Lane:
    """One material: since when it encrypts, until when (None: it does today), how it came, the ciphertexts under it."""

    material: str
    how: str
    start: datetime
    end: datetime | None
    ciphertexts: tuple[datetime, ...]


def timeline(
    created: datetime, rotations: Iterable[Mapping[str, Any]], marks: Sequence[Mark], now: datetime
) -> Timeline:
    """Draw the picture of one key.

    `created` is the key's CreationDate; `rotations` are ListKeyRotations' Rotations with
    IncludeKeyMaterial="ALL_KEY_MATERIAL"; `marks` are the ciphertexts. Material that waits for its rotation has no
    lane yet. ValueError for a ciphertext under material that is not among the rotations.
    """
    materials = [each for each in rotations if not each["KeyMaterialState"].startswith("PENDING_")]
    starts = [each.get("RotationDate", created) for each in materials]
    ends = [*starts[1:], None]
    strangers = {material for _, material in marks} - {each["KeyMaterialId"] for each in materials}
    if strangers:
        raise ValueError(f"A ciphertext is under material that is not this key's: {sorted(strangers)[0][:_SHOWN]}…")
    lanes = [
        Lane(
            material=each["KeyMaterialId"],
            how=_HOW.get(each.get("RotationType", ""), "first"),
            start=start,
            end=end,
            ciphertexts=tuple(time for time, material in marks if material == each["KeyMaterialId"]),
        )
        for each, start, end in zip(materials, starts, ends, strict=True)
    ]
    return Timeline(tuple(lanes), now)


@dataclass(frozen=True, repr=False)
class Timeline:
    """The picture in a notebook; its repr says the same in words."""

    lanes: tuple[Lane, ...]
    now: datetime

    def __repr__(self) -> str:
        return "\n".join(line for number, lane in enumerate(self.lanes, 1) for line in _words(number, lane))

    def _repr_svg_(self) -> str:
        height = _TOP + _LANE * len(self.lanes) + 70
        parts = [
            *self._axis(height - 62),
            *(part for number, lane in enumerate(self.lanes) for part in self._lane(number, lane)),
            *_legend(height - 24),
        ]
        return page(PAGE, height, "Key material and ciphertexts of one KMS key over time", repr(self), parts)

    def _x(self, time: datetime) -> float:
        """Where a moment stands: the first material's start is at the left edge, now at the right one."""
        first = self.lanes[0].start
        share = (time - first).total_seconds() / ((self.now - first).total_seconds() or 1)
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)

    def _axis(self, bottom: float) -> list[str]:
        parts = []
        for tick in _ticks(self.lanes[0].start, self.now):
            x = self._x(tick)
            label = str(tick.year) if tick.month == 1 else f"{tick:%Y-%m}"
            parts.append(f'<path d="M{x} {_TOP - 22}V{bottom}" stroke="#cccccc" stroke-width="1"/>')
            parts.append(
                f'<text x="{x}" y="{_TOP - 30}" font-size="13" text-anchor="middle" fill="#555555">{label}</text>'
            )
        return parts

    def _lane(self, number: int, lane: Lane) -> list[str]:
        top = _TOP + _LANE * number
        middle = top + _BAR / 2
        start, end = self._x(lane.start), self._x(lane.end or self.now)
        parts = [
            f'<text x="20" y="{top + 10}" font-size="15" font-weight="bold" fill="{_INK}">material {number + 1}</text>',
            f'<text x="20" y="{top + 28}" font-size="13" fill="#555555">{lane.material[:_SHOWN]}… {lane.how}</text>',
            f'<rect x="{start}" y="{top}" width="{round(end - start, 1)}" height="{_BAR}" fill="{_CURRENT}"/>',
        ]
        if lane.end is not None:
            parts.append(_bar(end, top, round(self._x(self.now) - end, 1), _BAR))
        together = Counter(self._x(time) for time in lane.ciphertexts)
        return parts + [_dot(x, middle, count) for x, count in together.items()]


def _bar(x: float, y: float, width: float, height: float) -> str:
    """Time in which a material only decrypts."""
    size = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'<rect {size} fill="{_OLD}" stroke="{_CURRENT}" stroke-dasharray="5 4"/>'


def _dot(x: float, y: float, count: int = 1) -> str:
    """A ciphertext, or several of one moment with their number in it."""
    radius, look = (7 if count == 1 else 10), f'fill="{_CIPHERTEXT}" stroke="{_INK}" stroke-width="1.5"'
    number = f'<text x="{x}" y="{y + 4}" font-size="12" text-anchor="middle" fill="{_INK}">{count}</text>'
    return f'<circle cx="{x}" cy="{y}" r="{radius}" {look}/>' + (number if count > 1 else "")


def _legend(y: float) -> list[str]:
    text = f'y="{y}" font-size="14" fill="{_INK}"'
    return [
        f'<rect x="20" y="{y - 12}" width="28" height="14" fill="{_CURRENT}"/>',
        f'<text x="56" {text}>encrypts and decrypts</text>',
        _bar(240, y - 12, 28, 14),
        f'<text x="276" {text}>only decrypts</text>',
        _dot(410, y - 5),
        f'<text x="424" {text}>a ciphertext under this material, when it was made</text>',
    ]


def _ticks(first: datetime, last: datetime) -> list[datetime]:
    """The first days of months or years between the two, nine at most."""
    months = [first.year * 12 + first.month, last.year * 12 + last.month - 1]  # months since year 0, first one after
    for step in _STEPS:
        begin = -(-months[0] // step) * step
        found = range(begin, months[1] + 1, step)
        if len(found) <= 9:
            break
    return [datetime(month // 12, month % 12 + 1, 1, tzinfo=first.tzinfo) for month in found]


def _words(number: int, lane: Lane) -> list[str]:
    until = f"to {lane.end:%Y-%m-%d}, only decrypts since" if lane.end else "on, current"
    days = Counter(f"{time:%Y-%m-%d}" for time in lane.ciphertexts)
    made = ", ".join(day if count == 1 else f"{day} ({count})" for day, count in days.items()) or "none"
    return [
        f"material {number} ({lane.material[:_SHOWN]}…, {lane.how}): encrypts from {lane.start:%Y-%m-%d} {until}",
        f"    ciphertexts under it, made on: {made}",
    ]
