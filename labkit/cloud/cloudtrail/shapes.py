"""Which members of a call CloudTrail shows, and in what casing: from the per-event table and the API's model.

Nothing secret gets through: blobs and members that the model marks as sensitive are never shown.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from ..core.service_records import Records
from ..kms.api import require_every_operation

# Prefixes of read-only operations of services without a table of their own (CloudTrail's `readOnly`).
READ_PREFIXES = ("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "Scan", "Query", "Select")


@dataclass(frozen=True, slots=True)
class EventShape:
    """One row of the table: an event of KMS and what it shows."""

    event_type: str
    read_only: bool
    parameters: tuple[str, ...]
    elements: tuple[str, ...]
    additional: tuple[str, ...]
    details: tuple[str, ...]
    has_resources: bool


@cache
def kms_event_shapes() -> dict[str, EventShape]:
    """The table of KMS events by operation; ValueError if one has no row. Sources are in the file's head and rows."""
    text = files("labkit.cloud.cloudtrail").joinpath("kms-events.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    shapes = {
        row["eventName"]: EventShape(
            row["eventType"],
            row["readOnly"] == "true",
            _names(row["requestParameters"]),
            _names(row["responseElements"]),
            _names(row["additionalEventData"]),
            _names(row["serviceEventDetails"]),
            row["resources"] == "yes",
        )
        for row in rows
    }
    require_every_operation(shapes, "kms-events.tsv")
    return shapes


def _names(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(",")) if cell else ()


def is_read_only(service: str, operation: str, records: Records) -> bool:
    """CloudTrail's `readOnly` for an operation."""
    if service == "kms" and operation in kms_event_shapes():
        return kms_event_shapes()[operation].read_only
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
    """A value as CloudTrail shows it, by its shape in the API's model; None where nothing may be shown."""
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
    """A time inside parameters or elements: "Oct 21, 2024, 2:25:29 PM" (captured so)."""
    utc = moment.astimezone(UTC)
    return f"{utc:%b} {utc.day}, {utc.year}, {utc.hour % 12 or 12}:{utc:%M:%S %p}"
