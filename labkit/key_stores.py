"""What a lab offers for custom key stores: a proxy that its KMS finds, a CloudHSM cluster, a VPC endpoint service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .accounts.behind import Behind
from .cloud.core.entropy import RANDOM, Entropy
from .xks.keys import KeyManager
from .xks.proxy import Proxy

NAME = "https://xks.example.com"


class LabProxy(Proxy):
    """An external key store proxy on this machine that the lab's KMS finds by its name.

    `uri_endpoint` is the name, for XksProxyUriEndpoint. `stop` pulls the plug, `start` puts it in again.
    """

    def __init__(self, remote: Behind, name: str, keys: KeyManager | None) -> None:
        seed = str(remote.get("health")["seed"])
        super().__init__(keys, entropy=Entropy(seed if seed == RANDOM else f"{seed}/xks/{name}"))
        self.uri_endpoint = name
        self._remote = remote

    def start(self, port: int = 0) -> LabProxy:
        """Answer, and let the name stand for the port."""
        super().start(port)
        self._remote.post("xks", name=self.uri_endpoint, address=self.endpoint)
        return self

    def parameters(self) -> dict[str, Any]:
        """Return what CreateCustomKeyStore needs to find it: type, connectivity, endpoint, path and credential."""
        return {
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyUriEndpoint": self.uri_endpoint,
            **self.for_kms(),
        }

    def __repr__(self) -> str:
        # without the port, which is another one at each run
        state = "running" if self.running else "stopped"
        return f"XKS proxy {self.uri_endpoint}{self.uri_path}: {state}, external keys: {len(self.keys.all())}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A simulated CloudHSM cluster. `certificate` is its trust anchor, customerCA.crt."""

    id: str
    certificate: str = field(repr=False)
    _remote: Behind = field(repr=False)

    def change(self, **what: Any) -> Cluster:
        """Break or mend it.

        `hsms=1` (how many work), `state="DEGRADED"`, `password=` of kmsuser (None: no such user), `log_in=` (somebody
        tries a password), and the truth values `network`, `subnets`, `free_addresses`, `private`, `user_logged_in`,
        `deleted`.
        """
        self._remote.post("cloudhsm-change", cluster_id=self.id, **what)
        return self


@dataclass(frozen=True, slots=True)
class EndpointService:
    """A simulated VPC endpoint service in front of a proxy: its name is XksProxyVpcEndpointServiceName."""

    name: str
    private_dns_name: str
    _remote: Behind = field(repr=False)

    def change(self, **what: Any) -> EndpointService:
        """Break or mend it: `allowed` (principals), `zones`, `private_dns_name`, `verified`, `acceptance_required`."""
        self._remote.post("vpc-endpoint-service-change", name=self.name, **what)
        return self


class KeyStores:
    """What the lab made for custom key stores so far; a proxy's name gives the same proxy each time."""

    def __init__(self, remote: Behind, account: str, region: str) -> None:
        self._remote = remote
        self._where = {"account": account, "region": region}
        self._proxies: dict[str, LabProxy] = {}

    def proxy(self, name: str, keys: KeyManager | None) -> LabProxy:
        """Start a proxy, or return the one of this name."""
        if name not in self._proxies:
            self._proxies[name] = LabProxy(self._remote, name, keys).start()
        return self._proxies[name]

    def proxies(self) -> list[LabProxy]:
        """List the proxies, the oldest first."""
        return list(self._proxies.values())

    def map(self, name: str, address: str | None) -> dict[str, str]:
        """Let a name stand for an address, or for none; returns the whole map."""
        told: dict[str, str] = self._remote.post("xks", name=name, address=address)
        return told

    def cluster(self, password: str, hsms: int, backup_of: Cluster | None) -> Cluster:
        """Make a cluster."""
        related = {"backup_of": backup_of.id} if backup_of else {}
        told = self._remote.post("cloudhsm", password=password, hsms=hsms, **self._where, **related)
        return Cluster(told["cluster_id"], told["certificate"], self._remote)

    def endpoint_service(self, private_dns_name: str) -> EndpointService:
        """Make a VPC endpoint service."""
        told = self._remote.post("vpc-endpoint-service", private_dns_name=private_dns_name, **self._where)
        return EndpointService(told["name"], told["private_dns_name"], self._remote)
