"""Which members of a call CloudTrail shows, and in what casing: from the row of the operation and the API's model.

Nothing secret gets through: blobs and members that the model marks as sensitive are never shown.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from ..core import kms_operations
from ..core.service_records import Records

# Prefixes of read-only operations of services without a table of their own (CloudTrail's `readOnly`).
READ_PREFIXES = ("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "Scan", "Query", "Select")


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """One row of the table: an event of KMS's own, without a call, and what it shows."""

    event_type: str
    elements: tuple[str, ...]
    details: tuple[str, ...]


@cache
def kms_service_events() -> dict[str, ServiceEvent]:
    """Return the table of what KMS does of its own accord, by the events' names. ValueError for a cell that is missing.

    What an operation's event shows stands in the operation's row (core/kms_operations.py).
    """
    text = files("labkit.cloud.cloudtrail").joinpath("kms-service-events.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t"))
    if lacking := [row["eventName"] for row in rows if None in row or not all(row.values())]:
        raise ValueError(f"kms-service-events.tsv, {', '.join(lacking)}: a cell is missing, or one too many.")
    return {
        row["eventName"]: ServiceEvent(
            row["eventType"], _names(row["responseElements"]), _names(row["serviceEventDetails"])
        )
        for row in rows
    }


def _names(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split(","))


def is_read_only(service: str, operation: str, records: Records) -> bool:
    """CloudTrail's `readOnly` for an operation."""
    if service == "kms" and operation in kms_operations.table():
        return kms_operations.table()[operation].read_only
    return operation.startswith(READ_PREFIXES) or operation in records.reads


def event_source(service: str, records: Records) -> str:
    """CloudTrail's `eventSource` for botocore's service name."""
    return f"{records.source or service}.amazonaws.com"


def renamed(parameters: dict[str, Any], records: Records) -> dict[str, Any]:
    """Parameters under the names that the service gives them in CloudTrail, without what it never shows."""
    names = records.member_names
    return {names.get(name, name): value for name, value in parameters.items() if name not in records.hidden}


def lower_first(name: str) -> str:
    """CloudTrail's casing of a member: KeyId → keyId, AWSAccountId → aWSAccountId (captured so)."""
    return name[:1].lower() + name[1:]


def shown(value: Any, shape: Any) -> Any:
    """Return a value as CloudTrail shows it, by its shape in the API's model; None where nothing may be shown."""
    if shape is None or value is None or shape.type_name == "blob" or shape.metadata.get("sensitive"):
        return None
    if shape.type_name == "structure":
        members = ((name, shown(value[name], member)) for name, member in shape.members.items() if name in value)
        return {lower_first(name): content for name, content in members if content is not None}
    if shape.type_name == "list":
        return [content for content in (shown(item, shape.member) for item in value) if content is not None]
    if shape.type_name == "map":
        return {name: content for name, item in value.items() if (content := shown(item, shape.value)) is not None}
    if isinstance(value, datetime):
        return java_date(value)
    return value


def java_date(moment: datetime) -> str:
    """Return a time inside parameters or elements: "Oct 21, 2024, 2:25:29 PM" (captured so)."""
    utc = moment.astimezone(UTC)
    return f"{utc:%b} {utc.day}, {utc.year}, {utc.hour % 12 or 12}:{utc:%M:%S %p}"
