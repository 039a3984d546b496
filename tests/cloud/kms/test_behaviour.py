"""Answers of the real service, recorded or documented (behaviour.tsv): each row has a test here, by its situation."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from labkit.cloud.core.errors import AwsError

with (Path(__file__).parent / "behaviour.tsv").open(encoding="utf-8") as file:
    ROWS = {(row["operation"], row["situation"]): row for row in csv.DictReader(file, delimiter="\t")}

Scenario = Callable[[Any], None]
SCENARIOS: dict[tuple[str, str], Scenario] = {}
ANSWER = "what the real service answers"
ANOTHER = "0f9b7c1e-0000-4000-8000-000000000000"
RSA = {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}
RSA_SIGN = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
ECC = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
AGREE = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}
HMAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
ML_KEM = {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}
HEX64 = re.compile(r"[0-9a-f]{64}")


def row(operation: str, situation: str) -> Callable[[Scenario], Scenario]:
    """Registers the test of one row."""

    def register(scenario: Scenario) -> Scenario:
        SCENARIOS[operation, situation] = scenario
        return scenario

    return register


def is_refused(world: Any, code: str, message: str | None, operation: str, **params: Any) -> None:
    """The call is refused with exactly this code and message."""
    error = world.refused(operation, **params)
    assert (error.code, error.message) == (code, message)


class Witness:
    """A world that remembers what each operation answered."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self.seen: list[tuple[str, dict[str, Any] | AwsError]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def call(self, operation: str, /, **params: Any) -> dict[str, Any]:
        """Do it, and remember the answer, or the error."""
        try:
            answer: dict[str, Any] = self._world.call(operation, **params)
        except AwsError as refused:
            self.seen.append((operation, refused))
            raise
        self.seen.append((operation, dict(answer)))
        return answer

    def refused(self, operation: str, /, **params: Any) -> AwsError:
        """The error of a call that must not succeed."""
        with pytest.raises(AwsError) as caught:
            self.call(operation, **params)
        return caught.value

    def create(self, **params: Any) -> dict[str, Any]:
        """CreateKey's KeyMetadata."""
        return dict(self.call("CreateKey", **params)["KeyMetadata"])

    def bring(self, *args: Any, **params: Any) -> dict[str, Any]:
        """Import material."""
        return type(self._world).bring(self, *args, **params)  # type: ignore[no-any-return]

    def parameters(self, *args: Any, **params: Any) -> dict[str, Any]:
        """GetParametersForImport."""
        return type(self._world).parameters(self, *args, **params)  # type: ignore[no-any-return]


def says(cell: str, outcome: dict[str, Any] | AwsError) -> bool:
    """Whether an outcome is what a cell of the table says.

    "Code: message" (with <what varies>), "Code, no message" or "Code" of an error; of an answer its members, parted
    by ";": "Name", "Name=value", "no Name".
    """
    if isinstance(outcome, AwsError):
        if cell.endswith(", no message"):
            return (outcome.code, outcome.message) == (cell.removesuffix(", no message"), None)
        code, told, message = cell.partition(": ")
        varies = re.compile(r"<([^>]+)>")
        parts = [re.escape(part) if number % 2 == 0 else ".+" for number, part in enumerate(varies.split(message))]
        return outcome.code == code and (not told or bool(re.fullmatch("".join(parts), outcome.message or "")))
    members = dict(leaves(outcome))
    return all(has(members, part) for part in cell.split("; "))


def has(members: dict[str, Any], part: str) -> bool:
    """Whether an answer's members hold what one part of a cell says."""
    if part.startswith("no "):
        return part.removeprefix("no ") not in members
    name, equals, value = part.partition("=")
    return name in members and (not equals or value in written(members[name]))


def leaves(answer: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The members of an answer, and of what lies in it."""
    for name, value in answer.items():
        yield name, value
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from leaves(inner)


def written(value: Any) -> tuple[str, ...]:
    """The ways in which the table writes a value."""
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, bytes):
        return (f"{len(value)} bytes",)
    if isinstance(value, list):
        return (f"[{', '.join(map(str, value))}]", f"{len(value)} items")
    return (str(value), "<arn>") if str(value).startswith("arn:") else (str(value),)


@pytest.mark.parametrize("name", ROWS, ids=" - ".join)
def test_row(world: Any, name: tuple[str, str]) -> None:
    """The row holds: its scenario goes through, and its operation answered what the table says, word for word."""
    witness = Witness(world)
    SCENARIOS[name](witness)
    outcomes = [outcome for operation, outcome in witness.seen if operation == name[0]]
    assert any(says(ROWS[name][ANSWER], outcome) for outcome in outcomes), outcomes


@pytest.mark.parametrize("name", ROWS, ids=" - ".join)
def test_another_answer_would_be_noticed(world: Any, name: tuple[str, str]) -> None:
    """No cell is so vague that an error of another code, or an empty answer, would do."""
    assert not says(ROWS[name][ANSWER], AwsError("OtherException", "another message"))
    assert not says(ROWS[name][ANSWER], {})


def test_no_scenario_without_a_row() -> None:
    """Every scenario belongs to a row of the table."""
    assert set(SCENARIOS) == set(ROWS)


# --- Keys ------------------------------------------------------------------------------------------------------------


@row("CreateKey", "symmetric default")
def _(world: Any) -> None:
    meta = world.create()
    assert HEX64.fullmatch(meta.pop("CurrentKeyMaterialId"))
    assert meta.pop("CreationDate") == world.clock.now()
    key_id = meta.pop("KeyId")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key_id)
    assert meta == {
        "AWSAccountId": "111122223333",
        "Arn": f"arn:aws:kms:us-east-1:111122223333:key/{key_id}",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "Description": "",
        "Enabled": True,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": False,
        "Origin": "AWS_KMS",
    }


@row("CreateKey", "HMAC_256")
def _(world: Any) -> None:
    meta = world.create(**HMAC)
    assert meta["MacAlgorithms"] == ["HMAC_SHA_256"]
    assert not {"EncryptionAlgorithms", "SigningAlgorithms", "CurrentKeyMaterialId"} & set(meta)


@row("CreateKey", "ECC KEY_AGREEMENT")
def _(world: Any) -> None:
    assert world.create(**AGREE)["KeyAgreementAlgorithms"] == ["ECDH"]


@row("CreateKey", "2025 specs: ML_DSA_44, ECC_NIST_EDWARDS25519")
def _(world: Any) -> None:
    assert world.create(KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY")["SigningAlgorithms"] == ["ML_DSA_SHAKE_256"]
    meta = world.create(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    assert meta["SigningAlgorithms"] == ["ED25519_SHA_512", "ED25519_PH_SHA_512"]


@row("CreateKey", "Origin=EXTERNAL")
def _(world: Any) -> None:
    meta = world.create(Origin="EXTERNAL")
    assert (meta["Enabled"], meta["KeyState"], meta["Origin"]) == (False, "PendingImport", "EXTERNAL")
    assert not {"CurrentKeyMaterialId", "ExpirationModel"} & set(meta)


@row("CreateKey", "RSA_2048 + KEY_AGREEMENT")
def _(world: Any) -> None:
    message = "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048."
    is_refused(world, "ValidationException", message, "CreateKey", KeySpec="RSA_2048", KeyUsage="KEY_AGREEMENT")


@row("CreateKey", "tag key aws:x / AWS:x")
def _(world: Any) -> None:
    for name in ("aws:x", "AWS:x"):
        tags = [{"TagKey": name, "TagValue": "v"}]
        is_refused(world, "TagException", "Tags beginning with aws: are reserved", "CreateKey", Tags=tags)


@row("CreateKey", "unknown KeySpec")
def _(world: Any) -> None:
    error = world.refused("CreateKey", KeySpec="HMAC_random")
    start = (
        "1 validation error detected: Value 'HMAC_random' at 'keySpec' failed to satisfy constraint: "
        "Member must satisfy enum value set: [RSA_2048, "
    )
    assert error.code == "ValidationException"
    assert error.message.startswith(start)


@row("DescribeKey", "key arn of another region")
def _(world: Any) -> None:
    arn = world.create()["Arn"].replace("us-east-1", "ap-southeast-1")
    is_refused(world, "NotFoundException", "Invalid arn ap-southeast-1", "DescribeKey", KeyId=arn)


@row("DescribeKey", "well-formed unknown id")
def _(world: Any) -> None:
    message = f"Key 'arn:aws:kms:us-east-1:111122223333:key/{ANOTHER}' does not exist"
    is_refused(world, "NotFoundException", message, "DescribeKey", KeyId=ANOTHER)


@row("DescribeKey", "replica, in its region")
def _(world: Any) -> None:
    meta = world.create(MultiRegion=True, Description="first")
    world.call("ReplicateKey", KeyId=meta["KeyId"], ReplicaRegion="eu-west-1")
    replica = world.call("DescribeKey", KeyId=meta["KeyId"], region="eu-west-1")["KeyMetadata"]
    arn = meta["Arn"].replace("us-east-1", "eu-west-1")
    assert replica["Description"] == ""
    assert replica["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": {"Arn": meta["Arn"], "Region": "us-east-1"},
        "ReplicaKeys": [{"Arn": arn, "Region": "eu-west-1"}],
    }


@row("GetPublicKey", "ok")
def _(world: Any) -> None:
    meta = world.create(**ECC)
    answer = world.call("GetPublicKey", KeyId=meta["KeyId"])
    assert isinstance(load_der_public_key(answer.pop("PublicKey")).curve, ec.SECP256R1)
    assert answer == {
        "KeyId": meta["Arn"],
        "KeySpec": "ECC_NIST_P256",
        "CustomerMasterKeySpec": "ECC_NIST_P256",
        "KeyUsage": "SIGN_VERIFY",
        "SigningAlgorithms": ["ECDSA_SHA_256"],
    }


@row("ListKeys", "Limit=1")
def _(world: Any) -> None:
    keys = {world.create()["KeyId"] for _ in range(2)}
    first = world.call("ListKeys", Limit=1)
    second = world.call("ListKeys", Limit=1, Marker=first["NextMarker"])
    assert (first["Truncated"], second["Truncated"]) == (True, False)
    assert "NextMarker" not in second
    assert {page["Keys"][0]["KeyId"] for page in (first, second)} == keys


@row("UpdateKeyDescription", "pending deletion")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    world.call("ScheduleKeyDeletion", KeyId=key_id)
    assert world.refused("UpdateKeyDescription", KeyId=key_id, Description="x").code == "KMSInvalidStateException"


@row("PutKeyPolicy", "not JSON")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    assert world.refused("PutKeyPolicy", KeyId=key_id, Policy="not JSON").code == "MalformedPolicyDocumentException"


@row("TagResource", "duplicate tag keys")
def _(world: Any) -> None:
    tags = [{"TagKey": "a", "TagValue": value} for value in "12"]
    key_id = world.create()["KeyId"]
    is_refused(world, "TagException", "Duplicate tag keys", "TagResource", KeyId=key_id, Tags=tags)


# --- Aliases ---------------------------------------------------------------------------------------------------------


@row("CreateAlias", "alias/aws/x")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    error = world.refused("CreateAlias", AliasName="alias/aws/x", TargetKeyId=key_id)
    assert error.code == "NotAuthorizedException"


@row("CreateAlias", "no alias/ prefix")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    message = (
        'Alias must start with the prefix "alias/". Please see '
        "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
    )
    is_refused(world, "ValidationException", message, "CreateAlias", AliasName="payroll", TargetKeyId=key_id)


@row("DeleteAlias", "unknown alias")
def _(world: Any) -> None:
    message = "Alias arn:aws:kms:us-east-1:111122223333:alias/nobody is not found."
    is_refused(world, "NotFoundException", message, "DeleteAlias", AliasName="alias/nobody")


@row("ListAliases", "Limit=1")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    for name in ("alias/a", "alias/b"):
        world.call("CreateAlias", AliasName=name, TargetKeyId=key_id)
    answer = world.call("ListAliases", Limit=1)
    assert (len(answer["Aliases"]), answer["Truncated"]) == (1, True)
    rest = world.call("ListAliases", Marker=answer["NextMarker"])["Aliases"]
    names = [alias["AliasName"] for alias in answer["Aliases"] + rest]
    assert (names[0], names[-1], len(set(names))) == ("alias/a", "alias/b", len(names))
    assert {name.rpartition("/")[0] for name in names[1:-1]} == {"alias/aws"}  # those that AWS has predefined


# --- Encryption ------------------------------------------------------------------------------------------------------


@row("Encrypt", "EXTERNAL key without material")
def _(world: Any) -> None:
    arn = world.create(Origin="EXTERNAL")["Arn"]
    is_refused(world, "KMSInvalidStateException", f"{arn} is pending import.", "Encrypt", KeyId=arn, Plaintext=b"x")


@row("Encrypt", "RSA_2048: CiphertextBlob")
def _(world: Any) -> None:
    key_id = world.create(**RSA)["KeyId"]
    answer = world.call("Encrypt", KeyId=key_id, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    assert len(answer["CiphertextBlob"]) == 256


@row("Encrypt", "SYMMETRIC_DEFAULT algorithm on an RSA key")
def _(world: Any) -> None:
    key_id = world.create(**RSA)["KeyId"]
    message = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
    is_refused(world, "InvalidKeyUsageException", message, "Encrypt", KeyId=key_id, Plaintext=b"x")


@row("Encrypt", "empty plaintext")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    message = (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    is_refused(world, "ValidationException", message, "Encrypt", KeyId=key_id, Plaintext=b"")


@row("Encrypt", "plaintext 4097 bytes")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    message = (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )
    is_refused(world, "ValidationException", message, "Encrypt", KeyId=key_id, Plaintext=b"x" * 4097)
    assert len(world.call("Encrypt", KeyId=key_id, Plaintext=b"x" * 4096)["CiphertextBlob"]) <= 6144


@row("Decrypt", "KeyId names an HMAC key, symmetric ciphertext")
def _(world: Any) -> None:
    blob = world.call("Encrypt", KeyId=world.create()["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    message = "The key ID in the request does not identify a CMK that can perform this operation."
    other = world.create(**HMAC)["KeyId"]
    is_refused(world, "IncorrectKeyException", message, "Decrypt", KeyId=other, CiphertextBlob=blob)


@row("Decrypt", "MRK ciphertext in the replica region")
def _(world: Any) -> None:
    key_id = world.create(MultiRegion=True)["KeyId"]
    blob = world.call("Encrypt", KeyId=key_id, Plaintext=b"both")["CiphertextBlob"]
    world.call("ReplicateKey", KeyId=key_id, ReplicaRegion="eu-west-1")
    world.advance(seconds=10)
    answer = world.call("Decrypt", CiphertextBlob=blob, region="eu-west-1")
    assert answer["Plaintext"] == b"both"
    assert answer["KeyId"] == f"arn:aws:kms:eu-west-1:111122223333:key/{key_id}"


@row("Decrypt", "RSA ciphertext, wrong OAEP hash")
def _(world: Any) -> None:
    key_id = world.create(**RSA)["KeyId"]
    sha256, sha1 = "RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"
    blob = world.call("Encrypt", KeyId=key_id, Plaintext=b"x", EncryptionAlgorithm=sha256)["CiphertextBlob"]
    params = {"KeyId": key_id, "CiphertextBlob": blob}
    is_refused(world, "InvalidCiphertextException", None, "Decrypt", **params, EncryptionAlgorithm=sha1)
    assert world.call("Decrypt", **params, EncryptionAlgorithm=sha256)["Plaintext"] == b"x"


@row("Decrypt", "ciphertext of another region's key")
def _(world: Any) -> None:
    blob = world.call("Encrypt", KeyId=world.create()["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    message = (
        "The ciphertext refers to a customer master key that does not exist, "
        "does not exist in this region, or you are not allowed to access."
    )
    is_refused(world, "AccessDeniedException", message, "Decrypt", CiphertextBlob=blob, region="eu-west-1")


@row("Decrypt", "encryption context missing")
def _(world: Any) -> None:
    context = {"department": "payroll"}
    answer = world.call("Encrypt", KeyId=world.create()["KeyId"], Plaintext=b"x", EncryptionContext=context)
    is_refused(world, "InvalidCiphertextException", None, "Decrypt", CiphertextBlob=answer["CiphertextBlob"])


@row("Decrypt", "trailing bytes / truncated blob")
def _(world: Any) -> None:
    blob = world.call("Encrypt", KeyId=world.create()["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    for changed in (blob + b"\0", blob[:-1], blob[:20], b"\0"):
        is_refused(world, "InvalidCiphertextException", None, "Decrypt", CiphertextBlob=changed)


@row("ReEncrypt", "destination is a SIGN_VERIFY key")
def _(world: Any) -> None:
    blob = world.call("Encrypt", KeyId=world.create()["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    arn = world.create(**ECC)["Arn"]
    message = f"{arn} key usage is SIGN_VERIFY which is not valid for ReEncryptTo."
    params = {"CiphertextBlob": blob, "DestinationKeyId": arn}
    is_refused(world, "InvalidKeyUsageException", message, "ReEncrypt", **params)


@row("ReEncrypt", "ok (2025+ fields)")
def _(world: Any) -> None:
    source, destination = world.create(), world.create()
    blob = world.call("Encrypt", KeyId=source["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    answer = world.call("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=destination["KeyId"])
    moved = answer.pop("CiphertextBlob")
    assert answer == {
        "SourceKeyId": source["Arn"],
        "KeyId": destination["Arn"],
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "SourceKeyMaterialId": source["CurrentKeyMaterialId"],
        "DestinationKeyMaterialId": destination["CurrentKeyMaterialId"],
    }
    assert world.call("Decrypt", CiphertextBlob=moved, KeyId=destination["KeyId"])["Plaintext"] == b"x"


# --- Data keys -------------------------------------------------------------------------------------------------------


@row("GenerateDataKey", "RSA key")
def _(world: Any) -> None:
    key_id = world.create(**RSA)["KeyId"]
    assert world.refused("GenerateDataKey", KeyId=key_id, KeySpec="AES_256").code == "InvalidKeyUsageException"


@row("GenerateDataKey", "key pending deletion")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    world.call("ScheduleKeyDeletion", KeyId=arn)
    message = f"{arn} is pending deletion."
    is_refused(world, "KMSInvalidStateException", message, "GenerateDataKey", KeyId=arn, KeySpec="AES_256")


@row("GenerateDataKey", "ok (2025+ field)")
def _(world: Any) -> None:
    meta = world.create()
    answer = world.call("GenerateDataKey", KeyId=meta["KeyId"], KeySpec="AES_256")
    assert answer["KeyMaterialId"] == meta["CurrentKeyMaterialId"]
    assert world.last.notes == {"keyMaterialId": meta["CurrentKeyMaterialId"]}


@row("GenerateDataKeyPair", "RSA_2048")
def _(world: Any) -> None:
    meta = world.create()
    answer = world.call("GenerateDataKeyPair", KeyId=meta["KeyId"], KeyPairSpec="RSA_2048")
    assert (answer["KeyId"], answer["KeyPairSpec"]) == (meta["Arn"], "RSA_2048")
    private_key = load_der_private_key(answer["PrivateKeyPlaintext"], None)
    spki = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki == answer["PublicKey"]
    opened = world.call("Decrypt", CiphertextBlob=answer["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert opened == answer["PrivateKeyPlaintext"]


@row("GenerateRandom", "0")
def _(world: Any) -> None:
    message = (
        "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    is_refused(world, "ValidationException", message, "GenerateRandom", NumberOfBytes=0)


@row("GenerateRandom", "no NumberOfBytes")
def _(world: Any) -> None:
    is_refused(world, "ValidationException", "NumberOfBytes is required.", "GenerateRandom")


# --- Signing, MACs, shared secrets -----------------------------------------------------------------------------------


@row("Sign", "response")
def _(world: Any) -> None:
    meta = world.create(**ECC)
    answer = world.call("Sign", KeyId=meta["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    assert answer.pop("Signature")
    assert answer == {"KeyId": meta["Arn"], "SigningAlgorithm": "ECDSA_SHA_256"}


@row("Sign", "MessageType=DIGEST signs the digest itself (verifiable offline), ECDSA")
def _(world: Any) -> None:
    key_id, digest = world.create(**ECC)["KeyId"], hashes.Hash(hashes.SHA256())
    digest.update(b"message")
    value = digest.finalize()
    params = {"KeyId": key_id, "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = world.call("Sign", Message=value, MessageType="DIGEST", **params)["Signature"]
    public_key = load_der_public_key(world.call("GetPublicKey", KeyId=key_id)["PublicKey"])
    public_key.verify(signature, value, ec.ECDSA(Prehashed(hashes.SHA256())))
    public_key.verify(signature, b"message", ec.ECDSA(hashes.SHA256()))


@row("Sign", "DIGEST, PSS salt = digest length")
def _(world: Any) -> None:
    key_id = world.create(**RSA_SIGN)["KeyId"]
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"message")
    public_key = load_der_public_key(world.call("GetPublicKey", KeyId=key_id)["PublicKey"])
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    for message, kind in ((b"message", "RAW"), (digest.finalize(), "DIGEST")):
        params = {"KeyId": key_id, "Message": message, "MessageType": kind, "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
        public_key.verify(world.call("Sign", **params)["Signature"], b"message", pss, hashes.SHA256())


@row("Sign", "ENCRYPT_DECRYPT RSA key")
def _(world: Any) -> None:
    params = {"KeyId": world.create(**RSA)["KeyId"], "Message": b"m", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    assert world.refused("Sign", **params).code == "InvalidKeyUsageException"


@row("Verify", "ENCRYPT_DECRYPT key")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    message = f"{arn} key usage is ENCRYPT_DECRYPT which is not valid for Verify."
    params = {"KeyId": arn, "Message": b"m", "Signature": b"s", "SigningAlgorithm": "ECDSA_SHA_256"}
    is_refused(world, "InvalidKeyUsageException", message, "Verify", **params)


@row("Verify", "wrong signature, ECDSA")
def _(world: Any) -> None:
    params = {"KeyId": world.create(**ECC)["KeyId"], "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = world.call("Sign", Message=b"m", **params)["Signature"]
    is_refused(world, "KMSInvalidSignatureException", None, "Verify", Message=b"n", Signature=signature, **params)


@row("GenerateMac", "ENCRYPT_DECRYPT key")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    message = f"{arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac."
    params = {"KeyId": arn, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    is_refused(world, "InvalidKeyUsageException", message, "GenerateMac", **params)


@row("GenerateMac", "disabled key")
def _(world: Any) -> None:
    arn = world.create(**HMAC)["Arn"]
    world.call("DisableKey", KeyId=arn)
    params = {"KeyId": arn, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    is_refused(world, "DisabledException", f"{arn} is disabled.", "GenerateMac", **params)


@row("GenerateMac", "response")
def _(world: Any) -> None:
    arn = world.create(**HMAC)["Arn"]
    answer = world.call("GenerateMac", KeyId=arn, Message=b"m", MacAlgorithm="HMAC_SHA_256")
    assert len(answer.pop("Mac")) == 32
    assert answer == {"KeyId": arn, "MacAlgorithm": "HMAC_SHA_256"}


@row("VerifyMac", "response")
def _(world: Any) -> None:
    arn = world.create(**HMAC)["Arn"]
    params = {"KeyId": arn, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    mac = world.call("GenerateMac", **params)["Mac"]
    answer = world.call("VerifyMac", Mac=mac, **params)
    assert answer == {"KeyId": arn, "MacValid": True, "MacAlgorithm": "HMAC_SHA_256"}


@row("DeriveSharedSecret", "SIGN_VERIFY key")
def _(world: Any) -> None:
    arn = world.create(**ECC)["Arn"]
    message = f"{arn} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret."
    params = {"KeyId": arn, "KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"}
    is_refused(world, "InvalidKeyUsageException", message, "DeriveSharedSecret", **params)


@row("DeriveSharedSecret", "ok, equals local ECDH")
def _(world: Any) -> None:
    arn, own = world.create(**AGREE)["Arn"], ec.generate_private_key(ec.SECP256R1())
    spki = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    answer = world.call("DeriveSharedSecret", KeyId=arn, KeyAgreementAlgorithm="ECDH", PublicKey=spki)
    theirs = load_der_public_key(world.call("GetPublicKey", KeyId=arn)["PublicKey"])
    assert answer == {
        "KeyAgreementAlgorithm": "ECDH",
        "KeyId": arn,
        "KeyOrigin": "AWS_KMS",
        "SharedSecret": own.exchange(ec.ECDH(), theirs),
    }


# --- Grants ----------------------------------------------------------------------------------------------------------

GRANT = {"GranteePrincipal": "arn:aws:iam::111122223333:role/Clerk", "Operations": ["Decrypt"]}


@row("CreateGrant", "DryRun=true")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    message = "The request would have succeeded, but the DryRun option is set."
    is_refused(world, "DryRunOperationException", message, "CreateGrant", KeyId=key_id, DryRun=True, **GRANT)
    assert world.call("ListGrants", KeyId=key_id)["Grants"] == []


@row("CreateGrant", "malformed key id")
def _(world: Any) -> None:
    is_refused(world, "NotFoundException", "Invalid keyId 'fake-key-id'", "CreateGrant", KeyId="fake-key-id", **GRANT)


@row("CreateGrant", "same name + same parameters is idempotent")
def _(world: Any) -> None:
    key_id = world.create()["KeyId"]
    first, second = (world.call("CreateGrant", KeyId=key_id, Name="reader", **GRANT) for _ in range(2))
    assert first["GrantId"] == second["GrantId"]
    assert first["GrantToken"] != second["GrantToken"]
    assert len(world.call("ListGrants", KeyId=key_id)["Grants"]) == 1


@row("ListGrants", "entry fields")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    made = world.call("CreateGrant", KeyId=arn, Name="reader", **GRANT)
    assert world.call("ListGrants", KeyId=arn)["Grants"] == [
        {
            "KeyId": arn,
            "GrantId": made["GrantId"],
            "GranteePrincipal": GRANT["GranteePrincipal"],
            "IssuingAccount": "arn:aws:iam::111122223333:root",
            "Operations": ["Decrypt"],
            "CreationDate": world.clock.now() - timedelta(seconds=1),
            "Name": "reader",
        }
    ]


@row("RevokeGrant", "unknown grant id")
def _(world: Any) -> None:
    assert world.refused("RevokeGrant", KeyId=world.create()["KeyId"], GrantId="0" * 64).code == "NotFoundException"


# --- Import ----------------------------------------------------------------------------------------------------------


@row("GetParametersForImport", "EXTERNAL key")
def _(world: Any) -> None:
    arn = world.create(Origin="EXTERNAL")["Arn"]
    answer = world.parameters(arn)
    assert set(answer) == {"KeyId", "ImportToken", "PublicKey", "ParametersValidTo"}
    assert answer["KeyId"] == arn
    assert answer["ParametersValidTo"] - world.clock.now() == timedelta(hours=24)


@row("ImportKeyMaterial", "ECC P-256 private key (PKCS8)")
def _(world: Any) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    key_id = world.create(Origin="EXTERNAL", **ECC)["KeyId"]
    world.bring(key_id, own.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    spki = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert world.call("GetPublicKey", KeyId=key_id)["PublicKey"] == spki
    params = {"KeyId": key_id, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = world.call("Sign", **params)["Signature"]
    own.public_key().verify(signature, b"m", ec.ECDSA(hashes.SHA256()))
    assert world.call("Verify", Signature=signature, **params)["SignatureValid"] is True


@row("ImportKeyMaterial", "second NEW_KEY_MATERIAL while one pends")
def _(world: Any) -> None:
    arn = world.create(Origin="EXTERNAL")["Arn"]
    world.bring(arn, b"1" * 32)
    pending = world.bring(arn, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    with pytest.raises(Exception, match="is pending rotation") as caught:
        world.bring(arn, b"3" * 32, ImportType="NEW_KEY_MATERIAL")
    pattern = (
        rf"New key material \(id: [0-9a-f]{{64}}\) cannot be imported into KMS key {arn}, "
        rf"because another key material \(id: {pending}\) is pending rotation\."
    )
    assert caught.value.code == "KMSInvalidStateException"
    assert re.fullmatch(pattern, caught.value.message)


# --- Rotation --------------------------------------------------------------------------------------------------------


@row("EnableKeyRotation", "RotationPeriodInDays=89")
def _(world: Any) -> None:
    for days, limit in ((89, "greater than or equal to 90"), (2561, "less than or equal to 2560")):
        message = (
            f"1 validation error detected: Value '{days}' at 'rotationPeriodInDays' failed to satisfy constraint: "
            f"Member must have value {limit}"
        )
        params = {"KeyId": world.create()["KeyId"], "RotationPeriodInDays": days}
        is_refused(world, "ValidationException", message, "EnableKeyRotation", **params)


@row("EnableKeyRotation", "disabled key")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    world.call("DisableKey", KeyId=arn)
    is_refused(world, "DisabledException", f"{arn} is disabled.", "EnableKeyRotation", KeyId=arn)


@row("GetKeyRotationStatus", "default")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    assert world.call("GetKeyRotationStatus", KeyId=arn) == {"KeyId": arn, "KeyRotationEnabled": False}


@row("GetKeyRotationStatus", "enabled, default period")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    world.call("EnableKeyRotation", KeyId=arn)
    due = world.clock.now() + timedelta(days=365)
    assert world.call("GetKeyRotationStatus", KeyId=arn) == {
        "KeyId": arn,
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": 365,
        "NextRotationDate": due,
    }


@row("ListKeyRotations", "IncludeKeyMaterial=ALL_KEY_MATERIAL on a fresh key")
def _(world: Any) -> None:
    meta = world.create()
    answer = world.call("ListKeyRotations", KeyId=meta["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert answer["Rotations"] == [
        {"KeyId": meta["KeyId"], "KeyMaterialId": meta["CurrentKeyMaterialId"], "KeyMaterialState": "CURRENT"}
    ]


@row("RotateKeyOnDemand", "EXTERNAL key, nothing pending")
def _(world: Any) -> None:
    arn = world.create(Origin="EXTERNAL")["Arn"]
    world.bring(arn, b"1" * 32)
    message = f"No available key material pending rotation for the key: {arn}."
    is_refused(world, "KMSInvalidStateException", message, "RotateKeyOnDemand", KeyId=arn)


@row("RotateKeyOnDemand", "changes CurrentKeyMaterialId, old ciphertext still decrypts")
def _(world: Any) -> None:
    meta = world.create()
    blob = world.call("Encrypt", KeyId=meta["KeyId"], Plaintext=b"old")["CiphertextBlob"]
    assert world.call("RotateKeyOnDemand", KeyId=meta["KeyId"]) == {"KeyId": meta["Arn"]}
    assert "OnDemandRotationStartDate" in world.call("GetKeyRotationStatus", KeyId=meta["KeyId"])
    world.advance(seconds=10)
    assert "OnDemandRotationStartDate" not in world.call("GetKeyRotationStatus", KeyId=meta["KeyId"])
    now = world.call("DescribeKey", KeyId=meta["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]
    assert now != meta["CurrentKeyMaterialId"]
    opened = world.call("Decrypt", CiphertextBlob=blob)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"old", meta["CurrentKeyMaterialId"])
    fresh = world.call("Encrypt", KeyId=meta["KeyId"], Plaintext=b"new")["CiphertextBlob"]
    assert world.call("Decrypt", CiphertextBlob=fresh)["KeyMaterialId"] == now


@row("RotateKeyOnDemand", "over the limit (10 when recorded 2025-04, 25 in today's docs)")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    for _ in range(25):
        world.call("RotateKeyOnDemand", KeyId=arn)
        world.advance(seconds=10)
    message = (
        "The on-demand rotations limit has been reached for the given keyId. "
        f"No more on-demand rotations can be performed for this key: {arn}"
    )
    is_refused(world, "LimitExceededException", message, "RotateKeyOnDemand", KeyId=arn)


# --- Deletion and multi-Region keys ----------------------------------------------------------------------------------


@row("CancelKeyDeletion", "key not pending deletion")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    is_refused(world, "KMSInvalidStateException", f"{arn} is not pending deletion.", "CancelKeyDeletion", KeyId=arn)


@row("DisableKey", "pending deletion")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    world.call("ScheduleKeyDeletion", KeyId=arn)
    is_refused(world, "KMSInvalidStateException", f"{arn} is pending deletion.", "DisableKey", KeyId=arn)


@row("EnableKey", "pending deletion")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    world.call("ScheduleKeyDeletion", KeyId=arn)
    is_refused(world, "KMSInvalidStateException", f"{arn} is pending deletion.", "EnableKey", KeyId=arn)


@row("ScheduleKeyDeletion", "PendingWindowInDays=3")
def _(world: Any) -> None:
    message = (
        "1 validation error detected: Value '3' at 'pendingWindowInDays' failed to satisfy constraint: "
        "Member must have value greater than or equal to 7"
    )
    params = {"KeyId": world.create()["KeyId"], "PendingWindowInDays": 3}
    is_refused(world, "ValidationException", message, "ScheduleKeyDeletion", **params)


@row("ScheduleKeyDeletion", "ok")
def _(world: Any) -> None:
    arn = world.create()["Arn"]
    answer = world.call("ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=7)
    assert answer == {
        "KeyId": arn,
        "DeletionDate": world.clock.now() + timedelta(days=7),
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": 7,
    }


@row("ReplicateKey", "on a replica")
def _(world: Any) -> None:
    meta = world.create(MultiRegion=True)
    world.call("ReplicateKey", KeyId=meta["KeyId"], ReplicaRegion="eu-west-1")
    world.advance(seconds=10)
    message = f"{meta['Arn'].replace('us-east-1', 'eu-west-1')} is not a multi-region primary key."
    params = {"KeyId": meta["KeyId"], "ReplicaRegion": "ap-south-1", "region": "eu-west-1"}
    is_refused(world, "UnsupportedOperationException", message, "ReplicateKey", **params)
