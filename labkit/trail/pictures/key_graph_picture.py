"""The graph of keys as a picture: boxes on two sides, and lines between them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...svg import page
from .facts import counted
from .svg import BLUE, INK, RED, SOFT, bold, clean, line, sentence, write

_LEFT, _RIGHT, _BOX, _TOP, _PORT, _GAP, _HEAD = 20, 560, 320, 64, 18, 8, 30
_WIDTHS = (1, 2, 4, 6, 8)  # for 1, 10, 100, ... calls and more
_BROKEN = ' stroke-dasharray="7 5"'


@dataclass(frozen=True)
class Line:
    """The calls of a principal with a key ("" for all others); those of one outcome."""

    principal: str
    key: str
    failed: bool
    abroad: bool  # the key is another account's
    calls: int


@dataclass(frozen=True)
class Box:
    """A principal or a key ("" for all others), and whose it is."""

    value: str
    label: str
    owner: str
    calls: int  # that succeeded
    failed: int  # that were refused or failed

    @property
    def total(self) -> int:
        """All its calls."""
        return self.calls + self.failed

    @property
    def words(self) -> str:
        """Label and value, where they differ."""
        return f"{self.label} ({clean(self.value)})" if self.value not in ("", self.label) else self.label


@dataclass(frozen=True, repr=False)
class KeyGraph:
    """The picture in a notebook; its repr says the same in words."""

    principals: tuple[Box, ...]
    keys: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_out: int  # calls of KMS that use no key

    @property
    def title(self) -> str:
        """What the picture is of."""
        also = f" ({self._also})" if self.left_out else ""
        return f"{self._heading}{also}" if self.lines else f"No uses of keys{also}."

    @property
    def _also(self) -> str:
        return f"{counted(self.left_out, 'other call')} of KMS not drawn"

    @property
    def _heading(self) -> str:
        sides = f"{counted(len(self.principals), 'principal')}, {counted(len(self.keys), 'key')}"
        if any(not box.value for box in (*self.principals, *self.keys)):
            sides = "principals and keys"
        used, failed = (sum(each.calls for each in self.lines if each.failed is how) for how in (False, True))
        more = f", {failed:,} more refused or failed" if failed else ""
        return f"{counted(used, 'use')} of keys{more}: {sides}"

    def __repr__(self) -> str:
        lines = [self.title]
        sides = [{box.value: box for box in boxes} for boxes in (self.principals, self.keys)]
        for each in self.lines:
            one, other = sides[0][each.principal], sides[1][each.key]
            how = " refused or failed" if each.failed else ""
            abroad = ", another account's" if each.abroad else ""
            lines.append(f"{each.calls:,}{how}: {one.words} [{one.owner}] -> {other.words} [{other.owner}]{abroad}")
        return "\n".join(lines)

    # --- SVG ---------------------------------------------------------------------------------------------------------

    def _repr_svg_(self) -> str:
        if not self.lines:
            return sentence(self.title)
        order = [{box.value: at for at, box in enumerate(boxes)} for boxes in (self.principals, self.keys)]
        leaving = sorted(self.lines, key=lambda each: (order[0][each.principal], order[1][each.key], *_outcome(each)))
        coming = sorted(self.lines, key=lambda each: (order[1][each.key], order[0][each.principal], *_outcome(each)))
        left, starts, one = _side(self.principals, [(each.principal, each) for each in leaving], _LEFT)
        right, ends, other = _side(self.keys, [(each.key, each) for each in coming], _RIGHT)
        bottom = max(one, other)
        parts = [bold(20, 26, self._heading, 15)]
        parts += [write(20, 46, self._also, 12, SOFT)] if self.left_out else []  # one line is too short for millions
        parts += [_drawn(each, starts[each], ends[each]) for each in leaving]
        parts += [*left, *(_number(each, starts[each]) for each in leaving), *right]
        return page(_RIGHT + _BOX + 20, bottom + 60, self.title, repr(self), [*parts, *self._legend(bottom + 24)])

    def _legend(self, y: int) -> Iterator[str]:
        x = 20
        looks = [("used", BLUE, "")]
        if any(each.failed for each in self.lines):
            looks.append(("refused or failed", RED, _BROKEN))
        for label, ink, dashes in looks:
            yield line(f"M{x} {y - 4}h34", ink, 2, dashes)
            yield write(x + 42, y, label, 12)
            x += 42 + 7 * len(label) + 20
        if any(each.abroad for each in self.lines):
            yield _ring(x + 6, y - 4, INK)
            yield write(x + 20, y, "a key of another account", 12)
        x = 20
        for number, width in enumerate(_WIDTHS):
            label = (
                f"{10**number:,} to {10 ** (number + 1) - 1:,}" if width != _WIDTHS[-1] else f"{10**number:,} or more"
            )
            yield line(f"M{x} {y + 20}h24", BLUE, width)
            yield write(x + 32, y + 24, label + (" calls" if width == _WIDTHS[-1] else ""), 12)
            x += 32 + 7 * len(label) + 20


def _outcome(each: Line) -> tuple[bool, bool]:
    return each.failed, each.abroad


def _side(boxes: Sequence[Box], lines: Sequence[tuple[str, Line]], x: int) -> tuple[list[str], dict[Line, int], int]:
    """The boxes of a side under their owners; for each line the height at which it ends here; the lower edge."""
    ports = {value: [each for _, each in found] for value, found in groupby(lines, key=lambda pair: pair[0])}
    drawn: list[str] = []
    heights: dict[Line, int] = {}
    y = _TOP
    for owner, group in groupby(boxes, key=lambda box: box.owner):
        heading = f"account {owner}" if owner.isdecimal() else owner
        drawn.append(write(x, y + 10, heading, 12, SOFT, more=' font-style="italic"'))
        y += _HEAD - 12
        for box in group:
            high = _PORT * len(ports[box.value]) + 8
            drawn.append(f'<rect x="{x}" y="{y}" width="{_BOX}" height="{high}" rx="4" fill="#ffffff" stroke="{INK}"/>')
            name = x + 8 if x == _LEFT else x + 16
            drawn.append(bold(name, y + 17, box.label))
            if x != _LEFT:
                sums = ([f"{box.calls:,}"] if box.calls else []) + ([f"{box.failed:,} ✕"] if box.failed else [])
                for number, text in enumerate(sums):  # both only where two lines end, so that there is room
                    drawn.append(write(x + _BOX - 8, y + 17 + _PORT * number, text, 12, SOFT, "end"))
            heights |= {each: y + 13 + _PORT * at for at, each in enumerate(ports[box.value])}
            y += high + _GAP
        y += 6
    return drawn, heights, y


def _drawn(each: Line, start: int, end: int) -> str:
    """The line, from the edge of one box to that of the other."""
    x, middle = _LEFT + _BOX, (_LEFT + _BOX + _RIGHT) // 2
    width = _WIDTHS[min(len(str(each.calls)), len(_WIDTHS)) - 1]
    path = f"M{x} {start}C{middle} {start} {middle} {end} {_RIGHT} {end}"
    ink = RED if each.failed else BLUE
    ring = _ring(_RIGHT - 7, end, ink) if each.abroad else ""  # at an end, where no other line is
    return line(path, ink, width, _BROKEN if each.failed else "") + ring


def _number(each: Line, y: int) -> str:
    """How many calls a line is for, inside the box where it begins."""
    text = f"{each.calls:,} ✕" if each.failed else f"{each.calls:,}"
    return write(_LEFT + _BOX - 8, y + 4, text, 12, anchor="end")


def _ring(x: int, y: int, ink: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="6" fill="#ffffff" stroke="{ink}" stroke-width="2"/>'
