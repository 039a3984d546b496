"""Ed25519ph, the prehashed form of Ed25519 (RFC 8032, 5.1), by libsodium: the cryptography library has none."""

from __future__ import annotations

from nacl import bindings
from nacl.exceptions import BadSignatureError

SIGNATURE_BYTES = bindings.crypto_sign_BYTES
PUBLIC_KEY_BYTES = bindings.crypto_sign_PUBLICKEYBYTES


def sign(seed: bytes, message: bytes) -> bytes:
    """Sign `message` (hashed in here with SHA-512) by the key of this 32-byte seed; 64 bytes."""
    _, secret_key = bindings.crypto_sign_seed_keypair(seed)
    signature: bytes = bindings.crypto_sign_ed25519ph_final_create(_hashed(message), secret_key)
    return signature


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether `signature` is one of `message` by the key with this 32-byte public key."""
    if len(signature) != SIGNATURE_BYTES or len(public) != PUBLIC_KEY_BYTES:
        return False
    try:
        return bool(bindings.crypto_sign_ed25519ph_final_verify(_hashed(message), signature, public))
    except BadSignatureError:
        return False


def _hashed(message: bytes) -> bindings.crypto_sign_ed25519ph_state:
    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, message)
    return state
