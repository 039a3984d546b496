"""CreateKey: a new KMS key of any spec, with material from KMS or waiting for imported material."""

from __future__ import annotations

from typing import Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from .. import specs
from ..custom_stores.failures import ProxyFailure
from ..custom_stores.store import CLOUDHSM, EXTERNAL, CustomKeyStore
from ..material import generate
from ..model import Key, MultiRegion
from ..specs import KeySpec
from ..store import Store, key_arn
from .custom_store_rules import usable_cluster
from .describe import key_metadata
from .policies import checked_policy
from .tags import merged_tags


def plan(_store: Store, call: Call) -> tuple[Target, ...]:
    """kms:CreateKey, and kms:TagResource if the key is born with tags; both by IAM policy.

    "At a minimum, the permission must cover all KMS keys in the account and Region" ("CreateKey: Add tags to a new KMS
    key", KMS Developer Guide): a policy on key/* is enough, one on particular keys is not.
    """
    targets = [Target("kms:CreateKey", "*")]
    if call.params.get("Tags"):
        targets.append(Target("kms:TagResource", key_arn(call.account, call.region, "*")))
    return tuple(targets)


def create(store: Store, call: Call) -> dict[str, Any]:
    """CreateKey."""
    params = call.params
    spec = _spec(params)
    usage = _usage(params, spec)
    origin = params.get("Origin", "AWS_KMS")
    home = _custom_store(store, call, spec, origin)
    if origin == "EXTERNAL" and spec.family == "ml-dsa":
        # "Importing ML-DSA keys is not supported" (Requirements for imported key material); the error isn't known.
        raise AwsError("UnsupportedOperationException", None)
    tags = merged_tags({}, params.get("Tags") or [])
    multi_region = bool(params.get("MultiRegion"))
    key_id = f"mrk-{store.entropy.token_hex(32)}" if multi_region else store.entropy.uuid()
    key = Key(
        id=key_id,
        arn=key_arn(call.account, call.region, key_id),
        account=call.account,
        region=call.region,
        created=call.time,
        spec=spec,
        usage=usage,
        origin=origin,
        policy="",
        description=params.get("Description") or "",
        tags=tags,
        custom_store=home,
        xks_key_id=params.get("XksKeyId") or "",
    )
    key.policy = checked_policy(store, call, key)
    if origin != "EXTERNAL":  # in an external key store, too, KMS has material of its own: double encryption
        key.materials.append(generate(spec, key_id, store.entropy))
    if home is not None and home.cluster_id:
        store.custom_stores.clusters[home.cluster_id].material[key_id] = key.materials[0].secret or b""
    if multi_region:
        key.group = MultiRegion(key, [])
    store.add(key)
    return {"KeyMetadata": key_metadata(key, call.time)}


def _spec(params: dict[str, Any]) -> KeySpec:
    names = [params[name] for name in ("KeySpec", "CustomerMasterKeySpec") if params.get(name)]
    if len(names) == 2:
        # Recorded from the real service (nsmithuk/local-kms, functional tests, 2021).
        said = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request."
        raise AwsError("ValidationException", f"{said} CustomerMasterKeySpec is deprecated.")
    name = names[0] if names else "SYMMETRIC_DEFAULT"
    if name in specs.ONLY_IN_CHINA:
        # Recorded from the real service (floci-io/floci, KmsIntegrationTest, 2026).
        raise AwsError("UnsupportedOperationException", f"KeySpec {name} is not supported in this Region")
    if name in specs.NOT_SIMULATED:
        raise AwsError("UnsupportedOperationException", f"The simulated account has no keys of spec {name}.")
    return specs.SPECS[name]


def _usage(params: dict[str, Any], spec: KeySpec) -> str:
    usage = params.get("KeyUsage")
    if usage is None:
        if spec is not specs.SYMMETRIC:
            raise AwsError(
                "ValidationException",
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
            )
        return specs.ENCRYPT
    if usage not in spec.usages:
        # Recorded from the real service in 2026 (floci-io/floci, KmsIntegrationTest); the ledger has older words.
        raise AwsError("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec.name}.")
    return str(usage)


def _custom_store(store: Store, call: Call, spec: KeySpec, origin: str) -> CustomKeyStore | None:
    """The connected store that the key will be in, if it will be in one.

    Codes by the documentation of CreateKey's parameters and exceptions; which of them comes first is not known. The
    texts of XksKeyInvalidConfigurationException are the guide's ("Troubleshooting external key stores").
    """
    params, custom = call.params, origin in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
    found = store.custom_stores.find(call) if params.get("CustomKeyStoreId") else None
    if custom and found is None:
        raise AwsError("ValidationException", f"Origin {origin} needs a CustomKeyStoreId.")
    if (params.get("XksKeyId") is not None) != (origin == "EXTERNAL_KEY_STORE"):
        raise AwsError("ValidationException", "XksKeyId goes with Origin EXTERNAL_KEY_STORE, and with no other.")
    if found is None:
        return None
    if origin != _ORIGINS[found.kind]:
        said = f"A KMS key in a custom key store of type {found.kind} has the origin {_ORIGINS[found.kind]}."
        raise AwsError("ValidationException", said)
    if spec is not specs.SYMMETRIC or params.get("MultiRegion"):
        raise AwsError("UnsupportedOperationException", None)
    if not found.connected:
        raise AwsError("CustomKeyStoreInvalidStateException", found.not_connected)
    if found.external:
        _require_external_key(store, call, found)
    else:
        _require_cluster(store, call, found)
    return found


_ORIGINS = {CLOUDHSM: "AWS_CLOUDHSM", EXTERNAL: "EXTERNAL_KEY_STORE"}


def _require_cluster(store: Store, call: Call, found: CustomKeyStore) -> None:
    """The store's cluster can take a key; of what may be wrong with one, CreateKey's errors have a single name."""
    try:
        usable_cluster(store.custom_stores, call, found.cluster_id or "")
    except AwsError:
        raise AwsError("CloudHsmClusterInvalidConfigurationException", None) from None


def _require_external_key(store: Store, call: Call, found: CustomKeyStore) -> None:
    """The external key is nobody else's, and is what KMS needs (GetKeyMetadata)."""
    named = call.params["XksKeyId"]
    if any(key.xks_key_id == named for key in store.keys_in(found)):
        raise AwsError("XksKeyAlreadyInUseException", None)
    try:
        spec, usage, status = store.custom_stores.proxies.key_metadata(found, call, named)
    except ProxyFailure as failed:
        raise failed.at_create_key() from None
    said = ""
    if spec != "AES_256":
        said = f"The key spec of the external key must be AES_256. The key spec of specified external key is {spec}."
    elif status != "ENABLED":
        said = f"The status of the external key must be ENABLED. The status of specified external key is {status}."
    elif not {"ENCRYPT", "DECRYPT"} <= set(usage):
        said = (
            "The key usage of the external key must include ENCRYPT and DECRYPT. "
            f"The key use of specified external key is {', '.join(usage)}."
        )
    if said:
        raise AwsError("XksKeyInvalidConfigurationException", said)
