"""What the lab's KMS says of custom key stores is known, text by text."""

from __future__ import annotations

import pytest

from labkit.cloud.kms.custom_stores.failures import Row, table
from labkit.cloud.kms.custom_stores.store import NOT_CONNECTED
from labkit.diagnose import diagnose


@pytest.mark.parametrize(("name", "row"), table().items(), ids=list(table()))
def test_every_failure_of_a_proxy_has_its_layer(name: str, row: Row) -> None:
    """At each kind of operation: the message decides, whatever the code."""
    for code in (row.store, row.create_key, row.use):
        found = diagnose(f"An error occurred ({code}) when calling the Decrypt operation: {row.message}")
        assert found.layer == "custom key store", name
        assert found.mend


@pytest.mark.parametrize("message", NOT_CONNECTED.values())
def test_a_store_that_is_not_connected(message: str) -> None:
    """Of both kinds."""
    found = diagnose(f"An error occurred (KMSInvalidStateException) when calling the Encrypt operation: {message}")
    assert found.layer == "custom key store"


@pytest.mark.parametrize(
    "message",
    [
        "The key spec of the external key must be AES_256. The key spec of specified external key is AES_128.",
        "The status of the external key must be ENABLED. The status of specified external key is DISABLED.",
        "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key is",
        "The external key store proxy rejected the request because it could not find the external key.",
    ],
)
def test_external_keys_at_create_key(message: str) -> None:
    """The external key, not the KMS key, is to be mended."""
    code = "XksKeyInvalidConfigurationException"
    found = diagnose(f"An error occurred ({code}) when calling the CreateKey operation: {message}")
    assert found.layer == "custom key store"
    assert "xternal key" in found.cause
