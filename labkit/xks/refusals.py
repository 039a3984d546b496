"""The errors of the proxy API, by the spec's table "Error codes": a name each, with its HTTP status."""

from __future__ import annotations

from types import MappingProxyType

STATUS: MappingProxyType[str, int] = MappingProxyType(
    {
        "ValidationException": 400,
        "InvalidStateException": 400,
        "InvalidCiphertextException": 400,
        "InvalidKeyUsageException": 400,
        "AuthenticationFailedException": 401,
        "AccessDeniedException": 403,
        "KeyNotFoundException": 404,
        "InvalidUriPathException": 404,
        "ThrottlingException": 429,
        "UnsupportedOperationException": 501,
        "DependencyTimeoutException": 503,
        "InternalException": 500,
    }
)
LONGEST_MESSAGE = 511
"""Characters of errorMessage: "less than 512", printable ASCII only."""


class Refusal(Exception):
    """A request that the proxy refuses; `name` is one of the table's. The message never quotes what was sent."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = printable(message)

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return STATUS[self.name]

    def body(self) -> dict[str, str]:
        """Return the members of the answer."""
        return {"errorName": self.name, "errorMessage": self.message}


def printable(text: str) -> str:
    """Return a text in the characters and the length that errorMessage may have."""
    return "".join(each if " " <= each <= "~" else "?" for each in text)[:LONGEST_MESSAGE]
