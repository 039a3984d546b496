"""Who reaches which key, as a picture: somebody, an arrow that says how and what for, and the key. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from ...svg import PAGE, page
from ..twin import one_line
from .reach_facts import GRANT, IAM_POLICY, KEY_POLICY, Link

MOST = 30
"""Links that are drawn; the table has more."""
_INK, _EVERYBODY = "#1a1a1a", "#a24a00"
_ROW, _TOP = 44, 20
_LOOKS = ((GRANT, "#8a5a00", "2 5"), (IAM_POLICY, "#00674c", "9 5"), (KEY_POLICY, "#0072b2", ""))


@dataclass(frozen=True, repr=False)
class ReachPicture:
    """The picture in a notebook; its repr says the same in words."""

    links: Sequence[Link]
    keys: Mapping[str, str]

    def __repr__(self) -> str:
        lines = [
            one_line(f"{each.who} -> {self.keys[each.key]}: {each.kind}, by {each.how} {each.condition}".strip())
            for each in self.links[:MOST]
        ]
        return "\n".join([*(lines or ["Nobody reaches a key."]), *self._more])

    @property
    def _more(self) -> list[str]:
        more = len(self.links) - MOST
        return [f"({more} more links are in the table)"] if more > 0 else []

    def _repr_svg_(self) -> str:
        y, parts = _TOP, [_HEAD]
        for key, group in groupby(self.links[:MOST], key=lambda link: link.key):
            links = list(group)
            high = _ROW * len(links) - 8
            parts.append(_box(640, y, 240, high, "#fff6ec", "#a24a00"))
            parts.append(_text(760, y + high / 2 + 5, one_line(self.keys[key], 28), 14, "middle"))
            for link in links:
                parts += _drawn(link, y)
                y += _ROW
            y += 14
        parts += [
            _text(20, y + 14, each, 13) for each in (self._more or (["Nobody reaches a key."] if y == _TOP else []))
        ]
        return page(PAGE, y + 34, "Who reaches which key, and how", repr(self), parts)


def _drawn(link: Link, y: int) -> list[str]:
    middle = y + (_ROW - 8) / 2
    look = next((each for each in _LOOKS if each[0] in link.how), _LOOKS[-1])
    everybody = link.who == "everybody"
    ink, dashes = (_EVERYBODY, "") if everybody else look[1:]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    says = f"{link.kind}, by {link.how}"
    return [
        _box(20, y, 230, _ROW - 8, "#ffffff", ink, 4 if everybody else 2),
        _text(135, middle + 5, one_line(link.who, 30), 13, "middle"),
        f'<path d="M250 {middle}H632" stroke="{ink}" stroke-width="2" fill="none" marker-end="url(#a)"{dashed}/>',
        _text(262, middle - 5, one_line(says, 58), 12),
        *([_text(262, middle + 15, one_line(link.condition, 58), 12)] if link.condition else []),
    ]


_HEAD = (
    '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
    f'<path d="M0 0L10 5L0 10z" fill="{_INK}"/></marker></defs>'
)


def _box(x: float, y: float, width: float, height: float, fill: str, edge: str, thick: int = 2) -> str:
    size = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="6"'
    return f'<rect {size} fill="{fill}" stroke="{edge}" stroke-width="{thick}"/>'


def _text(x: float, y: float, text: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" fill="{_INK}">{escape(text)}</text>'
