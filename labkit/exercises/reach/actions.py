"""All IAM actions of KMS, from botocore's model, and on what each is asked. Reads the model only."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from botocore.session import get_session

from ...cloud.policy.condition_keys import KEY_OPERATIONS
from ...cloud.policy.grants import GRANT_OPERATIONS

# Operations whose permissions have other names ("ReEncrypt", API Reference).
_RENAMED = {"ReEncrypt": ("ReEncryptFrom", "ReEncryptTo")}
# Permissions without an operation of their own (Service Authorization Reference, AWS KMS).
_MORE = ("SynchronizeMultiRegionKey",)
ALIAS_ACTIONS = frozenset({"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"})
ASSUME_ACTIONS = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
"""What a role's trust policy can allow to a principal of AWS (Service Authorization Reference, AWS STS)."""


@lru_cache(maxsize=1)
def kms_actions() -> tuple[str, ...]:
    """Every IAM action of KMS, in order: "kms:CancelKeyDeletion", …"""
    names = get_session().get_service_model("kms").operation_names
    found = {new for name in names for new in _RENAMED.get(name, (name,))} | {*_MORE, *KEY_OPERATIONS}
    return tuple(sorted(f"kms:{name}" for name in found))


# What is named first where somebody may do too much: the use of a key, then the ways to more.
_FIRST = (
    "Decrypt", "Encrypt", "GenerateDataKey", "Sign", "GenerateMac", "ReEncryptFrom", "ReEncryptTo", "CreateGrant",
    "PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey",
)  # fmt: skip


@lru_cache(maxsize=1)
def on_keys() -> tuple[str, ...]:
    """Those that are asked on a KMS key; what matters most comes first."""
    known = {f"kms:{name}" for name in (*KEY_OPERATIONS, *_MORE)}
    first = [f"kms:{name}" for name in _FIRST]
    return (*first, *(action for action in kms_actions() if action in known and action not in first))


@lru_cache(maxsize=1)
def on_nothing() -> tuple[str, ...]:
    """Those that are asked on no key: CreateKey, the lists, random numbers, custom key stores."""
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
        "kms:grantoperations": GRANT_OPERATIONS,
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
