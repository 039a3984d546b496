"""S3 Bucket Keys: keys that S3 keeps for a limited time, so that it asks KMS less often.

Pure: remembers who may use which bucket key until when. Sources: S3 User Guide, "Reducing the cost of SSE-KMS with
Amazon S3 Bucket Keys" (one for each requester: roles, accounts and scoping policies tell requesters apart); the
answer of AWS's S3 team on re:Post (kept encrypted beside the objects, in plaintext for a limited time).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...core.call import Principal
from ...core.clock import Clock
from ..requesters import Requester, requester

LIFETIME = timedelta(minutes=5)
"""How long S3 keeps a bucket key in plaintext. AWS publishes no number: this one is the lab's own."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key, encrypted under its KMS key."""

    key_arn: str
    data_key: bytes = field(repr=False)


class BucketKeys:
    """Every bucket key that S3 holds in plaintext at present."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writing: dict[tuple[Requester, str, str, str], tuple[DataKey, datetime]] = {}
        self._reading: dict[tuple[Requester, bytes], datetime] = {}

    def forget(self, account: str) -> None:
        """Hold none for the account's requesters, buckets and KMS keys: for each bucket key, KMS is asked again.

        Whose a bucket is does not stand in what is held.
        """
        self._writing.clear()
        self._reading.clear()

    def for_writing(self, who: Principal, bucket: str, key_id: str, context: Mapping[str, str]) -> DataKey | None:
        """Return the requester's bucket key under the KMS key that they name so."""
        held = self._writing.get((requester(who), bucket, key_id, _text(context)))
        return held[0] if held and self._clock.now() < held[1] else None

    def keep(self, who: Principal, bucket: str, key_id: str, context: Mapping[str, str], made: DataKey) -> None:
        """S3 has had a bucket key made for the requester."""
        until = self._clock.now() + LIFETIME
        self._writing[requester(who), bucket, key_id, _text(context)] = (made, until)

    def may_read(self, who: Principal, data_key: bytes) -> bool:
        """Tell whether S3 still holds this bucket key, decrypted for this requester."""
        until = self._reading.get((requester(who), data_key))
        return until is not None and self._clock.now() < until

    def decrypted(self, who: Principal, data_key: bytes) -> None:
        """KMS has decrypted the bucket key for the requester."""
        self._reading[requester(who), data_key] = self._clock.now() + LIFETIME


def _text(context: Mapping[str, str]) -> str:
    return repr(sorted(context.items()))
