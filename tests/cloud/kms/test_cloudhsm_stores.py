"""CloudHSM key stores: a simulated cluster, its kmsuser, and keys in it."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.cloud.core.kms_operations import service_model
from labkit.cloud.kms.custom_stores.failures import table

from .proxied import PASSWORD, cluster_store, described, new_cluster


def _connected(world: Any, cluster: Any) -> str:
    store = cluster_store(world, cluster)
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=20)
    assert described(world, store)["ConnectionState"] == "CONNECTED"
    return store


def test_the_life_of_a_store(world: Any) -> None:
    """It takes up to 20 minutes; KMS gives kmsuser a password that nobody else knows."""
    cluster = new_cluster(world)
    store = cluster_store(world, cluster)
    entry = described(world, store)
    assert entry["CustomKeyStoreType"] == "AWS_CLOUDHSM"
    assert (entry["CloudHsmClusterId"], entry["TrustAnchorCertificate"]) == (cluster.id, cluster.certificate)
    assert "XksProxyConfiguration" not in entry
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    assert world.last.notes == {"customKeyStoreName": "hsm", "clusterId": cluster.id}
    world.advance(minutes=19)
    assert described(world, store)["ConnectionState"] == "CONNECTING"
    world.advance(minutes=1)
    assert described(world, store)["ConnectionState"] == "CONNECTED"
    assert cluster.password != PASSWORD
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    assert described(world, store)["ConnectionState"] == "DISCONNECTING"
    world.advance(minutes=1)
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)  # by the password that KMS chose
    world.advance(minutes=20)
    assert described(world, store)["ConnectionState"] == "CONNECTED"


def test_keys_in_the_cluster(world: Any) -> None:
    """AWS_CLOUDHSM; usable while the cluster answers; deleted from it with the key."""
    cluster = new_cluster(world)
    store = _connected(world, cluster)
    made = world.create(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)
    assert (made["Origin"], made["CloudHsmClusterId"], made["CustomKeyStoreId"]) == ("AWS_CLOUDHSM", cluster.id, store)
    assert list(cluster.material) == [made["KeyId"]]
    answer = world.call("Encrypt", KeyId=made["Arn"], Plaintext=b"x")
    assert world.last.notes == {"customKeyStoreId": store}
    assert "KeyMaterialId" not in world.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"])
    cluster.network = False
    refused = world.refused("Encrypt", KeyId=made["Arn"], Plaintext=b"x")
    assert (refused.code, refused.message) == (
        "KMSInvalidStateException",
        "KMS cannot communicate with your CloudHSM cluster",
    )
    cluster.network = True
    for operation, params in (("EnableKeyRotation", {}), ("GenerateDataKeyPair", {"KeyPairSpec": "RSA_2048"})):
        assert world.refused(operation, KeyId=made["Arn"], **params).code == "UnsupportedOperationException"
    assert len(world.call("GenerateRandom", NumberOfBytes=8, CustomKeyStoreId=store)["Plaintext"]) == 8
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    refused = world.refused("GenerateRandom", NumberOfBytes=8, CustomKeyStoreId=store)
    assert refused.code == "CustomKeyStoreInvalidStateException"
    assert world.state(made["Arn"]) == "Unavailable"


SILENT = [{"network": False}, {"hsms": []}, {"deleted": True}]


@pytest.mark.parametrize("change", SILENT)
def test_a_cluster_that_does_not_answer(world: Any, change: dict[str, Any]) -> None:
    """Its store stays CONNECTED and its keys Enabled; nothing that needs the cluster works, random bytes neither."""
    cluster = new_cluster(world)
    store = _connected(world, cluster)
    key = world.create(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)["Arn"]
    blob = world.call("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for name, value in change.items():
        setattr(cluster, name, value)
    assert (described(world, store)["ConnectionState"], world.state(key)) == ("CONNECTED", "Enabled")
    for operation, params, code in (
        ("Encrypt", {"KeyId": key, "Plaintext": b"x"}, "KMSInvalidStateException"),
        ("Encrypt", {"KeyId": key, "Plaintext": b"x", "DryRun": True}, "KMSInvalidStateException"),
        ("Decrypt", {"CiphertextBlob": blob}, "KMSInvalidStateException"),
        ("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}, "KMSInvalidStateException"),
        ("GenerateRandom", {"NumberOfBytes": 8, "CustomKeyStoreId": store}, "CustomKeyStoreInvalidStateException"),
    ):
        refused = world.refused(operation, **params)
        assert (refused.code, refused.message) == (code, "KMS cannot communicate with your CloudHSM cluster")


def test_a_key_needs_two_modules_in_two_zones(world: Any) -> None:
    """CloudHsmClusterInvalidConfigurationException at CreateKey; XksKeyId is no parameter of it."""
    cluster = new_cluster(world)
    store = _connected(world, cluster)
    cluster.hsms[1].active = False
    refused = world.refused("CreateKey", Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)
    assert refused.code == "CloudHsmClusterInvalidConfigurationException"


def test_deleted_material(world: Any) -> None:
    """The key's deletion takes its material out of the cluster, on best effort."""
    cluster = new_cluster(world)
    store = _connected(world, cluster)
    keys = [world.create(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)["KeyId"] for _ in range(2)]
    world.call("ScheduleKeyDeletion", KeyId=keys[0], PendingWindowInDays=7)
    world.advance(days=8)
    assert list(cluster.material) == keys[1:]
    world.call("ScheduleKeyDeletion", KeyId=keys[1], PendingWindowInDays=7)
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(days=8)
    assert list(cluster.material) == keys[1:]  # orphaned: the store was not connected


@pytest.mark.parametrize(
    ("change", "params", "code"),
    [
        ({}, {"CloudHsmClusterId": "cluster-abcdefg2345"}, "CloudHsmClusterNotFoundException"),
        ({"deleted": True}, {}, "CloudHsmClusterNotFoundException"),
        ({"account": "444455556666"}, {}, "CloudHsmClusterNotFoundException"),
        ({"state": "INITIALIZED"}, {}, "CloudHsmClusterNotActiveException"),
        ({"private": False}, {}, "CloudHsmClusterInvalidConfigurationException"),
        ({}, {"TrustAnchorCertificate": "another"}, "IncorrectTrustAnchorException"),
        ({}, {"CustomKeyStoreName": "taken"}, "CustomKeyStoreNameInUseException"),
        ({"certificate": "shared"}, {}, "CloudHsmClusterInUseException"),
    ],
)
def test_clusters_that_kms_does_not_take(world: Any, change: dict[str, Any], params: dict[str, Any], code: str) -> None:
    """What CreateCustomKeyStore refuses."""
    cluster_store(world, new_cluster(world, "shared"), "taken")
    cluster = new_cluster(world)
    for name, value in change.items():
        setattr(cluster, name, value)
    given = {"CustomKeyStoreName": "n", "CloudHsmClusterId": cluster.id, "KeyStorePassword": PASSWORD,
             "TrustAnchorCertificate": cluster.certificate} | params  # fmt: skip
    assert world.refused("CreateCustomKeyStore", **given).code == code


@pytest.mark.parametrize("hsms", [0, 1])
def test_too_few_modules(world: Any, hsms: int) -> None:
    """Two for a store, one for a connection."""
    cluster = new_cluster(world)
    store = cluster_store(world, cluster)
    other = new_cluster(world, "other", hsms)
    with pytest.raises(Exception, match="CloudHsmClusterInvalidConfigurationException"):
        cluster_store(world, other, "b")
    cluster.hsms = cluster.hsms[:hsms]
    if hsms:
        world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    else:
        refused = world.refused("ConnectCustomKeyStore", CustomKeyStoreId=store)
        assert refused.code == "CloudHsmClusterInvalidConfigurationException"
        assert described(world, store)["ConnectionState"] == "DISCONNECTED"


def test_a_cluster_that_is_not_active(world: Any) -> None:
    """ConnectCustomKeyStore says so at once."""
    cluster = new_cluster(world)
    store = cluster_store(world, cluster)
    cluster.state = "DEGRADED"
    assert world.refused("ConnectCustomKeyStore", CustomKeyStoreId=store).code == "CloudHsmClusterNotActiveException"


CODES: dict[str, dict[str, Any]] = {
    "CLUSTER_NOT_FOUND": {"deleted": True},
    "INSUFFICIENT_CLOUDHSM_HSMS": {"hsms": []},
    "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET": {"free_addresses": False},
    "SUBNET_NOT_FOUND": {"subnets": False},
    "NETWORK_ERRORS": {"network": False},
    "INVALID_CREDENTIALS": {"password": "another"},
    "USER_LOCKED_OUT": {"wrong_passwords": 5},
    "USER_LOGGED_IN": {"user_logged_in": True},
    "USER_NOT_FOUND": {"password": None},
    "INTERNAL_ERROR": {"hsms": None},
}


@pytest.mark.parametrize(("code", "change"), CODES.items())
def test_connections_that_fail(world: Any, code: str, change: dict[str, Any]) -> None:
    """FAILED, with its code; disconnect before the next attempt."""
    cluster = new_cluster(world)
    store = cluster_store(world, cluster)
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    for name, value in change.items():
        setattr(cluster, name, value)
    world.advance(minutes=20)
    entry = described(world, store)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", code)
    assert world.refused("ConnectCustomKeyStore", CustomKeyStoreId=store).code == "CustomKeyStoreInvalidStateException"
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    assert "ConnectionErrorCode" not in described(world, store)


def test_five_wrong_passwords_lock_the_user(world: Any) -> None:
    """Each attempt with the wrong password counts; a new password on the cluster unlocks, and KMS must be told."""
    cluster = new_cluster(world)
    store = cluster_store(world, cluster, KeyStorePassword="not the one")
    codes = []
    for _ in range(5):
        world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
        world.advance(minutes=20)
        codes.append(described(world, store)["ConnectionErrorCode"])
        world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
        world.advance(minutes=1)
    assert codes == ["INVALID_CREDENTIALS"] * 4 + ["USER_LOCKED_OUT"]
    cluster.set_password("mended-1")
    world.call("UpdateCustomKeyStore", CustomKeyStoreId=store, KeyStorePassword="mended-1")
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=20)
    assert described(world, store)["ConnectionState"] == "CONNECTED"


def test_another_cluster_must_be_related(world: Any) -> None:
    """The same certificate: made from a backup. A password and a cluster are changed while it is DISCONNECTED only."""
    store = cluster_store(world, new_cluster(world))
    stranger, relative = new_cluster(world, "other"), new_cluster(world)
    refused = world.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, CloudHsmClusterId=stranger.id)
    assert refused.code == "CloudHsmClusterNotRelatedException"
    world.call("UpdateCustomKeyStore", CustomKeyStoreId=store, CloudHsmClusterId=relative.id)
    assert described(world, store)["CloudHsmClusterId"] == relative.id
    refused = world.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, XksProxyUriPath="/kms/xks/v1")
    assert refused.code == "ValidationException"
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=20)
    refused = world.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, KeyStorePassword="whatever")
    assert refused.code == "CustomKeyStoreInvalidStateException"
    world.call("UpdateCustomKeyStore", CustomKeyStoreId=store, NewCustomKeyStoreName="renamed")


def test_every_code_of_a_connection_is_produced() -> None:
    """By a test of this file or by the table of a proxy's failures."""
    vpc = {"XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND", "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION"}
    produced = {row.connection for row in table().values()} | CODES.keys() | vpc
    assert produced == set(service_model().shape_for("ConnectionErrorCodeType").enum)
