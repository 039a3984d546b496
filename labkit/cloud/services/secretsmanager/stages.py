"""How staging labels move: with a new version, and by UpdateSecretVersionStage. Pure.

Sources: Secrets Manager API Reference, PutSecretValue and UpdateSecretVersionStage; LocalStack's validated snapshots
of both (2022-2024); the words of the refusals: moto, floci-io/floci (2026) and hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from ...core.errors import AwsError
from .store import CURRENT, PENDING, Secret

_LEFT_OUT = (
    "The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version "
    "{holder}, so you must explicitly reference that version in RemoveFromVersionId."
)
_NOT_THE_HOLDER = (
    "When you move staging label {label}, if you specify RemoveFromVersionId, it must be set to the version that "
    "currently has the staging label {label}."
)
_NOT_REMOVED = (
    "You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed."
)


def stage_new(secret: Secret, version_id: str, labels: list[str]) -> None:
    """Attach the labels of a new version; the first version of a secret is AWSCURRENT in any case.

    A version that stops being AWSCURRENT loses AWSPENDING as well (recorded).
    """
    before = secret.holder(CURRENT)
    for label in labels if before else [*labels, CURRENT]:
        secret.attach(label, version_id)
    if before and before != secret.holder(CURRENT):
        stages = secret.versions[before]["version_stages"]
        secret.versions[before]["version_stages"] = [label for label in stages if label != PENDING]


def move(secret: Secret, label: str, source: str | None, target: str | None) -> None:
    """Move a label from one version to another, or take it away; AwsError where the request contradicts itself."""
    for version_id in (source, target):
        if version_id is not None and version_id not in secret.versions:
            raise AwsError("InvalidParameterException", f"Not a valid version: {version_id}")
    holder = secret.holder(label)
    if source is not None and source != holder:
        raise AwsError("InvalidParameterException", _NOT_THE_HOLDER.format(label=label))
    if target is None:
        if label == CURRENT:
            raise AwsError("InvalidParameterException", _NOT_REMOVED)
        if source is not None:
            secret.versions[source]["version_stages"].remove(label)
        return
    if source is None and holder is not None and holder != target:
        raise AwsError("InvalidParameterException", _LEFT_OUT.format(label=label, holder=holder))
    secret.attach(label, target)
