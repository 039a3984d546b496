"""What KMS does of its own accord when time passes (rotations, deletions, expiries), written as service events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..kms.service import Kms
from .record import to_service_event


class KeyTime:
    """One of the gateway's timed things: `record` keeps an event, `new_id` names it."""

    def __init__(self, kms: Kms, new_id: Callable[[], str], record: Callable[[dict[str, Any]], None]) -> None:
        self._kms = kms
        self._new_id = new_id
        self._record = record

    def next_due(self) -> datetime | None:
        """Tell when a key's time comes next."""
        return self._kms.next_due()

    def run(self, moment: datetime) -> None:
        """Let all that is due happen, and record it."""
        for happening in self._kms.due(moment):
            where = (happening.account, happening.region, happening.key_arn)
            self._record(to_service_event(happening.name, happening.time, *where, happening.details, self._new_id))
