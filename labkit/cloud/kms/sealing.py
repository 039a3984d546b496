"""Encryption under a symmetric KMS key, wherever its material is: in KMS, in a cluster, outside AWS."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.call import Call
from ..core.errors import AwsError
from . import ciphertext, external_ciphertext
from .custom_stores.failures import ProxyFailure
from .model import Key
from .operation import refuse_dry_run, usable_material
from .store import Store


def seal(store: Store, call: Call, key: Key, plaintext: bytes, context: Mapping[str, str]) -> tuple[bytes, str | None]:
    """Return the blob, and the id of the material for the answer: keys of custom key stores have none to tell.

    ("CurrentKeyMaterialId … is present for symmetric encryption keys with AWS_KMS or EXTERNAL origin", KeyMetadata.)
    """
    material = usable_material(key)
    if key.custom_store is None:
        return ciphertext.seal(plaintext, context, material, store.entropy), material.id
    _require_backing(store, key)
    if not key.xks_key_id:
        return ciphertext.seal(plaintext, context, material, store.entropy), None
    refuse_dry_run(call)  # KMS is not known to ask the proxy for a dry run
    header, doubly, aad = external_ciphertext.inner(plaintext, context, material, store.entropy)
    try:
        sealed = store.custom_stores.proxies.encrypt(key.custom_store, call, (key.arn, key.xks_key_id), doubly, aad)
    except ProxyFailure as failed:
        raise failed.at_use() from None
    return external_ciphertext.assemble(header, sealed), None


def unseal(store: Store, call: Call, key: Key, blob: bytes, context: Mapping[str, str]) -> tuple[bytes, str | None]:
    """Return the plaintext, and the id of the material for the answer, as `seal` does."""
    material = key.material(external_ciphertext.material_id(blob))
    assert material is not None  # check_source has seen to that
    if key.custom_store is not None:
        _require_backing(store, key)
    if not key.xks_key_id:
        plaintext = ciphertext.unseal(ciphertext.parse(blob), context, material)
        return plaintext, None if key.custom_store is not None else material.id
    if not external_ciphertext.is_external(blob):
        raise ciphertext.invalid()
    refuse_dry_run(call)
    assert key.custom_store is not None
    parsed, proxies = external_ciphertext.parse(blob), store.custom_stores.proxies
    aad = external_ciphertext.additional_data(parsed, context)
    try:
        opened = proxies.decrypt(key.custom_store, call, (key.arn, key.xks_key_id), parsed.sealed, aad)
        return external_ciphertext.open_inner(parsed, opened, context, material), None
    except ProxyFailure as failed:
        raise failed.at_use() from None


def _require_backing(store: Store, key: Key) -> None:
    """KMSInvalidStateException where the key's cluster does not answer, although its store is CONNECTED."""
    assert key.custom_store is not None
    if key.custom_store.external:
        return
    cluster = store.custom_stores.answering(key.custom_store)
    if cluster is None or key.id not in cluster.material:
        raise AwsError("KMSInvalidStateException", key.custom_store.not_connected)
