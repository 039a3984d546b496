"""Which databases and snapshots have the data of one database: the trail, read from its beginning. Reads events only.

A name says little: it can be deleted and given again, and another Region can have the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Holders:
    """The names of what holds the data at the end of the trail, in lower case: databases and snapshots."""

    databases: frozenset[str]
    snapshots: frozenset[str]


def holders(events: Iterable[Mapping[str, Any]], first: str, region: str) -> Holders:
    """Follow the data of the database that was the first of this name, through snapshots, copies and restores."""
    databases, snapshots, begun = set[str](), set[str](), False
    for event in events:
        if event["awsRegion"] != region or "errorCode" in event or not event["eventSource"].startswith("rds."):
            continue
        asked = {name: name_of(value) for name, value in (event["requestParameters"] or {}).items()}
        database, snapshot = asked.get("dBInstanceIdentifier", ""), asked.get("dBSnapshotIdentifier", "")
        match event["eventName"]:
            case "CreateDBInstance":
                databases.discard(database)
                if database == first and not begun:
                    databases, begun = {first}, True
            case "DeleteDBInstance":
                databases.discard(database)
            case "ModifyDBInstance" if "newDBInstanceIdentifier" in asked:
                _hand_on(databases, asked["newDBInstanceIdentifier"], holds=database in databases)
                databases.discard(database)
            case "CreateDBSnapshot":
                _hand_on(snapshots, snapshot, holds=database in databases)
            case "CopyDBSnapshot":
                source = asked.get("sourceDBSnapshotIdentifier", "")
                _hand_on(snapshots, asked.get("targetDBSnapshotIdentifier", ""), holds=source in snapshots)
            case "DeleteDBSnapshot":
                snapshots.discard(snapshot)
            case "RestoreDBInstanceFromDBSnapshot":
                _hand_on(databases, database, holds=snapshot in snapshots)
    return Holders(frozenset(databases), frozenset(snapshots))


def name_of(identifier: Any) -> str:
    """Take the name out of an ARN, or a name as it is; RDS keeps both in lower case."""
    return str(identifier).rpartition(":")[2].lower()


def _hand_on(names: set[str], name: str, *, holds: bool) -> None:
    names.discard(name)
    if holds:
        names.add(name)
