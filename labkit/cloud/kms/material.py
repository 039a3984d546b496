"""Key material: its making, its identity, its life. All randomness comes from the account's Entropy, save RSA keys.

Nothing in here ever shows material: representations and messages leave it out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import cryptography
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from ..core.entropy import Entropy
from ..core.errors import AwsError
from .specs import KeySpec

MaterialState = Literal["CURRENT", "NON_CURRENT", "PENDING_ROTATION", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"]

CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}
"""The elliptic curve of each spec of the family "ecc"."""

ML_DSA: dict[str, Any] = {
    "ML_DSA_44": mldsa.MLDSA44PrivateKey,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey,
}
ML_KEM: dict[str, Any] = {"ML_KEM_768": mlkem.MLKEM768PrivateKey, "ML_KEM_1024": mlkem.MLKEM1024PrivateKey}


@dataclass(eq=False)
class Material:
    """One key material of a KMS key. `secret` is raw bytes, or PKCS #8 DER of a private key; None once deleted.

    A cached private key lives no longer than the secret: `forget` drops both.
    """

    id: str  # 64 hex digits
    secret: bytes | None = field(repr=False)
    asymmetric: bool
    state: MaterialState = "CURRENT"
    rotated: datetime | None = None  # when it became current by a rotation
    rotation_type: Literal["AUTOMATIC", "ON_DEMAND"] | None = None
    # The rest is of imported material only.
    description: str | None = None
    expiration_model: str | None = None
    valid_to: datetime | None = None

    @property
    def present(self) -> bool:
        """Whether the material can be used (not deleted, not expired)."""
        return self.secret is not None

    @property
    def pending(self) -> bool:
        """Whether this is imported material that waits for its rotation, here or in related keys."""
        return self.state not in ("CURRENT", "NON_CURRENT")

    @cached_property
    def private_key(self) -> Any:
        """The private key object of asymmetric material."""
        assert self.secret is not None
        assert self.asymmetric
        return load_der_private_key(self.secret, password=None)

    @cached_property
    def public_der(self) -> bytes:
        """The public key as GetPublicKey answers it: DER, SubjectPublicKeyInfo (RFC 5280)."""
        der: bytes = self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return der

    def forget(self) -> None:
        """Delete the secret; what was encrypted under it is unreadable until it is imported again."""
        self.secret = None
        self.__dict__.pop("private_key", None)
        self.__dict__.pop("public_der", None)
        self.valid_to = None


def material_id(key_id: str, secret: bytes) -> str:
    """Return the identity of material in a KMS key: the same material in a related multi-Region key has the same id."""
    return hashlib.sha256(b"labkit key material\0" + key_id.encode() + b"\0" + secret).hexdigest()


def generate(spec: KeySpec, key_id: str, entropy: Entropy) -> Material:
    """New material for a KMS key of this spec."""
    secret = new_secret(spec, entropy)
    return Material(material_id(key_id, secret), secret, spec.asymmetric)


def new_secret(spec: KeySpec, entropy: Entropy) -> bytes:
    """Fresh raw bytes (symmetric, HMAC) or a fresh private key in PKCS #8 DER."""
    return pkcs8(new_private_key(spec, entropy)) if spec.asymmetric else entropy.token_bytes(spec.size)


def new_private_key(spec: KeySpec, entropy: Entropy) -> Any:
    """Return a fresh private key. RSA keys can't be seeded with the library: they differ at each run."""
    if spec.family == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=spec.size)
    if spec.family == "ecc":
        return ec.derive_private_key(_scalar(spec, entropy), CURVES[spec.name]())
    if spec.family == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(entropy.token_bytes(32))
    return _post_quantum(spec, entropy)


def _post_quantum(spec: KeySpec, entropy: Entropy) -> Any:
    """ML-DSA and ML-KEM came to the library with its version 48, and Pyodide has an older one."""
    try:
        if spec.family == "ml-dsa":
            return ML_DSA[spec.name].from_seed_bytes(entropy.token_bytes(32))
        return ML_KEM[spec.name].from_seed_bytes(entropy.token_bytes(64))
    except UnsupportedAlgorithm:
        said = f"this Python's cryptography {cryptography.__version__} lacks them, version 48 has them"
        text = f"The simulated account has no keys of spec {spec.name} here: {said}."
        raise AwsError("UnsupportedOperationException", text) from None


def _scalar(spec: KeySpec, entropy: Entropy) -> int:
    """A private scalar in [1, order - 1]: 64 bits more than needed, reduced (FIPS 186-5, A.2.1)."""
    order = CURVES[spec.name]().group_order
    return int.from_bytes(entropy.token_bytes(spec.size + 8)) % (order - 1) + 1


def pkcs8(private_key: Any) -> bytes:
    """Return a private key in the form that KMS hands out and takes in: PKCS #8 (RFC 5958), DER, not encrypted."""
    der: bytes = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return der
