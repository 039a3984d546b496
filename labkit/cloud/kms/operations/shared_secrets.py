"""Shared secrets: DeriveSharedSecret (ECDH), Encapsulate and Decapsulate (ML-KEM)."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ...core.call import Call
from ...core.errors import AwsError
from .. import ciphertext
from ..attestation import recipients
from ..operation import target_key, usable_material
from ..store import Store


def derive_shared_secret(store: Store, call: Call) -> dict[str, Any]:
    """DeriveSharedSecret: raw ECDH with the other party's public key (DER, SubjectPublicKeyInfo).

    A public key that is none, or of another curve, is a ValidationException without a message (recorded).
    """
    recipients.require(call)
    key = target_key(call)
    algorithm = call.params["KeyAgreementAlgorithm"]
    private_key = usable_material(key).private_key
    try:
        peer = load_der_public_key(call.params["PublicKey"])
    except (ValueError, UnsupportedAlgorithm):
        raise AwsError("ValidationException", None) from None
    if not isinstance(peer, ec.EllipticCurvePublicKey) or peer.curve.name != private_key.curve.name:
        raise AwsError("ValidationException", None)
    return {
        "KeyId": key.arn,
        **recipients.answer(store.entropy, call, "SharedSecret", private_key.exchange(ec.ECDH(), peer)),
        "KeyAgreementAlgorithm": algorithm,
        "KeyOrigin": key.origin,
    }


def encapsulate(_store: Store, call: Call) -> dict[str, Any]:
    """Encapsulate: a fresh shared secret, and its ciphertext for the holder of the key.

    The library takes its randomness from the machine: the answer differs at each run.
    """
    key = target_key(call)
    algorithm = call.params["EncapsulationAlgorithm"]
    secret, blob = usable_material(key).private_key.public_key().encapsulate()
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "SharedSecretCiphertextBlob": blob,
        "EncapsulationAlgorithm": algorithm,
    }


def decapsulate(_store: Store, call: Call) -> dict[str, Any]:
    """Decapsulate: a ciphertext of the right length always yields a secret, the right one only if it is genuine.

    "The length of the SharedSecretCiphertextBlob is inconsistent with the specified ML-KEM key spec":
    InvalidCiphertextException.
    """
    key = target_key(call)
    algorithm = call.params["EncapsulationAlgorithm"]
    try:
        secret = usable_material(key).private_key.decapsulate(call.params["SharedSecretCiphertextBlob"])
    except ValueError:
        raise ciphertext.invalid() from None
    return {"KeyId": key.arn, "SharedSecret": secret, "EncapsulationAlgorithm": algorithm}
