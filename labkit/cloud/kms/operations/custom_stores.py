"""Custom key stores (AWS CloudHSM, external): a lab has nothing to make one of, and so none is ever found."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from ..store import Store

_NEEDED = MappingProxyType(
    {
        "AWS_CLOUDHSM": ("CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate"),
        "EXTERNAL_KEY_STORE": (
            "XksProxyUriEndpoint",
            "XksProxyUriPath",
            "XksProxyAuthenticationCredential",
            "XksProxyConnectivity",
        ),
    }
)
"""What each type "is required for" (CreateCustomKeyStore, its parameters)."""


def create(_store: Store, call: Call) -> dict[str, Any]:
    """CreateCustomKeyStore, where there is no CloudHSM cluster, no endpoint service and no way out to a proxy.

    Codes as AWS has them for each of these; the texts are ours.
    """
    kind = call.params.get("CustomKeyStoreType", "AWS_CLOUDHSM")
    missing = [name for name in _NEEDED[kind] if call.params.get(name) is None]
    if missing:
        raise AwsError("ValidationException", f"A custom key store of type {kind} needs {', '.join(missing)}.")
    if kind == "AWS_CLOUDHSM":
        raise AwsError("CloudHsmClusterNotFoundException", "The simulated account has no AWS CloudHSM clusters.")
    if call.params["XksProxyConnectivity"] == "VPC_ENDPOINT_SERVICE":
        code = "XksProxyVpcEndpointServiceNotFoundException"
        raise AwsError(code, "The simulated account has no VPC endpoint services.")
    raise AwsError("XksProxyUriUnreachableException", "The simulated account reaches no external key store proxy.")


def describe(_store: Store, call: Call) -> dict[str, Any]:
    """DescribeCustomKeyStores: there are none."""
    if call.params.get("CustomKeyStoreId") or call.params.get("CustomKeyStoreName"):
        raise AwsError("CustomKeyStoreNotFoundException", None)
    if call.params.get("Marker") is not None:
        raise AwsError("InvalidMarkerException", None)
    return {"CustomKeyStores": [], "Truncated": False}


def on_one(_store: Store, _call: Call) -> dict[str, Any]:
    """Connect-, Disconnect-, Update- and DeleteCustomKeyStore name a store, and there is none."""
    raise AwsError("CustomKeyStoreNotFoundException", None)
