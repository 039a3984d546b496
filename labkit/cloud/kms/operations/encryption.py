"""Encrypt, Decrypt and ReEncrypt, with symmetric and with RSA keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ...core.call import Call, Target
from ...core.errors import AwsError
from .. import ciphertext, external_ciphertext, sealing
from ..attestation import recipients
from ..identifiers import AcceptedIdentifiers, find_key
from ..model import Key
from ..operation import null_member, parameter, target_key, usable_material
from ..specs import oaep_limit
from ..store import Store

SYMMETRIC_DEFAULT = "SYMMETRIC_DEFAULT"
_HASHES = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}
INCORRECT_KEY = "The key ID in the request does not identify a CMK that can perform this operation."
NO_SUCH_KEY = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, "
    "or you are not allowed to access."
)


# --- Encrypt ---------------------------------------------------------------------------------------------------------


def encrypt(store: Store, call: Call) -> dict[str, Any]:
    """Encrypt."""
    key = target_key(call)
    algorithm = parameter(call, "EncryptionAlgorithm")
    blob, material_id = _seal(
        store, call, key, algorithm, call.params["Plaintext"], _context(call, "EncryptionContext")
    )
    if material_id:
        call.notes["keyMaterialId"] = material_id
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}


def _seal(
    store: Store, call: Call, key: Key, algorithm: str, plaintext: bytes, context: Mapping[str, str]
) -> tuple[bytes, str | None]:
    """The ciphertext, and the id of the material if the key is symmetric."""
    if algorithm == SYMMETRIC_DEFAULT:
        return sealing.seal(store, call, key, plaintext, context)
    _refuse_context(context)
    limit = oaep_limit(key.spec, algorithm)
    if len(plaintext) > limit:
        said = f"Algorithm {algorithm} and key spec {key.spec.name} cannot encrypt data larger than {limit} bytes."
        raise AwsError("ValidationException", said)
    return usable_material(key).private_key.public_key().encrypt(plaintext, _oaep(algorithm)), None


def _oaep(algorithm: str) -> padding.OAEP:
    """OAEP with MGF1 of the same hash and no label ("Key spec reference")."""
    digest = _HASHES[algorithm]
    return padding.OAEP(padding.MGF1(digest()), digest(), None)


# --- Decrypt ---------------------------------------------------------------------------------------------------------


def plan_decrypt(store: Store, call: Call) -> tuple[Target, ...]:
    """Return the key that KeyId names, or else the one that the ciphertext names."""
    key = _source(store, call, "KeyId", parameter(call, "EncryptionAlgorithm"))
    return (Target("kms:Decrypt", key.arn, key),)


def decrypt(store: Store, call: Call) -> dict[str, Any]:
    """Decrypt."""
    recipients.require(call)
    key = target_key(call)
    algorithm = parameter(call, "EncryptionAlgorithm")
    answer: dict[str, Any] = {"KeyId": key.arn, "EncryptionAlgorithm": algorithm}
    if _ignores_ciphertext(call):
        return answer  # a dry run: service.py refuses it now
    context = _context(call, "EncryptionContext")
    plaintext, material_id = _unseal(store, call, key, algorithm, call.params["CiphertextBlob"], context)
    answer |= recipients.answer(store.entropy, call, "Plaintext", plaintext)
    if material_id:
        call.notes["keyMaterialId"] = material_id
    if material_id and call.attestation is None:  # "omitted if the request includes the Recipient parameter"
        answer["KeyMaterialId"] = material_id
    return answer


def _source(store: Store, call: Call, member: str, algorithm: str) -> Key:
    """Which key a ciphertext is to be decrypted with."""
    named = call.params.get(member)
    blob = call.params.get("CiphertextBlob")
    if call.params.get("DryRunModifiers") and not call.params.get("DryRun"):
        raise AwsError("ValidationException", "DryRunModifiers can be used when DryRun is true only.")
    if blob is None and not _ignores_ciphertext(call):
        raise null_member("ciphertextBlob")
    if named is not None:
        symmetric = algorithm == SYMMETRIC_DEFAULT and not _ignores_ciphertext(call)
        theirs = _of_another_account(store, call, named, blob or b"") if symmetric else None
        return theirs or find_key(store, call, named, AcceptedIdentifiers.KEY_OR_ALIAS_OF_ANY_ACCOUNT)
    if algorithm != SYMMETRIC_DEFAULT or _ignores_ciphertext(call):
        # Measured of Decrypt (floci-io/floci, KmsServiceTest, 2026).
        raise AwsError("ValidationException", f"{member} must not be null")
    return _key_of(store, call, external_ciphertext.material_id(blob or b""))


def _of_another_account(store: Store, call: Call, named: str, blob: bytes) -> Key | None:
    """The key of another account that a bare key id names, if the symmetric ciphertext says so too.

    "A short key ID is also acceptable when decrypting symmetric ciphertexts" (Decrypt, ReEncrypt: cross-account use).
    """
    if named.startswith(("arn:", "alias/")) or store.key(call.account, call.region, named):
        return None
    try:
        key = store.key_of_material(call.region, external_ciphertext.material_id(blob))
    except AwsError:
        return None  # a broken ciphertext names nobody
    return key if key is not None and key.id == named else None


def _ignores_ciphertext(call: Call) -> bool:
    return bool(call.params.get("DryRun")) and "IGNORE_CIPHERTEXT" in (call.params.get("DryRunModifiers") or ())


def _key_of(store: Store, call: Call, material_id: str) -> Key:
    key = store.key_of_material(call.region, material_id)
    if key is None:
        _no_such_key()
    return key


def _no_such_key() -> NoReturn:
    raise AwsError("AccessDeniedException", NO_SUCH_KEY)


def check_source(call: Call) -> None:
    """Demand a symmetric ciphertext, and the source key's; asked before usage and state of the key.

    Recorded: with a key of another usage, or one that waits for its material, IncorrectKeyException (Decrypt;
    ReEncrypt too, whatever its destination is); one of RSA's where no algorithm is named, InvalidCiphertextException,
    whatever the key (floci-io/floci, KmsIntegrationTest, 2026; localstack, test_kms.snapshot.json, 2025).
    """
    name = "SourceEncryptionAlgorithm" if call.operation == "ReEncrypt" else "EncryptionAlgorithm"
    if parameter(call, name) != SYMMETRIC_DEFAULT or _ignores_ciphertext(call):
        return
    if target_key(call).material(external_ciphertext.material_id(call.params["CiphertextBlob"])) is None:
        raise AwsError("IncorrectKeyException", INCORRECT_KEY)


def _unseal(
    store: Store, call: Call, key: Key, algorithm: str, blob: bytes, context: Mapping[str, str]
) -> tuple[bytes, str | None]:
    """The plaintext, and the id of the material that opened it if the key is symmetric."""
    if algorithm != SYMMETRIC_DEFAULT:
        _refuse_context(context)
        try:
            return usable_material(key).private_key.decrypt(blob, _oaep(algorithm)), None
        except ValueError:
            raise ciphertext.invalid() from None
    return sealing.unseal(store, call, key, blob, context)


# --- ReEncrypt -------------------------------------------------------------------------------------------------------


def plan_re_encrypt(store: Store, call: Call) -> tuple[Target, ...]:
    """kms:ReEncryptFrom on the source key, kms:ReEncryptTo on the destination key."""
    algorithm = parameter(call, "SourceEncryptionAlgorithm")
    source = _source(store, call, "SourceKeyId", algorithm)
    named = call.params["DestinationKeyId"]
    destination = find_key(store, call, named, AcceptedIdentifiers.KEY_OR_ALIAS_OF_ANY_ACCOUNT)
    return (
        Target("kms:ReEncryptFrom", source.arn, source),
        Target("kms:ReEncryptTo", destination.arn, destination),
    )


def re_encrypt(store: Store, call: Call) -> dict[str, Any]:
    """ReEncrypt: the plaintext never leaves."""
    params = call.params
    source, destination = target_key(call, 0), target_key(call, 1)
    source_algorithm = parameter(call, "SourceEncryptionAlgorithm")
    algorithm = parameter(call, "DestinationEncryptionAlgorithm")
    if _ignores_ciphertext(call):
        return {}
    source_context = _context(call, "SourceEncryptionContext")
    plaintext, old = _unseal(store, call, source, source_algorithm, params["CiphertextBlob"], source_context)
    blob, new = _seal(store, call, destination, algorithm, plaintext, _context(call, "DestinationEncryptionContext"))
    answer = {
        "CiphertextBlob": blob,
        "SourceKeyId": source.arn,
        "KeyId": destination.arn,
        "SourceEncryptionAlgorithm": source_algorithm,
        "DestinationEncryptionAlgorithm": algorithm,
    }
    for member, note, material_id in (
        ("SourceKeyMaterialId", "sourceKeyMaterialId", old),
        ("DestinationKeyMaterialId", "destinationKeyMaterialId", new),
    ):
        if material_id:
            answer[member] = call.notes[note] = material_id
    return answer


def _context(call: Call, member: str) -> Mapping[str, str]:
    context: Mapping[str, str] = call.params.get(member) or {}
    return context


def _refuse_context(context: Mapping[str, str]) -> None:
    """ "The standard asymmetric encryption algorithms … do not support an encryption context" (Encrypt).

    The words were measured (floci-io/floci, KmsServiceTest, 2026).
    """
    if context:
        said = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
        raise AwsError("ValidationException", said)
