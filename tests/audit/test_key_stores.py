"""A key in a custom key store that is not connected is a finding, and none once it is."""

from __future__ import annotations

import boto3

import labkit


def test_a_disconnected_store_takes_its_keys_along() -> None:
    """Each key of the store, but for those that wait for their deletion; the mend connects it."""
    lab = labkit.start("audit-key-stores")
    kms, proxy = boto3.client("kms"), lab.xks_proxy()
    store = kms.create_custom_key_store(CustomKeyStoreName="vault", **proxy.parameters())["CustomKeyStoreId"]
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    lab.clock.advance(minutes=5)
    keys = []
    for name in ("one", "two"):
        proxy.keys.create(name)
        made = kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=name)["KeyMetadata"]
        keys.append(made["Arn"])
    kms.schedule_key_deletion(KeyId=keys[1])
    assert lab.audit("key-store-disconnected").findings == ()
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    (finding,) = lab.audit("key-store-disconnected").findings
    assert (finding.resource, finding.severity) == (keys[0], "high")
    assert store in finding.why
    assert finding.mend.cli.startswith(f"aws kms connect-custom-key-store --custom-key-store-id {store}")
    proxy.stop()
