"""How a finished call is recorded, come what may: in full, or without its details, or by its name alone.

An account shows the second or the third only where labkit itself has a fault; the process's log then says which.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..core.call import Call
from ..core.service_records import USUAL, Records, ServiceRecords
from .history import History
from .record import events_of

log = logging.getLogger("labkit.cloud")


class Recorder:
    """Makes the records of calls, and keeps them in a history."""

    def __init__(self, history: History, records: ServiceRecords) -> None:
        self._history = history
        self._records = records  # what each service says of its records

    def add(self, event: dict[str, Any]) -> None:
        """Keep an event."""
        self._history.add(event)

    def keep(self, call: Call, new_id: Callable[[], str], record: Callable[[dict[str, Any]], None]) -> str:
        """Record a finished call; the id of its event. Never raises, and never loses the call."""
        return record_surely(call, self._records.get(call.service, USUAL), new_id, record)


def record_surely(
    call: Call, records: Records, new_id: Callable[[], str], record: Callable[[dict[str, Any]], None]
) -> str:
    """Record a call, and answer the id of its event. Never raises, and never loses the call.

    `records` is what the call's service says of its records; `new_id` gives ids of events; `record` keeps one event.
    """
    for write in (_in_full, _without_details, _by_name):
        kept: list[str] = []
        try:
            events = write(call, records, new_id)
            if not events:  # a VPC endpoint's policy refused it, and nobody logs that of this service
                return ""
            for event in events:
                record(event)
                kept.append(event["eventID"])
        except Exception:
            log.exception("%s:%s could not be recorded in full", call.service, call.operation)
        if kept:  # the caller has its record; what may be missing are copies for other accounts and Regions
            return kept[0]
    return ""


def _in_full(call: Call, records: Records, new_id: Callable[[], str]) -> list[dict[str, Any]]:
    return events_of(call, new_id, records)


def _without_details(call: Call, records: Records, new_id: Callable[[], str]) -> list[dict[str, Any]]:
    return events_of(replace(call, params={}, targets=(), result=None, notes={}), new_id, records)


def _by_name(call: Call, _records: Records, _new_id: Callable[[], str]) -> list[dict[str, Any]]:
    return [least_event_of(call)]


def least_event_of(call: Call) -> dict[str, Any]:
    """Tell who called what, when, and how it ended; neither parameters nor resources. Its eventID is the request's id.

    Asks no table, no model and no other function: it can't fail where the whole record did.
    """
    principal = call.principal
    account = principal.account if principal else ""
    arn, kind = (principal.arn, principal.kind) if principal else ("", "Unknown")
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": kind, "arn": arn, "accountId": account},
        "eventTime": f"{call.time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": call.source_ip,
        "userAgent": call.user_agent,
        **({"errorCode": call.error.code} if call.error is not None else {}),
        "requestParameters": None,
        "responseElements": None,
        "requestID": call.request_id,
        "eventID": call.request_id,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
