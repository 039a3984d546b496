"""Imported key material: wrapping, tokens, expiry, deletion, several materials and their rotation."""

from __future__ import annotations

import hmac
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from labkit.cloud.core.errors import AwsError

OPENSSL = shutil.which("openssl")
SECRET = bytes(range(32))
STAYS, EXPIRES = "KEY_MATERIAL_DOES_NOT_EXPIRE", "KEY_MATERIAL_EXPIRES"


def external(world: Any, **params: Any) -> str:
    """The ARN of a new key without material."""
    return str(world.create(Origin="EXTERNAL", **params)["Arn"])


def is_refused(world: Any, code: str, arn: str, secret: bytes, **params: Any) -> None:
    """The import is refused with this code."""
    with pytest.raises(AwsError) as caught:
        world.bring(arn, secret, **params)
    assert caught.value.code == code


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_material_becomes_the_keys(world: Any, algorithm: str) -> None:
    """Material wrapped in either of the ways for symmetric keys makes the key usable."""
    arn = external(world)
    answer = world.bring(arn, SECRET, algorithm)
    meta = world.call("DescribeKey", KeyId=arn)["KeyMetadata"]
    assert answer == {"KeyId": arn, "KeyMaterialId": meta["CurrentKeyMaterialId"]}
    assert (meta["KeyState"], meta["Enabled"], meta["ExpirationModel"]) == ("Enabled", True, STAYS)
    assert "ValidTo" not in meta
    blob = world.call("Encrypt", KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    assert world.call("Decrypt", CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")
@pytest.mark.parametrize(("algorithm", "digest"), [("RSAES_OAEP_SHA_1", "sha1"), ("RSAES_OAEP_SHA_256", "sha256")])
def test_material_wrapped_by_openssl(world: Any, tmp_path: Path, algorithm: str, digest: str) -> None:
    """As "Importing key material step 3" says: openssl makes 32 bytes and wraps them with the downloaded key."""
    arn = external(world)
    given = world.parameters(arn, algorithm)
    (tmp_path / "wrapping.der").write_bytes(given["PublicKey"])
    commands = [
        "rand -out material 32",
        (
            "pkeyutl -encrypt -in material -out wrapped -inkey wrapping.der -keyform DER -pubin "
            f"-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{digest} -pkeyopt rsa_mgf1_md:{digest}"
        ),
    ]
    for command in commands:
        subprocess.run([OPENSSL, *command.split()], cwd=tmp_path, check=True, capture_output=True)
    params = {"ImportToken": given["ImportToken"], "EncryptedKeyMaterial": (tmp_path / "wrapped").read_bytes()}
    world.call("ImportKeyMaterial", KeyId=arn, ExpirationModel=STAYS, **params)
    assert world.key(arn).materials[0].secret == (tmp_path / "material").read_bytes()


@pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")
def test_rsa_key_wrapped_by_openssl(world: Any, tmp_path: Path) -> None:
    """An RSA private key goes under an AES key, that under the wrapping key; openssl's own public half comes back."""
    arn = external(world, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    given = world.parameters(arn, "RSA_AES_KEY_WRAP_SHA_256")
    (tmp_path / "wrapping.der").write_bytes(given["PublicKey"])
    aes = os.urandom(32)
    (tmp_path / "aes").write_bytes(aes)
    oaep = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
    commands = [
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -outform DER -out private.der",
        "pkey -inform DER -in private.der -pubout -outform DER -out public.der",
        "pkcs8 -topk8 -nocrypt -inform DER -in private.der -outform DER -out pkcs8.der",
        f"enc -id-aes256-wrap-pad -K {aes.hex()} -iv A65959A6 -in pkcs8.der -out wrapped-material",
        f"pkeyutl -encrypt -in aes -out wrapped-aes -inkey wrapping.der -keyform DER -pubin {oaep}",
    ]
    for command in commands:
        done = subprocess.run([OPENSSL, *command.split()], cwd=tmp_path, check=False, capture_output=True, text=True)
        if ("wrap-pad" in command and "AEAD" in done.stderr + done.stdout) or "not supported" in done.stderr:
            pytest.skip("this openssl command has no AES key wrap")
        assert done.returncode == 0, done.stderr
    wrapped = (tmp_path / "wrapped-aes").read_bytes() + (tmp_path / "wrapped-material").read_bytes()
    params = {"ImportToken": given["ImportToken"], "EncryptedKeyMaterial": wrapped}
    answer = world.call("ImportKeyMaterial", KeyId=arn, ExpirationModel=STAYS, **params)
    assert answer == {"KeyId": arn}
    assert world.call("GetPublicKey", KeyId=arn)["PublicKey"] == (tmp_path / "public.der").read_bytes()


def test_wrong_sizes_and_kinds(world: Any) -> None:
    """Material that is not of the key's spec is refused."""
    arn = external(world)
    for secret in (b"x" * 16, b"x" * 31, b"x" * 33):
        is_refused(world, "IncorrectKeyMaterialException", arn, secret)
    p384 = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    short = small.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    wrap = "RSA_AES_KEY_WRAP_SHA_256"
    curve = external(world, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    modulus = external(world, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    for target, secret in ((curve, p384), (curve, b"no key"), (modulus, short), (modulus, p384)):
        is_refused(world, "IncorrectKeyMaterialException", target, secret, algorithm=wrap)


@pytest.mark.parametrize(("spec", "shortest"), [("HMAC_224", 28), ("HMAC_256", 32), ("HMAC_384", 48), ("HMAC_512", 64)])
def test_lengths_of_hmac_material(world: Any, spec: str, shortest: int) -> None:
    """At least what the spec says, 1024 bits at most; a longer key is used whole."""
    arn = external(world, KeySpec=spec, KeyUsage="GENERATE_VERIFY_MAC")
    for length in (shortest - 1, 129):
        is_refused(world, "IncorrectKeyMaterialException", arn, b"x" * length)
    digest, secret = spec.replace("HMAC_", "sha"), bytes(range(128))
    world.bring(arn, secret)
    made = world.call("GenerateMac", KeyId=arn, Message=b"m", MacAlgorithm=spec.replace("_", "_SHA_"))["Mac"]
    assert made == hmac.digest(secret, b"m", digest)


@pytest.mark.parametrize("spec", ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"])
def test_ml_dsa_keys_are_not_imported(world: Any, spec: str) -> None:
    """Importing them is not supported, says the Developer Guide ("Requirements for imported key material")."""
    error = world.refused("CreateKey", Origin="EXTERNAL", KeySpec=spec, KeyUsage="SIGN_VERIFY")
    assert error.code == "UnsupportedOperationException"


def test_tokens(world: Any, wrapped_by: Any) -> None:
    """A token is good for its key and for 24 hours."""
    arn, other = external(world), external(world)
    given = world.parameters(arn)
    wrapped = wrapped_by(given["PublicKey"], SECRET, "RSAES_OAEP_SHA_256")
    params = {"EncryptedKeyMaterial": wrapped, "ExpirationModel": STAYS}
    for key, token in ((other, given["ImportToken"]), (arn, b"no token")):
        error = world.refused("ImportKeyMaterial", KeyId=key, ImportToken=token, **params)
        assert error.code == "InvalidImportTokenException"
    world.advance(hours=25)
    error = world.refused("ImportKeyMaterial", KeyId=arn, ImportToken=given["ImportToken"], **params)
    assert error.code == "ExpiredImportTokenException"


@pytest.mark.parametrize(
    ("algorithm", "spec"), [("RSAES_PKCS1_V1_5", "RSA_2048"), ("SM2PKE", "SM2"), ("RSAES_OAEP_SHA_1", "SM2")]
)
def test_wrapping_that_is_not_supported(world: Any, algorithm: str, spec: str) -> None:
    """PKCS #1 v1.5 is gone since 2023, SM2 is for the China Regions."""
    params = {"KeyId": external(world), "WrappingAlgorithm": algorithm, "WrappingKeySpec": spec}
    assert world.refused("GetParametersForImport", **params).code == "UnsupportedOperationException"


def test_keys_of_another_origin(world: Any) -> None:
    """Only keys made for imported material take it (recorded)."""
    arn = world.create()["Arn"]
    said = f"{arn} origin is AWS_KMS which is not valid for this operation."
    params = {"KeyId": arn, "WrappingAlgorithm": "RSAES_OAEP_SHA_1", "WrappingKeySpec": "RSA_2048"}
    assert world.refused("GetParametersForImport", **params).message == said
    params = {"KeyId": arn, "ImportToken": b"t", "EncryptedKeyMaterial": b"m"}
    assert world.refused("ImportKeyMaterial", **params).message == said
    assert world.refused("DeleteImportedKeyMaterial", KeyId=arn).message == said


def test_expiration_parameters(world: Any) -> None:
    """Model and date must fit each other; the date lies within a year (message recorded)."""
    arn = external(world)
    with pytest.raises(AwsError) as caught:
        world.bring(arn, SECRET, ExpirationModel=EXPIRES)
    assert caught.value.message == "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    now = world.clock.now()
    for params in (
        {"ExpirationModel": STAYS, "ValidTo": now + timedelta(days=1)},
        {"ExpirationModel": EXPIRES, "ValidTo": now - timedelta(days=1)},
        {"ExpirationModel": EXPIRES, "ValidTo": now + timedelta(days=366)},
    ):
        is_refused(world, "ValidationException", arn, SECRET, **params)


def test_expiry(world: Any) -> None:
    """At its date the material is gone and the key waits for the same material; then old data opens again."""
    arn = external(world)
    date = world.clock.now() + timedelta(days=10)
    identity = world.bring(arn, SECRET, ExpirationModel=EXPIRES, ValidTo=date)["KeyMaterialId"]
    meta = world.call("DescribeKey", KeyId=arn)["KeyMetadata"]
    assert (meta["ExpirationModel"], meta["ValidTo"]) == (EXPIRES, date)
    blob = world.call("Encrypt", KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    assert world.kms.next_due() == date
    (happening,) = world.advance(days=11)
    assert (happening.name, happening.time, happening.key_arn) == ("DeleteExpiredKeyMaterial", date, arn)
    assert happening.details == {"keyId": arn.rpartition("/")[2], "keyMaterialId": identity}
    meta = world.call("DescribeKey", KeyId=arn)["KeyMetadata"]
    assert (meta["KeyState"], meta["CurrentKeyMaterialId"]) == ("PendingImport", identity)
    assert not {"ExpirationModel", "ValidTo"} & set(meta)
    assert world.refused("Decrypt", CiphertextBlob=blob).message == f"{arn} is pending import."
    is_refused(world, "IncorrectKeyMaterialException", arn, b"o" * 32)
    world.bring(arn, SECRET)
    assert world.call("Decrypt", CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_new_date_replaces_the_old(world: Any) -> None:
    """Importing the same material again sets another date; the first one passes without effect."""
    arn = external(world)
    start = world.clock.now()
    world.bring(arn, SECRET, ExpirationModel=EXPIRES, ValidTo=start + timedelta(days=5))
    world.bring(arn, SECRET, ExpirationModel=EXPIRES, ValidTo=start + timedelta(days=50))
    assert world.advance(days=6) == []
    assert world.state(arn) == "Enabled"
    assert [each.name for each in world.advance(days=60)] == ["DeleteExpiredKeyMaterial"]


def test_deletion_of_material(world: Any) -> None:
    """DeleteImportedKeyMaterial makes the key unusable at once, and harms nothing when there is none."""
    arn = external(world)
    assert world.call("DeleteImportedKeyMaterial", KeyId=arn) == {"KeyId": arn}
    identity = world.bring(arn, SECRET)["KeyMaterialId"]
    assert world.call("DeleteImportedKeyMaterial", KeyId=arn) == {"KeyId": arn, "KeyMaterialId": identity}
    assert world.last.notes == {"keyMaterialId": identity}
    assert world.state(arn) == "PendingImport"
    unknown = world.refused("DeleteImportedKeyMaterial", KeyId=arn, KeyMaterialId="0" * 64)
    assert unknown.code == "NotFoundException"


def test_deletion_while_pending_deletion(world: Any) -> None:
    """A key pending deletion stays so without its material; when cancelled it is PendingImport."""
    arn = external(world)
    world.bring(arn, SECRET)
    world.call("ScheduleKeyDeletion", KeyId=arn)
    world.call("DeleteImportedKeyMaterial", KeyId=arn)
    assert world.state(arn) == "PendingDeletion"
    params = {"KeyId": arn, "ImportToken": b"t", "EncryptedKeyMaterial": b"m"}
    assert world.refused("ImportKeyMaterial", **params).message == f"{arn} is pending deletion."
    world.call("CancelKeyDeletion", KeyId=arn)
    assert world.state(arn) == "PendingImport"


def test_several_materials_rotate(world: Any) -> None:
    """New material waits until it is rotated to; the old one still opens what it closed."""
    arn = external(world)
    first = world.bring(arn, SECRET, KeyMaterialDescription="first")["KeyMaterialId"]
    old = world.call("Encrypt", KeyId=arn, Plaintext=b"old")["CiphertextBlob"]
    second = world.bring(arn, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    assert world.call("DescribeKey", KeyId=arn)["KeyMetadata"]["CurrentKeyMaterialId"] == first
    assert [entry["KeyMaterialState"] for entry in rotations(world, arn)] == ["CURRENT", "PENDING_ROTATION"]
    world.call("RotateKeyOnDemand", KeyId=arn)
    (happening,) = world.advance(seconds=10)
    assert happening.details == {
        "rotationType": "ON_DEMAND",
        "keyOrigin": "EXTERNAL",
        "previousKeyMaterialId": first,
        "currentKeyMaterialId": second,
        "keyId": arn.rpartition("/")[2],
    }
    oldest, newest = rotations(world, arn)
    assert oldest == {
        "KeyId": arn.rpartition("/")[2],
        "KeyMaterialId": first,
        "KeyMaterialDescription": "first",
        "ImportState": "IMPORTED",
        "KeyMaterialState": "NON_CURRENT",
        "ExpirationModel": STAYS,
    }
    assert (newest["KeyMaterialState"], newest["RotationType"]) == ("CURRENT", "ON_DEMAND")
    assert world.call("Decrypt", CiphertextBlob=old)["KeyMaterialId"] == first
    world.call("DeleteImportedKeyMaterial", KeyId=arn, KeyMaterialId=first)
    assert world.state(arn) == "PendingImport", "any missing permanent material makes the key unusable"
    world.bring(arn, SECRET, KeyMaterialId=first)
    assert world.call("Decrypt", CiphertextBlob=old)["Plaintext"] == b"old"
    assert rotations(world, arn)[0]["KeyMaterialDescription"] == "first", "retained from the last import"


def rotations(world: Any, arn: str) -> list[dict[str, Any]]:
    """All material of the key."""
    return list(world.call("ListKeyRotations", KeyId=arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"])


def test_pending_material_can_be_replaced(world: Any) -> None:
    """Material that was never rotated to leaves no trace when it is deleted."""
    arn = external(world)
    world.bring(arn, SECRET)
    pending = world.bring(arn, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    world.call("DeleteImportedKeyMaterial", KeyId=arn, KeyMaterialId=pending)
    assert world.state(arn) == "Enabled"
    world.bring(arn, b"3" * 32, ImportType="NEW_KEY_MATERIAL")
    assert len(rotations(world, arn)) == 2


def test_material_that_goes_away_during_its_rotation(world: Any) -> None:
    """A rotation begun with material that is deleted before it completes changes nothing."""
    arn = external(world)
    first = world.bring(arn, SECRET)["KeyMaterialId"]
    pending = world.bring(arn, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    world.call("RotateKeyOnDemand", KeyId=arn)
    world.call("DeleteImportedKeyMaterial", KeyId=arn, KeyMaterialId=pending)
    assert world.advance(seconds=10) == []
    assert world.call("DescribeKey", KeyId=arn)["KeyMetadata"]["CurrentKeyMaterialId"] == first


def test_import_types(world: Any) -> None:
    """New must be new, existing must exist, and a named id must be the material's own."""
    arn = external(world)
    is_refused(world, "IncorrectKeyMaterialException", arn, SECRET, ImportType="EXISTING_KEY_MATERIAL")
    identity = world.bring(arn, SECRET)["KeyMaterialId"]
    is_refused(world, "IncorrectKeyMaterialException", arn, SECRET, ImportType="NEW_KEY_MATERIAL")
    is_refused(world, "IncorrectKeyMaterialException", arn, SECRET, KeyMaterialId="0" * 64)
    new = {"ImportType": "NEW_KEY_MATERIAL", "KeyMaterialId": identity}
    is_refused(world, "ValidationException", arn, SECRET, **new)
    hmac_key = external(world, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    is_refused(world, "ValidationException", hmac_key, SECRET, ImportType="NEW_KEY_MATERIAL")


def test_the_same_material_in_another_key_is_other_material(world: Any) -> None:
    """Ciphertexts don't move between keys, even with the same imported bytes."""
    one, two = external(world), external(world)
    ids = [world.bring(arn, SECRET)["KeyMaterialId"] for arn in (one, two)]
    assert ids[0] != ids[1]
    blob = world.call("Encrypt", KeyId=one, Plaintext=b"x")["CiphertextBlob"]
    assert world.refused("Decrypt", KeyId=two, CiphertextBlob=blob).code == "IncorrectKeyException"


def test_multi_region_import(world: Any) -> None:
    """Each replica needs the same material; new material can be rotated to when all have it."""
    key_id = world.create(Origin="EXTERNAL", MultiRegion=True)["KeyId"]
    arn = world.bring(key_id, SECRET)["KeyId"]
    replica = world.call("ReplicateKey", KeyId=key_id, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    world.advance(seconds=10)
    assert world.state(replica, "eu-west-1") == "PendingImport"
    with pytest.raises(AwsError) as caught:
        world.bring(replica, b"o" * 32, region="eu-west-1")
    assert caught.value.code == "IncorrectKeyMaterialException"
    world.bring(replica, SECRET, region="eu-west-1")
    blob = world.call("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert world.call("Decrypt", CiphertextBlob=blob, region="eu-west-1")["Plaintext"] == b"x"
    new = {"ImportType": "NEW_KEY_MATERIAL"}
    with pytest.raises(AwsError) as caught:
        world.bring(replica, b"2" * 32, region="eu-west-1", **new)
    assert caught.value.code == "UnsupportedOperationException"
    world.bring(arn, b"2" * 32, **new)
    assert rotations(world, arn)[1]["KeyMaterialState"] == "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    assert world.refused("RotateKeyOnDemand", KeyId=arn).code == "KMSInvalidStateException"
    world.bring(replica, b"2" * 32, region="eu-west-1", ImportType="EXISTING_KEY_MATERIAL")
    assert rotations(world, arn)[1]["KeyMaterialState"] == "PENDING_ROTATION"
    world.call("RotateKeyOnDemand", KeyId=arn)
    assert [each.region for each in world.advance(seconds=10)] == ["us-east-1", "eu-west-1"]
    fresh = world.call("Encrypt", KeyId=replica, Plaintext=b"y", region="eu-west-1")["CiphertextBlob"]
    assert world.call("Decrypt", CiphertextBlob=fresh)["Plaintext"] == b"y"


def test_deleting_pending_material_of_a_primary(world: Any) -> None:
    """Pending material that is deleted from the primary is gone from the replicas too (its documentation)."""
    key_id = world.create(Origin="EXTERNAL", MultiRegion=True)["KeyId"]
    world.bring(key_id, SECRET)
    world.call("ReplicateKey", KeyId=key_id, ReplicaRegion="eu-west-1")
    world.advance(seconds=10)
    world.bring(key_id, SECRET, region="eu-west-1")
    pending = world.bring(key_id, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    world.call("DeleteImportedKeyMaterial", KeyId=key_id, KeyMaterialId=pending)
    answer = world.call("ListKeyRotations", KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL", region="eu-west-1")
    assert pending not in {entry["KeyMaterialId"] for entry in answer["Rotations"]}


def test_asymmetric_material_stays_the_same(world: Any) -> None:
    """Asymmetric material can't be changed after the first import, only imported again."""
    arn = external(world, KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")
    keys = [ec.generate_private_key(ec.SECP256K1()) for _ in range(2)]
    forms = [key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) for key in keys]
    assert world.bring(arn, forms[0]) == {"KeyId": arn}
    is_refused(world, "IncorrectKeyMaterialException", arn, forms[1])
    world.call("DeleteImportedKeyMaterial", KeyId=arn)
    world.bring(arn, forms[0])
    public = load_der_public_key(world.call("GetPublicKey", KeyId=arn)["PublicKey"])
    compressed = (Encoding.X962, PublicFormat.CompressedPoint)
    assert public.public_bytes(*compressed) == keys[0].public_key().public_bytes(*compressed)
