"""botocore's model is the measure: no operation is forgotten, no member of an answer is unproduced and unmentioned."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from labkit.cloud.core.errors import AwsError
from labkit.cloud.kms.operations import HANDLERS

from .proxied import cluster_store, new_cluster, reaching

MODEL = botocore.session.get_session().get_service_model("kms")
LEDGER = (files("labkit.cloud.fidelity") / "kms.tsv").read_text(encoding="utf-8").splitlines()
ROWS = list(csv.DictReader(LEDGER, delimiter="\t"))
TYPES = {"string": str, "blob": bytes, "integer": int, "boolean": bool, "timestamp": datetime, "list": list}


def test_every_operation_has_a_handler() -> None:
    """All operations of the model, and no other."""
    assert sorted(HANDLERS) == sorted(MODEL.operation_names)


def place(shape: Shape, path: str) -> str:
    """Where a structure's members stand; what several operations answer counts once, under its own name."""
    return shape.name if shape.name in ("KeyMetadata", "GrantListEntry") else path


def members(shape: Shape | None, path: str) -> Iterator[str]:
    """All members of an answer, also inside structures and lists."""
    if isinstance(shape, StructureShape):
        path = place(shape, path)
        for name, member in shape.members.items():
            yield f"{path}.{name}"
            yield from members(member, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        yield from members(shape.member, path)


def produced(answer: Any, shape: Shape, path: str) -> Iterator[str]:
    """The members that an answer has; each of the model's type and one of its values."""
    if isinstance(shape, StructureShape):
        assert set(answer) <= set(shape.members), path
        path = place(shape, path)
        for name, value in answer.items():
            assert value is not None, f"{path}.{name}"
            yield f"{path}.{name}"
            yield from produced(value, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in answer:
            yield from produced(item, shape.member, path)
    elif expected := TYPES.get(shape.type_name):
        assert isinstance(answer, expected), path
        names = (
            MODEL.shape_for("KeySpec").enum if shape.name == "CustomerMasterKeySpec" else getattr(shape, "enum", None)
        )
        assert not names or answer in names, path  # CustomerMasterKeySpec: see the ledger


class Tour:
    """Calls one operation after the other, and notes what the answers hold."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.seen: set[str] = set()

    def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        answer = self.world.call(operation, **params)
        shape = MODEL.operation_model(operation).output_shape
        if shape is None:
            assert answer == {}, operation
        else:
            self.seen |= set(produced(answer, shape, operation))
        return dict(answer)


@pytest.fixture
def tour(world: Any) -> Tour:
    """A walk through every operation that can succeed, on keys of every kind."""
    go = Tour(world)
    clerk = "arn:aws:iam::111122223333:role/Clerk"
    tags = [{"TagKey": "a", "TagValue": "b"}, {"TagKey": "c", "TagValue": "d"}]
    key = go("CreateKey", MultiRegion=True, Tags=tags)["KeyMetadata"]["KeyId"]
    spare = go("CreateKey")["KeyMetadata"]["KeyId"]
    mac = go("CreateKey", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    rsa = go("CreateKey", KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    sign = go("CreateKey", MultiRegion=True, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    agree = go("CreateKey", MultiRegion=True, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"]
    kem = {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE", "MultiRegion": True}
    kem_key = go("CreateKey", **kem)["KeyMetadata"]["KeyId"]
    mrk_mac = go("CreateKey", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", MultiRegion=True)["KeyMetadata"]
    for each in (key, sign, agree, kem_key, mrk_mac["KeyId"]):
        go("DescribeKey", KeyId=each)
        go("ReplicateKey", KeyId=each, ReplicaRegion="eu-west-1", Tags=tags)
    world.advance(seconds=10)
    for operation in ("ListAliases", "ListKeys", "ListResourceTags"):
        if operation == "ListAliases":
            go("CreateAlias", AliasName="alias/a", TargetKeyId=key)
            go("CreateAlias", AliasName="alias/b", TargetKeyId=key)
        named = {"KeyId": key} if operation == "ListResourceTags" else {}
        go(operation, Limit=1, **named)
    blob = go("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    go("Decrypt", CiphertextBlob=blob)
    go("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=spare)
    go("GenerateDataKey", KeyId=key, KeySpec="AES_128")
    go("GenerateDataKeyWithoutPlaintext", KeyId=key, NumberOfBytes=64)
    go("GenerateDataKeyPair", KeyId=key, KeyPairSpec="ECC_NIST_P256")
    go("GenerateDataKeyPairWithoutPlaintext", KeyId=key, KeyPairSpec="ECC_NIST_EDWARDS25519")
    go("GenerateRandom", NumberOfBytes=32)
    go("Decrypt", CiphertextBlob=blob, Recipient=world.recipient())
    go("GenerateDataKey", KeyId=key, KeySpec="AES_128", Recipient=world.recipient())
    go("GenerateDataKeyPair", KeyId=key, KeyPairSpec="ECC_NIST_P256", Recipient=world.recipient())
    go("GenerateRandom", NumberOfBytes=32, Recipient=world.recipient())
    params = {"KeyId": sign, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    go("Verify", Signature=go("Sign", **params)["Signature"], **params)
    params = {"KeyId": mac, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    go("VerifyMac", Mac=go("GenerateMac", **params)["Mac"], **params)
    for each in (sign, rsa, agree, kem_key):
        go("GetPublicKey", KeyId=each)
    spki = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = spki.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    go("DeriveSharedSecret", KeyId=agree, KeyAgreementAlgorithm="ECDH", PublicKey=der)
    ecdh = {"KeyId": agree, "KeyAgreementAlgorithm": "ECDH", "PublicKey": der}
    go("DeriveSharedSecret", **ecdh, Recipient=world.recipient())
    params = {"KeyId": kem_key, "EncapsulationAlgorithm": "ML_KEM"}
    sealed = go("Encapsulate", **params)["SharedSecretCiphertextBlob"]
    go("Decapsulate", SharedSecretCiphertextBlob=sealed, **params)
    grants(go, key, clerk)
    go("GetKeyPolicy", KeyId=key)
    go("PutKeyPolicy", KeyId=key, Policy="{}")
    go("ListKeyPolicies", KeyId=key)
    go("UpdateAlias", AliasName="alias/a", TargetKeyId=spare)
    go("DeleteAlias", AliasName="alias/a")
    go("TagResource", KeyId=key, Tags=tags)
    go("UntagResource", KeyId=key, TagKeys=["a"])
    go("UpdateKeyDescription", KeyId=key, Description="d")
    custom_stores(go, world)
    rotate(go, world, key)
    imports(go, world)
    go("Encrypt", KeyId=spare, Plaintext=b"x")
    world.kms.note_event(world.last, "event")
    go("GetKeyLastUsage", KeyId=spare)
    go("DisableKey", KeyId=spare)
    go("EnableKey", KeyId=spare)
    go("ScheduleKeyDeletion", KeyId=spare)
    go("DescribeKey", KeyId=spare)
    go("CancelKeyDeletion", KeyId=spare)
    go("ScheduleKeyDeletion", KeyId=key)
    go("DescribeKey", KeyId=key)
    go("CancelKeyDeletion", KeyId=key)
    go("EnableKey", KeyId=key)
    go("UpdatePrimaryRegion", KeyId=key, PrimaryRegion="eu-west-1")
    return go


def grants(go: Tour, key: str, clerk: str) -> None:
    """Grants of both kinds, their lists, their ends."""
    service = "ec2.us-east-1.amazonaws.com"
    source = {"SourceArn": "arn:aws:ec2:us-east-1:111122223333:volume/vol-1"}
    equals, subset = {"EncryptionContextEquals": {"a": "b"}}, {"EncryptionContextSubset": {"a": "b"}}
    one = {"GranteePrincipal": clerk, "RetiringPrincipal": clerk, "Constraints": equals, "Name": "n"}
    more = one | {"Constraints": subset, "Name": "m"}
    two = {"GranteeServicePrincipal": service, "RetiringServicePrincipal": service, "Constraints": source}
    made = [go("CreateGrant", KeyId=key, Operations=["Decrypt"], **params) for params in (one, more, two)]
    go("CreateGrant", KeyId=key, Operations=["Decrypt"], **(two | {"Name": "o"}))
    go("ListGrants", KeyId=key, Limit=1)
    go("ListGrants", KeyId=key)
    go("ListRetirableGrants", RetiringPrincipal=clerk, Limit=1)
    go("ListRetirableGrants", RetiringServicePrincipal=service)
    go("RetireGrant", GrantToken=made[0]["GrantToken"])
    go("RevokeGrant", KeyId=key, GrantId=made[1]["GrantId"])


def custom_stores(go: Tour, world: Any) -> None:
    """A store of each kind, with a key in it."""
    reach, cluster = reaching(world), new_cluster(world)
    go("CreateCustomKeyStore", **reach.parameters())
    cluster_store(world, cluster)
    service = world.kms.custom_stores.new_endpoint_service(world.account, world.region, "private.example.com")
    vpc = {
        "CustomKeyStoreName": "vpc",
        "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
        "XksProxyUriEndpoint": "https://private.example.com",
        "XksProxyVpcEndpointServiceName": service.name,
    }
    world.call("CreateCustomKeyStore", **reach.parameters(**vpc))
    outside, inside, lost = (each["CustomKeyStoreId"] for each in go("DescribeCustomKeyStores")["CustomKeyStores"])
    go("UpdateCustomKeyStore", CustomKeyStoreId=outside, NewCustomKeyStoreName="outside")
    for each in (outside, inside, lost):
        go("ConnectCustomKeyStore", CustomKeyStoreId=each)
    world.advance(minutes=20)
    go("DescribeCustomKeyStores", Limit=1)
    go("DescribeCustomKeyStores")  # one of them has FAILED
    for params in (
        {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": outside, "XksKeyId": "one"},
        {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": inside},
    ):
        go("DescribeKey", KeyId=go("CreateKey", **params)["KeyMetadata"]["KeyId"])
    go("DisconnectCustomKeyStore", CustomKeyStoreId=lost)
    world.advance(minutes=1)
    go("DeleteCustomKeyStore", CustomKeyStoreId=lost)


def rotate(go: Tour, world: Any, key: str) -> None:
    """Automatic and on demand."""
    go("EnableKeyRotation", KeyId=key)
    go("RotateKeyOnDemand", KeyId=key)
    go("GetKeyRotationStatus", KeyId=key)
    world.advance(days=400)
    go("ListKeyRotations", KeyId=key, Limit=1)
    go("DisableKeyRotation", KeyId=key)


def imports(go: Tour, world: Any) -> None:
    """Imported material, with all that can be said of it."""
    key = go("CreateKey", Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]["KeyId"]
    go("GetParametersForImport", KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    date = world.clock.now() + timedelta(days=9)
    expiring = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": date, "KeyMaterialDescription": "first"}
    answer = world.bring(key, b"1" * 32, **expiring)
    go.seen |= set(produced(answer, MODEL.operation_model("ImportKeyMaterial").output_shape, "ImportKeyMaterial"))
    go("ReplicateKey", KeyId=key, ReplicaRegion="eu-west-1")
    world.advance(seconds=10)
    world.bring(key, b"1" * 32, region="eu-west-1")
    go("DescribeKey", KeyId=key)
    go("ListKeyRotations", KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    go("DeleteImportedKeyMaterial", KeyId=key)


def test_every_member_is_produced_or_in_the_ledger(tour: Tour) -> None:
    """What the tour saw and what the ledger names as left out are together the whole model, without overlap."""
    shapes = {name: MODEL.operation_model(name).output_shape for name in MODEL.operation_names}
    expected = {path for name, shape in shapes.items() for path in members(shape, name)}
    left_out = {path for path in expected if any(covers(row, path) for row in ROWS)}
    assert sorted(expected - tour.seen - left_out) == []
    assert sorted(tour.seen & left_out) == []


def covers(row: dict[str, str], path: str) -> bool:
    """Whether a ledger row says that this member is not produced: its behaviour is "answer member X" (or several)."""
    if not row["behaviour"].startswith("answer member "):
        return False
    start = "" if row["operation"] == "*" else row["operation"] + "."
    for name in row["behaviour"].removeprefix("answer member ").split(", "):
        if path == start + name or path.startswith(f"{start}{name}.") or (not start and path.endswith(f".{name}")):
            return True
    return False


# --- The ledger itself -----------------------------------------------------------------------------------------------


def test_rows_are_whole() -> None:
    """Each row says what, of what status, by which source."""
    for number, row in enumerate(ROWS, start=2):
        assert None not in row, f"line {number} has too many fields"
        assert all(row.values()), f"line {number} has an empty field"
        assert row["status"] in ("as AWS", "differs", "not simulated", "unknown"), f"line {number}"
        assert row["operation"] == "*" or row["operation"] in HANDLERS, f"line {number}"


def test_every_operation_is_in_the_ledger() -> None:
    """No operation is passed over, no row stands twice."""
    assert {row["operation"] for row in ROWS} - {"*"} == set(HANDLERS)
    pairs = [(row["operation"], row["behaviour"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))


CLUSTER = {
    "CloudHsmClusterId": "cluster-abcdefg2345",
    "KeyStorePassword": "kmsPswd",
    "TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----",
}
PROXY = {
    "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
    "XksProxyUriEndpoint": "https://myproxy.xks.example.com",
    "XksProxyUriPath": "/kms/xks/v1",
    "XksProxyAuthenticationCredential": {"AccessKeyId": "A" * 20, "RawSecretAccessKey": "B" * 43},
}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (CLUSTER, "CloudHsmClusterNotFoundException"),
        (PROXY, "XksProxyUriUnreachableException"),
        (PROXY | {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"}, "ValidationException"),
        ({}, "ValidationException"),
        ({"CustomKeyStoreType": "EXTERNAL_KEY_STORE"} | CLUSTER, "ValidationException"),
    ],
)
def test_nothing_to_make_a_custom_key_store_of(world: Any, params: dict[str, Any], code: str) -> None:
    """Without a cluster, without an endpoint service, without a proxy within reach: each has its own error."""
    assert world.refused("CreateCustomKeyStore", CustomKeyStoreName="n", **params).code == code


@pytest.mark.parametrize(
    "operation",
    ["ConnectCustomKeyStore", "DeleteCustomKeyStore", "DisconnectCustomKeyStore", "UpdateCustomKeyStore"],
)
def test_there_are_no_custom_key_stores(world: Any, operation: str) -> None:
    """The name of a store that is not there."""
    params = {"NewCustomKeyStoreName": "n"} if operation.startswith("Update") else {}
    with pytest.raises(AwsError, match="CustomKeyStoreNotFoundException"):
        world.call(operation, CustomKeyStoreId="cks-1234567890abcdef0", **params)
