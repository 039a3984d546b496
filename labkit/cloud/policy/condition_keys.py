"""The condition keys that KMS knows: type, one value or many, in which policies and for which operations.

Reads its own table, condition_keys.tsv: type, values, policies, and whether a request for every operation on a KMS key
can carry it. For which operations else, their rows in kms/operations.tsv say, column "condition keys".
Sources: Service Authorization Reference, "Actions, resources, and condition keys for AWS KMS"; KMS Developer Guide,
"AWS KMS condition keys" and "Controlling access using tags"; KMS API Reference (kms:PolicyName; Encapsulate,
Decapsulate and GetKeyLastUsage, which are operations on a KMS key).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from ..core.kms_operations import table as operations

KEY_OPERATIONS = frozenset(name for each in operations().values() if each.on_key for name in each.permissions)
"""The permissions that KMS asks on a KMS key."""

ACCOUNT_OPERATIONS = frozenset(name for each in operations().values() if not each.on_key for name in each.permissions)
"""The other permissions of KMS: each one is here or there."""

CROSS_ACCOUNT_OPERATIONS = frozenset(
    name for each in operations().values() if each.across_accounts for name in each.permissions
)
"""The permissions that work on a KMS key of another account ("Cross-account use" of each operation)."""
_WHICH = MappingProxyType({"every key operation": KEY_OPERATIONS, "named": frozenset[str]()})


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """One condition key; a name that ends in "*" stands for every key with that beginning."""

    name: str
    type: str  # "String", "ARN", "Bool", "Numeric" or "Date"
    many: bool  # several values in one request: needs a set operator
    identity_only: bool  # works in IAM policies, not in key policies
    operations: frozenset[str]
    what: str


@lru_cache(maxsize=1)
def table() -> MappingProxyType[str, ConditionKey]:
    """Return every condition key of the table by its name in lower case, without the final "*".

    ValueError for a condition key that one of the two tables names and the other does not.
    """
    found = {}
    rows = list(csv.DictReader(text().splitlines(), delimiter="\t"))
    named = _named()
    if unknown := sorted(named.keys() - {row["key"] for row in rows}):
        raise ValueError(f"operations.tsv names condition keys that condition_keys.tsv lacks: {', '.join(unknown)}.")
    for row in rows:
        asked = named.get(row["key"], frozenset())
        if row["operations"] not in _WHICH or not (asked or _WHICH[row["operations"]]):
            raise ValueError(f"condition_keys.tsv, {row['key']}: no operation carries it, by operations.tsv.")
        found[row["key"].lower().removesuffix("*")] = ConditionKey(
            row["key"], row["type"], row["values"] == "many", row["policies"] == "identity",
            asked | _WHICH[row["operations"]], row["what"],
        )  # fmt: skip
    return MappingProxyType(found)


def text() -> str:
    """Return the table of condition keys as it is written."""
    return resources.files(__package__).joinpath("condition_keys.tsv").read_text(encoding="utf-8")


def _named() -> dict[str, frozenset[str]]:
    """condition key -> the permissions whose operation's row names it."""
    found: dict[str, frozenset[str]] = {}
    for each in operations().values():
        for key in each.condition_keys:
            found[key] = found.get(key, frozenset()) | set(each.permissions)
    return found


@lru_cache(maxsize=4096)
def lookup(name: str) -> ConditionKey | None:
    """Return the table's entry for a condition key, in any case; None for a key that the table does not hold."""
    lowered = name.lower()
    exact = table().get(lowered)
    if exact is not None and not exact.name.endswith("*"):
        return exact
    beginnings = (b for b in table() if b.endswith((":", "/")) and lowered.startswith(b) and lowered != b)
    return table()[found] if (found := next(beginnings, "")) else None


@lru_cache(maxsize=4096)
def supported(name: str, action: str) -> bool:
    """Tell whether a request for `action` can carry the `kms:` key: KMS supports each for certain operations only."""
    key = lookup(name)
    operation = action.partition(":")[2].lower()
    return key is not None and any(operation == o.lower() for o in key.operations)


@lru_cache(maxsize=4096)
def identity_only(name: str) -> bool:
    """Tell whether the key is without effect in a key policy: kms:ResourceAliases and, for KMS, aws:ResourceTag."""
    key = lookup(name)
    return key is not None and key.identity_only
