"""Every key spec with every usage: what CreateKey takes, and what the key then offers."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from labkit.cloud.kms.specs import ALGORITHMS_MEMBER, SPECS

MODEL = botocore.session.get_session().get_service_model("kms")
USAGES = MODEL.shape_for("KeyUsageType").enum

# "KeyUsage" of CreateKey, in botocore's model, row by row.
MAY = {
    "SYMMETRIC_DEFAULT": {"ENCRYPT_DECRYPT"},
    "HMAC": {"GENERATE_VERIFY_MAC"},
    "RSA": {"ENCRYPT_DECRYPT", "SIGN_VERIFY"},
    "ECC_NIST_P": {"SIGN_VERIFY", "KEY_AGREEMENT"},
    "ECC_NIST_EDWARDS25519": {"SIGN_VERIFY"},
    "ECC_SECG_P256K1": {"SIGN_VERIFY"},
    "ML_DSA": {"SIGN_VERIFY"},
    "ML_KEM": {"ENCAPSULATE_DECAPSULATE"},
}
MADE = [name for name in MODEL.shape_for("KeySpec").enum if name not in ("SM2", "ML_KEM_512")]


def allowed(spec: str) -> set[str]:
    """The usages of a spec, by the longest prefix in MAY."""
    return MAY[max((prefix for prefix in MAY if spec.startswith(prefix)), key=len)]


@pytest.mark.parametrize("spec", MADE)
@pytest.mark.parametrize("usage", USAGES)
def test_spec_and_usage(shared: Any, spec: str, usage: str) -> None:
    """A fitting pair makes a key that lists its algorithms; another is refused by name."""
    if usage not in allowed(spec):
        error = shared.refused("CreateKey", KeySpec=spec, KeyUsage=usage)
        said = f"KeyUsage {usage} is not compatible with KeySpec {spec}."
        assert (error.code, error.message) == ("ValidationException", said)
        return
    origin = {"Origin": "EXTERNAL"} if spec in ("RSA_3072", "RSA_4096") else {}  # slow to make
    meta = shared.create(KeySpec=spec, KeyUsage=usage, **origin)
    lists = {name: meta[name] for name in ALGORITHMS_MEMBER.values() if name in meta}
    assert list(lists) == [ALGORITHMS_MEMBER[usage]]
    assert meta["KeySpec"] == meta["CustomerMasterKeySpec"] == spec
    assert ("CurrentKeyMaterialId" in meta) == (spec == "SYMMETRIC_DEFAULT")
    if origin:
        return
    if spec.startswith(("HMAC", "SYMMETRIC")):
        assert shared.refused("GetPublicKey", KeyId=meta["KeyId"]).code == "UnsupportedOperationException"
    else:
        assert load_der_public_key(shared.call("GetPublicKey", KeyId=meta["KeyId"])["PublicKey"])


def test_every_spec_of_the_model_is_known() -> None:
    """The table leaves out no spec and no algorithm of botocore's model."""
    assert set(SPECS) == set(MODEL.shape_for("KeySpec").enum)
    known = {algorithm for spec in SPECS.values() for names in spec.algorithms.values() for algorithm in names}
    shapes = ("EncryptionAlgorithmSpec", "SigningAlgorithmSpec", "MacAlgorithmSpec", "KeyAgreementAlgorithmSpec")
    shapes = (*shapes, "EncapsulationAlgorithmSpec")
    assert known == {name for shape in shapes for name in MODEL.shape_for(shape).enum}


def test_usage_is_needed(world: Any) -> None:
    """All but symmetric encryption keys need a KeyUsage (recorded)."""
    error = world.refused("CreateKey", KeySpec="HMAC_256")
    said = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    assert (error.code, error.message) == ("ValidationException", said)


def test_the_old_name_of_key_spec(world: Any) -> None:
    """CustomerMasterKeySpec works as KeySpec does, but not beside it."""
    meta = world.create(CustomerMasterKeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")
    assert meta["KeySpec"] == "ECC_NIST_P384"
    both = {"CustomerMasterKeySpec": "HMAC_224", "KeySpec": "HMAC_224", "KeyUsage": "GENERATE_VERIFY_MAC"}
    assert world.refused("CreateKey", **both).code == "ValidationException"


@pytest.mark.parametrize("spec", ["SM2", "ML_KEM_512"])
def test_specs_that_are_not_here(world: Any, spec: str) -> None:
    """SM2 is for the China Regions; ML-KEM-512 is not in the library: both are refused clearly."""
    usage = "SIGN_VERIFY" if spec == "SM2" else "ENCAPSULATE_DECAPSULATE"
    error = world.refused("CreateKey", KeySpec=spec, KeyUsage=usage)
    assert error.code == "UnsupportedOperationException"
    assert spec in error.message


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"CustomKeyStoreId": "cks-1"}, "CustomKeyStoreNotFoundException"),
        ({"Origin": "AWS_CLOUDHSM"}, "ValidationException"),
        ({"Origin": "EXTERNAL_KEY_STORE"}, "ValidationException"),
        ({"XksKeyId": "x"}, "ValidationException"),
    ],
)
def test_custom_key_stores_are_not_here(world: Any, params: dict[str, str], code: str) -> None:
    """There are no custom key stores for a key to live in."""
    assert world.refused("CreateKey", **params).code == code


def test_a_new_key_is_at_once_usable_and_alike_at_each_run(world: Any) -> None:
    """Ids and material come from the seed: another world of the same seed has the same."""
    other = type(world)()
    for each in (world, other):
        each.made = each.create(Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}])
        each.blob = each.call("Encrypt", KeyId=each.made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert world.made == other.made
    assert world.blob == other.blob
    assert [target.action for target in world.kms.plan(world.last)] == ["kms:Encrypt"]


def test_tags_at_birth_need_their_own_permission(world: Any) -> None:
    """CreateKey with tags asks for kms:TagResource too, on all keys of the account and Region."""
    world.create(Tags=[{"TagKey": "a", "TagValue": "b"}])
    asked = [(each.action, each.arn) for each in world.last.targets]
    assert asked == [("kms:CreateKey", "*"), ("kms:TagResource", "arn:aws:kms:us-east-1:111122223333:key/*")]


def test_one_name_for_the_spec(shared: Any) -> None:
    """KeySpec and its old name in one request are refused, even if they agree (recorded)."""
    for old in ("RSA_2048", "SYMMETRIC_DEFAULT"):
        error = shared.refused("CreateKey", KeySpec="RSA_2048", CustomerMasterKeySpec=old, KeyUsage="SIGN_VERIFY")
        said = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
        assert (error.code, error.message) == ("ValidationException", said + "CustomerMasterKeySpec is deprecated.")
