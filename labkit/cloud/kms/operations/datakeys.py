"""Data keys and data key pairs for use outside KMS, and GenerateRandom."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...core.call import Call
from ...core.errors import AwsError
from .. import ciphertext, specs
from ..material import new_private_key, pkcs8
from ..model import Key
from ..operation import refuse_recipient, require_algorithm, require_usage, target_key, usable_material
from ..store import Store

_SIZES = {"AES_256": 32, "AES_128": 16}


def generate_data_key(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKey: the data key in plaintext, and encrypted under the KMS key."""
    refuse_recipient(call)
    plaintext = store.entropy.token_bytes(_size(call))
    return {"Plaintext": plaintext, **_wrapped(store, call, plaintext, "CiphertextBlob")}


def generate_data_key_without_plaintext(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKeyWithoutPlaintext."""
    return _wrapped(store, call, store.entropy.token_bytes(_size(call)), "CiphertextBlob")


def generate_data_key_pair(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKeyPair: private key PKCS #8 DER (plain, and encrypted under the KMS key), public key SPKI DER."""
    refuse_recipient(call)
    private, answer = _pair(store, call)
    return {"PrivateKeyPlaintext": private, **answer}


def generate_data_key_pair_without_plaintext(store: Store, call: Call) -> dict[str, Any]:
    """GenerateDataKeyPairWithoutPlaintext."""
    return _pair(store, call)[1]


def generate_random(store: Store, call: Call) -> dict[str, Any]:
    """GenerateRandom."""
    refuse_recipient(call)
    if call.params.get("CustomKeyStoreId"):
        raise AwsError("CustomKeyStoreNotFoundException", None)
    if call.params.get("NumberOfBytes") is None:
        raise AwsError("ValidationException", "NumberOfBytes is required.")
    return {"Plaintext": store.entropy.token_bytes(call.params["NumberOfBytes"])}


def _size(call: Call) -> int:
    """Bytes: exactly one of KeySpec and NumberOfBytes must be given."""
    name, size = call.params.get("KeySpec"), call.params.get("NumberOfBytes")
    if name is not None and size is None:
        return _SIZES[name]
    if size is not None and name is None:
        return int(size)
    raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")


def _pair(store: Store, call: Call) -> tuple[bytes, dict[str, Any]]:
    _encrypting_key(call)
    name: str = call.params["KeyPairSpec"]
    if name in specs.ONLY_IN_CHINA or name in specs.NOT_SIMULATED:
        raise AwsError("UnsupportedOperationException", f"Data key pairs of spec {name} can't be generated here.")
    private_key = new_private_key(specs.SPECS[name], store.entropy)
    public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = pkcs8(private_key)
    answer = _wrapped(store, call, private, "PrivateKeyCiphertextBlob")
    return private, {"PublicKey": public, "KeyPairSpec": name, **answer}


def _wrapped(store: Store, call: Call, plaintext: bytes, member: str) -> dict[str, Any]:
    key = _encrypting_key(call)
    material = usable_material(key)
    blob = ciphertext.seal(plaintext, call.params.get("EncryptionContext") or {}, material, store.entropy)
    call.notes["keyMaterialId"] = material.id
    return {member: blob, "KeyId": key.arn, "KeyMaterialId": material.id}


def _encrypting_key(call: Call) -> Key:
    """Data keys are encrypted under symmetric encryption keys only."""
    key = target_key(call)
    require_usage(key, call.operation, specs.ENCRYPT)
    require_algorithm(key, "SYMMETRIC_DEFAULT")
    return key
