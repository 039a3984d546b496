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

from ..entropy import Entropy
from ..errors import AwsError
from .material import Material

_MAGIC = bytes.fromhex("0102020078")
_MATERIAL, _SALT, _NONCE, _TAG = 32, 16, 12, 16
_OID_DATA = bytes.fromhex("06092a864886f70d010701")
_OID_ENCRYPTED_DATA = bytes.fromhex("06092a864886f70d010706")
_OID_AES256_GCM = bytes.fromhex("060960864801650304012e")
_FIXED = len(_MAGIC) + _MATERIAL + 1 + _SALT
_INNER = bytes(11)  # the real service's content is 27 bytes longer than the data: a tag of 16, and 11 not documented


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob taken apart; nothing in it is verified yet."""

    material_id: str
    salt: bytes
    nonce: bytes
    content: bytes


def seal(plaintext: bytes, context: Mapping[str, str], material: Material, entropy: Entropy) -> bytes:
    """Encrypt under the material; the blob names it."""
    assert material.secret is not None
    salt, nonce = entropy.token_bytes(_SALT), entropy.token_bytes(_NONCE)
    size = len(plaintext) + len(_INNER) + _TAG
    header = _assemble(Blob(material.id, salt, nonce, b""), size)
    return header + AESGCM(_message_key(material.secret, salt)).encrypt(
        nonce, _INNER + plaintext, header + canonical(context)
    )


def parse(blob: bytes) -> Blob:
    """Take a blob apart; InvalidCiphertextException, without a message, if it can't be one of ours."""
    if len(blob) < _FIXED or not blob.startswith(_MAGIC):
        raise invalid()
    start = len(_MAGIC)
    material_id = blob[start : start + _MATERIAL].hex()
    salt = blob[_FIXED - _SALT : _FIXED]
    # The header's length depends on the content's (DER lengths): try the few that are possible.
    for header_length in range(_FIXED + 70, _FIXED + 90):
        size = len(blob) - header_length
        if size < len(_INNER) + _TAG + 1:
            break
        nonce_at = blob.find(b"\x04\x0c", _FIXED + 40, header_length)
        nonce = blob[nonce_at + 2 : nonce_at + 2 + _NONCE]
        candidate = Blob(material_id, salt, nonce, blob[header_length:])
        if nonce_at > 0 and _assemble(candidate, size) == blob[:header_length]:
            return candidate
    raise invalid()


def unseal(blob: Blob, context: Mapping[str, str], material: Material) -> bytes:
    """Decrypt; InvalidCiphertextException if a byte of the blob or of the encryption context is another."""
    assert material.secret is not None
    header = _assemble(blob, len(blob.content))
    try:
        inner = AESGCM(_message_key(material.secret, blob.salt)).decrypt(
            blob.nonce, blob.content, header + canonical(context)
        )
    except InvalidTag:
        raise invalid() from None
    return inner[len(_INNER) :]


def canonical(context: Mapping[str, str]) -> bytes:
    """The encryption context as bytes: the order of the pairs doesn't matter, every letter does."""
    parts: list[bytes] = []
    for name, value in sorted(context.items()):
        for text in (name, value):
            data = text.encode("utf-8", "surrogatepass")
            parts.append(len(data).to_bytes(4) + data)
    return b"".join(parts)


def invalid() -> AwsError:
    """The real service says no more than this of a ciphertext that it can't open (recorded)."""
    return AwsError("InvalidCiphertextException", None)


def _message_key(secret: bytes, salt: bytes) -> bytes:
    """Each message has a key of its own (HMAC-SHA256 as the derivation function)."""
    return hmac.digest(secret, b"labkit message key\0" + salt, "sha256")


def _assemble(blob: Blob, size: int) -> bytes:
    """Everything that stands before `size` bytes of encrypted content."""
    algorithm = _der(0x30, _OID_AES256_GCM + _der(0x30, _der(0x04, blob.nonce) + b"\x02\x01\x10"))
    content = _OID_DATA + algorithm + b"\x80" + _der_length(size)
    info = b"\x30" + _der_length(len(content) + size) + content
    data = b"\x02\x01\x00" + info
    sequence = b"\x30" + _der_length(len(data) + size) + data
    explicit = _OID_ENCRYPTED_DATA + b"\xa0" + _der_length(len(sequence) + size) + sequence
    outer = b"\x30" + _der_length(len(explicit) + size) + explicit
    fixed = _MAGIC + bytes.fromhex(blob.material_id) + b"\x01" + blob.salt
    return fixed + (len(outer) + size).to_bytes(4) + outer


def _der(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + _der_length(len(content)) + content


def _der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    digits = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((0x80 | len(digits),)) + digits
