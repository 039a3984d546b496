"""What CreateCustomKeyStore and UpdateCustomKeyStore ask of their parameters, of names, clusters and proxies."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from ..custom_stores.store import CLOUDHSM, EXTERNAL, VPC, CustomKeyStore, ProxyConfiguration
from ..custom_stores.stores import CustomStores
from ..custom_stores.surroundings import Cluster

_NEEDED = MappingProxyType(
    {
        CLOUDHSM: ("CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate"),
        EXTERNAL: (
            "XksProxyUriEndpoint",
            "XksProxyUriPath",
            "XksProxyAuthenticationCredential",
            "XksProxyConnectivity",
        ),
    }
)
"""What each type "is required for" (CreateCustomKeyStore, its parameters)."""
_OF_PROXIES, _OF_SERVICES = "XksProxy", "XksProxyVpcEndpointService"
_OF_CLUSTERS = frozenset({"CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate"})
HSMS_NEEDED = 2


def require_parameters(kind: str, params: dict[str, Any]) -> None:
    """ValidationException, in words of ours, for what a type needs and lacks, and for what is the other type's."""
    needed = list(_NEEDED[kind])
    if params.get("XksProxyConnectivity") == VPC:
        needed.append("XksProxyVpcEndpointServiceName")
    if missing := [name for name in needed if params.get(name) is None]:
        raise AwsError("ValidationException", f"A custom key store of type {kind} needs {', '.join(missing)}.")
    _refuse_others(kind, frozenset(name for name, value in params.items() if value is not None))
    of_services = [name for name in sorted(params) if name.startswith(_OF_SERVICES) and params[name] is not None]
    if kind == EXTERNAL and params["XksProxyConnectivity"] != VPC and of_services:
        raise AwsError("ValidationException", f"{of_services[0]} needs the connectivity VPC_ENDPOINT_SERVICE.")


def require_changes(store: CustomKeyStore, changes: frozenset[str]) -> None:
    """ValidationException for an update of nothing, and of properties that this type has not."""
    if not changes:
        raise AwsError("ValidationException", "Give at least one property to update.")
    _refuse_others(store.kind, changes)


def require_fitting(before: ProxyConfiguration, after: ProxyConfiguration, changes: frozenset[str]) -> None:
    """ValidationException, in words of ours, for changes of connectivity that are half done (UpdateCustomKeyStore).

    "If you change the XksProxyConnectivity … you must also change the XksProxyUriEndpoint"; the service's name and its
    owner are "valid when … the XksProxyConnectivity is VPC_ENDPOINT_SERVICE".
    """
    if after.connectivity != before.connectivity and after.endpoint == before.endpoint:
        raise AwsError("ValidationException", "Another XksProxyConnectivity needs another XksProxyUriEndpoint.")
    of_services = sorted(name for name in changes if name.startswith(_OF_SERVICES))
    if of_services and after.connectivity != VPC:
        raise AwsError("ValidationException", f"{of_services[0]} needs the connectivity VPC_ENDPOINT_SERVICE.")


def _refuse_others(kind: str, given: frozenset[str]) -> None:
    others = {name for name in given if name.startswith(_OF_PROXIES)} if kind == CLOUDHSM else given & _OF_CLUSTERS
    if others:
        said = f"{', '.join(sorted(others))}: not valid for a custom key store of type {kind}."
        raise AwsError("ValidationException", said)


def require_new_name(stores: CustomStores, call: Call, name: str) -> None:
    """CustomKeyStoreNameInUseException for a name that the account has in this Region."""
    if any(each.name == name for each in stores.of(call.account, call.region)):
        raise AwsError("CustomKeyStoreNameInUseException", None)


def usable_cluster(stores: CustomStores, call: Call, cluster_id: str) -> Cluster:
    """Return the caller's cluster, with two active HSMs in two zones; each fault has its own exception."""
    cluster = stores.clusters.get(cluster_id)
    if cluster is None or cluster.deleted or (cluster.account, cluster.region) != (call.account, call.region):
        raise AwsError("CloudHsmClusterNotFoundException", None)
    if cluster.state != "ACTIVE":
        raise AwsError("CloudHsmClusterNotActiveException", None)
    if len(cluster.zones) < HSMS_NEEDED or not cluster.private:
        raise AwsError("CloudHsmClusterInvalidConfigurationException", None)
    return cluster


def require_own_cluster(stores: CustomStores, call: Call, cluster: Cluster) -> None:
    """CloudHsmClusterInUseException: each store has a cluster, and a backup history, of its own."""
    theirs = [each for each in stores.all() if each.account == call.account and each.kind == CLOUDHSM]
    if any(each.cluster_id == cluster.id or (each.trust_anchor or "").strip() == cluster.certificate.strip()
           for each in theirs):  # fmt: skip
        raise AwsError("CloudHsmClusterInUseException", None)


def configuration(call: Call, before: ProxyConfiguration | None) -> ProxyConfiguration:
    """Return the proxy's configuration: what the call gives, and for an update what was there before."""
    params = call.params
    credential = params.get("XksProxyAuthenticationCredential")
    connectivity = params.get("XksProxyConnectivity") or (before.connectivity if before else "")
    service = params.get("XksProxyVpcEndpointServiceName") or (before.service_name if before else None)
    owner = params.get("XksProxyVpcEndpointServiceOwner") or (before.service_owner if before else None)
    if connectivity == VPC and service is None:
        raise AwsError("ValidationException", "VPC_ENDPOINT_SERVICE needs XksProxyVpcEndpointServiceName.")
    return ProxyConfiguration(
        connectivity,
        params.get("XksProxyUriEndpoint") or (before.endpoint if before else ""),
        params.get("XksProxyUriPath") or (before.path if before else ""),
        credential["AccessKeyId"] if credential else before.access_key_id if before else "",
        credential["RawSecretAccessKey"] if credential else before.secret if before else "",
        service if connectivity == VPC else None,
        (owner or call.account) if connectivity == VPC else None,
    )


def require_own_proxy(stores: CustomStores, call: Call, store: CustomKeyStore, proxy: ProxyConfiguration) -> None:
    """XksProxyUriInUse, XksProxyUriEndpointInUse, XksProxyVpcEndpointServiceInUse: what stores may not share.

    Sources: these exceptions, and XksProxyUriEndpoint, in botocore's KMS model.
    """
    for each in stores.of(call.account, call.region):
        other = each.proxy
        if each is store or other is None:
            continue
        vpc = proxy.connectivity == VPC
        if (other.endpoint, other.path) == (proxy.endpoint, proxy.path):
            raise AwsError("XksProxyUriInUseException", None)
        if vpc and other.service_name == proxy.service_name:
            raise AwsError("XksProxyVpcEndpointServiceInUseException", None)
        if other.endpoint == proxy.endpoint and (vpc or other.connectivity == VPC):
            raise AwsError("XksProxyUriEndpointInUseException", None)


def require_usable_service(stores: CustomStores, call: Call, proxy: ProxyConfiguration) -> None:
    """Look at the VPC endpoint service, where there is one."""
    if proxy.connectivity != VPC:
        return
    fault = stores.service_fault(call.account, call.region, proxy)
    if fault:
        suffix = "NotFoundException" if fault == "not found" else "InvalidConfigurationException"
        raise AwsError(f"XksProxyVpcEndpointService{suffix}", None)
