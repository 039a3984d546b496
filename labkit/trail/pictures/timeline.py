"""The timeline of a trail: lanes, and on them the calls, by what kind of call they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...svg import page
from ..ask.uses import USES
from .facts import Names, calls, chosen, counted, labels, texts
from .svg import BLUE, INK, PALE, RED, SOFT, bold, clean, line, sentence, write

_LEFT, _WIDTH, _COLUMN, _TOP, _ROW = 280, 600, 10, 76, 12
_COLUMNS = _WIDTH // _COLUMN
_NAME = 30  # letters of a lane's name
_STEPS = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 2419200, 7862400)
_TICKS = 8  # at most
# A kind of call, as one and as many, in the order in which they lie in a lane.
KINDS = {
    "change": ("change", "changes"),
    "failed": ("refused or failed", "refused or failed"),
    "use": ("use of a key", "uses of a key"),
    "other": ("other call", "other calls"),
}


def timeline(events: Any, by: str = "principal", *, top: int = 20, names: Names | None = None) -> Timeline:
    """Draw when what was called: a lane for each value of a column, the one that begins first on top.

    Four kinds of calls, each with a shape of its own: changes (what is recorded as not read-only), refused or failed
    ones, uses of a key (cryptographic operations of KMS), others. Times are UTC, and to scale: a quiet time is as long
    as it was, nothing is cut out; for a closer look give the picture fewer events. Calls that lie too near to each
    other share a mark; the larger, the more.
    by: a column: principal, event, key, source_ip, ... top: so many lanes, those with the most calls; the calls of all
    others lie on a last one. names: what to call a value, as in {"arn:aws:kms:...": "orders"}.
    """
    table = calls(events, ["time", "source", "event", "error", "read_only", by])
    if table.empty:
        return Timeline((), by, 0, 0)
    seconds = table["time"].dt.as_unit("s").astype("int64")
    first, last = int(seconds.min()), int(seconds.max())
    place = (seconds - first) * _COLUMNS // (last - first + 1)
    value = texts(table[by])
    kept, others = chosen(value.value_counts().to_dict(), top)
    lane = value.where(value.isin(kept), "")  # "" is the lane of the others
    marks: dict[str, list[Mark]] = {}
    together = seconds.groupby([lane.rename("lane"), _kinds(table).rename("kind"), place.rename("place")]).size()
    for (of, kind, at), number in together.items():
        marks.setdefault(of, []).append(Mark(kind, int(at), int(number)))
    ends = seconds.groupby(lane).agg(["min", "max"])
    called = labels(kept, names or {}, _NAME) | {"": f"{len(others):,} others together"}
    lanes = [
        Lane("" if name == "" else name, called[name], int(begin), int(end), tuple(marks[name]))
        for name, begin, end in ends.itertuples()
    ]
    lanes.sort(key=lambda each: (each.value == "", each.first, each.value))
    return Timeline(tuple(lanes), by, first, last)


def _kinds(table: Any) -> Any:
    """For each call its kind."""
    failed = table["error"].notna()
    used = (table["source"] == "kms") & table["event"].isin(USES)
    changed = (table["read_only"] == False).fillna(False).astype(bool)  # noqa: E712 - missing is neither
    kind = changed.map({True: "change", False: "other"})
    return kind.mask(used, "use").mask(failed, "failed")


@dataclass(frozen=True)
class Mark:
    """Calls of one kind in one column of the picture."""

    kind: str
    place: int
    calls: int


@dataclass(frozen=True)
class Lane:
    """The calls of one value ("" for all others), first and last in seconds since 1970."""

    value: str
    label: str
    first: int
    last: int
    marks: tuple[Mark, ...]

    @property
    def kinds(self) -> dict[str, int]:
        """How many calls of each kind that is there."""
        found: Counter[str] = Counter()
        for mark in self.marks:
            found[mark.kind] += mark.calls
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(self.kinds.values())

    @property
    def height(self) -> int:
        """A row for each kind, and room for the name."""
        return max(36, _ROW * len(self.kinds) + 10)


@dataclass(frozen=True, repr=False)
class Timeline:
    """The picture in a notebook; its repr says the same in words."""

    lanes: tuple[Lane, ...]
    by: str
    first: int
    last: int

    @property
    def title(self) -> str:
        """What the picture is of."""
        if not self.lanes:
            return "No calls."
        number = counted(sum(lane.calls for lane in self.lanes), "call")
        return f"{number}, {_time(self.first)} to {_time(self.last)} UTC, by {self.by}"

    def __repr__(self) -> str:
        lines = [self.title]
        for lane in self.lanes:
            kinds = ", ".join(f"{number:,} {KINDS[kind][number > 1]}" for kind, number in lane.kinds.items())
            name = f"{lane.label} ({clean(lane.value)})" if lane.value not in ("", lane.label) else lane.label
            lines.append(f"{_time(lane.first)} to {_time(lane.last)}  {kinds}: {name}")
        return "\n".join(lines)

    def _repr_svg_(self) -> str:
        if not self.lanes:
            return sentence(self.title)
        bottom = _TOP + sum(lane.height for lane in self.lanes)
        parts = [bold(20, 26, self.title, 15), *self._axis(bottom)]
        y = _TOP
        for lane in self.lanes:
            parts += _drawn(lane, y)
            y += lane.height
        parts += self._legend(bottom + 30)
        return page(_LEFT + _WIDTH + 20, bottom + 74, self.title, repr(self), parts)

    def _axis(self, bottom: int) -> Iterator[str]:
        """Dates and times, at round moments."""
        span = self.last - self.first + 1
        step = next((each for each in _STEPS if span // each < _TICKS), 31536000 * (1 + span // (_TICKS * 31536000)))
        day = ""
        for tick in range(-(-self.first // step) * step, self.last + 1, step):
            x = _LEFT + (tick - self.first) * _WIDTH // span
            date, time = _time(tick).split(" ")
            yield line(f"M{x} {_TOP - 8}V{bottom}", PALE)
            if date != day:
                yield write(x, _TOP - 28, date, 12, SOFT, "middle")
            if step < 86400:
                yield write(x, _TOP - 13, time if step < 60 else time[:5], 12, SOFT, "middle")
            day = date

    def _legend(self, y: int) -> Iterator[str]:
        """The shapes that are in the picture, and what their sizes say."""
        there = {mark.kind for lane in self.lanes for mark in lane.marks}
        x = 24
        for kind in KINDS:
            if kind in there:
                yield _marks(kind, 1, [x], y - 4)
                yield write(x + 12, y, KINDS[kind][0])
                x += 12 + 8 * len(KINDS[kind][0]) + 24
        longest = -(-(self.last - self.first + 1) // _COLUMNS)
        yield write(
            20,
            y + 24,
            f"A mark has the calls of {_lasting(longest)}: up to 9, up to 99, or more, as its size says.",
            12,
            SOFT,
        )


def _drawn(lane: Lane, top: int) -> Iterator[str]:
    """A lane: its name, how many calls, and the marks, a row for each kind."""
    kinds = lane.kinds
    yield line(f"M20 {top}H{_LEFT + _WIDTH}", PALE)
    yield bold(20, top + 16, lane.label)
    failed = f", {kinds['failed']:,} ✕" if "failed" in kinds else ""
    yield write(20, top + 31, counted(lane.calls, "call") + failed, 12, SOFT)
    y = top + (lane.height - _ROW * len(kinds)) // 2 + 6
    for kind in kinds:
        for size in (1, 2, 3):
            places = [mark.place for mark in lane.marks if mark.kind == kind and _size(mark.calls) == size]
            if places:
                yield _marks(kind, size, [_LEFT + place * _COLUMN + _COLUMN // 2 for place in places], y)
        y += _ROW


def _size(number: int) -> int:
    return 1 if number < 10 else 2 if number < 100 else 3


def _marks(kind: str, size: int, places: Sequence[int], y: int) -> str:
    """Marks of one kind and size in a row, as one path."""
    half = size + 2
    if kind == "failed":
        shape = f"m-{half} -{half}l{2 * half} {2 * half}m0 -{2 * half}l-{2 * half} {2 * half}"
        return line("".join(f"M{x} {y}{shape}" for x in places), RED, 2)
    if kind == "use":  # a line without length and with round ends is a dot
        dots = "".join(f"M{x} {y}h0" for x in places)
        return line(dots, BLUE, 2 * half - 1, ' stroke-linecap="round"')
    if kind == "change":
        shape = f"l{half} {half}l-{half} {half}l-{half} -{half}z"
        return f'<path d="{"".join(f"M{x} {y - half}{shape}" for x in places)}" fill="{INK}"/>'
    return line("".join(f"M{x} {y - half}v{2 * half}" for x in places), SOFT, 1 + size // 2)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _lasting(seconds: int) -> str:
    """A length of time, rounded up to its largest unit or two."""
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{-(-seconds // unit)} {name}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
