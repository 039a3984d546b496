"""Custom key stores (AWS CloudHSM, external): not simulated. None can be made, and so none is found."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import AwsError
from .store import Store


def create(_store: Store, _call: Call) -> dict[str, Any]:
    """CreateCustomKeyStore: needs a CloudHSM cluster or an external key manager, which a lab doesn't have."""
    raise AwsError(
        "UnsupportedOperationException",
        "The simulated account has no custom key stores: they need an AWS CloudHSM cluster or an external key manager.",
    )


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
