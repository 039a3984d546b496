"""Sign and Verify with RSA, ECDSA, Ed25519 and ML-DSA keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ...core.call import Call
from ...core.errors import AwsError
from .. import ed25519ph
from ..model import Key
from ..operation import parameter, require_algorithm, target_key, usable_material
from ..store import Store

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "SHA_256": hashes.SHA256,
    "SHA_384": hashes.SHA384,
    "SHA_512": hashes.SHA512,
}
_MU_LENGTH = 64  # bytes of ML-DSA's message representative (FIPS 204, 6.2)


def sign(_store: Store, call: Call) -> dict[str, Any]:
    """Sign."""
    key, algorithm = target_key(call), call.params["SigningAlgorithm"]
    message, kind = call.params["Message"], parameter(call, "MessageType")
    private_key = usable_material(key).private_key
    family = key.spec.family
    if family == "rsa":
        scheme, digest = _rsa(algorithm, kind)
        signature = private_key.sign(message, scheme, digest)
    elif family == "ecc":
        # RFC 6979: the same message has the same signature, so that a lab shows the same at each run.
        signature = private_key.sign(message, ec.ECDSA(_digest(algorithm, kind), deterministic_signing=True))
    elif algorithm == "ED25519_PH_SHA_512":
        signature = ed25519ph.sign(private_key.private_bytes_raw(), message)
    elif kind == "EXTERNAL_MU":
        signature = private_key.sign_mu(message)
    else:
        signature = private_key.sign(message)
    return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm}


def verify(_store: Store, call: Call) -> dict[str, Any]:
    """Verify: a signature that does not fit is an error, without a message (recorded)."""
    key, algorithm = target_key(call), call.params["SigningAlgorithm"]
    message, kind = call.params["Message"], parameter(call, "MessageType")
    if not _fits(key, algorithm, kind, message, call.params["Signature"]):
        raise AwsError("KMSInvalidSignatureException", None)
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


def _fits(key: Key, algorithm: str, kind: str, message: bytes, signature: bytes) -> bool:
    public_key = usable_material(key).private_key.public_key()
    family = key.spec.family
    try:
        if family == "rsa":
            scheme, digest = _rsa(algorithm, kind)
            public_key.verify(signature, message, scheme, digest)
        elif family == "ecc":
            public_key.verify(signature, message, ec.ECDSA(_digest(algorithm, kind)))
        elif algorithm == "ED25519_PH_SHA_512":
            return ed25519ph.verify(public_key.public_bytes_raw(), signature, message)
        elif kind == "EXTERNAL_MU":
            public_key.verify_mu(signature, message)
        else:
            public_key.verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: a signature of a length that can't be
        return False
    return True


def check_spec(key: Key, call: Call) -> None:
    """Demand an algorithm of the key spec's, and then a message that suits the algorithm."""
    algorithm: str = call.params["SigningAlgorithm"]
    require_algorithm(key, algorithm)
    _check_message(key, algorithm, parameter(call, "MessageType"), call.params["Message"])


def _check_message(key: Key, algorithm: str, kind: str, message: bytes) -> None:
    """The message's type must suit the algorithm, a digest must be as long as the algorithm's hash.

    Recorded (floci-io/floci, KmsIntegrationTest, 2026): DIGEST with ED25519_SHA_512 and RAW with ED25519_PH_SHA_512
    name the algorithm, DIGEST with ML-DSA names the key spec. EXTERNAL_MU with other algorithms is worded alike.
    """
    types = {
        "ED25519_SHA_512": ("RAW",),
        "ED25519_PH_SHA_512": ("DIGEST",),
        "ML_DSA_SHAKE_256": ("RAW", "EXTERNAL_MU"),
    }.get(algorithm, ("RAW", "DIGEST"))
    if kind not in types:
        what = f"key spec {key.spec.name}" if key.spec.family == "ml-dsa" else f"algorithm {algorithm}"
        raise AwsError("ValidationException", f"Message type {kind} is incompatible with {what}.")
    length = {"DIGEST": _hash_length(algorithm), "EXTERNAL_MU": _MU_LENGTH}.get(kind)
    if length is not None and len(message) != length:
        raise AwsError("ValidationException", f"Digest is invalid length for algorithm {algorithm}.")


def _hash_length(algorithm: str) -> int:
    return hashlib.new("sha" + algorithm.rpartition("_")[2]).digest_size if "_SHA_" in algorithm else 0


def _digest(algorithm: str, kind: str) -> hashes.HashAlgorithm | Prehashed:
    digest = _HASHES[algorithm[-7:]]()
    return Prehashed(digest) if kind == "DIGEST" else digest


def _rsa(algorithm: str, kind: str) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm | Prehashed]:
    """PSS: MGF1 with the same hash, salt as long as the hash ("Key spec reference"; recorded)."""
    digest = _HASHES[algorithm[-7:]]()
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if "_PSS_" in algorithm:
        scheme = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
    return scheme, _digest(algorithm, kind)
