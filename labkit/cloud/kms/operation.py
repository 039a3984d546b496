"""What the operations have in common: how they are planned, and the refusals that many of them share.

Puts an operation together from its row in operations.tsv and its functions (`Handler`). An operation is planned (find
what it is about, before authorization) and performed (after it). What is checked in between, and in which order,
stands in checks.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from ..core import kms_operations
from ..core.call import Call, Target
from ..core.errors import AwsError
from ..core.kms_operations import ON_ACCOUNT, SPECIAL, OperationFacts
from .identifiers import AcceptedIdentifiers, find_key
from .material import Material
from .model import Key
from .store import Store

Planner = Callable[[Store, Call], tuple[Target, ...]]
Act = Callable[[Store, Call], dict[str, Any]]
SpecCheck = Callable[[Key, Call], None]


def nothing(_call: Call) -> None:
    """Check nothing, for an operation that has no check of its own."""


@dataclass(frozen=True)
class Use:
    """What a cryptographic operation asks of its key: a usage, and that the key's spec suits (an algorithm, mostly)."""

    usage: str
    check_spec: SpecCheck


@dataclass(frozen=True)
class Handler:
    """The functions of one API operation: `act` does it and answers.

    `plan` finds its targets, where the row says "special plan". `first` looks at what comes before the keys: parameters
    that the model alone can't judge. `check_spec` looks whether the key's spec suits, where the row says "own check".
    """

    act: Act
    plan: Planner | None = None
    first: Callable[[Call], None] = nothing
    check_spec: SpecCheck | None = None


@dataclass(frozen=True)
class Operation:
    """One API operation, row and functions. `uses` is what it asks of the key of each target, in their order."""

    plan: Planner
    act: Act
    uses: tuple[Use, ...]
    first: Callable[[Call], None]


@dataclass(frozen=True)
class OnKey:
    """A plan with one target: the key that the parameter KeyId names."""

    accepted: AcceptedIdentifiers

    def __call__(self, store: Store, call: Call) -> tuple[Target, ...]:
        """The key, or AWS's error for what KeyId says."""
        key = find_key(store, call, call.params["KeyId"], self.accepted)
        return (Target(f"kms:{call.operation}", key.arn, key),)


def with_algorithm(usage: str, name: str) -> Use:
    """Return a use with the algorithm that the parameter of this name names, or its default."""
    return Use(usage, partial(_check_algorithm, name))


def operations(handlers: Mapping[str, Handler]) -> MappingProxyType[str, Operation]:
    """Return every row of operations.tsv with the functions of its name. ValueError where one is without the other."""
    facts = kms_operations.table()
    if without := sorted(facts.keys() ^ handlers.keys()):
        raise ValueError(f"operations.tsv and the handlers must have the same operations: {', '.join(without)}.")
    return MappingProxyType({name: _operation(each, handlers[name]) for name, each in facts.items()})


def _operation(facts: OperationFacts, handler: Handler) -> Operation:
    if (handler.plan is not None) != (facts.takes == SPECIAL):
        raise ValueError(f"operations.tsv, {facts.name}: it takes {facts.takes!r}, and its handler says otherwise.")
    if (handler.check_spec is not None) != (facts.cryptographic and not facts.algorithms):
        raise ValueError(f"operations.tsv, {facts.name}: the key's spec is checked by the row or by its handler.")
    if handler.check_spec is not None:
        uses: tuple[Use, ...] = (Use(facts.usage, handler.check_spec),)
    else:
        uses = tuple(with_algorithm(facts.usage, name) for name in facts.algorithms)
    return Operation(handler.plan or _plan(facts), handler.act, uses, handler.first)


def _plan(facts: OperationFacts) -> Planner:
    return on_account if facts.takes == ON_ACCOUNT else OnKey(AcceptedIdentifiers(facts.takes))


def parameter(call: Call, name: str) -> Any:
    """Return a parameter of the call, or the default that operations.tsv has for it."""
    return call.params[name] if name in call.params else kms_operations.table()[call.operation].defaults[name]


def _check_algorithm(name: str, key: Key, call: Call) -> None:
    require_algorithm(key, parameter(call, name))


def on_account(_store: Store, call: Call) -> tuple[Target, ...]:
    """Name no resource: the permission is asked on "*"."""
    return (Target(f"kms:{call.operation}", "*"),)


def target_key(call: Call, number: int = 0) -> Key:
    """Return the key that plan found (the first target's, unless told)."""
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
    """Return the current material; the gate for key states has made sure that there is one."""
    material = key.current
    assert material is not None
    return material


def refuse_dry_run(call: Call) -> None:
    """DryRun: everything was checked and the call would have succeeded (recorded)."""
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")


def null_member(path: str) -> AwsError:
    """Return the error for a member that must be there, for members that the model itself calls optional."""
    said = f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    return AwsError("ValidationException", said)
