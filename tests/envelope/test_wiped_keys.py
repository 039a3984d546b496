"""A wiped key must have been copied: a library that looks at our buffer would seal everything under zeros."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from labkit.envelope.keys import check_that_the_key_is_copied


class Looking:
    """AES-GCM as cryptography 41 had it: the buffer that it is given is the key, at each call."""

    def __init__(self, key: bytearray) -> None:
        self.key = key

    def encrypt(self, nonce: bytes, text: bytes, more: bytes | None) -> bytes:
        """Encrypt with what the buffer holds now."""
        return AESGCM(bytes(self.key)).encrypt(nonce, text, more)


def test_this_library_copies_the_key() -> None:
    """The check that runs at import says nothing."""
    check_that_the_key_is_copied()


def test_a_library_that_looks_at_the_buffer_is_refused() -> None:
    """No file is sealed under zeros: the import fails, and says what to do."""
    with pytest.raises(ImportError, match="does not copy keys"):
        check_that_the_key_is_copied(Looking)
