"""What is kept beside a secret's values: tags, its policy, whether it rotates, whether it is to be deleted. No KMS.

Sources: Secrets Manager API Reference; LocalStack's validated snapshots, recorded from the real service (2022-2026).
"""

from __future__ import annotations

from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from .store import Secret


def short(secret: Secret) -> dict[str, Any]:
    """Return what every answer about one secret begins with."""
    return {"ARN": secret.arn, "Name": secret.name}


def restore(call: Call, secret: Secret) -> dict[str, Any]:
    """RestoreSecret: the secret is as it was before DeleteSecret."""
    secret.restore()
    secret.changed(call.time)
    return short(secret)


def tag(call: Call, secret: Secret) -> dict[str, Any]:
    """TagResource: tags of the same keys get the new values."""
    kept = {tag["Key"]: tag for tag in secret.tags or []}
    secret.tags = list((kept | {tag["Key"]: dict(tag) for tag in call.params["Tags"]}).values())
    secret.changed(call.time)
    return {}


def untag(call: Call, secret: Secret) -> dict[str, Any]:
    """Once a secret had tags, DescribeSecret answers an empty list of them (recorded)."""
    if secret.tags is not None:
        secret.tags = [tag for tag in secret.tags if tag["Key"] not in call.params["TagKeys"]]
    secret.changed(call.time)
    return {}


def get_policy(_call: Call, secret: Secret) -> dict[str, Any]:
    """GetResourcePolicy."""
    return short(secret) | ({"ResourcePolicy": secret.policy} if secret.policy is not None else {})


def put_policy(call: Call, secret: Secret) -> dict[str, Any]:
    """PutResourcePolicy; the document has been checked before."""
    secret.policy = call.params["ResourcePolicy"]
    secret.changed(call.time)
    return short(secret)


def delete_policy(call: Call, secret: Secret) -> dict[str, Any]:
    """DeleteResourcePolicy."""
    secret.policy = None
    secret.changed(call.time)
    return short(secret)


def cancel_rotation(call: Call, secret: Secret) -> dict[str, Any]:
    """CancelRotateSecret."""
    if not secret.rotation_lambda_arn:
        raise AwsError("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    secret.rotation_enabled = False
    secret.changed(call.time)
    return short(secret)
