"""CloudTrail events as a tidy pandas DataFrame, one row an event."""

from __future__ import annotations

from typing import Any

import pandas

COLUMNS = ("time", "caller", "event", "key", "error", "read_only", "source", "region")


def to_table(events: list[dict[str, Any]]) -> pandas.DataFrame:
    """One row an event, in the order given; `time` is UTC, `key` is the key's id (see COLUMNS)."""
    table = pandas.DataFrame([_row(event) for event in events], columns=list(COLUMNS))
    table["time"] = pandas.to_datetime(table["time"], utc=True)
    return table


def _row(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "time": event["eventTime"],
        "caller": _caller(event["userIdentity"]),
        "event": event["eventName"],
        "key": _key(event),
        "error": event.get("errorCode", ""),
        "read_only": event["readOnly"],
        "source": event["eventSource"].removesuffix(".amazonaws.com"),
        "region": event["awsRegion"],
    }


def _caller(identity: dict[str, Any]) -> str:
    """Role/session, user name, root or the service."""
    arn = identity.get("arn", "")
    if identity.get("type") == "AssumedRole":
        return arn.partition("assumed-role/")[2]
    return identity.get("userName") or identity.get("invokedBy") or arn.rpartition(":")[2]


def _key(event: dict[str, Any]) -> str:
    """The key's id from `resources`: what the caller typed may be an alias."""
    for resource in event.get("resources", []):
        if ":key/" in resource["ARN"]:
            return str(resource["ARN"]).rpartition("/")[2]
    return ""
