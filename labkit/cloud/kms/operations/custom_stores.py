"""The six operations on custom key stores: of AWS CloudHSM, and external ones."""

from __future__ import annotations

from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from ..custom_stores.failures import ProxyFailure
from ..custom_stores.store import CLOUDHSM, EXTERNAL, VPC, CustomKeyStore, ProxyConfiguration, require_state
from ..paging import cut
from ..store import Store
from . import custom_store_rules as rules

MOST = 10
"""Stores of an account in a Region, connected or not ("Quotas", KMS Developer Guide; adjustable since 2026)."""
PAGE = 100, 1000
"""Stores of an answer, unless Limit says so, and the most (Limit); the first number is not documented."""


def create(store: Store, call: Call) -> dict[str, Any]:
    """CreateCustomKeyStore. An external store with a public endpoint is tried at once (GetHealthStatus)."""
    params, stores = call.params, store.custom_stores
    kind = params.get("CustomKeyStoreType", CLOUDHSM)
    rules.require_parameters(kind, params)
    rules.require_new_name(stores, call, params["CustomKeyStoreName"])
    if len(stores.of(call.account, call.region)) >= MOST:
        raise AwsError("LimitExceededException", None)
    made = CustomKeyStore("", call.account, call.region, params["CustomKeyStoreName"], kind, call.time)
    if kind == CLOUDHSM:
        cluster = rules.usable_cluster(stores, call, params["CloudHsmClusterId"])
        rules.require_own_cluster(stores, call, cluster)
        if params["TrustAnchorCertificate"].strip() != cluster.certificate.strip():
            raise AwsError("IncorrectTrustAnchorException", None)
        made.cluster_id, made.trust_anchor = cluster.id, params["TrustAnchorCertificate"]
        made.password = params["KeyStorePassword"]
    else:
        made.proxy = rules.configuration(call, None)
        made.credential_since = call.time
        rules.require_own_proxy(stores, call, made, made.proxy)
        rules.require_usable_service(stores, call, made.proxy)
        if made.proxy.connectivity != VPC:
            _try(store, made, made.proxy, call)
    made.id = stores.new_id()
    stores.add(made)
    return {"CustomKeyStoreId": made.id}


def describe(store: Store, call: Call) -> dict[str, Any]:
    """DescribeCustomKeyStores, the oldest first."""
    params, found = call.params, store.custom_stores.of(call.account, call.region)
    wanted_id, wanted_name = params.get("CustomKeyStoreId"), params.get("CustomKeyStoreName")
    if wanted_id and wanted_name:
        raise AwsError("ValidationException", "Give CustomKeyStoreId or CustomKeyStoreName, not both.")
    if wanted_id or wanted_name:
        found = [each for each in found if wanted_id == each.id or wanted_name == each.name]
        if not found:
            raise AwsError("CustomKeyStoreNotFoundException", None)
    stores, answer = cut(call, found, *PAGE)
    return {"CustomKeyStores": [each.described() for each in stores], **answer}


def connect(store: Store, call: Call) -> dict[str, Any]:
    """ConnectCustomKeyStore: begins the connection, and says nothing of its success."""
    found = _found(store, call)
    require_state(found, "connect")
    store.custom_stores.connect(found, call)
    return {}


def disconnect(store: Store, call: Call) -> dict[str, Any]:
    """DisconnectCustomKeyStore."""
    found = _found(store, call)
    require_state(found, "disconnect")
    store.custom_stores.disconnect(found, call.time)
    return {}


def delete(store: Store, call: Call) -> dict[str, Any]:
    """DeleteCustomKeyStore: what it stood on stays, keys must be gone."""
    found = _found(store, call)
    require_state(found, "delete")
    if store.keys_in(found):
        raise AwsError("CustomKeyStoreHasCMKsException", None)
    store.custom_stores.remove(found)
    return {}


def update(store: Store, call: Call) -> dict[str, Any]:
    """UpdateCustomKeyStore: everything is looked at before anything is changed."""
    params, stores, found = call.params, store.custom_stores, _found(store, call)
    changes = frozenset(name for name, value in params.items() if value is not None) - {"CustomKeyStoreId"}
    rules.require_changes(found, changes)
    require_state(found, "update", changes)
    name = params.get("NewCustomKeyStoreName")
    if name is not None and name != found.name:
        rules.require_new_name(stores, call, name)
    if found.kind == EXTERNAL and changes - {"NewCustomKeyStoreName"}:
        _update_proxy(store, call, found, changes)
    if params.get("CloudHsmClusterId") is not None:
        cluster = rules.usable_cluster(stores, call, params["CloudHsmClusterId"])
        if cluster.certificate.strip() != (found.trust_anchor or "").strip():
            raise AwsError("CloudHsmClusterNotRelatedException", None)
        found.cluster_id = cluster.id
    found.password = params.get("KeyStorePassword", found.password)
    found.name = name or found.name
    return {}


def _update_proxy(store: Store, call: Call, found: CustomKeyStore, changes: frozenset[str]) -> None:
    stores = store.custom_stores
    assert found.proxy is not None
    proxy = rules.configuration(call, found.proxy)
    rules.require_fitting(found.proxy, proxy, changes)
    rules.require_own_proxy(stores, call, found, proxy)
    rules.require_usable_service(stores, call, proxy)
    _try(store, found, proxy, call)
    if call.params.get("XksProxyAuthenticationCredential"):
        found.credential_since = call.time
    found.proxy = proxy


def _try(store: Store, of: CustomKeyStore, proxy: ProxyConfiguration, call: Call) -> None:
    try:
        store.custom_stores.proxies.health(of, proxy, call)
    except ProxyFailure as failed:
        raise failed.at_store() from None


def _found(store: Store, call: Call) -> CustomKeyStore:
    """The store that the call names; its record tells of it, also if the call is refused."""
    found = store.custom_stores.find(call)
    call.notes |= found.notes()
    if found.cluster_id and call.operation == "UpdateCustomKeyStore" and call.params.get("CloudHsmClusterId"):
        call.notes["clusterId"] = call.params["CloudHsmClusterId"]
    return found
