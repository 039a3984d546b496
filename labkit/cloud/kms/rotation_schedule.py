"""How key material comes to be rotated: by the calendar or on demand. rotation.py holds the API operations.

A rotation adds material and makes it current; what older material encrypted stays readable. Related
multi-Region keys rotate together, led by the primary ("Rotate AWS KMS keys", AWS KMS Developer Guide).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from .agenda import Happening
from .material import Material, generate
from .model import Key, Rotation
from .store import Store

ON_DEMAND_DELAY = timedelta(seconds=5)
"""How long an on-demand rotation takes. AWS says only that there may be a slight delay."""


def schedule(store: Store, key: Key, period: timedelta, start: datetime) -> None:
    """Rotate automatically, first one period after `start`."""
    _set(store, key, Rotation(period, start + period))


def _set(store: Store, key: Key, rotation: Rotation) -> None:
    key.rotation = rotation
    due = rotation.next

    def holds() -> bool:
        return key.rotation is rotation and rotation.next == due and _alive(store, key)

    def act(time: datetime) -> list[Happening]:
        if not key.enabled or key.pending_window is not None:
            return []  # a disabled or pending key isn't rotated; `resume` makes up for it
        return _automatic(store, key, rotation, time)

    store.agenda.add(due, holds, act)


def _automatic(store: Store, key: Key, rotation: Rotation, time: datetime) -> list[Happening]:
    happened = rotate(store, key, time, "AUTOMATIC")
    _set(store, key, Rotation(rotation.period, time + rotation.period))
    return happened


def resume(store: Store, key: Key, now: datetime) -> None:
    """Take up rotation of a key that is enabled again: what was due meanwhile is rotated at once.

    "If the key material in the re-enabled KMS key hasn't been rotated in one year, KMS rotates it
    immediately, and every year thereafter" (GetKeyRotationStatus).
    """
    rotation = key.rotation
    if rotation is not None and rotation.next <= now:
        _set(store, key, Rotation(rotation.period, now))


def start_on_demand(store: Store, key: Key, now: datetime) -> None:
    """Begin an on-demand rotation, which completes after ON_DEMAND_DELAY."""
    key.on_demand_started = now
    key.on_demand_count += 1

    def holds() -> bool:
        return key.on_demand_started == now and _alive(store, key)

    def act(time: datetime) -> list[Happening]:
        key.on_demand_started = None
        return rotate(store, key, time, "ON_DEMAND")

    store.agenda.add(now + ON_DEMAND_DELAY, holds, act)


def rotate(store: Store, key: Key, time: datetime, kind: Literal["AUTOMATIC", "ON_DEMAND"]) -> list[Happening]:
    """Make new material current: in this key, and in all related multi-Region keys."""
    related = key.group.keys if key.group else [key]
    coming: list[Material | None]
    if key.origin == "EXTERNAL":
        coming = [pending_material(each) for each in related]
    else:
        fresh = generate(key.spec, key.id, store.entropy)
        coming = []
        for each in related:
            material = Material(fresh.id, fresh.secret, fresh.asymmetric, "PENDING_ROTATION")
            each.materials.append(material)
            store.index(each, material)
            coming.append(material)
    if None in coming:
        return []  # the imported material that was to become current is gone again
    return [_make_current(each, m, time, kind) for each, m in zip(related, coming, strict=True) if m is not None]


def pending_material(key: Key) -> Material | None:
    """Imported material that waits for its rotation."""
    return next((m for m in key.materials if m.state == "PENDING_ROTATION" and m.present), None)


def settle(key: Key) -> None:
    """Imported material that waits can be rotated to once all related keys have it (RotationsListEntry's states).

    Asked whenever one of them gains or loses material, and whenever there is a key more or less.
    """
    related = key.group.keys if key.group else [key]
    for material in [material for material in related[0].materials if material.pending]:
        copies = [each.material(material.id) for each in related]
        everywhere = all(copy is not None and copy.present for copy in copies)
        for copy in copies:
            if copy is not None:
                copy.state = "PENDING_ROTATION" if everywhere else "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"


def hand_over(store: Store, old: Key, new: Key) -> None:
    """Hand the rotation of related multi-Region keys to another primary, from here on."""
    rotation, old.rotation = old.rotation, None
    new.on_demand_count = old.on_demand_count
    if rotation is not None:
        _set(store, new, rotation)


def _make_current(key: Key, coming: Material, time: datetime, kind: Literal["AUTOMATIC", "ON_DEMAND"]) -> Happening:
    previous = key.current
    if previous is not None:
        previous.state = "NON_CURRENT"
    coming.state, coming.rotated, coming.rotation_type = "CURRENT", time, kind
    details = {
        "rotationType": kind,
        "keyOrigin": key.origin,
        "previousKeyMaterialId": previous.id if previous else None,
        "currentKeyMaterialId": coming.id,
        "keyId": key.id,
    }
    return Happening(time, key.account, key.region, "RotateKey", key.arn, details)


def _alive(store: Store, key: Key) -> bool:
    return store.key(key.account, key.region, key.id) is key
