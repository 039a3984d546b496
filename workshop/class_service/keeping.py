"""Keeps the class on disk, so that a hub that is started again knows it: one small SQLite file, for this user alone.

One row a learner. What learners tell is written each second, all in one transaction, so that forty at once do not wait
for the disk; what is forgotten is overwritten with zeros at once. Where the file can't be kept, the class goes on in
memory, and `problem` says so on the page.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .room import Answered, Hint, Key, Learner, Room, Work

FILE = "class.sqlite3"
LAYOUT = 1
DAYS = 14
"""So long after a learner was last heard of, what is known of them is deleted, unless the hub says another number."""
DAY = 86_400.0
_CLASS = "/class"  # the name of no learner: JupyterHub allows no slash
_TABLE = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, data TEXT NOT NULL)"
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Keeper:
    """The file of one class in a folder; without a folder, nothing is kept."""

    def __init__(self, folder: Path | None, days: float = DAYS) -> None:
        self.file = folder / FILE if folder else None
        self.days = days
        self._waiting: dict[str, Learner] = {}
        self.problem = "" if folder else "Nothing is kept on disk: when the hub is started again, this page is empty."

    def load(self, now: float) -> Room:
        """Read the class as it was, without learners that were not heard of for `days`."""
        room = Room()
        rows = self._do(lambda file: file.execute("SELECT name, data FROM kept").fetchall()) or []
        try:
            for name, data in rows:
                if name == _CLASS:
                    told = json.loads(data)
                    room.paused, room.hints = bool(told["paused"]), [Hint(**hint) for hint in told["hints"]]
                else:
                    room.learners[name] = learner_of(name, json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError):
            self._put_aside()
            return Room()
        self.sweep(room, now)
        return room

    def learner(self, learner: Learner) -> None:
        """Write one learner, with the next `flush`."""
        self._waiting[learner.name] = learner

    def flush(self) -> None:
        """Write the learners that have told something since the last time."""
        rows = [(learner.name, json.dumps(data_of(learner))) for learner in self._waiting.values()]
        self._waiting.clear()
        if rows:
            self._write(*rows)

    def hints_and_pause(self, room: Room) -> None:
        """Write what the trainer has said."""
        told = {"paused": room.paused, "hints": [asdict(hint) for hint in room.hints]}
        self._write((_CLASS, json.dumps(told)))

    def forget(self, *names: str) -> None:
        """Delete learners."""
        for name in names:
            self._waiting.pop(name, None)
        self._do(lambda file: file.executemany("DELETE FROM kept WHERE name = ?", [(name,) for name in names]))

    def forget_all(self) -> None:
        """Delete everything, and the files that were damaged and put aside."""
        self._waiting.clear()
        self._do(lambda file: file.execute("DELETE FROM kept"))
        for old in self.aside():
            old.unlink(missing_ok=True)

    def sweep(self, room: Room, now: float) -> None:
        """Forget learners that were not heard of for `days`, here and in the room."""
        if old := room.silent_since(now - self.days * DAY):
            for name in old:
                room.forget(name)
            self.forget(*old)

    def aside(self) -> list[Path]:
        """Name the files that could not be read, and are kept beside the present one."""
        return sorted(self.file.parent.glob("class.damaged-*.sqlite3*")) if self.file else []

    def _write(self, *rows: tuple[str, str]) -> None:
        self._do(lambda file: file.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", rows))

    def _do(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Open the file, do the work in one transaction, close it. What can't be done is told by `problem`."""
        if self.file is None:
            return None
        try:
            try:
                done = self._once(self.file, work)
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", None) not in _DAMAGED:
                    raise
                self._put_aside()
                done = self._once(self.file, work)
        except (sqlite3.Error, OSError, ValueError) as error:
            self.problem = f"The class can't be kept in {self.file}: {error}. A hub that is started again has lost it."
            return None
        self.problem = ""
        return done

    def _once(self, path: Path, work: Callable[[sqlite3.Connection], Any]) -> Any:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # nobody else may read it, from the first moment
        with closing(sqlite3.connect(path, timeout=5)) as file:
            file.execute("PRAGMA synchronous = FULL")
            file.execute("PRAGMA secure_delete = ON")
            (layout,) = file.execute("PRAGMA user_version").fetchone()
            if layout > LAYOUT:
                raise ValueError("a newer labkit has made this file")
            with file:  # one transaction
                file.execute("BEGIN IMMEDIATE")
                file.execute(_TABLE)
                file.execute(f"PRAGMA user_version = {LAYOUT}")
                return work(file)

    def _put_aside(self) -> None:
        if self.file is None or not self.file.exists():
            return
        number = 1
        while (aside := self.file.with_name(f"class.damaged-{number}.sqlite3")).exists():
            number += 1
        self.file.rename(aside)
        for more in ("-journal", "-wal", "-shm"):  # they belong to the damaged file
            left = self.file.with_name(FILE + more)
            if left.exists():
                left.rename(aside.with_name(aside.name + more))


def data_of(learner: Learner) -> dict[str, Any]:
    """Write a learner as what JSON has; a key of two becomes a row's first two cells."""
    return {
        "lab": learner.lab,
        "seen": learner.seen,
        "work": [[*key, work.status, work.tries] for key, work in learner.work.items()],
        "answers": [[*key, asdict(answer)] for key, answer in learner.answers.items()],
        "errors": [[*key, times] for key, times in learner.errors.items()],
        "hint": learner.hint,
        "resets": learner.resets,
    }


def learner_of(name: str, data: Mapping[str, Any]) -> Learner:
    """Read a learner as `data_of` has written them."""
    work: dict[Key, Work] = {(lab, item): Work(status, tries) for lab, item, status, tries in data["work"]}
    answers: dict[Key, Answered] = {(lab, item): Answered(**answer) for lab, item, answer in data["answers"]}
    errors: dict[Key, int] = {(lab, code): times for lab, code, times in data["errors"]}
    return Learner(name, data["lab"], data["seen"], work, answers, errors, data["hint"], list(data["resets"]))
