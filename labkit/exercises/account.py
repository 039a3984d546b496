"""What checks ask of an account again and again: its keys and its successful calls. Reads only, leaves no trace."""

from __future__ import annotations

from typing import Any

from .engine import Gone, LabView


def keys(lab: LabView, region: str | None = None) -> list[dict[str, Any]]:
    """KeyMetadata of the customer managed keys in a Region (the lab's own, if none is named), oldest first."""
    kms = lab.observer.client("kms", region or lab.region)
    ids = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    found = [kms.describe_key(KeyId=key_id)["KeyMetadata"] for key_id in ids]
    return sorted((key for key in found if key["KeyManager"] == "CUSTOMER"), key=lambda key: key["CreationDate"])


def calls(lab: LabView, *names: str) -> list[dict[str, Any]]:
    """CloudTrail records of the calls of these names that succeeded, oldest first."""
    return [event for event in lab.events() if event["eventName"] in names and "errorCode" not in event]


def key_arn(event: dict[str, Any]) -> str:
    """Find the ARN of the (first) KMS key that a record is about; "" if none."""
    return next((item["ARN"] for item in event.get("resources") or [] if ":key/" in item["ARN"]), "")


def unusable(lab: LabView, arn: str) -> str:
    """Say what is wrong with a key that can't be used ("The key `payroll` is PendingDeletion, …"); "" if it can."""
    found = lab.observer.client("kms", arn.split(":")[3]).describe_key(KeyId=arn)["KeyMetadata"]
    if found["KeyState"] == "Enabled":
        return ""
    return f"The key `{found['Description']}` is {found['KeyState']}: nobody can use it as it is."


def the_key(lab: LabView, description: str, region: str | None = None) -> dict[str, Any]:
    """KeyMetadata of the oldest key of that description, the notebook's own. Raises Gone if it was deleted."""
    found = next((key for key in keys(lab, region) if key["Description"] == description), None)
    if found is None:
        raise Gone(f"The key described `{description}`")
    return found


def aliases(lab: LabView) -> dict[str, str]:
    """Read the key IDs that the aliases of the lab's Region lead to."""
    pages = lab.observer.client("kms").get_paginator("list_aliases").paginate()
    return {alias["AliasName"]: alias.get("TargetKeyId", "") for page in pages for alias in page["Aliases"]}


def is_by(event: dict[str, Any], role: str) -> bool:
    """Tell whether a session of the role of that name called, or a service for it."""
    return f":assumed-role/{role}/" in event["userIdentity"].get("arn", "")


def context_of(event: dict[str, Any], field: str = "encryptionContext") -> dict[str, str]:
    """Find the encryption context of a call, or its source's or destination's; {} if it had none."""
    context: dict[str, str] = (event.get("requestParameters") or {}).get(field) or {}
    return context
