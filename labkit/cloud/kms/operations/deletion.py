"""ScheduleKeyDeletion, CancelKeyDeletion, and the deletion itself when the waiting period is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from .. import rotation_schedule
from ..agenda import Happening
from ..model import Key
from ..operation import parameter, target_key
from ..store import Store

SHORTEST, LONGEST = 7, 30
"""Days ("you can specify a waiting period of 7-30 days", ScheduleKeyDeletion); the model says 1 to 365."""


def schedule_key_deletion(store: Store, call: Call) -> dict[str, Any]:
    """ScheduleKeyDeletion: a multi-Region primary waits until its last replica is gone."""
    key = target_key(call)
    days = _window(call)
    key.pending_window = timedelta(days=days)
    answer: dict[str, Any] = {"KeyId": key.arn}
    if not _has_replicas(key):
        _count_down(store, key, call.time)
        answer["DeletionDate"] = key.deletion_date
    return answer | {"KeyState": key.state(call.time), "PendingWindowInDays": days}


def _window(call: Call) -> int:
    days: int = parameter(call, "PendingWindowInDays")
    for holds, limit, than in ((days >= SHORTEST, SHORTEST, "greater"), (days <= LONGEST, LONGEST, "less")):
        if not holds:
            said = (
                f"Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: "
                f"Member must have value {than} than or equal to {limit}"
            )
            raise AwsError("ValidationException", f"1 validation error detected: {said}")
    return days


def _has_replicas(key: Key) -> bool:
    return key.primary and key.group is not None and bool(key.group.replicas)


def _count_down(store: Store, key: Key, now: datetime) -> None:
    """Start the waiting period."""
    assert key.pending_window is not None
    date = now + key.pending_window
    key.deletion_date = date

    def holds() -> bool:
        return key.deletion_date == date and store.key(key.account, key.region, key.id) is key

    store.agenda.add(date, holds, lambda time: _delete(store, key, time))


def _delete(store: Store, key: Key, time: datetime) -> list[Happening]:
    """The key is gone, with its aliases, its grants, and all that was encrypted under it."""
    store.remove(key)
    store.custom_stores.forget_material(key.custom_store, key.id)
    for material in key.materials:
        material.forget()
    if key.group is not None and not key.primary:
        key.group.replicas.remove(key)
        primary = key.group.primary
        rotation_schedule.settle(primary)
        if not key.group.replicas and primary.pending_window is not None:
            # "This waiting period begins when the last of its replica keys is deleted" (DescribeKey)
            _count_down(store, primary, time)
    return [Happening(time, key.account, key.region, "DeleteKey", key.arn, {"keyId": key.id})]


def cancel_key_deletion(_store: Store, call: Call) -> dict[str, Any]:
    """CancelKeyDeletion: "If this operation succeeds, the key state of the KMS key is Disabled" (its documentation)."""
    key = target_key(call)
    key.pending_window = key.deletion_date = None
    key.enabled = False
    return {"KeyId": key.arn}
