"""The key policy that the console writes from its form, and reads back in its default view. Pure.

Sources: "Default key policy" and "Change a key policy" in the AWS KMS Developer Guide; the Id and RotateKeyOnDemand as
policies that the console made since 2024 show them. A change of a Sid may hide a statement from the default view.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ID = "key-consolepolicy-3"
ROOT = "Enable IAM User Permissions"
ADMINISTRATORS = "Allow access for Key Administrators"
USERS = "Allow use of the key"
ATTACHMENT = "Allow attachment of persistent resources"

_MANAGE = (
    "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
    "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource",
)  # fmt: skip
_DELETE = ("kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion")
_MULTI_REGION = ("kms:ReplicateKey", "kms:UpdatePrimaryRegion")
_ROTATE = ("kms:RotateKeyOnDemand",)
_USE = {
    "SYMMETRIC_DEFAULT": ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"),
    "ENCRYPT_DECRYPT": ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:DescribeKey", "kms:GetPublicKey"),
    "SIGN_VERIFY": ("kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"),
    "KEY_AGREEMENT": ("kms:DescribeKey", "kms:GetPublicKey", "kms:DeriveSharedSecret"),
    "GENERATE_VERIFY_MAC": ("kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"),
}


def may_use(spec: str, usage: str) -> tuple[str, ...]:
    """List what the console lets key users do with a key of this spec and usage."""
    return _USE.get(spec) or _USE[usage]


def console_policy(
    account: str,
    spec: str,
    usage: str,
    *,
    partition: str = "aws",
    multi_region: bool = False,
    administrators: Sequence[str] = (),
    deletion: bool = True,
    users: Sequence[str] = (),
    other_accounts: Sequence[str] = (),
) -> dict[str, Any]:
    """Write the policy as the console does from steps 3 and 4. Principals are ARNs; other accounts are account IDs."""
    statements = [_statement(ROOT, [_root(partition, account)], "kms:*")]
    if administrators:
        actions = [*_MANAGE, *(_DELETE if deletion else ()), *(_MULTI_REGION if multi_region else ()), *_ROTATE]
        statements.append(_statement(ADMINISTRATORS, administrators, actions))
    using = [*users, *(_root(partition, other) for other in other_accounts)]
    if using:
        statements.append(_statement(USERS, using, list(may_use(spec, usage))))
        if usage != "GENERATE_VERIFY_MAC":  # "Control access to HMAC KMS keys": they have no such statement
            grants = _statement(ATTACHMENT, using, ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"])
            statements.append({**grants, "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}})
    return {"Version": "2012-10-17", "Id": ID, "Statement": statements}


def _root(partition: str, account: str) -> str:
    return f"arn:{partition}:iam::{account}:root"


def _statement(sid: str, principals: Sequence[str], actions: str | list[str]) -> dict[str, Any]:
    named = principals[0] if len(principals) == 1 else list(principals)
    return {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": named}, "Action": actions, "Resource": "*"}


@dataclass(frozen=True, slots=True)
class DefaultView:
    """What the console's default view shows of a policy that keeps to its statements."""

    administrators: tuple[str, ...]
    deletion: bool
    users: tuple[str, ...]
    other_accounts: tuple[str, ...]


def default_view(document: str, account: str) -> DefaultView | None:
    """Read a key policy back; None where it has other statements, which only the policy view shows."""
    try:
        policy = json.loads(document)
        statements = policy["Statement"]
        found = {each["Sid"]: each for each in ([statements] if isinstance(statements, dict) else statements)}
        known = set(found) <= {ROOT, ADMINISTRATORS, USERS, ATTACHMENT} and ROOT in found
        if not known or len(found) != len(statements) or any(each["Effect"] != "Allow" for each in found.values()):
            return None
        administrators, users = _principals(found.get(ADMINISTRATORS)), _principals(found.get(USERS))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    actions = found.get(ADMINISTRATORS, {}).get("Action", [])
    others = [arn.split(":")[4] for arn in users if arn.endswith(":root") and arn.split(":")[4] != account]
    return DefaultView(
        tuple(administrators),
        _DELETE[0] in actions,
        tuple(arn for arn in users if not (arn.endswith(":root") and arn.split(":")[4] != account)),
        tuple(others),
    )


def _principals(statement: Mapping[str, Any] | None) -> list[str]:
    if statement is None:
        return []
    named = statement["Principal"]["AWS"]
    return [named] if isinstance(named, str) else list(named)
