"""The key actions of AWS's console: which a key's state has, what they ask before, and the call of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .calls import Call

ENABLE, DISABLE = "Enable", "Disable"
SCHEDULE, CANCEL = "Schedule key deletion", "Cancel key deletion"
ROTATE = "Rotate now"
SHORTEST, LONGEST = 7, 30  # days (ScheduleKeyDeletion, PendingWindowInDays)
DAYS = 30


@dataclass(frozen=True, slots=True)
class Action:
    """A key action with its operation, and the box that must be ticked before it is sent; empty: none."""

    name: str
    operation: str
    confirmation: str = ""

    def call(self, key_id: str, days: int = DAYS) -> Call:
        """Make the call. `days` is the waiting period of a scheduled deletion."""
        waiting = {"PendingWindowInDays": days} if self.name == SCHEDULE else {}
        return Call(self.operation, {"KeyId": key_id, **waiting})


ACTIONS = {
    action.name: action
    for action in (
        Action(ENABLE, "EnableKey"),
        Action(DISABLE, "DisableKey"),
        Action(SCHEDULE, "ScheduleKeyDeletion", "Confirm you want to schedule this key for deletion in {days} days."),
        Action(CANCEL, "CancelKeyDeletion"),
        Action(ROTATE, "RotateKeyOnDemand"),
    )
}


def offered(key: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the actions for a customer managed key; KMS still decides about each."""
    if not key or key.get("KeyManager") != "CUSTOMER":
        return ()
    state = key["KeyState"]
    if state in ("PendingDeletion", "PendingReplicaDeletion"):
        return (CANCEL,)
    rotates = state == "Enabled" and key["KeySpec"] == "SYMMETRIC_DEFAULT" and key["Origin"] in ("AWS_KMS", "EXTERNAL")
    switch = {"Enabled": (DISABLE,), "Disabled": (ENABLE,)}.get(state, ())
    return (*switch, SCHEDULE, *((ROTATE,) if rotates else ()))


def warning(name: str, days: int = DAYS) -> str:
    """Say what is at stake before an action is sent; empty where nothing is."""
    if name == SCHEDULE:
        return (
            f"Deleting a KMS key is destructive and potentially dangerous. After {days} days the key is gone, and what "
            "only it can decrypt is lost. Until then you can cancel. If you are not sure, disable the key instead."
        )
    return "A disabled key neither encrypts nor decrypts until you enable it." if name == DISABLE else ""
