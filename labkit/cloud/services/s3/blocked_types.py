"""Which encryption types a bucket blocks: SSE-C in every new bucket since April 2026, until somebody allows it.

Source: S3 User Guide, "Blocking or unblocking SSE-C for a general purpose bucket"; botocore's model of S3,
BlockedEncryptionTypes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from moto.s3.models import FakeBucket

from ...core.errors import MALFORMED_XML, AwsError

SSE_C, NONE = "SSE-C", "NONE"


class BlockedTypes:
    """The setting of every bucket, for as long as moto keeps the bucket."""

    def __init__(self) -> None:
        self._open: WeakSet[FakeBucket] = WeakSet()

    def blocks(self, bucket: FakeBucket) -> bool:
        """Tell whether the bucket refuses uploads under SSE-C."""
        return bucket not in self._open

    def told(self, bucket: FakeBucket) -> dict[str, list[str]]:
        """Return what GetBucketEncryption tells of it."""
        return {"EncryptionType": [SSE_C if self.blocks(bucket) else NONE]}

    def set(self, bucket: FakeBucket, rule: Mapping[str, Any]) -> None:
        """Take over what a rule of PutBucketEncryption says; one that says nothing leaves the setting as it is."""
        types = asked_for(rule)
        if types is None:
            return
        if SSE_C in types:
            self._open.discard(bucket)
        else:
            self._open.add(bucket)


def asked_for(rule: Mapping[str, Any]) -> list[str] | None:
    """Read the types that a rule names; MalformedXML for what is none."""
    blocked = rule.get("BlockedEncryptionTypes")
    if blocked is None:
        return None
    types = list((blocked or {}).get("EncryptionType") or [])
    if not types or not set(types) <= {SSE_C, NONE} or len(set(types)) > 1:
        raise AwsError("MalformedXML", MALFORMED_XML)
    return types
