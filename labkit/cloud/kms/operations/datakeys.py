"""Data keys and data key pairs for use outside KMS, and GenerateRandom."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...core.call import Call
from ...core.errors import AwsError
from .. import sealing, specs
from ..attestation import recipients
from ..custom_stores.store import require_state
from ..material import new_private_key, pkcs8
from ..model import Key
from ..operation import target_key
from ..store import Store

_SIZES = {"AES_256": 32, "AES_128": 16}


def generate_data_key(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKey: the data key in plaintext, and encrypted under the KMS key."""
    recipients.require(call)
    plaintext = store.entropy.token_bytes(_size(call))
    answer = _wrapped(store, call, plaintext, "CiphertextBlob")
    if call.attestation is not None:
        answer.pop("KeyMaterialId", None)  # "This field is omitted if the request includes the Recipient parameter."
    return recipients.answer(store.entropy, call, "Plaintext", plaintext) | answer


def generate_data_key_without_plaintext(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKeyWithoutPlaintext."""
    return _wrapped(store, call, store.entropy.token_bytes(_size(call)), "CiphertextBlob")


def generate_data_key_pair(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKeyPair: private key PKCS #8 DER (plain, and encrypted under the KMS key), public key SPKI DER."""
    recipients.require(call)
    private, answer = _pair(store, call)
    return recipients.answer(store.entropy, call, "PrivateKeyPlaintext", private) | answer


def generate_data_key_pair_without_plaintext(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKeyPairWithoutPlaintext."""
    return _pair(store, call)[1]


def generate_random(store: Store, call: Call) -> dict[str, Any]:
    """GenerateRandom."""
    recipients.require(call)
    if call.params.get("NumberOfBytes") is None:
        raise AwsError("ValidationException", "NumberOfBytes is required.")
    if call.params.get("CustomKeyStoreId"):
        _require_cluster(store, call)
    return recipients.answer(store.entropy, call, "Plaintext", store.entropy.token_bytes(call.params["NumberOfBytes"]))


def _require_cluster(store: Store, call: Call) -> None:
    """The random bytes come from a connected CloudHSM cluster; external key stores have none (GenerateRandom)."""
    found = store.custom_stores.find(call)
    if found.external:
        raise AwsError("UnsupportedOperationException", None)
    require_state(found, "random")
    if store.custom_stores.answering(found) is None:  # GenerateRandom has no KMSInvalidStateException
        raise AwsError("CustomKeyStoreInvalidStateException", found.not_connected)


def check_size(call: Call) -> None:
    """Exactly one of KeySpec and NumberOfBytes must be given; asked before usage and state of the key (recorded)."""
    if (call.params.get("KeySpec") is None) == (call.params.get("NumberOfBytes") is None):
        raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")


def check_pair(key: Key, call: Call) -> None:
    """Data key pairs are not encrypted under keys in custom key stores (GenerateDataKeyPair, KeyId)."""
    check_spec(key, call)
    if key.custom_store is not None:
        raise AwsError("UnsupportedOperationException", None)


def check_spec(key: Key, _call: Call) -> None:
    """Data keys are encrypted under symmetric encryption keys only.

    Recorded of GenerateDataKey and GenerateDataKeyWithoutPlaintext (floci-io/floci, KmsIntegrationTest, 2026; pages of
    AWS Backint agent and of Hadoop S3A quote it); the pairs are answered alike.
    """
    if key.spec is not specs.SYMMETRIC:
        raise AwsError("InvalidKeyUsageException", "You cannot generate a data key with an asymmetric CMK")


def _size(call: Call) -> int:
    name = call.params.get("KeySpec")
    return int(call.params["NumberOfBytes"]) if name is None else _SIZES[name]


def _pair(store: Store, call: Call) -> tuple[bytes, dict[str, Any]]:
    name: str = call.params["KeyPairSpec"]
    if name in specs.ONLY_IN_CHINA or name in specs.NOT_SIMULATED:
        raise AwsError("UnsupportedOperationException", f"Data key pairs of spec {name} can't be generated here.")
    private_key = new_private_key(specs.SPECS[name], store.entropy)
    public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = pkcs8(private_key)
    answer = _wrapped(store, call, private, "PrivateKeyCiphertextBlob")
    return private, {"PublicKey": public, "KeyPairSpec": name, **answer}


def _wrapped(store: Store, call: Call, plaintext: bytes, member: str) -> dict[str, Any]:
    key = target_key(call)
    blob, material_id = sealing.seal(store, call, key, plaintext, call.params.get("EncryptionContext") or {})
    answer = {member: blob, "KeyId": key.arn}
    if material_id is None:  # a key in a custom key store
        return answer
    call.notes["keyMaterialId"] = material_id
    return answer | {"KeyMaterialId": material_id}
