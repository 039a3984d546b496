"""How much requests may bring: by service, by who sends them, and all connections together. No I/O.

Where AWS publishes a limit of a request, it stands here; where the lab has one of its own, the ledger says so.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import MappingProxyType

from ..wire.protocols import HttpResponse

MIB = 1024 * 1024
FROM_ANYBODY = MIB
"""Bytes of a body that are taken whoever sends it: the largest requests of KMS, STS and IAM are smaller."""
UNNAMED = 16 * MIB
"""Bytes of a body whose sender the head does not name: anonymous uploads, and forms that browsers post."""
TOGETHER = 1024 * MIB
"""Bytes of all large bodies that are being received or answered at one time."""
CONNECTIONS = 512
"""Connections that are open at one time."""

# Sources: the documented quotas of each service. Lambda: 50 MB of code in base64, or 6 MB for a function that is
# invoked, as its own refusals count them.
# DynamoDB: 16 MB a batch, in JSON. S3: AWS takes 5 GiB in one request, the lab 1 GiB, since it keeps them in memory.
# The rest: the largest request of botocore's model fits many times over.
_LIMITS = MappingProxyType(
    {
        "dynamodb": 32 * MIB,
        "iam": MIB,
        "kms": MIB,
        "lambda": 70_167_211,
        "s3": 1024 * MIB,
        "secretsmanager": MIB,
        "sqs": 4 * MIB,
        "sns": 4 * MIB,
        "ssm": MIB,
        "sts": MIB,
    }
)
_OTHERS = 16 * MIB
_INVOCATION = 6 * MIB


def limit_of(service: str, path: str = "/") -> int:
    """Return the bytes that a request to the service of this signing name may bring."""
    if service == "lambda" and path.endswith("/invocations"):
        return _INVOCATION
    return _LIMITS.get(service, _OTHERS)


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a request's head is told: how large the body may be, and the answers where it is larger or has no room."""

    limit: int
    too_large: HttpResponse
    busy: HttpResponse


class Room:
    """The memory for large bodies, shared by all connections."""

    def __init__(self, size: int = TOGETHER) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Reserve some bytes; False where there are not as many left."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True

    def give_back(self, count: int) -> None:
        """Return what was reserved."""
        with self._lock:
            self._left += count
