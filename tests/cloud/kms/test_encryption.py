"""Encrypt, Decrypt, ReEncrypt: encryption context, tampering, the right key, RSA limits, dry runs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.core.entropy import Entropy
from labkit.cloud.core.errors import AwsError
from labkit.cloud.kms import ciphertext
from labkit.cloud.kms.material import Material

TEXT = st.text(max_size=20)
CONTEXTS = st.dictionaries(TEXT, TEXT, max_size=4)
MATERIAL = Material("ab" * 32, b"k" * 32, asymmetric=False)
RSA = {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}


def sealed(plaintext: bytes, context: dict[str, str]) -> bytes:
    """A blob under a fixed material."""
    return ciphertext.seal(plaintext, context, MATERIAL, Entropy("blobs"))


@given(st.binary(min_size=1, max_size=4096), CONTEXTS)
def test_what_is_sealed_opens(plaintext: bytes, context: dict[str, str]) -> None:
    """Any plaintext and context round-trips, and the order of the context's pairs doesn't matter."""
    blob = ciphertext.parse(sealed(plaintext, context))
    assert ciphertext.unseal(blob, dict(reversed(context.items())), MATERIAL) == plaintext


@given(CONTEXTS, CONTEXTS)
def test_another_context_does_not_open(context: dict[str, str], other: dict[str, str]) -> None:
    """Only the same pairs open the blob."""
    if context != other:
        with pytest.raises(AwsError, match="^InvalidCiphertextException$"):
            ciphertext.unseal(ciphertext.parse(sealed(b"x", context)), other, MATERIAL)


def test_pairs_can_not_be_shifted() -> None:
    """A context can't be read as another one: every part has its length before it."""
    contexts = [{"a": "bc"}, {"ab": "c"}, {"abc": ""}, {"": "abc"}, {}, {"": ""}, {"a": "b", "c": ""}]
    assert len({ciphertext.canonical(context) for context in contexts}) == len(contexts)


@pytest.mark.parametrize("length", [1, 32, 100, 300, 4096])
def test_every_byte_counts(length: int) -> None:
    """A blob with any one bit changed, or of another length, does not open."""
    blob = sealed(b"x" * length, {"a": "b"})
    places = range(len(blob)) if length < 300 else range(0, len(blob), 37)
    for place in places:
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises(AwsError, match="^InvalidCiphertextException$"):
            parsed = ciphertext.parse(bytes(changed))
            ciphertext.unseal(parsed, {"a": "b"}, MATERIAL)


@given(st.binary(max_size=300))
def test_garbage_is_no_blob(data: bytes) -> None:
    """Bytes that are no blob are refused without a message."""
    for blob in (data, b"\x01\x02\x02\x00\x78" + data, sealed(b"x", {})[:60] + data):
        with pytest.raises(AwsError, match="^InvalidCiphertextException$"):
            ciphertext.unseal(ciphertext.parse(blob), {}, MATERIAL)


def test_looks_like_the_real_thing() -> None:
    """As with the real service, Base64 begins AQICAH, and a 32-byte data key is 184 bytes wrapped."""
    blob = sealed(b"d" * 32, {})
    assert blob.startswith(bytes.fromhex("0102020078"))
    assert len(blob) == 184


def test_symmetric_round_trip(world: Any) -> None:
    """Decrypt finds its key by the ciphertext, and tells key, algorithm and material."""
    meta = world.create()
    context = {"department": "payroll", "year": "2026"}
    sealed_answer = world.call("Encrypt", KeyId=meta["KeyId"], Plaintext=b"salary", EncryptionContext=context)
    blob = sealed_answer.pop("CiphertextBlob")
    assert sealed_answer == {"KeyId": meta["Arn"], "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    assert world.last.notes == {"keyMaterialId": meta["CurrentKeyMaterialId"]}
    assert b"salary" not in blob
    assert world.call("Decrypt", CiphertextBlob=blob, EncryptionContext=dict(reversed(context.items()))) == {
        "KeyId": meta["Arn"],
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "Plaintext": b"salary",
        "KeyMaterialId": meta["CurrentKeyMaterialId"],
    }
    assert world.last.targets[0].arn == meta["Arn"]


def test_the_same_plaintext_twice(world: Any) -> None:
    """Encryption is randomized: the same call gives another blob."""
    key_id = world.create()["KeyId"]
    first, second = (world.call("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"] for _ in range(2))
    assert first != second


def test_decrypt_honours_key_id(world: Any) -> None:
    """With KeyId, only that key will do; an alias is as good as the id."""
    right, wrong = world.create()["KeyId"], world.create()["KeyId"]
    world.call("CreateAlias", AliasName="alias/right", TargetKeyId=right)
    blob = world.call("Encrypt", KeyId=right, Plaintext=b"x")["CiphertextBlob"]
    assert world.call("Decrypt", CiphertextBlob=blob, KeyId="alias/right")["Plaintext"] == b"x"
    assert world.refused("Decrypt", CiphertextBlob=blob, KeyId=wrong).code == "IncorrectKeyException"


def test_disabled_and_deleted_keys_do_not_decrypt(world: Any) -> None:
    """A disabled key refuses; a deleted key is not there any more, and its data is lost."""
    arn = world.create()["Arn"]
    blob = world.call("Encrypt", KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    world.call("DisableKey", KeyId=arn)
    for params in ({"KeyId": arn, "CiphertextBlob": blob}, {"CiphertextBlob": blob}):
        assert world.refused("Decrypt", **params).message == f"{arn} is disabled."
    world.call("ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=7)
    world.advance(days=8)
    assert world.refused("Decrypt", CiphertextBlob=blob).code == "AccessDeniedException"
    assert world.refused("Decrypt", CiphertextBlob=blob, KeyId=arn).code == "NotFoundException"


LIMITS = [  # recorded from the real service
    ("RSA_2048", "RSAES_OAEP_SHA_1", 214),
    ("RSA_2048", "RSAES_OAEP_SHA_256", 190),
    ("RSA_3072", "RSAES_OAEP_SHA_1", 342),
    ("RSA_3072", "RSAES_OAEP_SHA_256", 318),
    ("RSA_4096", "RSAES_OAEP_SHA_1", 470),
    ("RSA_4096", "RSAES_OAEP_SHA_256", 446),
]


@pytest.mark.parametrize(("spec", "algorithm", "limit"), LIMITS)
def test_rsa_limits(shared: Any, spec: str, algorithm: str, limit: int) -> None:
    """RSA encrypts up to its limit and not a byte more."""
    made = {key.spec.name: key.arn for key in map(shared.key, shared.__dict__.setdefault("rsa", []))}
    if spec not in made:
        made[spec] = shared.create(KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")["Arn"]
        shared.rsa.append(made[spec])
    params = {"KeyId": made[spec], "EncryptionAlgorithm": algorithm}
    error = shared.refused("Encrypt", Plaintext=b"x" * (limit + 1), **params)
    said = f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {limit} bytes."
    assert (error.code, error.message) == ("ValidationException", said)
    answer = shared.call("Encrypt", Plaintext=b"x" * limit, **params)
    assert shared.last.notes == {}
    opened = shared.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"], **params)
    assert opened == {"KeyId": made[spec], "EncryptionAlgorithm": algorithm, "Plaintext": b"x" * limit}


def test_asymmetric_decrypt_needs_a_key(world: Any) -> None:
    """An RSA ciphertext names no key: without KeyId there is nothing to look in."""
    params = {"CiphertextBlob": b"x" * 256, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    assert world.refused("Decrypt", **params).code == "ValidationException"


def test_wrong_algorithm_for_the_key(world: Any) -> None:
    """An algorithm of another key spec is named in the refusal."""
    key_id = world.create()["KeyId"]
    params = {"KeyId": key_id, "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}
    said = "Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT."
    for operation, blob in (("Encrypt", {"Plaintext": b"x"}), ("Decrypt", {"CiphertextBlob": b"x"})):
        error = world.refused(operation, **params, **blob)
        assert (error.code, error.message) == ("InvalidKeyUsageException", said)


def test_a_signing_key_does_not_encrypt(world: Any) -> None:
    """Wrong use of a key is refused by its usage (recorded)."""
    arn = world.create(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["Arn"]
    error = world.refused("Encrypt", KeyId=arn, Plaintext=b"x")
    assert error.message == f"{arn} key usage is SIGN_VERIFY which is not valid for Encrypt."


def test_re_encrypt_changes_the_context(world: Any) -> None:
    """ReEncrypt with one key moves the data under another encryption context; both permissions are asked."""
    arn = world.create()["Arn"]
    blob = world.call("Encrypt", KeyId=arn, Plaintext=b"x", EncryptionContext={"v": "1"})["CiphertextBlob"]
    params = {"CiphertextBlob": blob, "DestinationKeyId": arn, "DestinationEncryptionContext": {"v": "2"}}
    assert world.refused("ReEncrypt", **params).code == "InvalidCiphertextException"
    moved = world.call("ReEncrypt", SourceEncryptionContext={"v": "1"}, **params)["CiphertextBlob"]
    assert [target.action for target in world.last.targets] == ["kms:ReEncryptFrom", "kms:ReEncryptTo"]
    assert set(world.last.notes) == {"sourceKeyMaterialId", "destinationKeyMaterialId"}
    assert world.call("Decrypt", CiphertextBlob=moved, EncryptionContext={"v": "2"})["Plaintext"] == b"x"


def test_re_encrypt_from_rsa_to_symmetric(world: Any) -> None:
    """The source may be asymmetric: then it is named, and has no material id."""
    source, destination = world.create(**RSA)["Arn"], world.create()["Arn"]
    algorithm = "RSAES_OAEP_SHA_256"
    blob = world.call("Encrypt", KeyId=source, Plaintext=b"x", EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    params = {"CiphertextBlob": blob, "SourceKeyId": source, "DestinationKeyId": destination}
    answer = world.call("ReEncrypt", SourceEncryptionAlgorithm=algorithm, **params)
    assert "SourceKeyMaterialId" not in answer
    assert world.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"])["Plaintext"] == b"x"


DRY = {"code": "DryRunOperationException", "said": "The request would have succeeded, but the DryRun option is set."}


def test_dry_run(world: Any) -> None:
    """A dry run of what would succeed is refused as such; of what would fail, with its own error."""
    arn = world.create()["Arn"]
    error = world.refused("Encrypt", KeyId=arn, Plaintext=b"x", DryRun=True)
    assert (error.code, error.message) == (DRY["code"], DRY["said"])
    assert "keyMaterialId" in world.last.notes
    assert world.refused("Decrypt", KeyId=arn, CiphertextBlob=b"x", DryRun=True).code == "InvalidCiphertextException"
    world.call("DisableKey", KeyId=arn)
    assert world.refused("Encrypt", KeyId=arn, Plaintext=b"x", DryRun=True).code == "DisabledException"


def test_dry_run_without_a_ciphertext(world: Any) -> None:
    """IGNORE_CIPHERTEXT tests a permission without a ciphertext, but needs the key's name."""
    arn = world.create()["Arn"]
    params = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    assert world.refused("Decrypt", KeyId=arn, **params).code == DRY["code"]
    assert world.refused("ReEncrypt", SourceKeyId=arn, DestinationKeyId=arn, **params).code == DRY["code"]
    assert world.refused("Decrypt", **params).code == "ValidationException"
    assert world.refused("Decrypt", KeyId=arn).code == "ValidationException"


def test_no_secret_in_representations(world: Any) -> None:
    """Neither keys nor material nor grants show what must stay secret."""
    key = world.key(world.create()["Arn"])
    secret = key.materials[0].secret
    assert secret is not None
    assert repr(secret)[2:-1] not in repr(key)
    assert "secret" not in repr(key.materials[0])


@pytest.mark.parametrize(("operation", "member"), [("Decrypt", "KeyId"), ("ReEncrypt", "SourceKeyId")])
def test_rsa_without_its_algorithm(world: Any, operation: str, member: str) -> None:
    """The ciphertext is read as a symmetric one, and is none: measured on the real service for Decrypt."""
    rsa = world.create(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["Arn"]
    oaep = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    blob = world.call("Encrypt", KeyId=rsa, Plaintext=b"x", **oaep)["CiphertextBlob"]
    symmetric = world.create()["Arn"]
    more = {"DestinationKeyId": symmetric} if operation == "ReEncrypt" else {}
    error = world.refused(operation, CiphertextBlob=blob, **{member: rsa}, **more)
    assert (error.code, error.message) == ("InvalidCiphertextException", None)
    assert world.refused(operation, CiphertextBlob=blob, **more).code == "InvalidCiphertextException"
    blob = world.call("Encrypt", KeyId=symmetric, Plaintext=b"x")["CiphertextBlob"]
    assert world.refused(operation, CiphertextBlob=blob, **{member: rsa}, **more).code == "IncorrectKeyException"
