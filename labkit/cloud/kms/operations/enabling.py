"""EnableKey and DisableKey."""

from __future__ import annotations

from typing import Any

from ...core.call import Call
from .. import rotation_schedule
from ..operation import target_key
from ..store import Store


def enable_key(store: Store, call: Call) -> dict[str, Any]:
    """EnableKey; a rotation that fell due while the key was disabled happens at once."""
    key = target_key(call)
    if not key.enabled:
        key.enabled = True
        rotation_schedule.resume(store, key, call.time)
    return {}


def disable_key(_store: Store, call: Call) -> dict[str, Any]:
    """DisableKey."""
    target_key(call).enabled = False
    return {}
