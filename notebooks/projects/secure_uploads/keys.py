"""Makes a tenant's KMS key. Touches KMS."""

from __future__ import annotations

import json
from typing import Any

from .rules import key_policy


def make_key(kms: Any, account: str, tenant: str) -> str:
    """Create the key of a tenant, with its policy, its tag and the alias `alias/uploads-TENANT`; answer its ARN."""
    made = kms.create_key(
        Description=f"uploads of {tenant}",
        Policy=json.dumps(key_policy(account, tenant)),
        Tags=[{"TagKey": "tenant", "TagValue": tenant}],
    )["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/uploads-{tenant}", TargetKeyId=made["KeyId"])
    arn: str = made["Arn"]
    return arn
