"""What the operations have in common: how they are planned, and the refusals that many of them share.

An operation is planned (find what it is about, before authorization) and performed (after it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..core.call import Call, Target
from ..core.errors import AwsError
from .identifiers import Takes, find_key
from .material import Material
from .model import Key
from .store import Store

Planner = Callable[[Store, Call], tuple[Target, ...]]
Act = Callable[[Store, Call], dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """One API operation: `plan` finds its targets, `act` does it and answers."""

    plan: Planner
    act: Act


def on_key(takes: Takes) -> Planner:
    """One target: the key that the parameter KeyId names."""

    def plan(store: Store, call: Call) -> tuple[Target, ...]:
        key = find_key(store, call, call.params["KeyId"], takes)
        return (Target(f"kms:{call.operation}", key.arn, key),)

    return plan


def on_account(_store: Store, call: Call) -> tuple[Target, ...]:
    """No resource: the permission is asked on "*"."""
    return (Target(f"kms:{call.operation}", "*"),)


def target_key(call: Call, number: int = 0) -> Key:
    """The key that plan found (the first target's, unless told)."""
    key = call.targets[number].entity
    assert isinstance(key, Key)
    return key


def require_usage(key: Key, operation: str, usage: str) -> None:
    """InvalidKeyUsageException unless the key was made for this (recorded)."""
    if key.usage != usage:
        message = f"{key.arn} key usage is {key.usage} which is not valid for {operation}."
        raise AwsError("InvalidKeyUsageException", message)


def require_algorithm(key: Key, algorithm: str) -> None:
    """InvalidKeyUsageException unless the key's spec knows the algorithm (recorded)."""
    if algorithm not in key.algorithms:
        message = f"Algorithm {algorithm} is incompatible with key spec {key.spec.name}."
        raise AwsError("InvalidKeyUsageException", message)


def usable_material(key: Key) -> Material:
    """The current material; the gate for key states has made sure that there is one."""
    material = key.current
    assert material is not None
    return material


def refuse_dry_run(call: Call) -> None:
    """DryRun: everything was checked and the call would have succeeded (recorded)."""
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")


def refuse_recipient(call: Call) -> None:
    """Nitro Enclaves are not simulated: an attestation document can't be verified here."""
    if call.params.get("Recipient"):
        raise AwsError(
            "UnsupportedOperationException",
            "The simulated account has no Nitro Enclaves: leave out Recipient, or run this on a real account.",
        )


def null_member(path: str) -> AwsError:
    """The error for a member that must be there, for members that the model itself calls optional."""
    said = f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    return AwsError("ValidationException", said)
