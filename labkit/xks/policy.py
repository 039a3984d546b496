"""The proxy's own policy ("secondary authorization" of the spec): what it denies by the request's metadata.

KMS has authorized the caller already. This is the key owner's veto: it sees what KMS says of the request, and can
check none of it beyond the signature. GetHealthStatus is never asked (the spec says it must not be).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Denial:
    """What is denied: each field is a pattern with * and ?, or None for any. All that are given must match."""

    principal: str | None = None  # requestMetadata.awsPrincipalArn
    operation: str | None = None  # requestMetadata.kmsOperation
    kms_key: str | None = None  # requestMetadata.kmsKeyArn
    via_service: str | None = None  # requestMetadata.kmsViaService; "" denies calls that come by way of none
    external_key: str | None = None

    def matches(self, metadata: Mapping[str, str], key_id: str) -> bool:
        """Tell whether a request is denied by this."""
        told = (
            (self.principal, metadata.get("awsPrincipalArn", "")),
            (self.operation, metadata.get("kmsOperation", "")),
            (self.kms_key, metadata.get("kmsKeyArn", "")),
            (self.via_service, metadata.get("kmsViaService", "")),
            (self.external_key, key_id),
        )
        return all(pattern is None or fnmatchcase(value, pattern) for pattern, value in told)

    def __str__(self) -> str:
        told = {
            "awsPrincipalArn": self.principal,
            "kmsOperation": self.operation,
            "kmsKeyArn": self.kms_key,
            "kmsViaService": self.via_service,
            "externalKeyId": self.external_key,
        }
        return "Deny " + (" and ".join(f"{name} {value!r}" for name, value in told.items() if value is not None) or "*")


def denied_by(denials: Iterable[Denial], metadata: Mapping[str, str], key_id: str) -> Denial | None:
    """Return the first denial that a request falls under."""
    return next((each for each in denials if each.matches(metadata, key_id)), None)
