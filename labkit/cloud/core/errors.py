"""The one exception by which a step of the gateway refuses a call.

A step raises `AwsError`; `gateway.py` alone turns it into the wire form of the call's protocol.
"""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An error that AWS documents: its code, its message, its HTTP status.

    `message` may be None: some errors of the real service come with no message at all
    (InvalidCiphertextException). `members` are further modelled fields of the error's shape.
    """

    def __init__(self, code: str, message: str | None = None, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status
        self.members = members
        self.request_id = ""  # of the KMS call that a service made, where that one was refused


MALFORMED_XML = "The XML you provided was not well-formed or did not validate against our published schema"
"""What S3 says with the code MalformedXML (S3 API Reference, "Error responses")."""
