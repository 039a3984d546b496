"""The proxy's log: a line for each request, with what KMS said of it. No plaintext, no ciphertext, no key, no secret.

`kms_request_id` is the requestID of CloudTrail's record: the two logs are joined on it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

KEPT = 10_000
"""Entries that stay in memory; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. A request that nobody known signed has empty texts where its body would have been believed."""

    time: str  # of this machine's clock, UTC
    api: str  # GetHealthStatus, GetKeyMetadata, Encrypt, Decrypt; "" for a path that is none
    status: int
    error: str
    external_key: str
    kms_request_id: str
    kms_operation: str
    principal: str
    kms_key: str
    via_service: str
    access_key_id: str
    denied_by: str
    milliseconds: float

    def as_json(self) -> str:
        """Write the entry as a line of JSON."""
        return json.dumps(asdict(self))


class Journal:
    """The entries so far, the oldest first. `write`, if there is one, gets each as a line of JSON."""

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._write = write

    def add(self, entry: Entry) -> None:
        """Keep an entry."""
        self._entries.append(entry)
        if self._write is not None:
            with suppress(OSError, ValueError):  # nobody reads the lines any more: requests are answered all the same
                self._write(entry.as_json())

    def entries(self) -> list[Entry]:
        """List what was noted so far."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget what was noted so far."""
        self._entries.clear()
