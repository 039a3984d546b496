"""All IAM actions of KMS, and on what each is asked. Reads the table of KMS's operations, and botocore's model."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from ...cloud.core.kms_operations import service_model, table
from ...cloud.policy.condition_keys import KEY_OPERATIONS

# Permissions without an operation of their own (Service Authorization Reference, AWS KMS).
_MORE = ("SynchronizeMultiRegionKey",)
ALIAS_ACTIONS = frozenset({"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"})
ASSUME_ACTIONS = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
"""What a role's trust policy can allow to a principal of AWS (Service Authorization Reference, AWS STS)."""


@lru_cache(maxsize=1)
def kms_actions() -> tuple[str, ...]:
    """List every IAM action of KMS, in order: "kms:CancelKeyDeletion", …"""
    found = {name for each in table().values() for name in each.permissions} | {*_MORE}
    return tuple(sorted(f"kms:{name}" for name in found))


# What is named first where somebody may do too much: the use of a key, then the ways to more.
_FIRST = (
    "Decrypt", "Encrypt", "GenerateDataKey", "Sign", "GenerateMac", "ReEncryptFrom", "ReEncryptTo", "CreateGrant",
    "PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey",
)  # fmt: skip


@lru_cache(maxsize=1)
def on_keys() -> tuple[str, ...]:
    """List those that are asked on a KMS key; what matters most comes first."""
    known = {f"kms:{name}" for name in (*KEY_OPERATIONS, *_MORE)}
    first = [f"kms:{name}" for name in _FIRST]
    return (*first, *(action for action in kms_actions() if action in known and action not in first))


@lru_cache(maxsize=1)
def on_nothing() -> tuple[str, ...]:
    """List those that are asked on no key: CreateKey, the lists, random numbers, custom key stores."""
    return tuple(action for action in kms_actions() if action not in on_keys())


# What a request for the action always carries: condition keys that are never absent, with their defaults (API
# Reference of each operation, "AWS KMS condition keys"). An algorithm of "" stands for the first of the key.
_SIGN = {"kms:SigningAlgorithm": "", "kms:MessageType": "RAW"}
ALWAYS: MappingProxyType[str, dict[str, str]] = MappingProxyType(
    {
        "kms:CreateGrant": {"kms:GrantIsForAWSResource": "false", "kms:GrantOperations": "Decrypt"},
        "kms:Decrypt": {"kms:EncryptionAlgorithm": ""},
        "kms:Encrypt": {"kms:EncryptionAlgorithm": ""},
        "kms:ReEncryptFrom": {"kms:EncryptionAlgorithm": ""},
        "kms:ReEncryptTo": {"kms:EncryptionAlgorithm": ""},
        "kms:EnableKeyRotation": {"kms:RotationPeriodInDays": "365"},
        "kms:GenerateMac": {"kms:MacAlgorithm": ""},
        "kms:GetKeyPolicy": {"kms:PolicyName": "default"},
        "kms:ListGrants": {"kms:GrantIsForAWSResource": "false"},
        "kms:PutKeyPolicy": {"kms:BypassPolicyLockoutSafetyCheck": "false", "kms:PolicyName": "default"},
        "kms:RevokeGrant": {"kms:GrantIsForAWSResource": "false"},
        "kms:ScheduleKeyDeletion": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"},
        "kms:Sign": _SIGN,
        "kms:Verify": _SIGN,
        "kms:VerifyMac": {"kms:MacAlgorithm": ""},
        "kms:DeriveSharedSecret": {"kms:KeyAgreementAlgorithm": ""},
    }
)

# Condition keys that have few values, all of which are tried (API Reference).
CHOICES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "kms:messagetype": ("RAW", "DIGEST", "EXTERNAL_MU"),
        "kms:grantoperations": tuple(service_model().shape_for("GrantOperation").enum),
        "kms:grantconstrainttype": ("EncryptionContextEquals", "EncryptionContextSubset"),
        "kms:expirationmodel": ("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"),
    }
)
# Numbers have bounds (ScheduleKeyDeletion, EnableKeyRotation).
BOUNDS: MappingProxyType[str, tuple[int, int]] = MappingProxyType(
    {
        "kms:schedulekeydeletionpendingwindowindays": (7, 30),
        "kms:rotationperiodindays": (90, 2560),
        "aws:epochtime": (0, 4102358400),  # to the end of 2099
    }
)
