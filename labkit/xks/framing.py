"""Bytes of the proxy API: base64, the additional data of AES-GCM, and the integrity value. Pure functions."""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256

LARGEST_DATA = 4300
"""Bytes of plaintext or ciphertext that a proxy must be able to process."""
LARGEST_AAD = 8192
"""Bytes of additionalAuthenticatedData that a proxy must be able to process."""
LARGEST_METADATA = 20
"""Bytes of ciphertextMetadata, before base64."""
IV_SIZES = (12, 16)
TAG = 16


def additional_data(aad: bytes, metadata: bytes) -> bytes:
    """Frame what AES-GCM authenticates: each part behind its length, 2 bytes and 1 byte (the spec, Encrypt).

    The lengths keep the two apart: without them the metadata of one ciphertext could pass for the AAD of another.
    """
    return len(aad).to_bytes(2) + aad + len(metadata).to_bytes(1) + metadata


def integrity_value(aad: bytes, metadata: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> str:
    """Compute ciphertextDataIntegrityValue: SHA-256 over the parts one behind the other (the spec, appendix C)."""
    return encode(sha256(aad + metadata + iv + ciphertext + tag).digest())


def encode(data: bytes) -> str:
    """Write base64, standard alphabet."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Read base64, standard alphabet and nothing beside it; ValueError for anything else."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as wrong:
        raise ValueError(str(wrong)) from None
