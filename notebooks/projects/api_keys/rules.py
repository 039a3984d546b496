"""The policies of the roles, as documents: each may do its own part, and no more. Pure."""

from __future__ import annotations

from typing import Any

from .store import Generation

Statement = dict[str, Any]


def issuer_may(table: str, *generations: Generation) -> list[Statement]:
    """Make API keys: HMAC and Encrypt, and put items (IAM can't say: new ones). No Decrypt. `table` is an ARN."""
    return [
        _allow("kms:GenerateRandom", "*"),
        _allow("kms:GenerateMac", [each.mac for each in generations]),
        _allow("kms:Encrypt", [each.seal for each in generations], _in(table)),
        _allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"], table),
    ]


def verifier_may(table: str, *generations: Generation) -> list[Statement]:
    """Find API keys: HMAC, and get items. It opens nothing and writes nothing."""
    return [
        _allow("kms:GenerateMac", [each.mac for each in generations]),
        _allow("dynamodb:GetItem", table),
    ]


def support_may(table: str) -> list[Statement]:
    """Revoke API keys. It uses no KMS key at all."""
    return [_allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], table)]


def mover_may(table: str, old: Generation, new: Generation) -> list[Statement]:
    """Move from one generation to another: open what is old, seal and find what is new. For the time of a move only."""
    items = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan")
    return [
        _allow("kms:Decrypt", old.seal, _in(table)),
        _allow("kms:Encrypt", new.seal, _in(table)),
        _allow("kms:GenerateMac", new.mac),
        _allow([f"dynamodb:{each}" for each in items], table),
    ]


def _in(table: str) -> dict[str, Any]:
    """Only in the encryption context of this table."""
    return {"StringEquals": {"kms:EncryptionContext:table": table.rpartition("/")[2]}}


def _allow(actions: str | list[str], resource: str | list[str], condition: dict[str, Any] | None = None) -> Statement:
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}
