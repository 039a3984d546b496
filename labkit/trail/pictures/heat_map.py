"""The heat map of a trail: how many calls, by days and by the hours of the day or the values of a column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

from ...svg import page
from .facts import Names, calls, chosen, counted, labels, texts
from .svg import INK, SOFT, bold, clean, sentence, write

_LEFT, _PAGE, _TOP, _ROW = 264, 900, 84, 22
_HOURS = 72  # the left edge where rows have short names
_MOST = 42  # columns, at most
_NAME = 30
_TONES = ("#eaf3fa", "#c9def0", "#94c0e0", "#559bcb", "#2171b5", "#08306b")  # each darker than the one before
_DARK = 4  # from this tone on numbers are white
_DAY = 86400


def heat_map(events: Any, rows: str = "hour", *, top: int = 20, names: Names | None = None) -> HeatMap:
    """Draw how many calls on each day: at each hour of the day (UTC), or for each value of a column.

    A column is a day, or so many days that there are not more than 42 columns: the title says it. The darker, the more
    calls, in up to six tones, with the numbers where there is room; a cell without calls is white. The tones' steps are
    equal where counts are of one order of magnitude, else each a multiple of the one before: the legend has them.
    rows: "hour", or a column: key, principal, event, ... top: so many rows, those with the most calls; all others make
    a last one. names: what to call a value, as in {"1234abcd-...": "orders"}.
    """
    table = calls(events, ["time"] + ([rows] if rows != "hour" else []))
    if table.empty:
        return HeatMap((), rows, 0, 1, ())
    seconds = table["time"].dt.as_unit("s").astype("int64")
    start, end = (int(moment) // _DAY for moment in (seconds.min(), seconds.max()))
    days = 1 + (end - start) // _MOST
    value = (seconds // 3600 % 24).map("{:02}".format) if rows == "hour" else texts(table[rows])
    hours: tuple[list[str], list[str]] = [f"{hour:02}" for hour in range(24)], []
    kept, others = hours if rows == "hour" else chosen(value.value_counts().to_dict(), top)
    place = ((seconds // _DAY - start) // days).rename("place")
    counts = seconds.groupby([value.where(value.isin(kept), "").rename("row"), place]).size().to_dict()
    called = labels(kept, names or {}, _NAME) | {"": f"{len(others):,} others together"}
    columns = (end - start) // days + 1
    made = tuple(
        Row(name, called[name], tuple(int(counts.get((name, at), 0)) for at in range(columns)))
        for name in [*kept, *([""] if others else [])]
    )
    return HeatMap(made, rows, start, days, _steps(sorted(number for number in counts.values())))


def _steps(numbers: list[int]) -> tuple[int, ...]:
    """The least number of each tone but the first: for sorted numbers, all more than zero."""
    most, middle = numbers[-1], numbers[len(numbers) // 2]
    tones = len(_TONES)
    if most <= 10 * middle:
        width = -(-most // tones)
        steps = [1 + width * tone for tone in range(1, tones)]
    else:
        ratio = next(each for each in count(2) if each**tones > most)
        steps = [ratio**tone for tone in range(1, tones)]
    return tuple(step for step in steps if step <= most)


@dataclass(frozen=True)
class Row:
    """The calls of one value ("" for all others), column by column."""

    value: str
    label: str
    calls: tuple[int, ...]


@dataclass(frozen=True, repr=False)
class HeatMap:
    """The picture in a notebook; its repr says the same as a table of text."""

    rows: tuple[Row, ...]
    by: str
    start: int  # the first day, in days since 1970
    days: int  # of a column
    steps: tuple[int, ...]  # the least number of each tone but the first

    @property
    def title(self) -> str:
        """What the picture is of."""
        if not self.rows:
            return "No calls."
        column = "day" if self.days == 1 else f"{self.days} days"
        of = "hour of the day (UTC)" if self.by == "hour" else self.by
        return (
            f"{counted(sum(sum(row.calls) for row in self.rows), 'call')} by {of}, and by {column} from {self._day(0)}"
        )

    def _day(self, column: int) -> str:
        return self._date(column).strftime("%Y-%m-%d")

    def _date(self, column: int) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(days=self.start + column * self.days)

    def _column_names(self) -> list[str]:
        """Month and day; the year where it begins."""
        return [self._date(at).strftime("%m-%d") for at in range(len(self.rows[0].calls))]

    def __repr__(self) -> str:
        if not self.rows:
            return self.title
        head = [*self._column_names(), "all"]
        body = [[*row.calls, sum(row.calls)] for row in self.rows]
        wide = [max(len(name), *(len(f"{row[at]:,}") for row in body)) for at, name in enumerate(head)]
        lines = [self.title, "  ".join(name.rjust(size) for name, size in zip(head, wide, strict=True))]
        for row, numbers in zip(self.rows, body, strict=True):
            cells = [f"{number or '.':,}" if number else "." for number in numbers]
            name = f"{row.label} ({clean(row.value)})" if row.value not in ("", row.label) else row.label
            lines.append("  ".join(cell.rjust(size) for cell, size in zip(cells, wide, strict=True)) + f"  {name}")
        return "\n".join(lines)

    # --- SVG ---------------------------------------------------------------------------------------------------------

    def _repr_svg_(self) -> str:
        if not self.rows:
            return sentence(self.title)
        left = _HOURS if self.by == "hour" else _LEFT
        cell = min((_PAGE - left - 68) // len(self.rows[0].calls), 60)
        right = left + cell * len(self.rows[0].calls)
        bottom = _TOP + _ROW * len(self.rows)
        parts = [
            bold(20, 26, self.title, 15),
            *self._heads(left, cell),
            write(right + 56, _TOP - 10, "all", 12, SOFT, "end"),
        ]
        for number, row in enumerate(self.rows):
            y = _TOP + _ROW * number + 16
            parts.append(write(left - 8, y, row.label, anchor="end"))
            parts.append(write(right + 56, y, f"{sum(row.calls):,}", 12, SOFT, "end"))
        parts += self._cells(left, cell)
        parts += self._legend(bottom + 28)
        return page(max(right + 68, 700), bottom + 50, self.title, repr(self), parts)

    def _heads(self, left: int, cell: int) -> Iterator[str]:
        """Dates above the columns, as many as there is room for, and weekdays where a column is a day."""
        every = -(-42 // cell)
        for at, name in enumerate(self._column_names()):
            middle = left + cell * at + cell // 2
            if at % every == 0:
                yield write(middle, _TOP - 10, name, 12, SOFT, "middle")
            if self.days == 1 and cell >= 17:
                weekday = self._date(at).strftime("%a")[: 3 if cell >= 28 else 2]
                yield write(middle, _TOP - 26, weekday, 11, SOFT, "middle")

    def _cells(self, left: int, cell: int) -> Iterator[str]:
        """The cells, a path for each tone, and their numbers."""
        columns = range(len(self.rows[0].calls))
        places = [(number, at, row.calls[at]) for number, row in enumerate(self.rows) for at in columns]
        for tone, fill in enumerate(("#ffffff", *_TONES), start=-1):
            there = [
                (left + cell * at, _TOP + _ROW * row, calls)
                for row, at, calls in places
                if (sum(calls >= step for step in self.steps) if calls else -1) == tone
            ]
            if there:
                squares = "".join(f"M{x} {y}h{cell}v{_ROW}h-{cell}z" for x, y, _ in there)
                yield f'<path d="{squares}" fill="{fill}" stroke="#bfbfbf"/>'
            fitting = [each for each in there if each[2] and len(f"{each[2]:,}") * 7 + 4 <= cell]
            if fitting:
                yield f'<g font-size="12" text-anchor="middle" fill="{"#ffffff" if tone >= _DARK else INK}">'
                for x, y, calls in fitting:
                    yield f'<text x="{x + cell // 2}" y="{y + 15}">{calls:,}</text>'
                yield "</g>"

    def _legend(self, y: int) -> Iterator[str]:
        """The tones, with the numbers of calls that they stand for."""
        x = 20
        most = max(max(row.calls) for row in self.rows)
        edges = [1, *self.steps, most + 1]
        for tone, (least, following) in enumerate(pairwise(edges)):
            label = f"{least:,}" if following == least + 1 else f"{least:,} to {following - 1:,}"
            yield f'<rect x="{x}" y="{y - 13}" width="22" height="16" fill="{_TONES[tone]}" stroke="#bfbfbf"/>'
            yield write(x + 28, y, label, 12)
            x += 28 + 7 * len(label) + 20
        yield write(x, y, "calls", 12)
