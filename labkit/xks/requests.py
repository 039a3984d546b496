"""The bodies of the proxy's requests, read and checked: what is not as the spec has it is a ValidationException."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .framing import IV_SIZES, LARGEST_AAD, LARGEST_DATA, LARGEST_METADATA, TAG, decode
from .refusals import Refusal

LONGEST_ARN = 2048
_OF_ALL = ("kmsRequestId", "kmsOperation")
_OF_METADATA = ("awsPrincipalArn",)
_OF_CRYPTOGRAPHY = ("awsPrincipalArn", "kmsKeyArn")
_OPTIONAL = ("awsSourceVpc", "awsSourceVpce", "kmsViaService", "awsPrincipalArn", "kmsKeyArn")


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: its metadata has been checked, the rest is read by name."""

    metadata: Mapping[str, str]
    members: Mapping[str, Any] = field(repr=False)

    def data(self, name: str, largest: int, default: bytes | None = None) -> bytes:
        """Read a base64 member; without a default it must be there."""
        value = self.members.get(name)
        if value is None and default is not None:
            return default
        try:
            found = decode(_text(value, name))
        except ValueError:
            raise _wrong(f"{name} is not base64 in the standard alphabet.") from None
        if len(found) > largest:
            said = f"{name} has more than the {largest} bytes that this proxy takes."
            raise Refusal("UnsupportedOperationException", said)
        return found

    def one_of(self, name: str, word: str) -> None:
        """Demand a member with the one word that version 1 knows."""
        if _text(self.members.get(name), name) != word:
            raise _wrong(f"{name} must be {word}.")


@dataclass(frozen=True, slots=True)
class EncryptRequest:
    """What Encrypt asks for."""

    plaintext: bytes = field(repr=False)
    aad: bytes = field(repr=False)
    wants_integrity_value: bool


@dataclass(frozen=True, slots=True)
class DecryptRequest:
    """What Decrypt asks for."""

    ciphertext: bytes = field(repr=False)
    aad: bytes = field(repr=False)
    metadata: bytes
    iv: bytes
    tag: bytes


def read_health(sent: bytes) -> Body:
    """Read GetHealthStatus."""
    return _read(sent, ())


def read_metadata(sent: bytes) -> Body:
    """Read GetKeyMetadata."""
    return _read(sent, _OF_METADATA)


def read_cryptographic(sent: bytes) -> Body:
    """Read what Encrypt and Decrypt have in common."""
    return _read(sent, _OF_CRYPTOGRAPHY)


def read_encrypt(body: Body) -> EncryptRequest:
    """Read the members of Encrypt."""
    body.one_of("encryptionAlgorithm", "AES_GCM")
    wants = body.members.get("ciphertextDataIntegrityValueAlgorithm") is not None
    if wants:
        body.one_of("ciphertextDataIntegrityValueAlgorithm", "SHA_256")
    plaintext = body.data("plaintext", LARGEST_DATA)
    if not plaintext:
        raise _wrong("plaintext is empty.")
    return EncryptRequest(plaintext, body.data("additionalAuthenticatedData", LARGEST_AAD, b""), wants)


def read_decrypt(body: Body) -> DecryptRequest:
    """Read the members of Decrypt."""
    body.one_of("encryptionAlgorithm", "AES_GCM")
    read = DecryptRequest(
        body.data("ciphertext", LARGEST_DATA),
        body.data("additionalAuthenticatedData", LARGEST_AAD, b""),
        body.data("ciphertextMetadata", LARGEST_DATA, b""),
        body.data("initializationVector", LARGEST_DATA),
        body.data("authenticationTag", LARGEST_DATA),
    )
    if not read.ciphertext:
        raise _wrong("ciphertext is empty.")
    if len(read.metadata) > LARGEST_METADATA:
        raise _wrong("ciphertextMetadata has more than 20 bytes.")
    if len(read.iv) not in IV_SIZES:
        raise _wrong("initializationVector has neither 12 nor 16 bytes.")
    if len(read.tag) != TAG:
        raise _wrong("authenticationTag has not 16 bytes.")
    return read


def _read(sent: bytes, required: tuple[str, ...]) -> Body:
    try:
        members = json.loads(sent, parse_constant=_no_constant)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, nested without end
        raise _wrong("The body is no JSON.") from None
    if not isinstance(members, dict):
        raise _wrong("The body is no JSON object.")
    told = members.get("requestMetadata")
    if not isinstance(told, dict):
        raise _wrong("requestMetadata is missing.")
    metadata = {name: _text(told.get(name), name) for name in (*_OF_ALL, *required)}
    metadata |= {name: _text(told[name], name) for name in _OPTIONAL if told.get(name) is not None}
    return Body(metadata, members)


def _no_constant(_name: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or (not value and name != "plaintext"):
        raise _wrong(f"{name} is missing, empty, or no text.")
    if name in _OPTIONAL and len(value) > LONGEST_ARN:
        raise _wrong(f"{name} is longer than {LONGEST_ARN} characters.")
    return value


def _wrong(message: str) -> Refusal:
    return Refusal("ValidationException", message)
