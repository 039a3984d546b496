"""Attested calls: what the five operations answer to an enclave, and what they refuse."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec

from labkit.cloud.core.entropy import Entropy
from labkit.cloud.kms.attestation import envelopes

from . import attested

PEER = attested.public(ec.derive_private_key(11, ec.SECP256R1()))
AGREE = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}
CALLS: dict[str, dict[str, Any]] = {
    "Decrypt": {},
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
    "GenerateRandom": {"NumberOfBytes": 32},
    "DeriveSharedSecret": {"KeyAgreementAlgorithm": "ECDH", "PublicKey": PEER},
}
PLAIN = {"GenerateDataKeyPair": "PrivateKeyPlaintext", "DeriveSharedSecret": "SharedSecret"}


def _params(world: Any, operation: str) -> dict[str, Any]:
    """What the call needs: a key of the right kind, a ciphertext."""
    params = dict(CALLS[operation])
    if operation != "GenerateRandom":
        params["KeyId"] = world.create(**(AGREE if operation == "DeriveSharedSecret" else {}))["Arn"]
    if operation == "Decrypt":
        params["CiphertextBlob"] = world.call("Encrypt", KeyId=params["KeyId"], Plaintext=b"plain")["CiphertextBlob"]
    return params


def _opened(envelope: bytes, folder: Path) -> bytes:
    """What the openssl command finds in it, with the enclave's private key."""
    (folder / "key.pem").write_bytes(attested.pem(attested.rsa_key()))
    (folder / "envelope").write_bytes(envelope)
    command = ["openssl", "cms", "-decrypt", "-inform", "DER", "-in", "envelope", "-inkey", "key.pem"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is not installed")
@pytest.mark.parametrize("operation", CALLS)
def test_openssl_opens_what_is_for_the_recipient(world: Any, operation: str, tmp_path: Path) -> None:
    """The plaintext itself is not in the answer; what else is there stays."""
    params, member = _params(world, operation), PLAIN.get(operation, "Plaintext")
    usual = world.call(operation, **params)
    answer = world.call(operation, Recipient=world.recipient(), **params)
    opened = _opened(answer["CiphertextForRecipient"], tmp_path)
    assert len(opened) == len(usual[member])
    assert operation not in ("Decrypt", "DeriveSharedSecret") or opened == usual[member]
    dropped = {member} | ({"KeyMaterialId"} if operation in ("Decrypt", "GenerateDataKey") else set())
    assert set(usual) - set(answer) == dropped
    assert set(answer) - set(usual) == {"CiphertextForRecipient"}
    assert world.last.notes["recipient"]["attestationDocumentModuleId"] == attested.MODULE


def test_a_data_key_for_an_enclave_is_the_one_in_the_ciphertext(world: Any, tmp_path: Path) -> None:
    """GenerateDataKey gives the same key twice: for the recipient, and under the KMS key."""
    key = world.create()["Arn"]
    answer = world.call("GenerateDataKey", KeyId=key, KeySpec="AES_256", Recipient=world.recipient())
    plaintext = world.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"])["Plaintext"]
    if shutil.which("openssl"):
        assert _opened(answer["CiphertextForRecipient"], tmp_path) == plaintext


RECORDED = (
    "308006092a864886f70d010703a08030800201023182016b308201670201028020{id:64}303c06092a864886f70d010107302fa00f300d0609"
    "6086480165030402010500a11c301a06092a864886f70d010108300d0609608648016503040201050004820100{key:512}308006092a864886"
    "f70d010701301d060960864801650304012a0410{iv:32}a0800420{content:64}00000000000000000000"
)
"""CiphertextForRecipient of the real service for 28 bytes (a Nitro Enclave demo, 2025), without what differs each time:
{what: hexadecimal digits}."""


def test_the_envelope_is_the_recorded_one_octet_for_octet() -> None:
    """But for key identifier, encrypted key, IV and content, whose lengths are the same."""
    made, parts = envelopes.seal(bytes(28), attested.rsa_key().public_key(), Entropy("x")).hex(), RECORDED.split("{")
    assert made.startswith(parts[0])
    at = len(parts[0])
    for part in parts[1:]:
        size, _, fixed = part.partition("}")
        at += int(size.partition(":")[2])
        assert made[at : at + len(fixed)] == fixed
        at += len(fixed)
    assert at == len(made)


def test_the_library_reads_it_too() -> None:
    """asn1crypto, as enclaves written in Python use it."""
    found = cms.ContentInfo.load(envelopes.seal(b"x" * 5000, attested.rsa_key().public_key(), Entropy("x")))
    assert found["content_type"].native == "enveloped_data"
    info = found["content"]["encrypted_content_info"]
    assert info["content_encryption_algorithm"]["algorithm"].native == "aes256_cbc"
    assert len(info["encrypted_content"].native) == 5008


WRONG = [
    ("no document", {"AttestationDocument": None}),
    ("no algorithm", {"KeyEncryptionAlgorithm": None}),
    ("another algorithm", {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_1"}),
    ("noise", {"AttestationDocument": b"noise"}),
    ("too long", {"AttestationDocument": bytes(262145)}),
    ("without a key", {"AttestationDocument": attested.good(public_key=None)}),
    ("of another root", {"AttestationDocument": attested.by_another_root()}),
]


@pytest.mark.parametrize("change", [row[1] for row in WRONG], ids=[row[0] for row in WRONG])
@pytest.mark.parametrize("operation", CALLS)
def test_a_recipient_that_is_not_good_gets_nothing(world: Any, operation: str, change: dict[str, Any]) -> None:
    """Not even in plaintext."""
    params = _params(world, operation)
    recipient = {name: value for name, value in (world.recipient() | change).items() if value is not None}
    assert world.refused(operation, Recipient=recipient, **params).code == "ValidationException"
    assert world.refused(operation, Recipient={}, **params).code == "ValidationException"


def test_a_dry_run_verifies_the_document(world: Any) -> None:
    """And answers nothing."""
    params = _params(world, "GenerateDataKey") | {"DryRun": True}
    assert world.refused("GenerateDataKey", Recipient=world.recipient(), **params).code == "DryRunOperationException"
    wrong = world.recipient() | {"AttestationDocument": b"noise"}
    assert world.refused("GenerateDataKey", Recipient=wrong, **params).code == "ValidationException"


def test_operations_without_a_recipient_know_none(world: Any) -> None:
    """Encrypt, ReEncrypt and all others: their parameters have no Recipient."""
    from labkit.cloud.core.kms_operations import service_model, table

    model = service_model()
    taking = [name for name in model.operation_names if "Recipient" in _members(model, name)]
    assert sorted(taking) == sorted(CALLS)
    named = [name for name, each in table().items() if "kms:RecipientAttestation:*" in each.condition_keys]
    assert sorted(named) == sorted(CALLS)
    assert sorted(name for name, each in table().items() if "recipient" in each.additional) == sorted(CALLS)


def _members(model: Any, name: str) -> Any:
    shape = model.operation_model(name).input_shape
    return shape.members if shape else {}
