"""`CustomKeyStore`, its proxy's configuration, and which state allows what (store-states.tsv)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from ...core.errors import AwsError

State = Literal["DISCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING", "FAILED"]
CLOUDHSM, EXTERNAL = "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"
PUBLIC, VPC = "PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE"

NOT_CONNECTED: MappingProxyType[str, str] = MappingProxyType(
    {
        # the spec of the proxy API, "Error codes", its last row
        EXTERNAL: "This KMS key is in a custom key store that is not connected to its external key store proxy. "
        "Connect the external key store and try the request again.",
        # KMS Developer Guide, "Troubleshooting a custom key store"
        CLOUDHSM: "KMS cannot communicate with your CloudHSM cluster",
    }
)
"""What a cryptographic operation and CreateKey say of a store that is not CONNECTED."""


@dataclass(frozen=True, slots=True)
class ProxyConfiguration:
    """How KMS reaches the proxy of an external key store, and how it signs its requests."""

    connectivity: str
    endpoint: str  # https://name, never with a port
    path: str
    access_key_id: str = field(repr=False)
    secret: str = field(repr=False)
    service_name: str | None = None  # of the VPC endpoint service
    service_owner: str | None = None

    def described(self) -> dict[str, Any]:
        """Return XksProxyConfiguration, as DescribeCustomKeyStores has it: without the secret."""
        told: dict[str, Any] = {
            "Connectivity": self.connectivity,
            "AccessKeyId": self.access_key_id,
            "UriEndpoint": self.endpoint,
            "UriPath": self.path,
        }
        if self.connectivity == VPC:
            told |= {"VpcEndpointServiceName": self.service_name, "VpcEndpointServiceOwner": self.service_owner}
        return told


@dataclass(eq=False)
class CustomKeyStore:
    """A custom key store of one account and Region."""

    id: str
    account: str
    region: str
    name: str
    kind: str  # AWS_CLOUDHSM or EXTERNAL_KEY_STORE
    created: datetime
    cluster_id: str | None = None
    trust_anchor: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)  # of the kmsuser, as KMS believes it to be
    proxy: ProxyConfiguration | None = None
    credential_since: datetime | None = None
    state: State = "DISCONNECTED"
    error_code: str | None = None
    connection: int = 0  # counts connections: one that was broken off finds another number when its time has come
    fleet: tuple[str, ...] = ()  # health of the external key managers, as GetHealthStatus told last

    @property
    def connected(self) -> bool:
        """Whether its keys can be used and made."""
        return self.state == "CONNECTED"

    @property
    def external(self) -> bool:
        """Whether its keys are outside AWS."""
        return self.kind == EXTERNAL

    @property
    def not_connected(self) -> str:
        """What an operation on one of its keys says while it is not connected."""
        return NOT_CONNECTED[self.kind]

    def notes(self) -> dict[str, Any]:
        """Return what CloudTrail shows of the store beside a call on it (additionalEventData)."""
        return {"customKeyStoreName": self.name, **({"clusterId": self.cluster_id} if self.cluster_id else {})}

    def described(self) -> dict[str, Any]:
        """Return the entry of DescribeCustomKeyStores."""
        entry: dict[str, Any] = {
            "CustomKeyStoreId": self.id,
            "CustomKeyStoreName": self.name,
            "CloudHsmClusterId": self.cluster_id,
            "TrustAnchorCertificate": self.trust_anchor,
            "ConnectionState": self.state,
            "ConnectionErrorCode": self.error_code if self.state == "FAILED" else None,
            "CreationDate": self.created,
            "CustomKeyStoreType": self.kind,
            "XksProxyConfiguration": self.proxy.described() if self.proxy else None,
        }
        return {name: value for name, value in entry.items() if value is not None}


def require_state(store: CustomKeyStore, act: str, changes: frozenset[str] = frozenset()) -> None:
    """CustomKeyStoreInvalidStateException unless the store's state allows the act ("connect", "update", …).

    `changes` are the parameters of an update. The words are ours: AWS documents the exception and not its message.
    """
    allowed = store_states()[store.state][act]
    if allowed == "yes" or allowed == store.kind:
        return
    if allowed == "some" and changes <= _WHILE_CONNECTED[store.kind]:
        return
    said = (
        f"The custom key store {store.id} has the connection state {store.state}, which is not valid for this request."
    )
    raise AwsError("CustomKeyStoreInvalidStateException", said)


_WHILE_CONNECTED: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        CLOUDHSM: frozenset({"NewCustomKeyStoreName"}),
        EXTERNAL: frozenset({"NewCustomKeyStoreName", "XksProxyAuthenticationCredential", "XksProxyUriPath"}),
    }
)
"""What UpdateCustomKeyStore can change of a store that is CONNECTED (its documentation)."""


@lru_cache(maxsize=1)
def store_states() -> Mapping[str, Mapping[str, str]]:
    """Read store-states.tsv: state -> act -> "yes", "no", "some"."""
    text = (files(__package__) / "store-states.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return MappingProxyType({row.pop("state"): row for row in csv.DictReader(lines, delimiter="\t")})
