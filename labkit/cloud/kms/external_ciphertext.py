"""The ciphertext blob of a key in an external key store: encrypted twice, by KMS's own material first.

It begins as every blob of KMS does, with the id of the material; its kind is 02. What follows is the lab's own form:
AWS has not published it. Neither key opens it alone: the external key gives what KMS's material has encrypted.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..core.entropy import Entropy
from . import ciphertext
from .custom_stores.failures import INVALID_PLAINTEXT, ProxyFailure
from .custom_stores.proxies import Sealed
from .material import Material

_MAGIC = bytes.fromhex("0102020078")
_KIND = b"\x02"
_KIND_AT = len(_MAGIC) + 32
_SALT, _NONCE, _TAG = 16, 12, 16
_HEADER = _KIND_AT + 1 + _SALT + _NONCE


@dataclass(frozen=True, slots=True)
class ExternalBlob:
    """A blob taken apart; nothing is verified yet."""

    material_id: str
    header: bytes
    sealed: Sealed


def material_id(blob: bytes) -> str:
    """Return the id of the material that any blob of a symmetric key names; InvalidCiphertextException for none."""
    return parse(blob).material_id if is_external(blob) else ciphertext.parse(blob).material_id


def is_external(blob: bytes) -> bool:
    """Tell whether this is a blob of an external key store."""
    return blob.startswith(_MAGIC) and blob[_KIND_AT : _KIND_AT + 1] == _KIND


def inner(
    plaintext: bytes, context: Mapping[str, str], material: Material, entropy: Entropy
) -> tuple[bytes, bytes, bytes]:
    """Encrypt with KMS's own material: the header, what is for the external key, and its additional data."""
    header = _MAGIC + bytes.fromhex(material.id) + _KIND + entropy.token_bytes(_SALT) + entropy.token_bytes(_NONCE)
    bound = header + ciphertext.canonical(context)
    return header, _key(material, header).encrypt(header[-_NONCE:], plaintext, bound), sha256(bound).digest()


def assemble(header: bytes, sealed: Sealed) -> bytes:
    """Put the blob together, of KMS's header and what the external key made."""
    parts = (sealed.metadata, sealed.iv)
    return header + b"".join(bytes((len(each),)) + each for each in parts) + sealed.tag + sealed.ciphertext


def parse(blob: bytes) -> ExternalBlob:
    """Take a blob apart; InvalidCiphertextException if it can't be one of ours."""
    rest, parts = blob[_HEADER:], []
    for _ in range(2):
        if not rest or len(rest) < 1 + rest[0]:
            raise ciphertext.invalid()
        parts.append(rest[1 : 1 + rest[0]])
        rest = rest[1 + rest[0] :]
    if len(rest) <= 2 * _TAG or len(parts[1]) not in (12, 16):
        raise ciphertext.invalid()
    sealed = Sealed(rest[_TAG:], parts[1], rest[:_TAG], parts[0])
    return ExternalBlob(blob[len(_MAGIC) : _KIND_AT].hex(), blob[:_HEADER], sealed)


def additional_data(blob: ExternalBlob, context: Mapping[str, str]) -> bytes:
    """Return what the external key has to authenticate: it sees a digest, and no encryption context."""
    return sha256(blob.header + ciphertext.canonical(context)).digest()


def open_inner(blob: ExternalBlob, opened: bytes, context: Mapping[str, str], material: Material) -> bytes:
    """Decrypt what the external key gave back. ProxyFailure if that is not what was encrypted."""
    try:
        bound = blob.header + ciphertext.canonical(context)
        return _key(material, blob.header).decrypt(blob.header[-_NONCE:], opened, bound)
    except InvalidTag:
        raise ProxyFailure(INVALID_PLAINTEXT) from None


def _key(material: Material, header: bytes) -> AESGCM:
    assert material.secret is not None
    salt = header[-_NONCE - _SALT : -_NONCE]
    return AESGCM(hmac.digest(material.secret, b"labkit double encryption\0" + salt, "sha256"))
