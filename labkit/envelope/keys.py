"""The keys of an envelope: a data key from KMS, and what is derived from it. No key stands in a repr, log or error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import KeyRefused

PURPOSE = b"labkit.envelope 1"
KEY_BYTES = 32


def new_data_key(kms: Any, key_id: str, context: Mapping[str, str]) -> tuple[bytearray, bytes]:
    """Make a fresh data key, and the same wrapped by KMS for this context. To be used for one envelope only."""
    try:
        answer = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=dict(context))
    except ClientError as error:
        raise KeyRefused(error) from error
    return bytearray(answer.pop("Plaintext")), answer["CiphertextBlob"]


def opened_data_key(kms: Any, key_id: str, wrapped_key: bytes, context: Mapping[str, str]) -> bytearray:
    """Have KMS open the data key. The key id is sent along: else Decrypt would take the key that the blob names."""
    try:
        answer = kms.decrypt(KeyId=key_id, CiphertextBlob=wrapped_key, EncryptionContext=dict(context))
    except ClientError as error:
        raise KeyRefused(error) from error
    return bytearray(answer.pop("Plaintext"))


def frame_cipher(data_key: bytearray, header: bytes) -> tuple[AESGCM, bytes]:
    """Make the cipher for the frames of the envelope with this header, and the commitment to data key and header.

    HKDF (RFC 5869) with SHA-256: no salt, since the data key is random and fresh; as info, the purpose and the header's
    hash; 64 bytes, of which the first half is the frames' key. So another header is another key, and no frame opens
    under it. The second half is the commitment. AES-GCM alone does not tie a ciphertext to one key: some ciphertexts
    open under two (Albertini and others, "How to Abuse and Fix Authenticated Encryption Without Key Commitment",
    https://eprint.iacr.org/2020/1456). Two data keys with the same commitment would be a collision of SHA-256.
    """
    info = PURPOSE + hashlib.sha256(header).digest()
    derived = bytearray(2 * KEY_BYTES)
    # The cipher outlives this block, so its library must hold a copy of the key (checked at the end of this file).
    with wiped(derived):
        HKDF(SHA256(), length=len(derived), salt=None, info=info).derive_into(data_key, derived)
        return AESGCM(memoryview(derived)[:KEY_BYTES]), bytes(derived[KEY_BYTES:])


@contextmanager
def wiped(*secrets: bytearray | memoryview) -> Iterator[None]:
    """Overwrite these buffers with zeros at the end, however it ends."""
    try:
        yield
    finally:
        for secret in secrets:
            secret[:] = bytes(len(secret))


def check_that_the_key_is_copied(cipher: Callable[[bytearray], Any] = AESGCM) -> None:
    """Raise ImportError if a cipher looks at our buffer instead of a copy of it.

    Up to cryptography 41, AESGCM kept the buffer that it was given. Wiped, that is 32 zeros: every file would be sealed
    under a key that everybody knows, and would open again without a word.
    """
    key, nonce = bytearray(range(KEY_BYTES)), bytes(12)
    sealing = cipher(key)
    before = sealing.encrypt(nonce, b"copied?", None)
    with wiped(key):
        pass
    if sealing.encrypt(nonce, b"copied?", None) != before:
        raise ImportError("This version of cryptography does not copy keys: install a newer one (42 or later).")


check_that_the_key_is_copied()
