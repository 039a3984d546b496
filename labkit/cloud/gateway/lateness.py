"""Eventual consistency: what was changed is seen some seconds later by everybody else. Off until asked for.

Each change of what is watched goes into a journal, with what was there before. A call then sees the account as it was:
the young changes are taken back while it is judged, and done again before the next one. Calls that change something
are judged on the old account, and carried out on the present one.
Knows no service: the assembly says what is watched (`watched`), and which calls change it (`changes`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..core.call import Call
from ..core.clock import Clock
from ..core.entropy import Entropy

SURELY_OLD = 2 / 3
"""The part of the time in which every call sees the old. In the rest, some do: one part of a service knows it already
and another does not (Terraform's provider asks until the same answer has come several times)."""

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Watched:
    """A mapping whose entries are seen late. `kind` names the delay; `names` are the entries, all where there is none.

    With `only_removals` what is new is seen at once: a grant has a delay of its own, for the sake of its token.
    """

    kind: str
    entries: MutableMapping[Any, Any]
    names: frozenset[str] | None = None
    only_removals: bool = False


@dataclass(frozen=True, slots=True)
class _Value:
    """An entry: the object, and its content where it is a list or a dict, which are changed in their place."""

    it: Any
    content: Any

    @classmethod
    def of(cls, it: Any) -> _Value:
        return cls(it, it.copy() if isinstance(it, (list, dict)) else None)

    def same(self, other: _Value) -> bool:
        return self.it is other.it and self.content == other.content

    def put(self, entries: MutableMapping[Any, Any], name: Any) -> None:
        if self.it is _ABSENT:
            entries.pop(name, None)
            return
        if isinstance(self.it, list):
            self.it[:] = self.content
        elif isinstance(self.it, dict):
            self.it.clear()
            self.it.update(self.content)
        entries[name] = self.it


_NOTHING = _Value(_ABSENT, None)
Snapshot = list[tuple[Watched, dict[Any, _Value]]]


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    watched: Watched
    name: Any
    before: _Value
    after: _Value


class Lateness:
    """How late each kind of change is, and what has changed a short while ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._delays: dict[str, timedelta] = {}
        self._journal: deque[_Change] = deque()
        self._taken_back: list[_Change] = []  # newest first
        self._open: tuple[datetime, Call, Snapshot] | None = None  # a change that is being made
        self.dice = Entropy("late")
        self.watched: Callable[[Call], Iterable[Watched]] = lambda _: ()
        self.changes: Callable[[Call], str] = lambda _: ""

    @property
    def delays(self) -> Mapping[str, timedelta]:
        """How late each kind is; empty if nothing is late."""
        return self._delays

    def set(self, delays: Mapping[str, timedelta]) -> None:
        """Let each kind be so late from now on; what is not named is seen at once. ValueError for less than no time."""
        if any(delay < timedelta(0) for delay in delays.values()):
            raise ValueError("A change is seen after it was made, not before.")
        self.at_present()
        self._journal.clear()
        self._delays = {kind: delay for kind, delay in delays.items() if delay}

    def see(self, call: Call) -> None:
        """Show this call the account as it was: a step before the call is planned and judged."""
        if not self._delays:
            return
        self.at_present()
        now = self._clock.now()
        while self._journal and now - self._journal[0].at >= max(self._delays.values()):
            self._journal.popleft()
        hidden = {kind: delay * (SURELY_OLD if self._dice() else 1) for kind, delay in self._delays.items()}
        own_reads = call.service == "iam" and not self.changes(call)  # IAM itself knows at once what it was told
        for change in reversed(self._journal):
            kind = change.watched.kind
            if now - change.at < hidden.get(kind, timedelta(0)) and not (own_reads and kind == "iam"):
                change.before.put(change.watched.entries, change.name)
                self._taken_back.append(change)

    def settle(self, call: Call) -> bool:
        """Bring back the present, for a call that changes it: the step before it is carried out.

        True where the call must be planned anew. IAM's changes stay late for the other services.
        """
        if not self._delays or not (kind := self.changes(call)):
            return False
        late = [change for change in reversed(self._taken_back) if (change.watched.kind == "iam") == (kind == "iam")]
        for change in late:
            change.after.put(change.watched.entries, change.name)
        self._taken_back = [change for change in self._taken_back if change not in late]
        self._open = (self._clock.now(), call, self._snapshot(call))
        return bool(late)

    def at_present(self) -> None:
        """Bring back the present for all, and note what has been changed: after each call."""
        if self._taken_back:
            for change in reversed(self._taken_back):
                change.after.put(change.watched.entries, change.name)
            self._taken_back = []
        if self._open is not None:
            (at, call, before), self._open = self._open, None
            self._journal.extend(self._changed(at, before, self._snapshot(call)))

    def _snapshot(self, call: Call) -> Snapshot:
        kind = self.changes(call)
        found = []
        for each in self.watched(call):
            if (each.kind == "iam") == (kind == "iam") and each.kind in self._delays:
                names = each.entries.keys() if each.names is None else each.entries.keys() & each.names
                found.append((each, {name: _Value.of(each.entries[name]) for name in names}))
        return found

    def _changed(self, at: datetime, before: Snapshot, after: Snapshot) -> Iterable[_Change]:
        """What differs. A new key's own mapping is not compared: the key itself is late."""
        now = {id(watched.entries): values for watched, values in after}
        for watched, values in before:
            present = now.get(id(watched.entries))
            if present is None:  # the thing is gone, and with it its mapping
                continue
            for name in [*present, *(name for name in values if name not in present)]:
                old, new = values.get(name, _NOTHING), present.get(name, _NOTHING)
                if not old.same(new) and not (watched.only_removals and new is not _NOTHING):
                    yield _Change(at, watched, name, old, new)

    def _dice(self) -> bool:
        return bool(self.dice.token_bytes(1)[0] & 1)
