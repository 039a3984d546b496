"""Opening wrapped key material, and checking that it is material for a key of the spec."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_private_key

from ..core.errors import AwsError
from .ciphertext import invalid
from .material import CURVES, ML_DSA, ML_KEM, pkcs8
from .specs import KeySpec

ALGORITHMS = frozenset({"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"})
"""The wrapping algorithms that KMS takes outside the China Regions (GetParametersForImport)."""

_DIRECT = "RSAES_OAEP"
_IN_TWO_STEPS = frozenset({"rsa", "ecc", "ed25519", "ml-kem"})
"""Families whose material RSA_AES_KEY_WRAP may wrap: private keys."""

LONGEST_HMAC = 128
"""Bytes of HMAC material at most; longer secrets are hashed first, by whoever brings them."""


def check_suits(algorithm: str, wrapping_spec: str, spec: KeySpec) -> None:
    """Ask whether material for a key of `spec` can be wrapped this way, by WrappingAlgorithm's documentation.

    The refusal is the real service's, quoted for a symmetric key and RSA_AES_KEY_WRAP_SHA_256
    (a transcript of January 2024: "How to import a KMS key", in Japanese).
    """
    if algorithm.startswith(_DIRECT):
        suits = spec.family != "rsa" and (spec.name, wrapping_spec) != ("ECC_NIST_P521", "RSA_2048")
    else:
        suits = spec.family in _IN_TWO_STEPS
    if not suits:
        said = f"Wrapping algorithm {algorithm} and wrapping key spec {wrapping_spec} cannot be used to import a"
        raise AwsError("ValidationException", f"{said} {spec.name} key.")


def unwrap(private_key: rsa.RSAPrivateKey, algorithm: str, wrapped: bytes) -> bytes:
    """Return the bytes that were wrapped; InvalidCiphertextException if they can't be opened.

    What RSA alone has wrapped is as long as its modulus; the answer to any other length was seen by the author of
    nsmithuk/local-kms (import_key_material.go).

    RSA_AES_KEY_WRAP: an AES key under RSAES-OAEP, then the material under AES key wrap with padding (RFC 5649).
    """
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()  # noqa: S303 - the algorithm's own hash
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    head = private_key.key_size // 8
    try:
        if algorithm.startswith(_DIRECT):
            if len(wrapped) != head:
                raise AwsError("ValidationException", "Invalid encrypted key size.")
            return private_key.decrypt(wrapped, oaep)
        return aes_key_unwrap_with_padding(private_key.decrypt(wrapped[:head], oaep), wrapped[head:])
    except (ValueError, InvalidUnwrap):
        raise invalid() from None


def checked(spec: KeySpec, secret: bytes) -> bytes:
    """Give the material in the form in which it is kept, if it suits the key spec; else IncorrectKeyMaterialException.

    Symmetric: 32 bytes. HMAC: at least as many as the spec's, at most 1024 bits. Asymmetric: a private key in PKCS #8,
    DER, not encrypted ("Requirements for imported key material", AWS KMS Developer Guide).
    """
    if not spec.asymmetric:
        longest = LONGEST_HMAC if spec.family == "hmac" else spec.size
        if not spec.size <= len(secret) <= longest:
            raise AwsError("IncorrectKeyMaterialException", None)
        return secret
    try:
        private_key = load_der_private_key(secret, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AwsError("IncorrectKeyMaterialException", None) from None
    if not _suits(spec, private_key):
        raise AwsError("IncorrectKeyMaterialException", None)
    return pkcs8(private_key)


def _suits(spec: KeySpec, private_key: Any) -> bool:
    if spec.family == "rsa":
        return isinstance(private_key, rsa.RSAPrivateKey) and private_key.key_size == spec.size
    if spec.family == "ecc":
        return isinstance(private_key, ec.EllipticCurvePrivateKey) and isinstance(private_key.curve, CURVES[spec.name])
    if spec.family == "ed25519":
        return isinstance(private_key, ed25519.Ed25519PrivateKey)
    return isinstance(private_key, (ML_DSA | ML_KEM)[spec.name])
