"""Which wrapping goes with which key spec, and what is answered to material that is wrapped wrongly."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

STAYS = "KEY_MATERIAL_DOES_NOT_EXPIRE"
DIRECT, IN_TWO_STEPS = "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"
SYMMETRIC: dict[str, str] = {}
HMAC = {"KeySpec": "HMAC_384", "KeyUsage": "GENERATE_VERIFY_MAC"}
RSA = {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}
P256 = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
P521 = {"KeySpec": "ECC_NIST_P521", "KeyUsage": "KEY_AGREEMENT"}


def asked(world: Any, key: dict[str, str], algorithm: str, spec: str) -> dict[str, str]:
    """Parameters of GetParametersForImport for a new key."""
    key_id = world.create(Origin="EXTERNAL", **key)["KeyId"]
    return {"KeyId": key_id, "WrappingAlgorithm": algorithm, "WrappingKeySpec": spec}


@pytest.mark.parametrize(
    ("key", "algorithm", "spec"),
    [
        (SYMMETRIC, IN_TWO_STEPS, "RSA_3072"),
        (SYMMETRIC, "RSA_AES_KEY_WRAP_SHA_1", "RSA_2048"),
        (HMAC, IN_TWO_STEPS, "RSA_4096"),
        (RSA, DIRECT, "RSA_4096"),
        (P521, DIRECT, "RSA_2048"),
    ],
)
def test_what_does_not_go_together(world: Any, key: dict[str, str], algorithm: str, spec: str) -> None:
    """The documentation of WrappingAlgorithm has the rules; the first row's answer was quoted from the real service."""
    error = world.refused("GetParametersForImport", **asked(world, key, algorithm, spec))
    named = key.get("KeySpec", "SYMMETRIC_DEFAULT")
    said = f"Wrapping algorithm {algorithm} and wrapping key spec {spec} cannot be used to import a {named} key."
    assert (error.code, error.message) == ("ValidationException", said)


@pytest.mark.parametrize(
    ("key", "algorithm", "spec"),
    [
        (SYMMETRIC, DIRECT, "RSA_2048"),
        (HMAC, "RSAES_OAEP_SHA_1", "RSA_3072"),
        (RSA, IN_TWO_STEPS, "RSA_2048"),
        (P256, DIRECT, "RSA_2048"),
        (P256, IN_TWO_STEPS, "RSA_2048"),
        (P521, DIRECT, "RSA_3072"),
        (P521, IN_TWO_STEPS, "RSA_2048"),
    ],
)
def test_what_goes_together(world: Any, key: dict[str, str], algorithm: str, spec: str) -> None:
    """Each of these is a way to bring material."""
    assert world.call("GetParametersForImport", **asked(world, key, algorithm, spec))["ImportToken"]


@pytest.mark.parametrize("algorithm", [DIRECT, "RSAES_OAEP_SHA_1", IN_TWO_STEPS, "RSA_AES_KEY_WRAP_SHA_1"])
def test_a_curve_takes_every_algorithm(world: Any, algorithm: str) -> None:
    """A private key on an elliptic curve may come wrapped in any of the four ways."""
    arn = world.create(Origin="EXTERNAL", **P256)["Arn"]
    private = ec.generate_private_key(ec.SECP256R1())
    world.bring(arn, private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), algorithm)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert world.call("GetPublicKey", KeyId=arn)["PublicKey"] == public


def test_garbled_wrapping(world: Any) -> None:
    """What has the right length and can't be unwrapped is InvalidCiphertextException."""
    for key, algorithm, sizes in ((SYMMETRIC, DIRECT, (256,)), (P256, IN_TWO_STEPS, (1, 256, 300))):
        arn = world.create(Origin="EXTERNAL", **key)["Arn"]
        token = world.parameters(arn, algorithm)["ImportToken"]
        params = {"KeyId": arn, "ImportToken": token, "ExpirationModel": STAYS}
        for size in sizes:
            error = world.refused("ImportKeyMaterial", EncryptedKeyMaterial=b"x" * size, **params)
            assert (error.code, error.message) == ("InvalidCiphertextException", None)


@pytest.mark.parametrize("wrapped", [b"x" * 32, b"x" * 255, b"x" * 344, b"x" * 384])
def test_a_length_that_rsa_never_makes(world: Any, wrapped: bytes) -> None:
    """Material that was not wrapped, or is still in base64, or was wrapped with a key of another size."""
    arn = world.create(Origin="EXTERNAL")["Arn"]
    token = world.parameters(arn)["ImportToken"]
    params = {"KeyId": arn, "ImportToken": token, "ExpirationModel": STAYS}
    error = world.refused("ImportKeyMaterial", EncryptedKeyMaterial=wrapped, **params)
    assert (error.code, error.message) == ("ValidationException", "Invalid encrypted key size.")
