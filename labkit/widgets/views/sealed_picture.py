"""A sealed file as a picture: a bar for each field, with whose bytes they are, and what each reader gets. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ...svg import PAGE, page
from ..twin import one_line
from .sealed_parts import DATA_KEY, KMS, PLAIN, PROOF, Field

_INK, _REFUSED, _DONE = "#1a1a1a", "#a24a00", "#00674c"
_COLOURS = {
    PLAIN: ("#ffffff", "#555555"), KMS: ("#fff6ec", "#a24a00"), DATA_KEY: ("#eef5fb", "#0072b2"),
    PROOF: ("#eefaf4", "#00674c"),
}  # fmt: skip
_TOP, _ROW, _BAR, _LEFT = 56, 34, 26, 20
_LONGEST = 86  # characters beside a bar
_WIDE = 106  # characters of a line under the bars


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader got: the error's name ("" where the file opened), and the words."""

    reader: str
    error: str
    words: str

    @property
    def line(self) -> str:
        """The result in one line; the sign says the same as the words."""
        return f"{self.reader}: {'✕ ' + self.error + ': ' if self.error else '✓ '}{self.words}"


@dataclass(frozen=True, repr=False)
class SealedPicture:
    """The picture in a notebook; its repr says the same in words."""

    fields: Sequence[Field]
    readings: Sequence[Reading]
    changed: int | None = None  # the byte that was flipped
    cut: int = 0

    def _mark(self, field: Field) -> str:
        here = self.changed is not None and field.start <= self.changed < field.start + field.length
        return f"✕ byte {self.changed} is changed" if here else ""

    def __repr__(self) -> str:
        lines = [
            f"{field.place:>20}  {one_line(field.name)}  [{field.whose}]  {one_line(self._mark(field) or field.says)}"
            for field in self.fields
        ]
        cut = [f"The last {self.cut} bytes are cut off."] if self.cut else []
        return "\n".join([*lines, *cut, *(one_line(each.line) for each in self.readings)])

    def _repr_svg_(self) -> str:
        parts = [_text(_LEFT, 26, "byte", 13), _text(150, 26, "whose bytes they are, and what they say", 13)]
        y = _TOP - 14
        for field in self.fields:
            parts += self._field(field, y)
            y += _ROW
        if self.cut:
            parts.append(_text(150, y + 16, f"✕ the last {self.cut} bytes are cut off", 14, _REFUSED))
            y += _ROW
        y += 12
        for each in self.readings:
            for number, line in enumerate(_wrapped(each.line)):
                parts.append(_text(_LEFT + 18 * bool(number), y + 14, line, 14, _REFUSED if each.error else _DONE))
                y += 22
        return page(PAGE, y + 24, "A sealed file: whose bytes are which, and what each reader gets", repr(self), parts)

    def _field(self, field: Field, y: int) -> list[str]:
        fill, edge = _COLOURS[field.whose]
        mark = self._mark(field)
        says = mark or f"[{field.whose}] {field.says}"
        wide = f'stroke="{_REFUSED}" stroke-width="4"' if mark else f'stroke="{edge}" stroke-width="2"'
        return [
            _text(_LEFT, y + 18, str(field.start), 13),
            f'<rect x="100" y="{y}" width="180" height="{_BAR}" rx="4" fill="{fill}" {wide}/>',
            _text(110, y + 18, one_line(field.name, 24), 14),
            _text(294, y + 18, one_line(says, _LONGEST), 13, _REFUSED if mark else _INK),
        ]


def _wrapped(line: str) -> list[str]:
    """A line as long as the page is wide; the words of an error may need several."""
    lines = [""]
    for word in one_line(line, 400).split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= _WIDE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [each[:_WIDE] for each in lines]


def _text(x: int, y: int, text: str, size: int, ink: str = _INK) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{ink}">{escape(text)}</text>'
