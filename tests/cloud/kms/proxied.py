"""A KMS whose external key stores have a proxy within reach: the real one, without a socket."""

from __future__ import annotations

from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from labkit.cloud.core.entropy import Entropy
from labkit.cloud.kms.custom_stores.failures import NO_CONNECTION, ProxyFailure
from labkit.cloud.kms.custom_stores.store import ProxyConfiguration
from labkit.cloud.wire.protocols import HttpRequest
from labkit.xks import FileKeys, Proxy

ENDPOINT = "https://xks.example.com"
PASSWORD = "kmsPassword"


class Reach:
    """Carries requests to proxies by their names; `failure` is what happens to each instead, if it says so."""

    def __init__(self) -> None:
        entropy = Entropy("proxied")
        self.proxy = Proxy(FileKeys(entropy=entropy), entropy=entropy)
        for key_id in ("one", "two", "three"):
            self.proxy.keys.create(key_id)
        self.known = {ENDPOINT: self.proxy}
        self.failure = ""
        self.instead: tuple[int, bytes] | None = None
        self.sent: list[bytes] = []

    def __call__(self, proxy: ProxyConfiguration, region: str, path: str, body: bytes) -> tuple[int, bytes]:
        """The answer's status and body."""
        self.sent.append(body)
        if self.failure or proxy.endpoint not in self.known:
            raise ProxyFailure(self.failure or NO_CONNECTION)
        if self.instead is not None:
            return self.instead
        signed = AWSRequest("POST", f"{proxy.endpoint}{path}", data=body, headers={"Host": "xks.example.com"})
        SigV4Auth(Credentials(proxy.access_key_id, proxy.secret), "kms-xks-proxy", region).add_auth(signed)
        headers = {name.lower(): value for name, value in signed.headers.items()}
        answer = self.known[proxy.endpoint]._answer(HttpRequest("POST", path, "", headers, body), lambda _: None)
        return answer.status, answer.body

    def parameters(self, **changes: Any) -> dict[str, Any]:
        """What CreateCustomKeyStore needs."""
        given = {
            "CustomKeyStoreName": "external",
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyUriEndpoint": ENDPOINT,
            **self.proxy.for_kms(),
        } | changes
        return {name: value for name, value in given.items() if value is not None}


def reaching(world: Any) -> Reach:
    """Give a world's KMS a proxy."""
    reach = Reach()
    world.kms.custom_stores.proxies.caller = reach
    return reach


def described(world: Any, store: str) -> dict[str, Any]:
    """The store's entry."""
    (entry,) = world.call("DescribeCustomKeyStores", CustomKeyStoreId=store)["CustomKeyStores"]
    return dict(entry)


def external_store(world: Any, reach: Reach, **changes: Any) -> str:
    """A connected external key store."""
    store = str(world.call("CreateCustomKeyStore", **reach.parameters(**changes))["CustomKeyStoreId"])
    world.call("ConnectCustomKeyStore", CustomKeyStoreId=store)
    world.advance(minutes=5)
    assert described(world, store)["ConnectionState"] == "CONNECTED"
    return store


def external_key(world: Any, store: str, key_id: str = "one") -> str:
    """The ARN of a key in it."""
    made = world.create(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=key_id)
    return str(made["Arn"])


def new_cluster(world: Any, certificate: str = "certificate", hsms: int = 2) -> Any:
    """A CloudHSM cluster."""
    return world.kms.custom_stores.new_cluster(world.account, world.region, PASSWORD, certificate, hsms)


def cluster_store(world: Any, cluster: Any, name: str = "hsm", **changes: Any) -> str:
    """A CloudHSM key store, not connected."""
    given = {"CustomKeyStoreName": name, "CloudHsmClusterId": cluster.id, "KeyStorePassword": PASSWORD,
             "TrustAnchorCertificate": cluster.certificate} | changes  # fmt: skip
    return str(world.call("CreateCustomKeyStore", **given)["CustomKeyStoreId"])
