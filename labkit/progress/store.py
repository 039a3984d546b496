"""The file that keeps progress: one small SQLite database, for this user alone.

SQLite's own journal keeps it whole if the machine stops in the middle, and lets several kernels write to it. A file
that is damaged is put aside under another name, and a new one begun. Writes into a learner's folder, and nothing else.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from .locking import locked

FILE = "progress.sqlite3"
LAYOUT = 1
PATIENCE = 5.0  # seconds to wait for another kernel's writing
_DAMAGED = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DONE = ("solved", "right")
STATUSES = ("solved", "not yet", "right", "not right")
_TABLE = """CREATE TABLE IF NOT EXISTS outcomes (
    lab TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, version TEXT NOT NULL,
    status TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (lab, kind, item, version))"""
_KEEP = """INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET status = excluded.status, since = excluded.since
    WHERE outcomes.status NOT IN ('solved', 'right') AND outcomes.status <> excluded.status"""
T = TypeVar("T")


class NotKept(Exception):
    """Progress can't be kept or read; the message says why, and how to mend it."""


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """One outcome: of an exercise ("exercise") or a question ("question"), in the version that its data had."""

    lab: str
    kind: str
    item: str
    version: str
    status: str
    since: str

    @property
    def is_done(self) -> bool:
        """Whether it was solved, or answered right."""
        return self.status in _DONE


class Store:
    """The progress in one folder. Each call opens the file, does its work in one transaction, and closes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE

    def keep(self, lab: str, kind: str, item: str, version: str, status: str) -> None:
        """Keep an outcome. What was solved in this version stays solved. NotKept if it can't be written."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._do(lambda file: file.execute(_KEEP, (lab, kind, item, version, status, now)))

    def all(self) -> tuple[Kept, ...]:
        """Read everything, in order; nothing where there is no file yet. NotKept if it can't be read."""
        if not self.file.is_file():
            return ()
        rows = self._do(lambda file: file.execute("SELECT lab, kind, item, version, status, since FROM outcomes"))
        texts = (row for row in rows if all(isinstance(part, str) for part in row))
        return tuple(sorted(kept for kept in map(_kept, texts) if kept.status in STATUSES))

    def forget(self) -> bool:
        """Delete everything that is kept; False if there was nothing."""
        if not self.file.is_file():
            return False
        self._do(lambda file: file.execute("DELETE FROM outcomes"))
        return True

    def forget_lab(self, lab: str) -> None:
        """Delete what is kept of one lab. NotKept if the file can't be written."""
        if self.file.is_file():
            self._do(lambda file: file.execute("DELETE FROM outcomes WHERE lab = ?", (lab,)))

    def put_aside(self) -> tuple[Path, ...]:
        """Name the files that were damaged, and are kept beside the present one."""
        return tuple(sorted(self.folder.glob("progress.damaged-*.sqlite3")))

    def _do(self, work: Callable[[sqlite3.Connection], Any]) -> list[Any]:
        try:
            try:
                return self._once(work)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the second: in a message on it
                if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) not in _DAMAGED:
                    raise
                self._begin_anew()
                return self._once(work)
        except (sqlite3.Error, OSError, ValueError) as error:
            raise NotKept(
                f"Your progress can't be kept in {self.file}: {error}. Everything else works. To keep it elsewhere, "
                "set LABKIT_HOME to a folder where you may write; LABKIT_PROGRESS=off switches it off."
            ) from error

    def _once(self, work: Callable[[sqlite3.Connection], Any]) -> list[Any]:
        with self._open() as file:
            return list(work(file))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))  # nobody else may read it, from the first moment
        with closing(sqlite3.connect(self.file, timeout=PATIENCE)) as file:
            file.text_factory = lambda text: text.decode(errors="replace")  # damaged bytes in a row harm this row alone
            file.execute("PRAGMA synchronous = FULL")
            (layout,) = file.execute("PRAGMA user_version").fetchone()
            if layout > LAYOUT:
                raise ValueError("a newer labkit has made this file")
            with file:  # one transaction
                file.execute("BEGIN IMMEDIATE")
                file.execute(_TABLE)
                file.execute(f"PRAGMA user_version = {LAYOUT}")
                yield file

    def _begin_anew(self) -> None:
        """Put the damaged file aside, unless another kernel has done so meanwhile."""
        with locked(self.folder / "progress.lock"):
            if self._is_whole():
                return
            number = 1
            while (aside := self.folder / f"progress.damaged-{number}.sqlite3").exists():
                number += 1
            self.file.rename(aside)
            for more in ("-journal", "-wal", "-shm"):  # they belong to the damaged file
                left = self.file.with_name(FILE + more)
                if left.exists():
                    left.rename(aside.with_name(aside.name + more))

    def _is_whole(self) -> bool:
        try:
            self._once(lambda file: file.execute("SELECT lab, kind, item, version, status, since FROM outcomes"))
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return False
        return True


def _kept(row: tuple[str, ...]) -> Kept:
    return Kept(*row)
