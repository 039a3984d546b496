"""What CloudTrail's event history has of the keys: their uses, and the refused ones, of the last 90 days.

LookupEvents by the names of cryptographic operations: the audit's own reads, which are many, are not among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...cloud.core.kms_operations import table

if TYPE_CHECKING:
    from .account import Account

DAYS = 90
"""How far the event history goes back (CloudTrail User Guide, "Working with CloudTrail event history")."""
MOST = 10_000
"""Records read for one operation's name: LookupEvents answers two requests a second, 50 records each."""
USES = tuple(name for name, each in table().items() if each.cryptographic)


@dataclass(frozen=True, slots=True)
class Use:
    """One record of a cryptographic operation with a key."""

    keys: tuple[str, ...]
    time: datetime
    operation: str
    service: str  # the service that called for somebody ("s3.amazonaws.com"); "" for a direct call
    caller: str
    context: Mapping[str, str]
    error: str  # the errorCode; "" if the call succeeded
    message: str


class Trail:
    """The event history of the account. Every property may raise CouldNotRead."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @cached_property
    def _read(self) -> tuple[tuple[Use, ...], bool]:
        found: list[Use] = []
        complete = True
        for name in USES:
            wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
            items, all_of_them = self._account.reader.first(
                "cloudtrail", "lookup_events", "Events", MOST, LookupAttributes=wanted
            )
            complete = complete and all_of_them
            found += map(_use, items)
        return tuple(sorted(found, key=lambda use: use.time)), complete

    @property
    def uses(self) -> tuple[Use, ...]:
        """Every record of a cryptographic operation, refused ones too, oldest first."""
        return self._read[0]

    @property
    def is_complete(self) -> bool:
        """Whether all records were read: with very many, only the newest are."""
        return self._read[1]

    @cached_property
    def by_key(self) -> Mapping[str, Sequence[Use]]:
        """The records by the ARN of each key that they are about."""
        found: dict[str, list[Use]] = {}
        for use in self.uses:
            for arn in use.keys:
                found.setdefault(arn, []).append(use)
        return found

    @property
    def start(self) -> datetime:
        """Where the event history begins."""
        return self._account.now - timedelta(days=DAYS)


def _use(item: Mapping[str, Any]) -> Use:
    record = json.loads(item["CloudTrailEvent"])
    identity = record.get("userIdentity") or {}
    asked = record.get("requestParameters") or {}
    contexts = [asked.get(name) or {} for name in asked if name.lower().endswith("encryptioncontext")]
    return Use(
        tuple(str(each["ARN"]) for each in record.get("resources") or () if ":key/" in str(each.get("ARN"))),
        item["EventTime"].astimezone(UTC),
        str(record["eventName"]),
        str(identity.get("invokedBy", "")).removeprefix("fas."),
        str(identity.get("arn", "")),
        {str(name): str(value) for context in contexts for name, value in context.items()},
        str(record.get("errorCode", "")),
        str(record.get("errorMessage", "")),
    )
