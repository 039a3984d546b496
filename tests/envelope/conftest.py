"""A KMS of a few lines for tests of the format: no account, one data key, and its context is checked."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit import envelope

CONTEXT = {"file": "letter.txt", "purpose": "test"}
KEY = "alias/test"


class OneKey:
    """Gives out the data key 00 01 02 …; unwraps what it wrapped, for the same context."""

    data_key = bytes(range(32))

    def generate_data_key(self, KeyId: str, KeySpec: str, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        """A data key, always the same."""
        return {"Plaintext": self.data_key, "CiphertextBlob": self._wrapped(EncryptionContext)}

    def decrypt(self, KeyId: str, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        """The data key, or KMS's refusal."""
        if CiphertextBlob != self._wrapped(EncryptionContext):
            raise ClientError({"Error": {"Code": "InvalidCiphertextException", "Message": ""}}, "Decrypt")
        return {"Plaintext": self.data_key}

    def _wrapped(self, context: dict[str, str]) -> bytes:
        return b"wrapped for " + ",".join(f"{name}={context[name]}" for name in sorted(context)).encode()


class Fresh(OneKey):
    """Each data key is another one."""

    def __init__(self) -> None:
        self._keys: dict[bytes, bytes] = {}

    def generate_data_key(self, KeyId: str, KeySpec: str, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        """A data key that nobody had before."""
        number = len(self._keys) + 1
        wrapped = number.to_bytes(4) + self._wrapped(EncryptionContext)
        self._keys[wrapped] = number.to_bytes(32)
        return {"Plaintext": self._keys[wrapped], "CiphertextBlob": wrapped}

    def decrypt(self, KeyId: str, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        """The data key that was wrapped so, for this context."""
        if CiphertextBlob[4:] != self._wrapped(EncryptionContext) or CiphertextBlob not in self._keys:
            raise ClientError({"Error": {"Code": "InvalidCiphertextException", "Message": ""}}, "Decrypt")
        return {"Plaintext": self._keys[CiphertextBlob]}


@pytest.fixture(scope="module")
def one_key() -> OneKey:
    """A KMS whose answers are known."""
    return OneKey()


@pytest.fixture(scope="module")
def fresh() -> Fresh:
    """A KMS whose data keys differ."""
    return Fresh()


Seal = Callable[..., bytes]
Open = Callable[..., bytes]


@pytest.fixture(scope="session")
def seal() -> Seal:
    """`seal(kms, plaintext, frame_bytes=8)`: the envelope."""

    def sealed(kms: Any, plaintext: bytes, frame_bytes: int = 8, context: dict[str, str] = CONTEXT) -> bytes:
        target = io.BytesIO()
        envelope.encrypt(io.BytesIO(plaintext), target, kms, KEY, context, frame_bytes=frame_bytes)
        return target.getvalue()

    return sealed


class Read(io.BytesIO):
    """A source that has to be read, as a file has; of a BytesIO itself, `encrypt` and `decrypt` look at the memory."""


@pytest.fixture(scope="session")
def unseal() -> Open:
    """`unseal(kms, envelope)`: the plaintext, from memory and read, which have to agree.

    What was released before an error is the error's `released`.
    """

    def opened(kms: Any, sealed: bytes, context: dict[str, str] = CONTEXT) -> bytes:
        outcomes = [_opened(kms, source(sealed), context) for source in (io.BytesIO, Read)]
        assert len({(released, type(error), str(error)) for released, error in outcomes}) == 1
        released, error = outcomes[0]
        if error is not None:
            error.released = released  # type: ignore[attr-defined]
            raise error
        return released

    return opened


def _opened(kms: Any, source: io.BytesIO, context: dict[str, str]) -> tuple[bytes, envelope.EnvelopeError | None]:
    target = io.BytesIO()
    try:
        envelope.decrypt(source, target, kms, KEY, context)
    except envelope.EnvelopeError as error:
        return target.getvalue(), error
    return target.getvalue(), None


@pytest.fixture(scope="session")
def header_size() -> Callable[[bytes], int]:
    """Where the first frame of an envelope begins."""

    def size(sealed: bytes) -> int:
        source = io.BytesIO(sealed)
        envelope.header.read_parts(source)  # type: ignore[attr-defined]
        return source.tell()

    return size
