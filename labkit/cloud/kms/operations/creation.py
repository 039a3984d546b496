"""CreateKey: a new KMS key of any spec, with material from KMS or waiting for imported material."""

from __future__ import annotations

from typing import Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from .. import specs
from ..material import generate
from ..model import Key, MultiRegion
from ..specs import KeySpec
from ..store import Store, key_arn
from .describe import key_metadata
from .policies import checked_policy
from .tags import merged_tags


def plan(_store: Store, call: Call) -> tuple[Target, ...]:
    """kms:CreateKey, and kms:TagResource if the key is born with tags; both by IAM policy."""
    targets = [Target("kms:CreateKey", "*")]
    if call.params.get("Tags"):
        targets.append(Target("kms:TagResource", "*"))
    return tuple(targets)


def create(store: Store, call: Call) -> dict[str, Any]:
    """CreateKey."""
    params = call.params
    spec = _spec(params)
    usage = _usage(params, spec)
    origin = params.get("Origin", "AWS_KMS")
    _refuse_custom_stores(params, origin)
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
    )
    key.policy = checked_policy(store, call, key)
    if origin == "AWS_KMS":
        key.materials.append(generate(spec, key_id, store.entropy))
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
        raise AwsError("UnsupportedOperationException", f"Key spec {name} is available in the China Regions only.")
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
    if usage not in spec.usages and spec is specs.SYMMETRIC:
        # Recorded from the real service (nsmithuk/local-kms, functional tests, 2021).
        said = f"The operation failed because the KeyUsage value of the CMK is {usage}."
        raise AwsError(
            "ValidationException", f"{said} To perform this operation, the KeyUsage value must be {specs.ENCRYPT}."
        )
    if usage not in spec.usages:
        raise AwsError("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec.name}")
    return str(usage)


def _refuse_custom_stores(params: dict[str, Any], origin: str) -> None:
    """No custom key store can be made here, so that none can be found; the ledger says so."""
    if params.get("CustomKeyStoreId"):
        raise AwsError("CustomKeyStoreNotFoundException", None)
    if origin in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"):
        raise AwsError("ValidationException", f"Origin {origin} needs a CustomKeyStoreId.")
    if params.get("XksKeyId"):
        raise AwsError("ValidationException", "XksKeyId is valid with Origin EXTERNAL_KEY_STORE only.")
