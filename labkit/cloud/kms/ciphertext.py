"""The symmetric ciphertext blob: which key, which material, and AES-256-GCM over the data and its encryption context.

The form is the one seen in blobs of the real service: 01 02 02 00 78, 32 bytes that name the key material, 01,
16 bytes from which the message's own key is derived, a length, and a CMS EncryptedData (RFC 5652) with
AES256-GCM. Like there, all of it is opaque to the caller. Every byte counts: the parts before the encrypted content
are its additional data, and a blob must be exactly what its parts would be assembled to.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..core.entropy import Entropy
from ..core.errors import AwsError
from .material import Material

_MAGIC = bytes.fromhex("0102020078")
_MATERIAL, _SALT, _NONCE, _TAG = 32, 16, 12, 16
_OID_DATA = bytes.fromhex("06092a864886f70d010701")
_OID_ENCRYPTED_DATA = bytes.fromhex("06092a864886f70d010706")
_BEFORE_NONCE = bytes.fromhex("060960864801650304012e3011040c")  # AES256-GCM and its parameters, up to the nonce
_ALGORITHM = b"\x30\x1e" + _BEFORE_NONCE
_AFTER_NONCE = bytes.fromhex("02011080")  # the tag's 16 bytes, then the content's own tag and length
_FIXED = len(_MAGIC) + _MATERIAL + 1 + _SALT
_INNER = bytes(11)  # the real service's content is 27 bytes longer than the data: a tag of 16, and 11 not documented


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob taken apart: `header` is all that stands before the encrypted content. Nothing is verified yet."""

    material_id: str
    salt: bytes
    nonce: bytes
    header: bytes
    content: bytes


def seal(plaintext: bytes, context: Mapping[str, str], material: Material, entropy: Entropy) -> bytes:
    """Encrypt under the material; the blob names it."""
    assert material.secret is not None
    salt, nonce = entropy.token_bytes(_SALT), entropy.token_bytes(_NONCE)
    header = _header(material.id, salt, nonce, len(plaintext) + len(_INNER) + _TAG)
    key = AESGCM(_message_key(material.secret, salt))
    return header + key.encrypt(nonce, _INNER + plaintext, header + canonical(context))


def parse(blob: bytes) -> Blob:
    """Take a blob apart; InvalidCiphertextException, without a message, if it can't be one of ours."""
    start = len(_MAGIC)
    nonce_at = blob.find(_BEFORE_NONCE, _FIXED) + len(_BEFORE_NONCE)
    length_at = nonce_at + _NONCE + len(_AFTER_NONCE)
    if not blob.startswith(_MAGIC) or nonce_at < _FIXED or length_at >= len(blob):
        raise invalid()
    # A DER length is one byte, or one that says how many follow.
    end = length_at + 1 + max(0, blob[length_at] - 0x80)
    material_id, salt = blob[start : start + _MATERIAL].hex(), blob[_FIXED - _SALT : _FIXED]
    nonce, header, content = blob[nonce_at : nonce_at + _NONCE], blob[:end], blob[end:]
    if len(content) <= len(_INNER) + _TAG or _header(material_id, salt, nonce, len(content)) != header:
        raise invalid()
    return Blob(material_id, salt, nonce, header, content)


def unseal(blob: Blob, context: Mapping[str, str], material: Material) -> bytes:
    """Decrypt; InvalidCiphertextException if a byte of the blob or of the encryption context is another."""
    assert material.secret is not None
    key = AESGCM(_message_key(material.secret, blob.salt))
    try:
        inner = key.decrypt(blob.nonce, blob.content, blob.header + canonical(context))
    except InvalidTag:
        raise invalid() from None
    return inner[len(_INNER) :]


def canonical(context: Mapping[str, str]) -> bytes:
    """Return the encryption context as bytes: the order of the pairs doesn't matter, every letter does."""
    parts: list[bytes] = []
    for name, value in sorted(context.items()):
        for text in (name, value):
            data = text.encode("utf-8", "surrogatepass")
            parts.append(len(data).to_bytes(4) + data)
    return b"".join(parts)


def invalid() -> AwsError:
    """Return the error for a ciphertext that can't be opened: the real service says no more (recorded)."""
    return AwsError("InvalidCiphertextException", None)


def _message_key(secret: bytes, salt: bytes) -> bytes:
    """Each message has a key of its own (HMAC-SHA256 as the derivation function)."""
    return hmac.digest(secret, b"labkit message key\0" + salt, "sha256")


def _header(material_id: str, salt: bytes, nonce: bytes, size: int) -> bytes:
    """Everything that stands before `size` bytes of encrypted content."""
    content = _OID_DATA + _ALGORITHM + nonce + _AFTER_NONCE + _der_length(size)
    info = b"\x30" + _der_length(len(content) + size) + content
    data = b"\x02\x01\x00" + info
    sequence = b"\x30" + _der_length(len(data) + size) + data
    explicit = _OID_ENCRYPTED_DATA + b"\xa0" + _der_length(len(sequence) + size) + sequence
    outer = b"\x30" + _der_length(len(explicit) + size) + explicit
    return _MAGIC + bytes.fromhex(material_id) + b"\x01" + salt + (len(outer) + size).to_bytes(4) + outer


def _der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    digits = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((0x80 | len(digits),)) + digits
