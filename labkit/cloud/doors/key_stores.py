"""The lab's own calls for custom key stores: names of proxies, CloudHSM clusters, VPC endpoint services.

They make and break what stands outside KMS: on AWS a data centre, a cluster and a network, here a hook each.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ..assembly.cloud import Cloud
from ..core.botocore_data import service_model
from ..kms.custom_stores.surroundings import Cluster, EndpointService, Hsm

_SWITCHES = ("subnets", "free_addresses", "private", "network", "user_logged_in", "deleted")
_SERVICE_SWITCHES = ("acceptance_required", "verified")


def map_proxy(cloud: Cloud, given: dict[str, Any]) -> dict[str, str]:
    """POST xks: let a name stand for an address; without an address it stands for none any more."""
    name, address = _text(given, "name"), given.get("address")
    with cloud.gateway.still():
        if address is None:
            cloud.xks.forget(name)
        else:
            cloud.xks.map(name, str(address))
        return cloud.xks.all()


def new_cluster(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    """POST cloudhsm: make an active cluster, with a kmsuser of this password."""
    account, region, password = (_text(given, name) for name in ("account", "region", "password"))
    if not 7 <= len(password) <= 32:
        raise ValueError("The password of kmsuser has 7 to 32 characters.")
    hsms = int(given.get("hsms", 2))
    if not 0 <= hsms <= 28:
        raise ValueError("A cluster has up to 28 HSMs.")
    with cloud.gateway.still():
        stores = cloud.kms.custom_stores
        related = stores.clusters.get(str(given.get("backup_of")))
        certificate = related.certificate if related else _certificate(cloud)
        made = stores.new_cluster(account, region, password, certificate, hsms)
        if related is not None:
            made.material |= related.material
        return _told(made)


def change_cluster(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    """POST cloudhsm-change: break or mend a cluster."""
    _require_known(given, "cluster_id", *_SWITCHES, "state", "hsms", "password", "log_in")
    with cloud.gateway.still():
        cluster = cloud.kms.custom_stores.clusters.get(_text(given, "cluster_id"))
        if cluster is None:
            raise ValueError("There is no such cluster.")
        for name in _SWITCHES:
            if name in given:
                setattr(cluster, name, bool(given[name]))
        if "state" in given:
            states = service_model("cloudhsmv2").shape_for("ClusterState").enum
            if given["state"] not in states:
                raise ValueError(f"The state of a cluster is one of {', '.join(states)}.")
            cluster.state = str(given["state"])
        if "hsms" in given:
            cluster.hsms = [Hsm(f"{cluster.id.replace('cluster', 'hsm')}{n}", cluster.region + "abcdef"[n % 6])
                            for n in range(int(given["hsms"]))]  # fmt: skip
        if "password" in given:
            cluster.set_password(given["password"])
        if "log_in" in given:
            cluster.log_in(str(given["log_in"]))
        return _told(cluster)


def new_endpoint_service(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    """POST vpc-endpoint-service: make one in front of a proxy, as KMS needs it."""
    account, region, name = (_text(given, key) for key in ("account", "region", "private_dns_name"))
    with cloud.gateway.still():
        return _told_service(cloud.kms.custom_stores.new_endpoint_service(account, region, name))


def change_endpoint_service(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    """POST vpc-endpoint-service-change: break or mend one."""
    _require_known(given, "name", *_SERVICE_SWITCHES, "zones", "private_dns_name", "allowed")
    with cloud.gateway.still():
        service = cloud.kms.custom_stores.endpoint_services.get(_text(given, "name"))
        if service is None:
            raise ValueError("There is no such VPC endpoint service.")
        for name in _SERVICE_SWITCHES:
            if name in given:
                setattr(service, name, bool(given[name]))
        if "zones" in given:
            service.zones = int(given["zones"])
        if "private_dns_name" in given:
            service.private_dns_name = str(given["private_dns_name"])
        if "allowed" in given:
            service.allowed = {str(each) for each in given["allowed"]}
        return _told_service(service)


ANSWERS: dict[str, Callable[[Cloud, dict[str, Any]], Any]] = {
    "GET xks": lambda cloud, _: cloud.xks.all(),
    "POST xks": map_proxy,
    "POST cloudhsm": new_cluster,
    "POST cloudhsm-change": change_cluster,
    "POST vpc-endpoint-service": new_endpoint_service,
    "POST vpc-endpoint-service-change": change_endpoint_service,
}


def _told(cluster: Cluster) -> dict[str, Any]:
    return {"cluster_id": cluster.id, "certificate": cluster.certificate, "hsms": len(cluster.active_hsms)}


def _told_service(service: EndpointService) -> dict[str, Any]:
    return {"name": service.name, "private_dns_name": service.private_dns_name, "allowed": sorted(service.allowed)}


def _require_known(given: dict[str, Any], *names: str) -> None:
    """ValueError for a name that changes nothing: a lesson would go on as if something were broken."""
    if unknown := sorted(given.keys() - set(names)):
        raise ValueError(f"There is no {unknown[0]!r} to change: there are {', '.join(names[1:])}.")


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise ValueError(f"The request needs {name}, a text.")
    return value


def _certificate(cloud: Cloud) -> str:
    """The trust anchor of a new cluster: signed by a key that follows from the seed, and that nobody keeps."""
    entropy = cloud.kms.custom_stores.entropy
    key = Ed25519PrivateKey.from_private_bytes(entropy.token_bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "customerCA of the lab")])
    now = cloud.clock.now().replace(microsecond=0)
    builder = x509.CertificateBuilder(name, name, key.public_key(), int.from_bytes(entropy.token_bytes(8)) | 1)
    signed = builder.not_valid_before(now).not_valid_after(now + timedelta(days=3652)).sign(key, None)
    return signed.public_bytes(Encoding.PEM).decode()
