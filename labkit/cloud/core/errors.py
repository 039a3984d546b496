"""The one exception by which a step of the gateway refuses a call; and what becomes of faults of ours.

A step raises `AwsError`; `gateway.py` alone turns it into the wire form of the call's protocol.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

log = logging.getLogger("labkit.cloud")


class AwsError(Exception):
    """An error that AWS documents: its code, its message, its HTTP status.

    `message` may be None: some errors of the real service come with no message at all
    (InvalidCiphertextException). `members` are further fields of the error, in the order in which they are written
    (KeyId; ArgumentName and ArgumentValue of S3).
    """

    def __init__(self, code: str, message: str | None = None, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status
        self.members = members
        self.headers: dict[str, str] = {}
        self.request_id = ""  # of the KMS call that a service made, where that one was refused

    def carrying(self, headers: Mapping[str, str]) -> Self:
        """Return the same error, whose answer has these headers too (S3's x-amz-bucket-region, x-amz-delete-marker)."""
        self.headers |= headers
        return self


MALFORMED_XML = "The XML you provided was not well-formed or did not validate against our published schema"
"""What S3 says with the code MalformedXML (S3 API Reference, "Error responses")."""


@contextmanager
def faults_logged(what: str) -> Iterator[None]:
    """Go on if the work fails: a fault of ours is logged, and none of the call's, which takes its way."""
    try:
        yield
    except Exception:
        log.exception("%s failed inside the simulated account", what)


THROTTLED = {"kms": "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."}
"""What ThrottlingException says: KMS has words of its own ("Throttling AWS KMS requests", KMS Developer Guide)."""

RATE_EXCEEDED = "Rate exceeded"
"""What it says of other services (answers of CloudTrail, IAM, Secrets Manager and others, in public issues)."""

FAULT = AwsError("InternalFailure", "The simulated account failed: this is a fault in labkit.", 500)
"""What a call is answered with where labkit itself has a fault."""
