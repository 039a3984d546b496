"""Sign and Verify, MACs and shared secrets: checked with the cryptography library and with openssl alone."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from labkit.cloud.kms import ed25519ph

OPENSSL = shutil.which("openssl")
MESSAGE = b"pay 100 to Alice"


def sha(algorithm: str) -> str:
    """The hash's name for openssl and hashlib: RSASSA_PSS_SHA_384 -> sha384."""
    return "sha" + algorithm.rpartition("_")[2]


SIGNING = [
    *(("RSA_2048", f"RSASSA_{scheme}_SHA_{bits}") for scheme in ("PSS", "PKCS1_V1_5") for bits in (256, 384, 512)),
    ("ECC_NIST_P256", "ECDSA_SHA_256"),
    ("ECC_NIST_P384", "ECDSA_SHA_384"),
    ("ECC_NIST_P521", "ECDSA_SHA_512"),
    ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
]
OTHERS = [
    ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "RAW", MESSAGE),
    ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "DIGEST", hashlib.sha512(MESSAGE).digest()),
    *((f"ML_DSA_{level}", "ML_DSA_SHAKE_256", "RAW", MESSAGE) for level in (44, 65, 87)),
]


def signing_key(shared: Any, spec: str) -> str:
    """One key of each spec for the whole file."""
    made = shared.__dict__.setdefault("made", {})
    if spec not in made:
        made[spec] = shared.create(KeySpec=spec, KeyUsage="SIGN_VERIFY")["Arn"]
    return str(made[spec])


@pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")
@pytest.mark.parametrize("kind", ["RAW", "DIGEST"])
@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
def test_openssl_verifies(shared: Any, tmp_path: Path, spec: str, algorithm: str, kind: str) -> None:
    """A signature and the downloaded public key are all that openssl needs."""
    arn = signing_key(shared, spec)
    message = MESSAGE if kind == "RAW" else hashlib.new(sha(algorithm), MESSAGE).digest()
    params = {"KeyId": arn, "Message": message, "MessageType": kind, "SigningAlgorithm": algorithm}
    signature = shared.call("Sign", **params)["Signature"]
    assert shared.call("Verify", Signature=signature, **params)["SignatureValid"] is True
    public = load_der_public_key(shared.call("GetPublicKey", KeyId=arn)["PublicKey"])
    (tmp_path / "public.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "message").write_bytes(MESSAGE)
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if "PSS" in algorithm else []
    command = [OPENSSL, "dgst", f"-{sha(algorithm)}", *pss, "-verify", "public.pem", "-signature", "signature"]
    done = subprocess.run([*command, "message"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Verified OK", done.stderr


@pytest.mark.parametrize(("spec", "algorithm", "kind", "message"), OTHERS)
def test_newer_algorithms(shared: Any, spec: str, algorithm: str, kind: str, message: bytes) -> None:
    """Ed25519 in both forms and ML-DSA: what is signed verifies, here and with the public key alone."""
    params = {"KeyId": signing_key(shared, spec), "SigningAlgorithm": algorithm, "MessageType": kind}
    signature = shared.call("Sign", Message=message, **params)["Signature"]
    answer = shared.call("Verify", Message=message, Signature=signature, **params)
    assert answer == {"KeyId": params["KeyId"], "SignatureValid": True, "SigningAlgorithm": algorithm}
    public = load_der_public_key(shared.call("GetPublicKey", KeyId=params["KeyId"])["PublicKey"])
    if algorithm == "ED25519_PH_SHA_512":
        assert ed25519ph.verify(public.public_bytes_raw(), signature, message)
    else:
        public.verify(signature, message)
    other = bytes([message[0] ^ 1]) + message[1:]
    for wrong in ({"Message": other, "Signature": signature}, {"Message": message, "Signature": signature[:-1]}):
        error = shared.refused("Verify", **wrong, **params)
        assert (error.code, error.message) == ("KMSInvalidSignatureException", None)


def test_ml_dsa_external_mu(shared: Any) -> None:
    """EXTERNAL_MU signs the 64-byte representative: the same as RAW over the message that it stands for."""
    arn = signing_key(shared, "ML_DSA_44")
    raw = load_der_public_key(shared.call("GetPublicKey", KeyId=arn)["PublicKey"]).public_bytes_raw()
    prefix = hashlib.shake_256(raw).digest(64)  # FIPS 204: mu = H(H(pk, 64) || M', 64), M' = 0 || |ctx| || ctx || M
    mu = hashlib.shake_256(prefix + b"\0\0" + MESSAGE).digest(64)
    params = {"KeyId": arn, "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    signature = shared.call("Sign", Message=mu, MessageType="EXTERNAL_MU", **params)["Signature"]
    assert shared.call("Verify", Message=MESSAGE, Signature=signature, **params)["SignatureValid"] is True
    short = shared.refused("Sign", Message=mu[:-1], MessageType="EXTERNAL_MU", **params)
    assert short.code == "ValidationException"


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
def test_digest_of_a_wrong_length(shared: Any, spec: str, algorithm: str) -> None:
    """A digest that isn't as long as the algorithm's hash is refused (recorded)."""
    params = {"KeyId": signing_key(shared, spec), "SigningAlgorithm": algorithm, "MessageType": "DIGEST"}
    said = f"Digest is invalid length for algorithm {algorithm}."
    for operation, more in (("Sign", {}), ("Verify", {"Signature": b"s"})):
        error = shared.refused(operation, Message=b"short", **params, **more)
        assert (error.code, error.message) == ("ValidationException", said)


@pytest.mark.parametrize(
    ("spec", "algorithm", "kind"),
    [
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "DIGEST"),
        ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "RAW"),
        ("ML_DSA_44", "ML_DSA_SHAKE_256", "DIGEST"),
        ("ECC_NIST_P256", "ECDSA_SHA_256", "EXTERNAL_MU"),
    ],
)
def test_message_type_must_suit(shared: Any, spec: str, algorithm: str, kind: str) -> None:
    """Each algorithm has its message types (Sign's documentation)."""
    params = {"KeyId": signing_key(shared, spec), "SigningAlgorithm": algorithm, "MessageType": kind}
    assert shared.refused("Sign", Message=b"m" * 64, **params).code == "ValidationException"


def test_algorithm_of_another_curve(shared: Any) -> None:
    """An algorithm that the key spec doesn't know is named."""
    params = {"KeyId": signing_key(shared, "ECC_NIST_P256"), "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_384"}
    error = shared.refused("Sign", **params)
    said = "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."
    assert (error.code, error.message) == ("InvalidKeyUsageException", said)


def test_ecdsa_is_repeatable(shared: Any) -> None:
    """The same message has the same ECDSA signature, so that a lab shows the same at each run."""
    params = {"KeyId": signing_key(shared, "ECC_NIST_P256"), "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert shared.call("Sign", **params) == shared.call("Sign", **params)


def test_ed25519ph_vector() -> None:
    """The test vector of RFC 8032, 7.3."""
    seed = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    public = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
    signature = bytes.fromhex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    )
    assert ed25519ph.sign(seed, b"abc") == signature
    assert ed25519ph.verify(public, signature, b"abc")


def test_ed25519ph_refuses_what_is_no_signature() -> None:
    """Changed bytes, numbers out of range and points that are none are refused, not errors."""
    seed = b"\1" * 32
    signature = ed25519ph.sign(seed, b"m")
    for wrong in (signature[:63], signature[:32] + b"\xff" * 32, b"\xff" * 32 + signature[32:], bytes(64)):
        assert not ed25519ph.verify(b"\2" * 32, wrong, b"m")


@pytest.mark.parametrize(("bits", "size"), [(224, 28), (256, 32), (384, 48), (512, 64)])
def test_macs(world: Any, bits: int, size: int) -> None:
    """A MAC is as long as its hash, is HMAC over the imported secret, and verifies for its message alone."""
    secret, algorithm = bytes(range(size)), f"HMAC_SHA_{bits}"
    arn = world.create(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC", Origin="EXTERNAL")["Arn"]
    world.bring(arn, secret)
    params = {"KeyId": arn, "MacAlgorithm": algorithm}
    mac = world.call("GenerateMac", Message=b"m", **params)["Mac"]
    assert mac == hmac.digest(secret, b"m", f"sha{bits}")
    assert world.call("VerifyMac", Message=b"m", Mac=mac, **params)["MacValid"] is True
    error = world.refused("VerifyMac", Message=b"n", Mac=mac, **params)
    assert (error.code, error.message) == ("KMSInvalidMacException", None)


def test_mac_algorithm_of_another_spec(world: Any) -> None:
    """Recorded: the algorithm and the key spec are named."""
    arn = world.create(KeySpec="HMAC_224", KeyUsage="GENERATE_VERIFY_MAC")["Arn"]
    error = world.refused("GenerateMac", KeyId=arn, Message=b"m", MacAlgorithm="HMAC_SHA_256")
    said = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."
    assert (error.code, error.message) == ("InvalidKeyUsageException", said)


@pytest.mark.parametrize("public", [b"no key", b""])
def test_derive_with_no_public_key(world: Any, public: bytes) -> None:
    """What is no public key is a ValidationException."""
    arn = world.create(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["Arn"]
    params = {"KeyId": arn, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public}
    assert world.refused("DeriveSharedSecret", **params).code == "ValidationException"


def test_derive_with_a_key_of_another_curve(world: Any) -> None:
    """Both parties must be on one curve."""
    arn = world.create(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["Arn"]
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    spki = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    error = world.refused("DeriveSharedSecret", KeyId=arn, KeyAgreementAlgorithm="ECDH", PublicKey=spki)
    assert (error.code, error.message) == ("ValidationException", None)


def test_two_kms_keys_agree(world: Any) -> None:
    """Two KMS keys derive the same secret from each other's public keys."""
    arns = [world.create(KeySpec="ECC_NIST_P521", KeyUsage="KEY_AGREEMENT")["Arn"] for _ in range(2)]
    publics = [world.call("GetPublicKey", KeyId=arn)["PublicKey"] for arn in arns]
    secrets = [
        world.call("DeriveSharedSecret", KeyId=arn, KeyAgreementAlgorithm="ECDH", PublicKey=public)["SharedSecret"]
        for arn, public in zip(arns, reversed(publics), strict=True)
    ]
    assert secrets[0] == secrets[1]


@pytest.mark.parametrize("level", [768, 1024])
def test_ml_kem(world: Any, level: int) -> None:
    """Encapsulated with the public key alone, or by KMS: Decapsulate finds the same secret."""
    arn = world.create(KeySpec=f"ML_KEM_{level}", KeyUsage="ENCAPSULATE_DECAPSULATE")["Arn"]
    params = {"KeyId": arn, "EncapsulationAlgorithm": "ML_KEM"}
    made = world.call("Encapsulate", **params)
    assert set(made) == {"KeyId", "SharedSecret", "SharedSecretCiphertextBlob", "EncapsulationAlgorithm"}
    public = load_der_public_key(world.call("GetPublicKey", KeyId=arn)["PublicKey"])
    for secret, blob in (public.encapsulate(), (made["SharedSecret"], made["SharedSecretCiphertextBlob"])):
        opened = world.call("Decapsulate", SharedSecretCiphertextBlob=blob, **params)
        assert opened == {"KeyId": arn, "SharedSecret": secret, "EncapsulationAlgorithm": "ML_KEM"}
    error = world.refused("Decapsulate", SharedSecretCiphertextBlob=b"short", **params)
    assert (error.code, error.message) == ("InvalidCiphertextException", None)


def test_usage_of_shared_secret_keys(world: Any) -> None:
    """Encapsulate needs a key made for it."""
    arn = world.create()["Arn"]
    error = world.refused("Encapsulate", KeyId=arn, EncapsulationAlgorithm="ML_KEM")
    assert error.message == f"{arn} key usage is ENCRYPT_DECRYPT which is not valid for Encapsulate."
