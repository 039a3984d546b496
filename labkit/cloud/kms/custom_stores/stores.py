"""All custom key stores of a cloud: making, finding, connecting and disconnecting them.

A connection takes its time by the lab's clock, and ends in CONNECTED or in FAILED with a ConnectionErrorCode.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ...core.call import Call
from ...core.entropy import RANDOM, Entropy
from ...core.errors import AwsError
from .failures import ProxyFailure
from .proxies import Proxies
from .store import CLOUDHSM, VPC, CustomKeyStore, ProxyConfiguration
from .surroundings import Cluster, EndpointService, Hsm

CONNECTING = {"EXTERNAL_KEY_STORE": timedelta(minutes=5), CLOUDHSM: timedelta(minutes=20)}
"""How long a connection takes: about 5 minutes ("Connecting and disconnecting an external key store") and up to 20
("Connecting and disconnecting an AWS CloudHSM key store", KMS Developer Guide)."""
DISCONNECTING = timedelta(minutes=1)
"""How long a store is DISCONNECTING where there is something to take down. AWS names no time."""
Plan = Callable[[datetime, Callable[[], bool], Callable[[datetime], list[Any]]], None]
log = logging.getLogger("labkit.cloud")


class CustomStores:
    """The stores, and what they stand on. `plan` puts something on KMS's agenda."""

    def __init__(self, seed: str, plan: Plan) -> None:
        self.entropy = Entropy(seed if seed == RANDOM else f"{seed}/stores")
        self.proxies = Proxies()
        self.clusters: dict[str, Cluster] = {}
        self.endpoint_services: dict[str, EndpointService] = {}
        self._stores: dict[str, CustomKeyStore] = {}
        self._plan = plan

    # --- finding -----------------------------------------------------------------------------------------------------

    def of(self, account: str, region: str) -> list[CustomKeyStore]:
        """List the stores of an account in a Region, the oldest first."""
        return [each for each in self._stores.values() if (each.account, each.region) == (account, region)]

    def all(self) -> list[CustomKeyStore]:
        """List all stores."""
        return list(self._stores.values())

    def find(self, call: Call) -> CustomKeyStore:
        """Return the store that CustomKeyStoreId names; CustomKeyStoreNotFoundException if the caller has none such."""
        store = self._stores.get(call.params["CustomKeyStoreId"])
        if store is None or (store.account, store.region) != (call.account, call.region):
            raise AwsError("CustomKeyStoreNotFoundException", None)
        return store

    def cluster(self, store: CustomKeyStore) -> Cluster | None:
        """Return the store's cluster, if it is still there."""
        found = self.clusters.get(store.cluster_id or "")
        return None if found is None or found.deleted else found

    def answering(self, store: CustomKeyStore) -> Cluster | None:
        """Return the store's cluster if KMS reaches a module of it. That a store is CONNECTED does not say so."""
        found = self.cluster(store)
        return found if found is not None and found.network and found.active_hsms else None

    def forget_material(self, store: CustomKeyStore | None, key_id: str) -> None:
        """Delete a key's material from its cluster, on best effort: not while the store is not connected."""
        cluster = self.cluster(store) if store is not None and store.connected else None
        if cluster is not None and cluster.network:
            cluster.material.pop(key_id, None)

    # --- making ------------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """cks- and 17 hexadecimal digits."""
        return f"cks-{self.entropy.token_hex(18)[:17]}"

    def add(self, store: CustomKeyStore) -> None:
        """Keep a new store."""
        self._stores[store.id] = store

    def remove(self, store: CustomKeyStore) -> None:
        """Forget a store."""
        del self._stores[store.id]

    def forget(self, account: str) -> None:
        """Let go of the account's stores, clusters and endpoint services; a connection that is being made ends."""
        for store in [store for store in self._stores.values() if store.account == account]:
            store.connection += 1
            self.remove(store)
        self.clusters = {name: each for name, each in self.clusters.items() if each.account != account}
        services = self.endpoint_services
        self.endpoint_services = {name: each for name, each in services.items() if each.owner != account}

    def new_cluster(self, account: str, region: str, password: str, certificate: str, hsms: int = 2) -> Cluster:
        """Make an active CloudHSM cluster with a kmsuser of this password: the lab's hook."""
        letters = "abcdefghijklmnopqrstuvwxyz234567"
        name = "".join(letters[byte % 32] for byte in self.entropy.token_bytes(11))
        modules = [
            Hsm("hsm-" + "".join(letters[byte % 32] for byte in self.entropy.token_bytes(11)), region + "abcdef"[n % 6])
            for n in range(hsms)
        ]
        cluster = Cluster(f"cluster-{name}", account, region, certificate, modules, password)
        self.clusters[cluster.id] = cluster
        return cluster

    def new_endpoint_service(self, account: str, region: str, private_dns_name: str) -> EndpointService:
        """Make a VPC endpoint service that lets KMS in: the lab's hook."""
        name = f"com.amazonaws.vpce.{region}.vpce-svc-{self.entropy.token_hex(18)[:17]}"
        service = EndpointService(name, account, region, private_dns_name, {f"cks.kms.{region}.amazonaws.com"})
        self.endpoint_services[name] = service
        return service

    # --- connecting --------------------------------------------------------------------------------------------------

    def connect(self, store: CustomKeyStore, call: Call) -> None:
        """Begin a connection; nothing happens to a store that is connecting or connected."""
        if store.state in ("CONNECTING", "CONNECTED"):
            return
        self._require_cluster(store)
        store.state, store.error_code = "CONNECTING", None
        store.connection += 1
        number = store.connection
        self._plan(
            call.time + CONNECTING[store.kind],
            lambda: store.connection == number and store.state == "CONNECTING",
            lambda _time: self._finish(store, call),
        )

    def disconnect(self, store: CustomKeyStore, now: datetime) -> None:
        """Disconnect. A public endpoint has nothing to take down, and is disconnected at once (the guide)."""
        store.connection += 1
        number, store.error_code = store.connection, None
        if store.proxy is not None and store.proxy.connectivity != VPC:
            store.state = "DISCONNECTED"
            return
        store.state = "DISCONNECTING"
        self._plan(now + DISCONNECTING, lambda: store.connection == number, lambda _time: _disconnected(store))

    def _require_cluster(self, store: CustomKeyStore) -> None:
        """What is easily seen fails at once, and the store stays DISCONNECTED ("How to fix a connection failure")."""
        cluster = self.cluster(store)
        if store.external or cluster is None:
            return
        if cluster.state != "ACTIVE":
            raise AwsError("CloudHsmClusterNotActiveException", None)
        if not cluster.active_hsms or not cluster.private:
            raise AwsError("CloudHsmClusterInvalidConfigurationException", None)

    def _finish(self, store: CustomKeyStore, call: Call) -> list[Any]:
        """The time of the connection has come: try, and say what came of it."""
        try:
            code = self._try_proxy(store, call) if store.external else self._try_cluster(store)
        except Exception:  # a fault of ours is KMS's internal error
            log.exception("Connecting %s failed inside the simulated account", store.id)
            code = "INTERNAL_ERROR"
        store.state, store.error_code = ("FAILED", code) if code else ("CONNECTED", None)
        return []

    def _try_proxy(self, store: CustomKeyStore, call: Call) -> str:
        assert store.proxy is not None
        if store.proxy.connectivity == VPC:
            fault = self.service_fault(store.account, store.region, store.proxy)
            if fault:
                suffix = "NOT_FOUND" if fault == "not found" else "INVALID_CONFIGURATION"
                return f"XKS_VPC_ENDPOINT_SERVICE_{suffix}"
        try:
            self.proxies.health(store, store.proxy, call)
        except ProxyFailure as failed:
            return failed.row.connection
        return ""

    def service_fault(self, account: str, region: str, proxy: ProxyConfiguration) -> str:
        """Say "not found" or "invalid" of the VPC endpoint service that a proxy is behind; "" if all is well."""
        service = self.endpoint_services.get(proxy.service_name or "")
        if service is None or service.region != region or service.owner != (proxy.service_owner or account):
            return "not found"
        return service.fault(account, proxy.endpoint)

    def _try_cluster(self, store: CustomKeyStore) -> str:
        """Find the cluster, reach it, log in as kmsuser, and give that user a password that only KMS knows."""
        cluster = self.cluster(store)
        if cluster is None:
            return "CLUSTER_NOT_FOUND"
        found = (
            (cluster.subnets, "SUBNET_NOT_FOUND"),
            (cluster.free_addresses, "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET"),
            (cluster.network, "NETWORK_ERRORS"),
            (bool(cluster.active_hsms), "INSUFFICIENT_CLOUDHSM_HSMS"),
        )
        code = next((code for well, code in found if not well), "") or cluster.log_in(store.password)
        if not code:
            store.password = cluster.password = self.entropy.token_hex(32)
        return code


def _disconnected(store: CustomKeyStore) -> list[Any]:
    store.state = "DISCONNECTED"
    return []
