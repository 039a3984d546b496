"""What a lab offers for custom key stores. The proxy and all that it needs is loaded when a lab asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .accounts.behind import Behind
from .errors import LabError

if TYPE_CHECKING:
    from .key_stores import Cluster, EndpointService, KeyStores, LabProxy
    from .xks.keys import KeyManager


class OffersKeyStores:
    """A part of `Lab`: proxies of external key stores, CloudHSM clusters, VPC endpoint services."""

    account_id: str
    region: str
    _remote: Behind
    _made: KeyStores | None = None

    def xks_proxy(self, name: str = "https://xks.example.com", keys: KeyManager | None = None) -> LabProxy:
        """Start an external key store proxy on this machine that the lab's KMS finds by this name; once a name.

        `keys` is a key manager (`labkit.xks.FileKeys`, `labkit.xks.pkcs11_keys.Pkcs11Keys`); else keys in memory that
        follow from the lab's seed. `labkit xks-proxy` runs one in a process of its own.
        """
        return self._stores().proxy(name, keys)

    def xks_proxies(self) -> list[LabProxy]:
        """List the proxies of this lab that `xks_proxy` has started, the oldest first, also those that were stopped."""
        return [] if self._made is None else self._made.proxies()

    def map_xks_proxy(self, name: str, address: str | None) -> dict[str, str]:
        """Let the lab's KMS find a proxy of yours: "https://xks.example.com" stands for "http://127.0.0.1:PORT".

        None as the address takes the name off the map. Only addresses of this machine are called. The whole map.
        """
        return self._stores().map(name, address)

    def cloudhsm_cluster(self, password: str, hsms: int = 2, backup_of: Cluster | None = None) -> Cluster:
        """Make a simulated CloudHSM cluster whose kmsuser has this password; `backup_of`: with the same certificate."""
        return self._stores().cluster(password, hsms, backup_of)

    def vpc_endpoint_service(self, private_dns_name: str) -> EndpointService:
        """Make a simulated VPC endpoint service in front of a proxy of this private DNS name, as KMS needs it."""
        return self._stores().endpoint_service(private_dns_name)

    def _stores(self) -> KeyStores:
        self._remote.require()
        if self._made is None:
            try:
                from .key_stores import KeyStores
            except ImportError as missing:  # a proxy is an HTTP server: no browser's Python has what that takes
                raise LabError(f"Custom key stores need sockets, and this Python lacks a part: {missing}.") from None

            self._made = KeyStores(self._remote, self.account_id, self.region)
        return self._made
