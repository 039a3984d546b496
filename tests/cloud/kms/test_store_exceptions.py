"""Each exception that botocore's model has for custom key stores, provoked in each operation that lists it.

`PROVOKED` is the table; the lists of the model are held against it. KMSInternalException and DependencyTimeoutException
are faults of KMS itself: lab.disturb produces them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labkit.cloud.core.kms_operations import service_model

from .proxied import PASSWORD, cluster_store, external_key, new_cluster, reaching

OF_KMS_ITSELF = {"KMSInternalException", "DependencyTimeoutException"}
ELSEWHERE = {"InvalidArnException", "LimitExceededException", "MalformedPolicyDocumentException", "TagException",
             "UnsupportedOperationException"}  # fmt: skip
"""Errors of CreateKey that have nothing to do with stores."""
NOBODYS_STORE = "cks-00000000000000000"
PRIVATE = "private.xks.example.com"


class Scene:
    """A disconnected external store, its proxy, and a CloudHSM cluster without a store; params of the call."""

    def __init__(self, world: Any, operation: str) -> None:
        self.world, self.reach = world, reaching(world)
        self.cluster = new_cluster(world)
        self.operation = operation
        self.creates = operation == "CreateCustomKeyStore"
        made = {} if self.creates else world.call("CreateCustomKeyStore", **self.external())
        self.store = str(made.get("CustomKeyStoreId", ""))

    def external(self, **changes: Any) -> dict[str, Any]:
        """What CreateCustomKeyStore needs for the proxy."""
        return self.reach.parameters(**changes)

    def change(self, **changes: Any) -> dict[str, Any]:
        """The same change as a new store, or as an update of the one that is there."""
        return self.external(**changes) if self.creates else {"CustomKeyStoreId": self.store} | changes

    def behind(self, service: Any, **changes: Any) -> dict[str, Any]:
        """The change to a VPC endpoint service."""
        self.reach.known[f"https://{PRIVATE}"] = self.reach.proxy
        return self.change(
            XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyUriEndpoint=f"https://{PRIVATE}",
            XksProxyVpcEndpointServiceName=service.name,
            **changes,
        )

    def service(self) -> Any:
        """A VPC endpoint service."""
        return self.world.kms.custom_stores.new_endpoint_service(self.world.account, self.world.region, PRIVATE)

    def another(self, **changes: Any) -> None:
        """A second external store, at another path of the proxy."""
        path = "/another/kms/xks/v1"
        self.reach.instead = None
        health = self.world.kms.custom_stores.proxies.health
        self.world.kms.custom_stores.proxies.health = lambda *_: ("ACTIVE",)
        given = {"CustomKeyStoreName": "another", "XksProxyUriPath": path} | changes
        self.world.call("CreateCustomKeyStore", **self.external(**given))
        self.world.kms.custom_stores.proxies.health = health

    def hsm(self, **changes: Any) -> dict[str, Any]:
        """A CloudHSM store to be made of the cluster, or an update of one to another cluster of its certificate."""
        if self.creates:
            given = {"CustomKeyStoreName": "hsm", "CloudHsmClusterId": self.cluster.id, "KeyStorePassword": PASSWORD,
                     "TrustAnchorCertificate": self.cluster.certificate}  # fmt: skip
            return given | changes
        store = cluster_store(self.world, new_cluster(self.world))
        return {"CustomKeyStoreId": store, "CloudHsmClusterId": self.cluster.id} | changes

    def break_cluster(self, **changes: Any) -> dict[str, Any]:
        """The same with a cluster in which something is wrong."""
        params = self.hsm()
        for name, value in changes.items():
            setattr(self.cluster, name, value)
        return params

    def connected(self) -> str:
        """The store, connected."""
        self.world.call("ConnectCustomKeyStore", CustomKeyStoreId=self.store)
        self.world.advance(minutes=5)
        return self.store

    def new_key(self, store: str, named: str = "one") -> dict[str, Any]:
        """CreateKey's parameters."""
        return {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store, "XksKeyId": named}


Provoke = Callable[[Scene], dict[str, Any]]


def _failing(name: str) -> Provoke:
    def provoke(scene: Scene) -> dict[str, Any]:
        scene.reach.proxy.fail(name)
        return scene.change(XksProxyUriPath=scene.reach.proxy.uri_path)

    return provoke


def _other_service(scene: Scene) -> dict[str, Any]:
    service = scene.service()
    vpc = {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyVpcEndpointServiceName": service.name}
    scene.another(XksProxyUriEndpoint=f"https://{PRIVATE}", **vpc)
    return scene.behind(service)


def _other_endpoint(scene: Scene) -> dict[str, Any]:
    scene.another(XksProxyUriEndpoint=f"https://{PRIVATE}")
    return scene.behind(scene.service())


def _other_uri(scene: Scene) -> dict[str, Any]:
    scene.another(XksProxyUriPath=scene.reach.proxy.uri_path if scene.creates else "/another/kms/xks/v1")
    return scene.change(XksProxyUriPath=scene.reach.proxy.uri_path if scene.creates else "/another/kms/xks/v1")


def _lost_service(scene: Scene) -> dict[str, Any]:
    service = scene.service()
    service.allowed.clear()
    return scene.behind(service)


def _bad_service(scene: Scene) -> dict[str, Any]:
    service = scene.service()
    service.zones = 1
    return scene.behind(service)


def _taken_name(scene: Scene) -> dict[str, Any]:
    cluster_store(scene.world, scene.cluster, "taken")
    return scene.change(**{"CustomKeyStoreName" if scene.creates else "NewCustomKeyStoreName": "taken"})


def _ten(scene: Scene) -> dict[str, Any]:
    for number in range(10):
        cluster_store(scene.world, new_cluster(scene.world, f"certificate {number}"), f"store {number}")
    return scene.external()


def _cluster_in_use(scene: Scene) -> dict[str, Any]:
    cluster_store(scene.world, scene.cluster, "taken")
    return scene.hsm()


def _not_related(scene: Scene) -> dict[str, Any]:
    return scene.hsm(CloudHsmClusterId=new_cluster(scene.world, "other").id)


def _used_key(scene: Scene) -> dict[str, Any]:
    external_key(scene.world, scene.connected())
    return scene.new_key(scene.store)


def _disabled_key(scene: Scene) -> dict[str, Any]:
    scene.reach.proxy.keys.set_status("one", "DISABLED")
    return scene.new_key(scene.connected())


def _with_key(scene: Scene) -> dict[str, Any]:
    external_key(scene.world, scene.connected())
    scene.world.call("DisconnectCustomKeyStore", CustomKeyStoreId=scene.store)
    return {"CustomKeyStoreId": scene.store}


def _small_cluster(scene: Scene) -> dict[str, Any]:
    store = cluster_store(scene.world, scene.cluster)
    scene.world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    scene.world.advance(minutes=20)
    scene.cluster.hsms.pop()
    return {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store}


def _cluster_to_connect(**changes: Any) -> Provoke:
    def provoke(scene: Scene) -> dict[str, Any]:
        store = cluster_store(scene.world, scene.cluster)
        for name, value in changes.items():
            setattr(scene.cluster, name, value)
        return {"CustomKeyStoreId": store}

    return provoke


def _nobodys(_scene: Scene) -> dict[str, Any]:
    return {"CustomKeyStoreId": NOBODYS_STORE}


def _connected(scene: Scene) -> dict[str, Any]:
    return {"CustomKeyStoreId": scene.connected()}


OF_BOTH: dict[str, Provoke] = {
    "CloudHsmClusterInvalidConfigurationException": lambda scene: scene.break_cluster(private=False),
    "CloudHsmClusterNotActiveException": lambda scene: scene.break_cluster(state="INITIALIZED"),
    "CloudHsmClusterNotFoundException": lambda scene: scene.break_cluster(deleted=True),
    "CustomKeyStoreNameInUseException": _taken_name,
    "XksProxyIncorrectAuthenticationCredentialException": _failing("AuthenticationFailedException"),
    "XksProxyInvalidConfigurationException": _failing("InvalidUriPathException"),
    "XksProxyInvalidResponseException": _failing("garbage"),
    "XksProxyUriUnreachableException": _failing("ThrottlingException"),
    "XksProxyUriEndpointInUseException": _other_endpoint,
    "XksProxyUriInUseException": _other_uri,
    "XksProxyVpcEndpointServiceInUseException": _other_service,
    "XksProxyVpcEndpointServiceInvalidConfigurationException": _bad_service,
    "XksProxyVpcEndpointServiceNotFoundException": _lost_service,
}
STATE, NOT_FOUND = "CustomKeyStoreInvalidStateException", "CustomKeyStoreNotFoundException"
PROVOKED: dict[str, dict[str, Provoke]] = {
    "CreateCustomKeyStore": OF_BOTH | {
        "CloudHsmClusterInUseException": _cluster_in_use,
        "IncorrectTrustAnchorException": lambda scene: scene.hsm(TrustAnchorCertificate="another"),
        "LimitExceededException": _ten,
    },
    "UpdateCustomKeyStore": OF_BOTH | {
        "CloudHsmClusterNotRelatedException": _not_related,
        STATE: lambda scene: _connected(scene) | {"XksProxyUriEndpoint": "https://other.example.com"},
        NOT_FOUND: lambda scene: _nobodys(scene) | {"NewCustomKeyStoreName": "new"},
    },
    "ConnectCustomKeyStore": {
        "CloudHsmClusterInvalidConfigurationException": _cluster_to_connect(hsms=[]),
        "CloudHsmClusterNotActiveException": _cluster_to_connect(state="DEGRADED"),
        STATE: lambda scene: (scene.reach.proxy.fail("garbage"), _connected(scene))[1],
        NOT_FOUND: _nobodys,
    },
    "DisconnectCustomKeyStore": {STATE: lambda scene: {"CustomKeyStoreId": scene.store}, NOT_FOUND: _nobodys},
    "DeleteCustomKeyStore": {
        "CustomKeyStoreHasCMKsException": _with_key,
        STATE: _connected,
        NOT_FOUND: _nobodys,
    },
    "DescribeCustomKeyStores": {"InvalidMarkerException": lambda _: {"Marker": "x"}, NOT_FOUND: _nobodys},
    "CreateKey": {
        "CloudHsmClusterInvalidConfigurationException": _small_cluster,
        STATE: lambda scene: scene.new_key(scene.store),
        NOT_FOUND: lambda scene: scene.new_key(NOBODYS_STORE),
        "XksKeyAlreadyInUseException": _used_key,
        "XksKeyInvalidConfigurationException": _disabled_key,
        "XksKeyNotFoundException": lambda scene: scene.new_key(scene.connected(), "nobodys"),
    },
    "GenerateRandom": {
        STATE: lambda scene: {"NumberOfBytes": 8, "CustomKeyStoreId": cluster_store(scene.world, scene.cluster)},
        NOT_FOUND: lambda scene: _nobodys(scene) | {"NumberOfBytes": 8},
        "UnsupportedOperationException": lambda scene: _connected(scene) | {"NumberOfBytes": 8},
    },
}  # fmt: skip
ROWS = [(operation, error) for operation, errors in PROVOKED.items() for error in errors]


@pytest.mark.parametrize(("operation", "error"), ROWS)
def test_it_is_provoked(world: Any, operation: str, error: str) -> None:
    """By a call of the operation that lists it."""
    scene = Scene(world, operation)
    assert world.refused(operation, **PROVOKED[operation][error](scene)).code == error


@pytest.mark.parametrize("operation", PROVOKED)
def test_the_models_list_is_the_tables(operation: str) -> None:
    """No error of the model is left out, and none is invented."""
    listed = {shape.name for shape in service_model().operation_model(operation).error_shapes} - OF_KMS_ITSELF
    others = ELSEWHERE if operation == "CreateKey" else set()
    assert PROVOKED[operation].keys() == listed - others


def test_every_exception_of_stores_has_a_row() -> None:
    """Whatever operation of the model lists it."""
    marks = ("CustomKeyStore", "CloudHsm", "Xks", "TrustAnchor")
    exceptions = [name for name in service_model().shape_names if name.endswith("Exception")]
    assert {name for name in exceptions if any(mark in name for mark in marks)} <= {error for _, error in ROWS}


@pytest.mark.parametrize("change", [{"deleted": True}, {"state": "DEGRADED"}, {"private": False}])
def test_create_key_has_one_error_for_clusters(world: Any, change: dict[str, Any]) -> None:
    """CloudHsmClusterNotFound and NotActive are no errors of CreateKey."""
    scene = Scene(world, "CreateKey")
    params = _small_cluster(scene)
    for name, value in change.items():
        setattr(scene.cluster, name, value)
    assert world.refused("CreateKey", **params).code == "CloudHsmClusterInvalidConfigurationException"


HALF_DONE = [
    {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"},
    {"XksProxyVpcEndpointServiceOwner": "444455556666"},
    {"XksProxyVpcEndpointServiceName": f"com.amazonaws.vpce.us-east-1.vpce-svc-{1:017x}"},
]


@pytest.mark.parametrize("change", HALF_DONE)
@pytest.mark.parametrize("operation", ["CreateCustomKeyStore", "UpdateCustomKeyStore"])
def test_properties_of_services_go_together(world: Any, operation: str, change: dict[str, Any]) -> None:
    """Name and owner of a service with the connectivity of its name, and with no other."""
    scene = Scene(world, operation)
    assert world.refused(operation, **scene.change(**change)).code == "ValidationException"


def test_another_connectivity_needs_another_endpoint(world: Any) -> None:
    """From a public endpoint to a service and back; both at once is well."""
    scene = Scene(world, "UpdateCustomKeyStore")
    service = scene.service()
    params = scene.behind(service)
    same = params | {"XksProxyUriEndpoint": scene.external()["XksProxyUriEndpoint"]}
    assert world.refused("UpdateCustomKeyStore", **same).code == "ValidationException"
    world.call("UpdateCustomKeyStore", **params)
    back = scene.change(XksProxyConnectivity="PUBLIC_ENDPOINT")
    assert world.refused("UpdateCustomKeyStore", **back).code == "ValidationException"
    world.call("UpdateCustomKeyStore", **back, XksProxyUriEndpoint=scene.external()["XksProxyUriEndpoint"])
    (entry,) = world.call("DescribeCustomKeyStores")["CustomKeyStores"]
    assert "VpcEndpointServiceName" not in entry["XksProxyConfiguration"]
