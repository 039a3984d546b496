"""Every operation of botocore's KMS model is carried out once; what is not stands in the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from labkit.cloud.core.errors import AwsError
from labkit.cloud.core.kms_operations import service_model
from labkit.cloud.kms import specs

from . import attested
from .proxied import external_key, external_store, reaching

NONCE = bytes(32)


class Walk:
    """Notes which operations have answered."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.done: set[str] = set()

    def __call__(self, operation: str, **params: Any) -> Any:
        """Carry one out: an error is a failure of the test."""
        answer = self.world.call(operation, **params)
        self.done.add(operation)
        return answer

    def new(self, **params: Any) -> str:
        """The ARN of a new key."""
        return str(self("CreateKey", **params)["KeyMetadata"]["Arn"])


def _ciphers(walk: Walk) -> None:
    key, other = walk.new(), walk.new()
    blob = walk("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    blob = walk("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=other)["CiphertextBlob"]
    assert walk("Decrypt", CiphertextBlob=blob)["Plaintext"] == b"x"
    walk("GenerateDataKey", KeyId=key, KeySpec="AES_256")
    walk("GenerateDataKeyWithoutPlaintext", KeyId=key, KeySpec="AES_256")
    walk("GenerateDataKeyPair", KeyId=key, KeyPairSpec="ECC_NIST_P256")
    walk("GenerateDataKeyPairWithoutPlaintext", KeyId=key, KeyPairSpec="ECC_NIST_P256")
    walk("GenerateRandom", NumberOfBytes=8)
    walk("GetKeyLastUsage", KeyId=key)


def _other_uses(walk: Walk) -> None:
    signer = walk.new(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    said = {"KeyId": signer, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert walk("Verify", **said, Signature=walk("Sign", **said)["Signature"])["SignatureValid"]
    walk("GetPublicKey", KeyId=signer)
    said = {"KeyId": walk.new(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"), "Message": b"x"}
    said["MacAlgorithm"] = "HMAC_SHA_256"
    assert walk("VerifyMac", **said, Mac=walk("GenerateMac", **said)["Mac"])["MacValid"]
    agreeing = walk.new(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    peer = attested.public(ec.derive_private_key(11, ec.SECP256R1()))
    walk("DeriveSharedSecret", KeyId=agreeing, KeyAgreementAlgorithm="ECDH", PublicKey=peer)
    kem = {"KeyId": walk.new(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE")}
    kem["EncapsulationAlgorithm"] = "ML_KEM"
    made = walk("Encapsulate", **kem)
    walk("Decapsulate", **kem, SharedSecretCiphertextBlob=made["SharedSecretCiphertextBlob"])


def _management(walk: Walk) -> None:
    key = walk.new()
    walk("CreateAlias", AliasName="alias/a", TargetKeyId=key)
    walk("UpdateAlias", AliasName="alias/a", TargetKeyId=walk.new())
    walk("ListAliases")
    walk("DeleteAlias", AliasName="alias/a")
    grantee = f"arn:aws:iam::{walk.world.account}:user/alice"
    given = {"KeyId": key, "GranteePrincipal": grantee, "Operations": ["Decrypt"]}
    walk("RetireGrant", GrantToken=walk("CreateGrant", **given, RetiringPrincipal=grantee)["GrantToken"])
    walk("RevokeGrant", KeyId=key, GrantId=walk("CreateGrant", **given)["GrantId"])
    walk("ListGrants", KeyId=key)
    walk("ListRetirableGrants", RetiringPrincipal=grantee)
    walk("PutKeyPolicy", KeyId=key, Policy=walk("GetKeyPolicy", KeyId=key)["Policy"])
    for operation in ("ListKeyPolicies", "DescribeKey", "EnableKeyRotation", "GetKeyRotationStatus",
                      "DisableKeyRotation", "RotateKeyOnDemand", "ListKeyRotations", "ListResourceTags", "DisableKey",
                      "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"):  # fmt: skip
        walk(operation, KeyId=key)
    walk("UpdateKeyDescription", KeyId=key, Description="x")
    walk("TagResource", KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    walk("UntagResource", KeyId=key, TagKeys=["a"])
    walk("ListKeys")


def _material(walk: Walk) -> None:
    imported = walk.new(Origin="EXTERNAL")
    walk.world.bring(imported, NONCE)
    walk.done |= {"GetParametersForImport", "ImportKeyMaterial"}
    walk("DeleteImportedKeyMaterial", KeyId=imported)
    primary = walk.new(MultiRegion=True)
    walk("ReplicateKey", KeyId=primary, ReplicaRegion="eu-west-1")
    walk.world.advance(minutes=10)
    walk("UpdatePrimaryRegion", KeyId=primary, PrimaryRegion="eu-west-1")


def _stores(walk: Walk) -> None:
    reach = reaching(walk.world)
    reach.known["https://other.example.com"] = reach.proxy
    store = external_store(walk.world, reach)
    external_key(walk.world, store)
    walk("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    walk("UpdateCustomKeyStore", CustomKeyStoreId=store, NewCustomKeyStoreName="b")
    walk("DescribeCustomKeyStores")
    empty = walk("CreateCustomKeyStore", **reach.parameters(XksProxyUriEndpoint="https://other.example.com"))
    walk("ConnectCustomKeyStore", CustomKeyStoreId=empty["CustomKeyStoreId"])
    walk.world.advance(minutes=5)
    walk("DisconnectCustomKeyStore", CustomKeyStoreId=empty["CustomKeyStoreId"])
    walk("DeleteCustomKeyStore", CustomKeyStoreId=empty["CustomKeyStoreId"])


def test_each_is_carried_out(world: Any) -> None:
    """None answers that it is not supported, not implemented or not known."""
    walk = Walk(world)
    for part in (_ciphers, _other_uses, _management, _material, _stores):
        part(walk)
    assert walk.done == set(service_model().operation_names)


@pytest.mark.parametrize("member", ["KeySpec", "KeyUsage", "Origin", "CustomerMasterKeySpec"])
def test_what_create_key_can_not_make(world: Any, member: str) -> None:
    """Of all values that the model has, those that the ledger names."""
    values = service_model().operation_model("CreateKey").input_shape.members[member].enum
    refused = set()
    for value in values:
        try:
            world.call("CreateKey", **{member: value})
        except AwsError as error:
            if error.code in ("UnsupportedOperationException", "NotImplemented"):
                refused.add(value)
    assert refused == (specs.NOT_SIMULATED | specs.ONLY_IN_CHINA) & set(values)
