"""Keys in external key stores: making them, what works, what is refused, and double encryption."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from labkit.cloud.core.call import Call, Principal, Session, VpcEndpoint
from labkit.cloud.core.clock import START
from labkit.cloud.kms.custom_stores.proxies import _request_metadata
from labkit.xks.requests import read_metadata

from .proxied import Reach, external_key, external_store, reaching


@pytest.fixture
def reach(world: Any) -> Reach:
    """The proxy within the world's reach."""
    return reaching(world)


@pytest.fixture
def store(world: Any, reach: Reach) -> str:
    """A connected external key store."""
    return external_store(world, reach)


NEW = {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "one"}


def test_what_is_said_of_a_key(world: Any, store: str) -> None:
    """Its store and its external key; no material id."""
    made = world.create(CustomKeyStoreId=store, **NEW)
    assert made["Origin"] == "EXTERNAL_KEY_STORE"
    assert made["CustomKeyStoreId"] == store
    assert made["XksKeyConfiguration"] == {"Id": "one"}
    assert made["KeyState"] == "Enabled"
    assert made.keys().isdisjoint({"CurrentKeyMaterialId", "CloudHsmClusterId", "ExpirationModel"})
    assert world.call("DescribeKey", KeyId=made["Arn"])["KeyMetadata"] == made


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CustomKeyStoreId": None}, "ValidationException"),
        ({"XksKeyId": None}, "ValidationException"),
        ({"Origin": "AWS_CLOUDHSM", "XksKeyId": None}, "ValidationException"),
        ({"Origin": None, "XksKeyId": None}, "ValidationException"),
        ({"Origin": "EXTERNAL", "XksKeyId": None}, "ValidationException"),
        ({"CustomKeyStoreId": "cks-00000000000000000"}, "CustomKeyStoreNotFoundException"),
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
        ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "UnsupportedOperationException"),
        ({"MultiRegion": True}, "UnsupportedOperationException"),
        ({"XksKeyId": "nobody"}, "XksKeyNotFoundException"),
        ({"XksKeyId": "two"}, "XksKeyAlreadyInUseException"),
    ],
)
def test_keys_that_are_not_made(world: Any, store: str, changes: dict[str, Any], code: str) -> None:
    """What CreateKey refuses."""
    external_key(world, store, "two")
    given = {"CustomKeyStoreId": store, **NEW} | changes
    assert (
        world.refused("CreateKey", **{name: value for name, value in given.items() if value is not None}).code == code
    )


def test_external_keys_that_kms_does_not_take(world: Any, reach: Reach, store: str) -> None:
    """XksKeyInvalidConfigurationException, in the guide's words."""
    keys = reach.proxy.keys
    keys.create("half", ("ENCRYPT", "DERIVE"))
    keys.create("short", spec="AES_128")
    keys.create("off")
    keys.set_status("off", "DISABLED")
    for named, words in {
        "half": "The key usage of the external key must include ENCRYPT and DECRYPT. "
        "The key use of specified external key is ENCRYPT, DERIVE.",
        "short": "The key spec of the external key must be AES_256. The key spec of specified external key is AES_128.",
        "off": "The status of the external key must be ENABLED. The status of specified external key is DISABLED.",
    }.items():
        refused = world.refused("CreateKey", CustomKeyStoreId=store, **NEW | {"XksKeyId": named})
        assert (refused.code, refused.message) == ("XksKeyInvalidConfigurationException", words)


def test_what_works(world: Any, store: str) -> None:
    """Encrypt, Decrypt, ReEncrypt into and out of the store, data keys, and everything that manages a key."""
    key, plain = external_key(world, store), world.create()["Arn"]
    context = {"purpose": "test"}
    answer = world.call("Encrypt", KeyId=key, Plaintext=bytes(4096), EncryptionContext=context)
    assert "KeyMaterialId" not in answer
    opened = world.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"], EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyId"]) == (bytes(4096), key)
    out = world.call("ReEncrypt", CiphertextBlob=answer["CiphertextBlob"], SourceEncryptionContext=context,
                     DestinationKeyId=plain)  # fmt: skip
    assert "DestinationKeyMaterialId" in out
    assert "SourceKeyMaterialId" not in out
    back = world.call("ReEncrypt", CiphertextBlob=out["CiphertextBlob"], DestinationKeyId=key)
    assert world.call("Decrypt", CiphertextBlob=back["CiphertextBlob"])["Plaintext"] == bytes(4096)
    data = world.call("GenerateDataKey", KeyId=key, KeySpec="AES_256")
    assert world.call("Decrypt", CiphertextBlob=data["CiphertextBlob"], KeyId=key)["Plaintext"] == data["Plaintext"]
    world.call("GenerateDataKeyWithoutPlaintext", KeyId=key, NumberOfBytes=1024)
    world.call("CreateAlias", AliasName="alias/outside", TargetKeyId=key)
    world.call("TagResource", KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    world.call("CreateGrant", KeyId=key, GranteePrincipal=f"arn:aws:iam::{world.account}:root", Operations=["Decrypt"])
    world.call("DisableKey", KeyId=key)
    assert world.refused("Encrypt", KeyId=key, Plaintext=b"x").code == "DisabledException"
    world.call("EnableKey", KeyId=key)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("EnableKeyRotation", {}),
        ("DisableKeyRotation", {}),
        ("GetKeyRotationStatus", {}),
        ("RotateKeyOnDemand", {}),
        ("GenerateDataKeyPair", {"KeyPairSpec": "ECC_NIST_P256"}),
        ("GenerateDataKeyPairWithoutPlaintext", {"KeyPairSpec": "ECC_NIST_P256"}),
        ("GetParametersForImport", {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}),
        ("DeleteImportedKeyMaterial", {}),
        ("ReplicateKey", {"ReplicaRegion": "eu-west-1"}),
        ("GetPublicKey", {}),
    ],
)
def test_what_is_refused(world: Any, store: str, operation: str, params: dict[str, Any]) -> None:
    """UnsupportedOperationException: rotation, pairs, import, replicas; another usage has its own error."""
    code = world.refused(operation, KeyId=external_key(world, store), **params).code
    assert code == "UnsupportedOperationException"


def test_random_bytes_of_an_external_store(world: Any, store: str) -> None:
    """There are none."""
    assert (
        world.refused("GenerateRandom", NumberOfBytes=8, CustomKeyStoreId=store).code == "UnsupportedOperationException"
    )
    refused = world.refused("GenerateRandom", NumberOfBytes=8, CustomKeyStoreId="cks-00000000000000000")
    assert refused.code == "CustomKeyStoreNotFoundException"


def test_double_encryption(world: Any, reach: Reach, store: str) -> None:
    """The external key alone gives ciphertext, not the plaintext; a second KMS key on it gives nothing."""
    key = external_key(world, store)
    secret = b"known to nobody outside"
    blob = world.call("Encrypt", KeyId=key, Plaintext=secret)["CiphertextBlob"]
    asked = json.loads(reach.sent[-1])
    handed_out = base64.b64decode(asked["plaintext"])  # what the external key encrypted
    assert secret not in handed_out
    assert len(handed_out) == len(secret) + 16
    assert secret not in blob
    world.call("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    world.advance(days=8)
    again = external_key(world, store)  # the same external key, and other material of KMS's
    assert world.refused("Decrypt", CiphertextBlob=blob, KeyId=again).code == "IncorrectKeyException"


def test_the_proxy_gives_back_something_else(world: Any, reach: Reach, store: str) -> None:
    """KMS notices: what the external key opened is not what KMS had encrypted."""
    blob = world.call("Encrypt", KeyId=external_key(world, store), Plaintext=b"x")["CiphertextBlob"]
    reach.instead = (200, json.dumps({"plaintext": base64.b64encode(bytes(17)).decode()}).encode())
    refused = world.refused("Decrypt", CiphertextBlob=blob)
    assert refused.code == "KMSInvalidStateException"
    assert refused.message.startswith("The ciphertext that the external key store proxy submitted for decryption")


def test_a_wrong_integrity_value(world: Any, reach: Reach, store: str) -> None:
    """KMS does not keep what the proxy may not be able to open."""
    key = external_key(world, store)
    part = base64.b64encode(bytes(16)).decode()
    told = {"ciphertext": base64.b64encode(bytes(17)).decode(), "initializationVector": part, "authenticationTag": part}
    for value in ({}, {"ciphertextDataIntegrityValue": part}):
        reach.instead = (200, json.dumps(told | value).encode())
        refused = world.refused("Encrypt", KeyId=key, Plaintext=b"x")
        assert refused.message.startswith("AWS KMS cannot interpret the response")


@pytest.mark.parametrize("where", [5, 38, 60, 70, 80, -1])
def test_a_changed_ciphertext_does_not_open(world: Any, store: str, where: int) -> None:
    """Whichever part it is in: KMS's header, the external key's part, or its tag."""
    key = external_key(world, store)
    blob = bytearray(world.call("Encrypt", KeyId=key, Plaintext=b"x" * 40)["CiphertextBlob"])
    blob[where] ^= 1
    code = world.refused("Decrypt", CiphertextBlob=bytes(blob), KeyId=key).code
    assert code in ("KMSInvalidStateException", "InvalidCiphertextException", "IncorrectKeyException")


def test_another_context_is_the_proxys_refusal(world: Any, store: str) -> None:
    """InvalidCiphertextException of the proxy becomes KMSInvalidStateException, in the guide's words."""
    blob = world.call("Encrypt", KeyId=external_key(world, store), Plaintext=b"x")["CiphertextBlob"]
    refused = world.refused("Decrypt", CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert refused.code == "KMSInvalidStateException"
    assert "ciphertext or additional authenticated data is corrupted" in refused.message


def test_a_dry_run_does_not_reach_the_proxy(world: Any, reach: Reach, store: str) -> None:
    """What would be refused before is refused; the proxy hears nothing."""
    key, sent = external_key(world, store), len(reach.sent)
    assert world.refused("Encrypt", KeyId=key, Plaintext=b"x", DryRun=True).code == "DryRunOperationException"
    assert len(reach.sent) == sent


ROLE = Session("arn:aws:iam::111122223333:role/Clerk", "AROA", "Clerk", START, START)
CLERK = Principal("AssumedRole", "111122223333", "arn:aws:sts::111122223333:assumed-role/Clerk/me", "AROA:me", "me",
                  session=ROLE)  # fmt: skip
EC2 = Principal("AWSService", "111122223333", "ec2.amazonaws.com", "", "ec2.amazonaws.com")


OWN, STRANGERS = (f"arn:aws:kms:us-east-1:{account}:key/k" for account in ("111122223333", "444455556666"))
DOOR = {"awsSourceVpc": "vpc-1", "awsSourceVpce": "vpce-1"}


@pytest.mark.parametrize(
    ("door", "key", "told"), [(True, OWN, DOOR), (True, STRANGERS, {}), (True, None, DOOR), (False, OWN, {})]
)
def test_the_proxy_is_told_of_a_vpc_endpoint(door: bool, key: str | None, told: dict[str, str]) -> None:
    """If the request came by one, and of a use of a key if the caller owns it; the proxy takes it."""
    endpoint = VpcEndpoint("vpce-1", "vpc-1", "111122223333", "") if door else None
    call = Call("kms", "Decrypt", "us-east-1", {}, START, "request-1", CLERK, vpc_endpoint=endpoint)
    metadata = _request_metadata(call, key)
    assert {name: value for name, value in metadata.items() if name.startswith("awsSource")} == told
    read = read_metadata(json.dumps({"requestMetadata": metadata}).encode())
    assert read.metadata == metadata


@pytest.mark.parametrize(
    ("principal", "via", "told"),
    [
        (CLERK, (), {"awsPrincipalArn": ROLE.issuer_arn}),
        (CLERK, ("s3.amazonaws.com",), {"awsPrincipalArn": ROLE.issuer_arn, "kmsViaService": "s3"}),
        (EC2, (), {"awsPrincipalArn": "ec2.amazonaws.com"}),
    ],
)
def test_what_the_proxy_is_told(principal: Principal, via: tuple[str, ...], told: dict[str, str]) -> None:
    """aws:PrincipalArn is the role, not the session; services by their names."""
    call = Call("kms", "Decrypt", "us-east-1", {}, START, "request-1", principal, via=via)
    metadata = _request_metadata(call, OWN)
    assert metadata == {"kmsOperation": "Decrypt", "kmsRequestId": "request-1", "kmsKeyArn": OWN} | told
