"""The ledger of one run: a SQLite file that can be read without the kit (docs/clean-up.md has its tables).

A row is written and on the disk before the creating call goes out, and settled when its answer is there. A process that
is killed in between leaves a row that says `writing`: clean-up looks for such a thing by its name and its tags.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from ....errors import LabError

FILE = "ledger.sqlite"
PATIENCE = 30.0
"""Seconds that a kernel waits for another one of the same run to finish its row."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, started TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS resources (
    number INTEGER PRIMARY KEY AUTOINCREMENT, written TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
    service TEXT NOT NULL, operation TEXT NOT NULL, kind TEXT NOT NULL, shown TEXT NOT NULL, name TEXT NOT NULL,
    item TEXT NOT NULL, parent TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'writing',
    identifier TEXT NOT NULL DEFAULT '', arn TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '', settled TEXT);
CREATE TABLE IF NOT EXISTS settings (
    region TEXT NOT NULL, setting TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL DEFAULT '',
    written TEXT NOT NULL, PRIMARY KEY (region, setting));
"""
_COLUMNS = "number, account, region, service, operation, kind, shown, name, item, parent, state, identifier, arn"


class RunFacts(Protocol):
    """What the ledger and the hooks need to know of a run."""

    @property
    def id(self) -> str:
        """The run's id, which names and tags carry."""

    @property
    def account_id(self) -> str:
        """The account that consent was given for."""

    @property
    def region(self) -> str:
        """The run's own Region."""

    @property
    def folder(self) -> Path:
        """Where the run keeps what it must not lose."""


class LedgerUnreadable(LabError):
    """The file is no ledger, is damaged, or belongs to another run or account."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a thing that was to be made. `name` is what the account calls it, `shown` what the notebook does."""

    number: int
    account: str
    region: str
    service: str
    operation: str
    kind: str
    shown: str
    name: str
    item: str
    parent: str
    state: str = "writing"
    identifier: str = ""
    arn: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The ids in the answer: several where one call has made several things."""
        return tuple(self.identifier.split())


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the whole account in one Region: what it was, and what the run has last set."""

    region: str
    setting: str
    before: str
    after: str


def open_ledger(folder: Path) -> Ledger:
    """Open the ledger in a run's folder; both are made if they are not there, for nobody but you."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Ledger(folder / FILE)


class Ledger:
    """Rows are on the disk when a method returns. Threads and other processes of the run may use it meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._process = 0
        self._connection: sqlite3.Connection | None = None
        with self._open():
            pass

    def begin(self, run: RunFacts) -> None:
        """Note whose ledger this is; LedgerUnreadable where it is another run's or another account's already."""
        with self._open() as connection:
            row = (run.id, run.account_id, run.region, _now())
            connection.execute("INSERT INTO run SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM run)", row)
        if (own := self.run()) is None or own[:2] != (run.id, run.account_id):
            raise LedgerUnreadable(
                f"{self.path} is the ledger of another run or another account. Start a new run: nothing was made."
            )

    def run(self) -> tuple[str, str, str] | None:
        """Tell the run's id, account and Region; None for a ledger that no run has begun."""
        with self._open() as connection:
            rows = connection.execute("SELECT id, account, region FROM run").fetchall()
        if len(rows) > 1:
            raise LedgerUnreadable(f"{self.path} names {len(rows)} runs. A ledger has one.")
        return tuple(rows[0]) if rows else None

    def write(self, entry: Entry) -> int:
        """Write a row ahead of its call; answers its number."""
        with self._open() as connection:
            made = connection.execute(
                "INSERT INTO resources (written, account, region, service, operation, kind, shown, name, item, parent)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    _now(),
                    entry.account,
                    entry.region,
                    entry.service,
                    entry.operation,
                    entry.kind,
                    entry.shown,
                    entry.name,
                    entry.item,
                    entry.parent,
                ),
            )
            return int(made.lastrowid or 0)

    def settle(self, number: int, state: str, identifiers: Sequence[str] = (), arn: str = "", error: str = "") -> None:
        """Note how the call ended: `made`, `refused`, or `unknown` where no answer came."""
        with self._open() as connection:
            connection.execute(
                "UPDATE resources SET state = ?, identifier = ?, arn = ?, error = ?, settled = ? WHERE number = ?",
                (state, " ".join(identifiers), arn, error[:500], _now(), number),
            )

    def gone(self, number: int) -> None:
        """Note that clean-up has found it gone."""
        with self._open() as connection:
            connection.execute("UPDATE resources SET state = 'gone' WHERE number = ?", (number,))

    def entries(self) -> tuple[Entry, ...]:
        """List what may be in the account, oldest first: all rows but those refused and those gone."""
        with self._open() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM resources WHERE state NOT IN ('refused', 'gone') ORDER BY number"  # noqa: S608
            ).fetchall()
        return tuple(Entry(*row) for row in rows)

    def names(self) -> frozenset[tuple[str, str]]:
        """List the kinds and names, as the account has them, of all that the run has begun to make."""
        return frozenset((each.kind, each.name) for each in self.entries())

    def remember(self, setting: Setting) -> None:
        """Write a setting of the whole account before it is changed: the first value stays, the last change counts."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO settings VALUES (?, ?, ?, ?, ?) ON CONFLICT (region, setting) DO UPDATE SET after = ?",
                (setting.region, setting.setting, setting.before, setting.after, _now(), setting.after),
            )

    def forget(self, region: str, setting: str) -> None:
        """Drop a setting that is again what it was."""
        with self._open() as connection:
            connection.execute("DELETE FROM settings WHERE region = ? AND setting = ?", (region, setting))

    def settings(self) -> tuple[Setting, ...]:
        """List the settings that the run has changed."""
        with self._open() as connection:
            rows = connection.execute("SELECT region, setting, before, after FROM settings ORDER BY written")
            return tuple(Setting(*row) for row in rows.fetchall())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The connection of this process, in one transaction; a forked child opens its own."""
        with self._lock:
            try:
                if self._connection is None or self._process != os.getpid():
                    self._connection, self._process = _connect(self.path), os.getpid()
                with self._connection:
                    yield self._connection
            except sqlite3.OperationalError as problem:
                raise LedgerUnreadable(f"The ledger {self.path} can't be used: {problem}.") from None
            except sqlite3.DatabaseError as problem:
                raise LedgerUnreadable(f"{self.path} is no ledger, or is damaged: {problem}.") from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _connect(path: Path) -> Any:
    new = not path.exists()
    connection = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)
    if new:
        path.chmod(0o600)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(SCHEMA)
    return connection
