"""The order of the checks of every cryptographic operation: usage of the key, its state, its spec and algorithm."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.cloud.core.kms_operations import table

ENCRYPT, SIGN, MAC = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"
RSA = ("RSA_2048", ENCRYPT)
ALGORITHM_ERROR = "Algorithm {algorithm} is incompatible with key spec {spec}."
DATA_KEY = ({"KeySpec": "AES_256"}, RSA, "You cannot generate a data key with an asymmetric CMK")
DATA_KEY_PAIR = ({"KeyPairSpec": "ECC_NIST_P256"}, *DATA_KEY[1:])
SIGNATURE = {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
CODE = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_512"}

# operation -> parameters, a key (spec and usage) whose usage suits and whose spec does not, and what is said of that.
CASES: dict[str, tuple[dict[str, Any], tuple[str, str], str]] = {
    "Encrypt": ({"Plaintext": b"x"}, RSA, ALGORITHM_ERROR.format(algorithm="SYMMETRIC_DEFAULT", spec="RSA_2048")),
    "Decrypt": (
        {"CiphertextBlob": b"x", "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
        ("SYMMETRIC_DEFAULT", ENCRYPT),
        ALGORITHM_ERROR.format(algorithm="RSAES_OAEP_SHA_256", spec="SYMMETRIC_DEFAULT"),
    ),
    "GenerateDataKey": DATA_KEY,
    "GenerateDataKeyWithoutPlaintext": DATA_KEY,
    "GenerateDataKeyPair": DATA_KEY_PAIR,
    "GenerateDataKeyPairWithoutPlaintext": DATA_KEY_PAIR,
    "Sign": (SIGNATURE, ("RSA_2048", SIGN), ALGORITHM_ERROR.format(algorithm="ECDSA_SHA_256", spec="RSA_2048")),
    "Verify": (
        {**SIGNATURE, "Signature": b"x"},
        ("RSA_2048", SIGN),
        ALGORITHM_ERROR.format(algorithm="ECDSA_SHA_256", spec="RSA_2048"),
    ),
    "GenerateMac": (CODE, ("HMAC_256", MAC), ALGORITHM_ERROR.format(algorithm="HMAC_SHA_512", spec="HMAC_256")),
    "VerifyMac": (
        {**CODE, "Mac": b"x"},
        ("HMAC_256", MAC),
        ALGORITHM_ERROR.format(algorithm="HMAC_SHA_512", spec="HMAC_256"),
    ),
}
# These have one algorithm for all their key specs: nothing is left for the third check.
ONE_ALGORITHM: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "DeriveSharedSecret": (
        {"KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"},
        ("ECC_NIST_P256", "KEY_AGREEMENT"),
    ),
    "Encapsulate": ({"EncapsulationAlgorithm": "ML_KEM"}, ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE")),
    "Decapsulate": (
        {"EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": b"x"},
        ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
    ),
}
SIDES = {"ReEncrypt"}  # below: it has two keys
UNFIT = {  # of another usage
    ENCRYPT: ("ECC_NIST_P256", SIGN),
    SIGN: ("HMAC_256", MAC),
    MAC: ("SYMMETRIC_DEFAULT", ENCRYPT),
    "KEY_AGREEMENT": ("ECC_NIST_P256", SIGN),
    "ENCAPSULATE_DECAPSULATE": ("HMAC_256", MAC),
}
ALL = {name: case[:2] for name, case in CASES.items()} | ONE_ALGORITHM


def key_of(world: Any, kind: tuple[str, str], **more: Any) -> str:
    """The ARN of a new key."""
    arn: str = world.create(KeySpec=kind[0], KeyUsage=kind[1], **more)["Arn"]
    return arn


def into(world: Any, state: str, arn: str) -> str:
    """Bring a key into a state; what is then said of it."""
    if state == "disabled":
        world.call("DisableKey", KeyId=arn)
        return "DisabledException"
    world.call("ScheduleKeyDeletion", KeyId=arn)
    return "KMSInvalidStateException"


def test_every_cryptographic_operation_is_tried() -> None:
    """None is left out."""
    assert ALL.keys() | SIDES == {name for name, each in table().items() if each.cryptographic}


@pytest.mark.parametrize("state", ["disabled", "pending deletion"])
@pytest.mark.parametrize("operation", ALL)
def test_the_usage_comes_before_the_state(world: Any, operation: str, state: str) -> None:
    """A key of another usage is refused for that, in whatever state it is."""
    params, (_, usage) = ALL[operation]
    arn = key_of(world, UNFIT[usage])
    into(world, state, arn)
    error = world.refused(operation, KeyId=arn, **params)
    said = f"{arn} key usage is {UNFIT[usage][1]} which is not valid for {operation}."
    assert (error.code, error.message) == ("InvalidKeyUsageException", said)


@pytest.mark.parametrize("state", ["disabled", "pending deletion"])
@pytest.mark.parametrize("operation", ALL)
def test_the_state_comes_before_the_spec(world: Any, operation: str, state: str) -> None:
    """A key of the right usage is refused for its state, whatever its spec."""
    params, kind = ALL[operation]
    arn = key_of(world, kind)
    code = into(world, state, arn)
    error = world.refused(operation, KeyId=arn, **params)
    assert (error.code, error.message) == (code, f"{arn} is {state}.")


@pytest.mark.parametrize("operation", [name for name, (_, kind) in ALL.items() if not kind[0].startswith("ML_")])
def test_missing_material_comes_before_the_spec(world: Any, operation: str) -> None:
    """So it is of keys that wait for imported material."""
    params, kind = ALL[operation]
    arn = key_of(world, kind, Origin="EXTERNAL")
    error = world.refused(operation, KeyId=arn, **params)
    assert (error.code, error.message) == ("KMSInvalidStateException", f"{arn} is pending import.")


@pytest.mark.parametrize("operation", CASES)
def test_the_spec_comes_last(world: Any, operation: str) -> None:
    """What is left is the algorithm."""
    params, kind, said = CASES[operation]
    error = world.refused(operation, KeyId=key_of(world, kind), **params)
    assert (error.code, error.message) == ("InvalidKeyUsageException", said)


FAULTS = ("usage", "state", "spec")


@pytest.mark.parametrize("source", FAULTS)
@pytest.mark.parametrize("destination", FAULTS)
def test_the_source_comes_before_the_destination(world: Any, source: str, destination: str) -> None:
    """ReEncrypt with two unfit keys: the source is refused, whatever the destination is."""
    kinds = {"usage": ("RSA_2048", SIGN), "state": RSA, "spec": ("SYMMETRIC_DEFAULT", ENCRYPT)}
    arns = [key_of(world, kinds[fault]) for fault in (source, destination)]
    for fault, arn in zip((source, destination), arns, strict=True):
        if fault == "state":
            into(world, "disabled", arn)
    algorithms = dict.fromkeys(("SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm"), "RSAES_OAEP_SHA_256")
    keys = {"SourceKeyId": arns[0], "DestinationKeyId": arns[1]}
    error = world.refused("ReEncrypt", CiphertextBlob=b"x", **keys, **algorithms)
    wanted = {
        "usage": f"{arns[0]} key usage is SIGN_VERIFY which is not valid for ReEncryptFrom.",
        "state": f"{arns[0]} is disabled.",
        "spec": ALGORITHM_ERROR.format(algorithm="RSAES_OAEP_SHA_256", spec="SYMMETRIC_DEFAULT"),
    }
    assert error.message == wanted[source]
