"""The policies of the application, as documents. Pure: what is handed in stays as it is.

The key policy does not hand the key over to the account's IAM policies. So no IAM policy, not even an administrator's,
lets anybody use it: who uses it stands here. Administrators can change this policy, and that stands in the trail.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Statement = dict[str, Any]

MANAGE = (
    "kms:CancelKeyDeletion", "kms:Describe*", "kms:DisableKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:Get*",
    "kms:List*", "kms:PutKeyPolicy", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource",
)  # fmt: skip
"""What the account may do with the key: nothing that encrypts or decrypts, and no grants."""


Policy = dict[str, Any]
FUNCTION, RELEASE = "kms:EncryptionContext:function", "kms:EncryptionContext:release"


def key_policy(account: str, deployer: str, roles: Mapping[str, str]) -> Policy:
    """Write the key's policy. `deployer` is the ARN of the role that seals, `roles` has each function's role."""
    root = f"arn:aws:iam::{account}:root"
    manage = {"Sid": "Manage", "Effect": "Allow", "Principal": {"AWS": root}, "Action": list(MANAGE), "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [manage, _allow("Seal", deployer, "kms:Encrypt", {FUNCTION: []})]}
    for function, role in roles.items():
        policy = admit(policy, function, role)
    return policy


def admit(policy: Policy, function: str, role: str) -> Policy:
    """Let the deployer seal for one more function, and that function's role open what is sealed for it."""
    changed = copy.deepcopy(policy)
    seal = next(each for each in changed["Statement"] if each.get("Sid") == "Seal")
    seal["Condition"]["StringEquals"][FUNCTION].append(function)
    changed["Statement"].append(_allow(f"Open{function}", role, "kms:Decrypt", {FUNCTION: function}))
    return changed


def revoke(policy: Policy, function: str, *releases: str) -> Policy:
    """Let nobody open these releases of a function any more, besides those that are revoked already."""
    changed, sid = copy.deepcopy(policy), f"Revoked{function}"
    if all(each.get("Sid") != sid for each in changed["Statement"]):
        refused = _allow(sid, "*", "kms:Decrypt", {FUNCTION: function, RELEASE: []})
        actions = ["kms:Decrypt", "kms:ReEncryptFrom"]
        changed["Statement"].append(refused | {"Effect": "Deny", "Principal": "*", "Action": actions})
    statement = next(each for each in changed["Statement"] if each.get("Sid") == sid)
    statement["Condition"]["StringEquals"][RELEASE] += releases
    return changed


def deployer_may(function: str) -> list[Statement]:
    """Change variables, publish versions, move the alias. `function` is an ARN. Not the code: it runs as the role.

    A layer is code, too, so none may be attached. No condition of IAM looks at the handler's name.
    """
    actions = ("UpdateFunctionConfiguration", "PublishVersion", "CreateAlias", "UpdateAlias")
    reads = ("GetFunctionConfiguration", "GetFunction", "ListVersionsByFunction", "GetAlias")
    every = [f"lambda:{each}" for each in (*actions, *reads)]
    layers = {"Null": {"lambda:Layer": "false"}}
    configure, where = "lambda:UpdateFunctionConfiguration", [function, f"{function}:*"]
    return [
        {"Effect": "Allow", "Action": every, "Resource": where},
        {"Effect": "Deny", "Action": configure, "Resource": where, "Condition": layers},
    ]


def function_may() -> list[Statement]:
    """Write its logs. What it may decrypt stands in the key policy."""
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    return [{"Effect": "Allow", "Action": actions, "Resource": "*"}]


def function_trust() -> list[Statement]:
    """Let Lambda assume the role."""
    return [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]


def _allow(sid: str, principal: str, action: str, only: Mapping[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": "*",
        "Condition": {"StringEquals": dict(only)},
    }
