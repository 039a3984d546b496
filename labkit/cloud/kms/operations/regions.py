"""Multi-Region keys: ReplicateKey and UpdatePrimaryRegion.

Related keys share key id, material, spec, usage, origin and rotation; all else is each key's own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from ...core.regions import known_regions
from .. import rotation_schedule
from ..agenda import Happening
from ..identifiers import AcceptedIdentifiers, find_key
from ..material import Material
from ..model import Key
from ..operation import target_key
from ..store import Store, key_arn
from .describe import key_metadata
from .policies import checked_policy
from .tags import as_list, merged_tags

TRANSIENT = timedelta(seconds=5)
"""How long Creating and Updating last. AWS says "a few seconds"."""


def plan_replicate(store: Store, call: Call) -> tuple[Target, ...]:
    """kms:ReplicateKey on the primary; kms:CreateKey (and kms:TagResource) in the replica Region by IAM policy."""
    key = find_key(store, call, call.params["KeyId"], AcceptedIdentifiers.OWN_KEY)
    targets = [Target("kms:ReplicateKey", key.arn, key), Target("kms:CreateKey", "*")]
    if call.params.get("Tags"):
        targets.append(Target("kms:TagResource", key_arn(call.account, call.params["ReplicaRegion"], "*")))
    return tuple(targets)


def replicate(store: Store, call: Call) -> dict[str, Any]:
    """ReplicateKey: the replica is Creating for some seconds, then Enabled, or PendingImport with imported material."""
    primary, region = _primary(call), call.params["ReplicaRegion"]
    assert primary.group is not None
    if region not in known_regions():
        # "KMS must be available in the replica Region" (ReplicaRegion); the real error isn't known
        raise AwsError("UnsupportedOperationException", f"There is no AWS KMS in a Region {region}.")
    if any(key.region == region for key in primary.group.keys):
        raise AwsError("AlreadyExistsException", None)
    until = call.time + TRANSIENT
    replica = Key(
        id=primary.id,
        arn=key_arn(primary.account, region, primary.id),
        account=primary.account,
        region=region,
        created=call.time,
        spec=primary.spec,
        usage=primary.usage,
        origin=primary.origin,
        policy="",
        description=call.params.get("Description") or "",
        tags=merged_tags({}, call.params.get("Tags") or []),
        materials=[_copy(primary, material) for material in primary.materials],
        group=primary.group,
        creating_until=until,
    )
    replica.policy = checked_policy(store, call, replica)
    primary.group.replicas.append(replica)
    store.add(replica)
    rotation_schedule.settle(primary)
    _synchronize_later(store, primary, until)
    answer: dict[str, Any] = {"ReplicaKeyMetadata": key_metadata(replica, call.time), "ReplicaPolicy": replica.policy}
    if replica.tags:
        answer["ReplicaTags"] = as_list(replica.tags)
    return answer


def _copy(primary: Key, material: Material) -> Material:
    """Material that KMS made is copied; imported material must be imported into each replica."""
    secret = None if primary.origin == "EXTERNAL" else material.secret
    kind, time = material.rotation_type, material.rotated
    return Material(material.id, secret, material.asymmetric, material.state, time, kind)


def plan_update_primary(store: Store, call: Call) -> tuple[Target, ...]:
    """kms:UpdatePrimaryRegion on the present primary and on the replica that becomes it."""
    key = find_key(store, call, call.params["KeyId"], AcceptedIdentifiers.OWN_KEY)
    targets = [Target("kms:UpdatePrimaryRegion", key.arn, key)]
    if key.group is not None:
        region = call.params["PrimaryRegion"]
        targets += [
            Target("kms:UpdatePrimaryRegion", other.arn, other)
            for other in key.group.keys
            if other.region == region and other is not key
        ]
    return tuple(targets)


def update_primary(store: Store, call: Call) -> dict[str, Any]:
    """UpdatePrimaryRegion: both keys are Updating for some seconds."""
    old = _primary(call)
    if len(call.targets) < 2:
        # "There must be an existing replica key in this Region" (PrimaryRegion)
        message = f"Key '{key_arn(old.account, call.params['PrimaryRegion'], old.id)}' does not exist"
        raise AwsError("NotFoundException", message)
    new, group = target_key(call, 1), old.group
    assert group is not None
    group.replicas[group.replicas.index(new)] = old
    group.primary = new
    rotation_schedule.hand_over(store, old, new)
    old.updating_until = new.updating_until = call.time + TRANSIENT
    _synchronize_later(store, new, call.time + TRANSIENT)
    return {}


def check_primary(call: Call) -> None:
    """ReplicateKey asks for the primary before its state: so said of a replica that was still Creating.

    Recorded in localstack, test_kms.snapshot.json (2025).
    """
    _primary(call)


def _primary(call: Call) -> Key:
    """The call's key, if it is a multi-Region primary (message recorded, ReplicateKey)."""
    key = target_key(call)
    if not key.primary:
        raise AwsError("UnsupportedOperationException", f"{key.arn} is not a multi-region primary key.")
    return key


def _synchronize_later(store: Store, primary: Key, time: datetime) -> None:
    """KMS copies the shared properties; CloudTrail shows it on the primary (SynchronizeMultiRegionKey)."""

    def holds() -> bool:
        return store.key(primary.account, primary.region, primary.id) is primary

    def act(moment: datetime) -> list[Happening]:
        where = (primary.account, primary.region)
        return [Happening(moment, *where, "SynchronizeMultiRegionKey", primary.arn, {})]

    store.agenda.add(time, holds, act)
