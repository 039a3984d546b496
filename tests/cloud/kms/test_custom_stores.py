"""External key stores: their operations, states, connections and exceptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from labkit.cloud.kms.custom_stores.failures import Row, table
from labkit.cloud.kms.custom_stores.store import store_states

from .proxied import ENDPOINT, Reach, cluster_store, described, external_key, external_store, new_cluster, reaching

SERVICE = "private.xks.example.com"
NOBODYS = f"com.amazonaws.vpce.us-east-1.vpce-svc-{1:017x}"


@pytest.fixture
def reach(world: Any) -> Reach:
    """The proxy within the world's reach."""
    return reaching(world)


def _store(world: Any, reach: Reach, **changes: Any) -> str:
    return str(world.call("CreateCustomKeyStore", **reach.parameters(**changes))["CustomKeyStoreId"])


def _force(world: Any, store: str, state: str) -> None:
    (found,) = [each for each in world.kms.custom_stores.all() if each.id == store]
    found.state = state


# --- the way of a store ----------------------------------------------------------------------------------------------


def test_the_life_of_a_store(world: Any, reach: Reach) -> None:
    """Made, connected in five minutes, disconnected at once, deleted; the secret is never shown."""
    store = _store(world, reach)
    assert len(store) == 21
    assert store.startswith("cks-")
    entry = described(world, store)
    assert entry["ConnectionState"] == "DISCONNECTED"
    assert entry["XksProxyConfiguration"] == {
        "Connectivity": "PUBLIC_ENDPOINT",
        "AccessKeyId": reach.proxy.credential.access_key_id,
        "UriEndpoint": ENDPOINT,
        "UriPath": reach.proxy.uri_path,
    }
    assert world.call("ConnectCustomKeyStore", CustomKeyStoreId=store) == {}
    assert described(world, store)["ConnectionState"] == "CONNECTING"
    world.advance(minutes=4)
    assert described(world, store)["ConnectionState"] == "CONNECTING"
    world.advance(minutes=1)
    assert described(world, store)["ConnectionState"] == "CONNECTED"
    assert [each.kms_operation for each in reach.proxy.log()] == ["CreateCustomKeyStore", "ConnectCustomKeyStore"]
    assert world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store) == {}
    assert described(world, store)["ConnectionState"] == "DISCONNECTED"
    assert world.call("DeleteCustomKeyStore", CustomKeyStoreId=store) == {}
    assert world.call("DescribeCustomKeyStores")["CustomKeyStores"] == []
    assert reach.proxy.credential.secret_access_key not in str(entry)


def test_ids_disturb_nothing(world: Any, reach: Reach) -> None:
    """Another world's keys are the same, with stores between them and without."""
    other = type(world)()
    _store(world, reach)
    assert world.create()["KeyId"] == other.create()["KeyId"]


ACTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "connect": ("ConnectCustomKeyStore", {}),
    "disconnect": ("DisconnectCustomKeyStore", {}),
    "update": ("UpdateCustomKeyStore", {"XksProxyConnectivity": "PUBLIC_ENDPOINT"}),
    "delete": ("DeleteCustomKeyStore", {}),
    "create key": ("CreateKey", {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "one"}),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", store_states())
def test_the_table_of_states(world: Any, reach: Reach, state: str, act: str) -> None:
    """Each state with each act, by store-states.tsv."""
    store = _store(world, reach)
    _force(world, store, state)
    operation, params = ACTS[act]
    if store_states()[state][act] == "yes":
        world.call(operation, CustomKeyStoreId=store, **params)
    else:
        refused = world.refused(operation, CustomKeyStoreId=store, **params)
        assert refused.code == "CustomKeyStoreInvalidStateException"


@pytest.mark.parametrize("state", store_states())
def test_keys_by_the_state_of_their_store(world: Any, reach: Reach, state: str) -> None:
    """Usable or Unavailable; the text is the spec's; disabled and deleted keys come back as they were."""
    store = external_store(world, reach)
    key, disabled = external_key(world, store), external_key(world, store, "two")
    world.call("DisableKey", KeyId=disabled)
    doomed = external_key(world, store, "three")
    world.call("ScheduleKeyDeletion", KeyId=doomed)
    _force(world, store, state)
    if store_states()[state]["use"] == "yes":
        world.call("Encrypt", KeyId=key, Plaintext=b"x")
        assert [world.state(each) for each in (key, disabled, doomed)] == ["Enabled", "Disabled", "PendingDeletion"]
    else:
        refused = world.refused("Encrypt", KeyId=key, Plaintext=b"x")
        assert refused.code == "KMSInvalidStateException"
        assert refused.message.startswith("This KMS key is in a custom key store that is not connected to its external")
        states = ["Unavailable", "Unavailable", "PendingDeletion"]
        assert [world.state(each) for each in (key, disabled, doomed)] == states
        _force(world, store, "CONNECTED")
        assert [world.state(each) for each in (key, disabled, doomed)] == ["Enabled", "Disabled", "PendingDeletion"]


def test_a_connection_that_was_broken_off_does_not_come_back(world: Any, reach: Reach) -> None:
    """Disconnected while connecting: the first attempt's time passes, the second one's counts."""
    store = _store(world, reach)
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=3)
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=3)
    assert described(world, store)["ConnectionState"] == "CONNECTING"
    world.advance(minutes=2)
    assert described(world, store)["ConnectionState"] == "CONNECTED"


# --- failures of the proxy -------------------------------------------------------------------------------------------

OF_PROXY = {name: row for name, row in table().items() if name not in ("no key manager", "invalid plaintext")}


@pytest.mark.parametrize(("name", "row"), OF_PROXY.items(), ids=str)
def test_what_becomes_of_a_failure(world: Any, reach: Reach, name: str, row: Row) -> None:
    """By proxy-errors.tsv: at Create and Update, at CreateKey, at each cryptographic operation, at Connect."""
    store = external_store(world, reach)
    key = external_key(world, store)
    blob = world.call("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    if name[0].isupper():
        reach.proxy.fail(name)
    else:
        reach.failure = name
    refused = world.refused(
        "CreateCustomKeyStore", **reach.parameters(CustomKeyStoreName="b", XksProxyUriPath="/bbb/kms/xks/v1")
    )
    if name[0].isupper():  # the proxy has another path
        assert refused.code == "XksProxyInvalidConfigurationException"
    else:
        assert (refused.code, refused.message) == (row.store, row.message)
    refused = world.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, XksProxyUriPath=reach.proxy.uri_path)
    assert (refused.code, refused.message) == (row.store, row.message)
    new = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store, "XksKeyId": "two"}
    refused = world.refused("CreateKey", **new)
    assert refused.code == row.create_key
    assert refused.message == row.message or refused.code == "XksKeyNotFoundException"
    for operation, params in (
        ("Encrypt", {"KeyId": key, "Plaintext": b"x"}),
        ("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}),
        ("GenerateDataKeyWithoutPlaintext", {"KeyId": key, "KeySpec": "AES_256"}),
        ("Decrypt", {"CiphertextBlob": blob}),
        ("ReEncrypt", {"CiphertextBlob": blob, "DestinationKeyId": key}),
    ):
        refused = world.refused(operation, **params)
        assert (refused.code, refused.message) == ("KMSInvalidStateException", row.message)
        assert world.last.notes == {"customKeyStoreId": store, "xksKeyId": "one"}
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=5)
    entry = described(world, store)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", row.connection)


def test_no_key_manager_is_there(world: Any, reach: Reach) -> None:
    """All instances UNAVAILABLE: Create is refused, a connection fails; one that is left is enough."""
    reach.proxy.report("UNAVAILABLE", "UNAVAILABLE")
    assert world.refused("CreateCustomKeyStore", **reach.parameters()).code == "XksProxyUriUnreachableException"
    reach.proxy.report("UNAVAILABLE", "DEGRADED")
    store = _store(world, reach)
    reach.proxy.report("UNAVAILABLE")
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=5)
    assert described(world, store)["ConnectionErrorCode"] == "XKS_PROXY_NOT_REACHABLE"


def test_an_error_of_our_own_is_an_internal_error(world: Any, reach: Reach) -> None:
    """INTERNAL_ERROR: KMS failed, and not the proxy."""
    store = _store(world, reach)
    world.kms.custom_stores.proxies.caller = lambda *_: 1 / 0
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=5)
    assert described(world, store)["ConnectionErrorCode"] == "INTERNAL_ERROR"


def _health(**changes: Any) -> bytes:
    instance = {"id": "i", "model": "m", "healthStatus": "ACTIVE"}
    told = {"xksProxyFleetSize": 1, "xksProxyVendor": "a", "xksProxyModel": "b", "ekmVendor": "c"}
    return json.dumps(told | {"ekmFleetDetails": [instance]} | changes).encode()


@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        (500, b"<html>"),
        (418, b"{}"),
        (400, b'{"errorName": 7}'),
        (400, b'{"errorName": "NobodyKnowsException"}'),
        (400, b'{"errorName": "no TLS"}'),
        (400, b'{"errorName": "no key manager"}'),
        (200, b'{"errorName": "AccessDeniedException"}'),
        (201, _health()),
        (200, _health(xksProxyFleetSize=0)),
        (200, _health(xksProxyFleetSize=True)),
        (200, _health(ekmVendor=None)),
        (200, _health(ekmFleetDetails=[])),
        (200, _health(ekmFleetDetails=[1])),
        (200, _health(ekmFleetDetails=[{"id": "i", "model": "m", "healthStatus": "FINE"}])),
    ],
)
def test_answers_that_are_none(world: Any, reach: Reach, answer: tuple[int, bytes]) -> None:
    """XksProxyInvalidResponseException: KMS can't interpret it."""
    reach.instead = answer
    refused = world.refused("CreateCustomKeyStore", **reach.parameters())
    assert refused.code == "XksProxyInvalidResponseException"
    assert refused.message.startswith("AWS KMS cannot interpret the response")


def test_errors_leave_out_what_the_proxy_said(world: Any, reach: Reach) -> None:
    """ "KMS will not include the errorMessage returned by the proxy"."""
    reach.instead = (401, b'{"errorName": "AuthenticationFailedException", "errorMessage": "proxy text"}')
    refused = world.refused("CreateCustomKeyStore", **reach.parameters())
    assert refused.code == "XksProxyIncorrectAuthenticationCredentialException"
    assert "proxy text" not in refused.message


# --- what stores may not share, and what they need -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "CustomKeyStoreNameInUseException"),
        ({"CustomKeyStoreName": "b"}, "XksProxyUriInUseException"),
        ({"CustomKeyStoreName": "b", "XksProxyUriPath": "/wrong/kms/xks/v1"}, "XksProxyInvalidConfigurationException"),
        ({"CustomKeyStoreName": "b", "XksProxyUriEndpoint": "https://nobody.example.com"},
         "XksProxyUriUnreachableException"),
        ({"CustomKeyStoreName": "b", "XksProxyUriPath": None}, "ValidationException"),
        ({"CustomKeyStoreName": "b", "KeyStorePassword": "kmsPassword"}, "ValidationException"),
        ({"CustomKeyStoreName": "b", "XksProxyVpcEndpointServiceName": NOBODYS}, "ValidationException"),
        ({"CustomKeyStoreName": "b", "XksProxyUriEndpoint": "https://xks.example.com:443"}, "ValidationException"),
    ],
)  # fmt: skip
def test_a_second_store(world: Any, reach: Reach, changes: dict[str, Any], code: str) -> None:
    """What CreateCustomKeyStore refuses beside an external store that is there."""
    _store(world, reach)
    assert world.refused("CreateCustomKeyStore", **reach.parameters(**changes)).code == code


def test_other_regions_and_accounts_have_their_own(world: Any, reach: Reach) -> None:
    """A name is unique in account and Region, and a store of another account is not found."""
    store = _store(world, reach)
    world.call("CreateCustomKeyStore", region="eu-west-1", **reach.parameters())
    for where in ({"account": "444455556666"}, {"region": "eu-west-1"}):
        with pytest.raises(Exception, match="CustomKeyStoreNotFoundException"):
            world.call("ConnectCustomKeyStore", CustomKeyStoreId=store, **where)


def test_ten_stores_are_the_most(world: Any, reach: Reach) -> None:
    """LimitExceededException for the eleventh; lists come in pages."""
    for number in range(10):
        cluster_store(world, new_cluster(world, f"certificate {number}"), f"store {number}")
    assert world.refused("CreateCustomKeyStore", **reach.parameters()).code == "LimitExceededException"
    first = world.call("DescribeCustomKeyStores", Limit=7)
    assert (len(first["CustomKeyStores"]), first["Truncated"]) == (7, True)
    rest = world.call("DescribeCustomKeyStores", Limit=7, Marker=first["NextMarker"])
    assert (len(rest["CustomKeyStores"]), rest["Truncated"], "NextMarker" in rest) == (3, False, False)
    for store in rest["CustomKeyStores"]:
        world.call("DeleteCustomKeyStore", CustomKeyStoreId=store["CustomKeyStoreId"])
    rest = world.call("DescribeCustomKeyStores", Limit=7, Marker=first["NextMarker"])
    assert (rest["CustomKeyStores"], rest["Truncated"]) == ([], False)  # they went meanwhile
    with pytest.raises(Exception, match="InvalidMarkerException"):
        world.call("DescribeCustomKeyStores", Marker=first["NextMarker"], account="444455556666")
    assert world.refused("DescribeCustomKeyStores", Marker="x").code == "InvalidMarkerException"
    both = {"CustomKeyStoreId": first["CustomKeyStores"][0]["CustomKeyStoreId"], "CustomKeyStoreName": "store 0"}
    assert world.refused("DescribeCustomKeyStores", **both).code == "ValidationException"
    (named,) = world.call("DescribeCustomKeyStores", CustomKeyStoreName="store 3")["CustomKeyStores"]
    assert named["CustomKeyStoreName"] == "store 3"
    assert world.refused("DescribeCustomKeyStores", CustomKeyStoreName="x").code == "CustomKeyStoreNotFoundException"


def test_a_store_with_keys_is_not_deleted(world: Any, reach: Reach) -> None:
    """CustomKeyStoreHasCMKsException until the waiting period of the last one is over."""
    store = external_store(world, reach)
    key = external_key(world, store)
    world.call("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    assert world.refused("DeleteCustomKeyStore", CustomKeyStoreId=store).code == "CustomKeyStoreHasCMKsException"
    world.advance(days=8)
    world.call("DeleteCustomKeyStore", CustomKeyStoreId=store)
    assert reach.proxy.keys.find("one") is not None  # the external key stays


# --- updates ---------------------------------------------------------------------------------------------------------


def test_updates_of_a_connected_store(world: Any, reach: Reach) -> None:
    """Name, credential and path: each is tried first; a credential is exchanged without a gap."""
    store = external_store(world, reach)
    key = external_key(world, store)
    old = reach.proxy.credential
    new = reach.proxy.new_credential()
    world.call("UpdateCustomKeyStore", CustomKeyStoreId=store, XksProxyAuthenticationCredential=new.for_kms)
    reach.proxy.remove_credential(old.access_key_id)
    world.call("Encrypt", KeyId=key, Plaintext=b"x")
    entry = described(world, store)
    assert (entry["ConnectionState"], entry["XksProxyConfiguration"]["AccessKeyId"]) == ("CONNECTED", new.access_key_id)
    refused = world.refused(
        "UpdateCustomKeyStore", CustomKeyStoreId=store, XksProxyAuthenticationCredential=old.for_kms
    )
    assert refused.code == "XksProxyIncorrectAuthenticationCredentialException"
    world.call("Encrypt", KeyId=key, Plaintext=b"x")  # nothing was changed
    world.call("UpdateCustomKeyStore", CustomKeyStoreId=store, NewCustomKeyStoreName="renamed")
    assert described(world, store)["CustomKeyStoreName"] == "renamed"
    refused = world.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, XksProxyUriEndpoint="https://b.example.com")
    assert refused.code == "CustomKeyStoreInvalidStateException"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "ValidationException"),
        ({"KeyStorePassword": "kmsPassword"}, "ValidationException"),
        ({"CloudHsmClusterId": "cluster-abcdefg2345"}, "ValidationException"),
        ({"NewCustomKeyStoreName": "other"}, "CustomKeyStoreNameInUseException"),
        ({"XksProxyUriEndpoint": "https://nobody.example.com"}, "XksProxyUriUnreachableException"),
        ({"XksProxyUriPath": "/other/kms/xks/v1"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"}, "ValidationException"),
    ],
)
def test_updates_that_are_refused(world: Any, reach: Reach, changes: dict[str, Any], code: str) -> None:
    """Nothing is changed then."""
    store = _store(world, reach)
    cluster_store(world, new_cluster(world), "other")
    before = described(world, store)
    assert world.refused("UpdateCustomKeyStore", CustomKeyStoreId=store, **changes).code == code
    assert described(world, store) == before


# --- VPC endpoint services -------------------------------------------------------------------------------------------


def _service(world: Any, reach: Reach, **changes: Any) -> tuple[Any, dict[str, Any]]:
    """A service in front of the proxy, and the parameters of a store behind it."""
    service = world.kms.custom_stores.new_endpoint_service(world.account, world.region, SERVICE)
    reach.known[f"https://{SERVICE}"] = reach.proxy
    params = reach.parameters(
        XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
        XksProxyUriEndpoint=f"https://{SERVICE}",
        XksProxyVpcEndpointServiceName=service.name,
        **changes,
    )
    return service, params


def test_a_store_behind_an_endpoint_service(world: Any, reach: Reach) -> None:
    """KMS calls the proxy when it connects, not at Create; disconnecting takes the network down."""
    service, params = _service(world, reach)
    store = str(world.call("CreateCustomKeyStore", **params)["CustomKeyStoreId"])
    assert reach.sent == []
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=5)
    entry = described(world, store)
    assert entry["ConnectionState"] == "CONNECTED"
    assert entry["XksProxyConfiguration"]["VpcEndpointServiceName"] == service.name
    assert entry["XksProxyConfiguration"]["VpcEndpointServiceOwner"] == world.account
    external_key(world, store)
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    assert described(world, store)["ConnectionState"] == "DISCONNECTING"
    world.advance(minutes=1)
    assert described(world, store)["ConnectionState"] == "DISCONNECTED"


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"allowed": set()}, "NOT_FOUND"),
    ({"owner": "444455556666"}, "NOT_FOUND"),
    ({"region": "eu-west-1"}, "NOT_FOUND"),
    ({"private_dns_name": "other.example.com"}, "INVALID_CONFIGURATION"),
    ({"verified": False}, "INVALID_CONFIGURATION"),
    ({"zones": 1}, "INVALID_CONFIGURATION"),
    ({"acceptance_required": True}, "INVALID_CONFIGURATION"),
]


@pytest.mark.parametrize(("broken", "kind"), BROKEN)
def test_endpoint_services_that_kms_can_not_use(world: Any, reach: Reach, broken: dict[str, Any], kind: str) -> None:
    """Refused at Create, and a code of the connection where it is broken later."""
    service, params = _service(world, reach)
    store = str(world.call("CreateCustomKeyStore", **params)["CustomKeyStoreId"])
    for name, value in broken.items():
        setattr(service, name, value)
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=5)
    assert described(world, store)["ConnectionErrorCode"] == f"XKS_VPC_ENDPOINT_SERVICE_{kind}"
    world.call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=1)
    world.call("DeleteCustomKeyStore", CustomKeyStoreId=store)
    suffix = "NotFoundException" if kind == "NOT_FOUND" else "InvalidConfigurationException"
    assert world.refused("CreateCustomKeyStore", **params).code == f"XksProxyVpcEndpointService{suffix}"


def test_another_accounts_service_lets_the_store_owner_in(world: Any, reach: Reach) -> None:
    """Since 2025: XksProxyVpcEndpointServiceOwner, and the owner of the store among the allowed principals."""
    service, params = _service(world, reach, XksProxyVpcEndpointServiceOwner="444455556666")
    service.owner = "444455556666"
    assert world.refused("CreateCustomKeyStore", **params).code == "XksProxyVpcEndpointServiceNotFoundException"
    service.allowed.add(f"arn:aws:iam::{world.account}:root")
    world.call("CreateCustomKeyStore", **params)


def test_endpoints_of_two_kinds_are_not_shared(world: Any, reach: Reach) -> None:
    """XksProxyUriEndpointInUse and XksProxyVpcEndpointServiceInUse."""
    service, params = _service(world, reach)
    world.call("CreateCustomKeyStore", **params)
    other = {"CustomKeyStoreName": "b", "XksProxyUriPath": "/bbb/kms/xks/v1"}
    refused = world.refused("CreateCustomKeyStore", **params | other)
    assert refused.code == "XksProxyVpcEndpointServiceInUseException"
    public = reach.parameters(XksProxyUriEndpoint=f"https://{SERVICE}", **other)
    assert world.refused("CreateCustomKeyStore", **public).code == "XksProxyUriEndpointInUseException"
    assert service.fault(world.account, f"https://{SERVICE}") == ""
