"""What can be wrong with an envelope, in its reader's words.

EnvelopeError
├── NotAnEnvelope     the file is something else
├── UnknownVersion    an envelope of a later format
├── Truncated         its end is missing
├── TrailingData      something has been added behind its end
├── HeaderChanged     its header is not the one it was sealed with
├── DamagedFrame      a frame is changed, or not in its place; `.number` counts from 0
├── WrongContext      it was sealed for another encryption context
└── KeyRefused        KMS did not give out the data key; `.code` is its error code
"""

from __future__ import annotations

from collections.abc import Mapping

from botocore.exceptions import ClientError

MEANINGS = {
    "AccessDeniedException": "You may not use the key, or it is not in this account and Region.",
    "DisabledException": "The key is disabled: ask its owner.",
    "IncorrectKeyException": (
        "The data key was wrapped with another KMS key than the one you named. "
        "If you named an alias, perhaps the alias has moved since: name the key itself, by its ARN."
    ),
    "InvalidCiphertextException": "The wrapped data key has been changed, or was wrapped for another context.",
    "InvalidKeyUsageException": "The key is of a type that wraps no data keys: a symmetric encryption key is needed.",
    "KMSInvalidStateException": "The key waits for its deletion, or has no material: ask its owner.",
    "NotFoundException": "There is no key or alias of that name in this account and Region.",
}
"""Words for KMS's codes: botocore's documentation of Decrypt and GenerateDataKey. Some come without a message."""


class EnvelopeError(Exception):
    """Something is wrong with an envelope; the message says what, and holds nothing secret."""


class NotAnEnvelope(EnvelopeError):
    """The first bytes are not an envelope's."""


class UnknownVersion(EnvelopeError):
    """The version byte is one that this code does not know."""


class Truncated(EnvelopeError):
    """The end is missing."""


class TrailingData(EnvelopeError):
    """There is something behind the last frame."""


class HeaderChanged(EnvelopeError):
    """The header is malformed, or differs from the one that the data key was made for."""


class DamagedFrame(EnvelopeError):
    """A frame fails its check."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"Frame {number} {what}")
        self.number = number


class WrongContext(EnvelopeError):
    """The envelope names another encryption context than its reader."""

    def __init__(self, sealed_for: Mapping[str, str], expected: Mapping[str, str]) -> None:
        super().__init__(f"The envelope was sealed for {dict(sealed_for)}, and you expect {dict(expected)}.")


class KeyRefused(EnvelopeError):
    """KMS refused; its own answer is this error's `__cause__`."""

    def __init__(self, error: ClientError) -> None:
        told = error.response.get("Error", {})
        self.code = str(told.get("Code", ""))
        parts = (f"KMS refused {error.operation_name} with {self.code}.", MEANINGS.get(self.code), told.get("Message"))
        super().__init__(" ".join(part for part in parts if part))
