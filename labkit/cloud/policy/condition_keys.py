"""The condition keys that KMS knows: type, one value or many, in which policies and for which operations.

Reads its own table, keys.tsv; "@key" there stands for every operation authorized on a KMS key.
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

KEY_OPERATIONS = frozenset(
    """
    CancelKeyDeletion CreateAlias CreateGrant Decapsulate Decrypt DeleteAlias DeleteImportedKeyMaterial
    DeriveSharedSecret DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encapsulate Encrypt
    GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext
    GenerateMac GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey
    ImportKeyMaterial ListGrants ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy ReEncryptFrom
    ReEncryptTo ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign TagResource
    UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac
    """.split()  # noqa: SIM905 - a table to read
)
"""The permissions that KMS asks on a KMS key."""

CROSS_ACCOUNT_OPERATIONS = frozenset(
    """
    CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt GenerateDataKey
    GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac
    GetKeyRotationStatus GetPublicKey ListGrants ReEncryptFrom ReEncryptTo RetireGrant RevokeGrant Sign Verify VerifyMac
    """.split()  # noqa: SIM905 - a table to read
)
"""The permissions that work on a KMS key of another account ("Cross-account use" of each operation)."""


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
    """Every condition key of the table by its name in lower case, without the final "*"."""
    text = resources.files(__package__).joinpath("condition_keys.tsv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        named = set(row["operations"].split())
        operations = named - {"@key"} | (KEY_OPERATIONS if "@key" in named else frozenset())
        found[row["key"].lower().removesuffix("*")] = ConditionKey(
            row["key"], row["type"], row["values"] == "many", row["policies"] == "identity",
            frozenset(operations), row["what"],
        )  # fmt: skip
    return MappingProxyType(found)


@lru_cache(maxsize=4096)
def lookup(name: str) -> ConditionKey | None:
    """The table's entry for a condition key, in any case; None for a key that the table does not hold."""
    lowered = name.lower()
    exact = table().get(lowered)
    if exact is not None and not exact.name.endswith("*"):
        return exact
    beginnings = (b for b in table() if b.endswith((":", "/")) and lowered.startswith(b) and lowered != b)
    return table()[found] if (found := next(beginnings, "")) else None


@lru_cache(maxsize=4096)
def supported(name: str, action: str) -> bool:
    """Whether a request for `action` can carry the `kms:` key: KMS supports each for certain operations only."""
    key = lookup(name)
    operation = action.partition(":")[2].lower()
    return key is not None and any(operation == o.lower() for o in key.operations)


@lru_cache(maxsize=4096)
def identity_only(name: str) -> bool:
    """Whether the key is without effect in a key policy: kms:ResourceAliases and, for KMS, aws:ResourceTag."""
    key = lookup(name)
    return key is not None and key.identity_only
