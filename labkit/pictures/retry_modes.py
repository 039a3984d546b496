"""botocore's retry modes side by side, drawn from runs that were tried: a band a mode, a mark a request.

Pure: the same runs give the same picture, to the letter. `labkit.retries` makes the runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..retries import Run
from ..svg import PAGE, page

_INK, _GREY, _FINE, _REFUSED, _PALE = "#1a1a1a", "#555555", "#0072b2", "#a24a00", "#eef5fb"
_LEFT, _TOP, _BAND, _GAP = 30, 64, 96, 22
_WIDTH = PAGE - 2 * _LEFT


@dataclass(frozen=True, repr=False)
class RetryModes:
    """The picture in a notebook; its repr says the same in words."""

    runs: tuple[Run, ...]

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.runs))

    def _repr_svg_(self) -> str:
        longest = max([run.seconds for run in self.runs] + [1.0])
        scale = (_WIDTH - 20) / longest
        parts = [
            _text(_LEFT, 26, "Each mark is a request, from left to right in lab seconds", 17, "bold"),
            _dot(_LEFT + 8, 45),
            _text(_LEFT + 22, 50, "answered", 14),
            _cross(_LEFT + 110, 45),
            _text(_LEFT + 124, 50, "throttled", 14),
        ]
        for number, run in enumerate(self.runs):
            parts += _band(run, _TOP + number * (_BAND + _GAP), scale)
        bottom = _TOP + len(self.runs) * (_BAND + _GAP)
        step = max(1, round(longest / 10))
        for second in range(0, int(longest) + 1, step):
            parts.append(_text(_LEFT + 10 + second * scale, bottom + 8, f"{second} s", 13, anchor="middle", fill=_GREY))
        title = "Retry modes: which requests of each mode were answered and which throttled, in lab seconds"
        return page(PAGE, bottom + 24, title, repr(self), parts)


def compare(runs: Sequence[Run]) -> RetryModes:
    """Draw these runs, a band each, in their order."""
    return RetryModes(tuple(runs))


def _band(run: Run, y: float, scale: float) -> list[str]:
    said = f"{len(run.tries)} requests for {run.calls} calls, {run.throttled} throttled, {run.failed} calls failed"
    return [
        f'<rect x="{_LEFT}" y="{y}" width="{_WIDTH}" height="{_BAND}" rx="8" fill="{_PALE}"/>',
        _text(_LEFT + 12, y + 24, f"{run.mode}: {said}", 15, "bold"),
        f'<path d="M{_LEFT + 10} {y + 62}H{_LEFT + _WIDTH - 10}" stroke="{_GREY}" stroke-width="1"/>',
        *((_cross if each.error else _dot)(_LEFT + 10 + each.at * scale, y + 62) for each in run.tries),
    ]


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y}" r="6" fill="{_FINE}"/>'


def _cross(x: float, y: float) -> str:
    return f'<path d="M{x - 5:.1f} {y - 5}l10 10m0 -10l-10 10" fill="none" stroke="{_REFUSED}" stroke-width="2.5"/>'


def _text(
    x: float, y: float, text: str, size: int, weight: str = "normal", anchor: str = "start", fill: str = _INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}">{text}</text>'
    )
