"""The key policies that KMS writes itself, and how it lays them out. Pure."""

from __future__ import annotations

import json
from typing import Any


def default_policy(account: str) -> str:
    """Return the policy of a key that is made without one: the account itself, so that IAM policies count.

    Text and layout as GetKeyPolicy shows them ("Default key policy", AWS KMS Developer Guide).
    """
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return layout({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})


def layout(document: Any, indent: str = "") -> str:
    """Write a policy that KMS made itself as GetKeyPolicy shows it: objects over several lines, lists in one."""
    if isinstance(document, dict):
        inner = indent + "  "
        members = [f"{inner}{json.dumps(name)} : {layout(value, inner)}" for name, value in document.items()]
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(document, list):
        return "[ " + ", ".join(layout(item, indent) for item in document) + " ]"
    return json.dumps(document)
