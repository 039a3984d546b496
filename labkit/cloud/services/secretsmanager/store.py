"""Secrets as the lab keeps them: in moto's store, so that everybody finds them there, with what moto has no place for.

Finding a secret, its versions, and the staging labels that move between them. No KMS here. Sources: Secrets Manager
API Reference (DescribeSecret, PutSecretValue, UpdateSecretVersionStage); LocalStack's validated snapshots, recorded
from the real service (2022-2026).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends

from ...core.errors import AwsError

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
NOT_FOUND = "Secrets Manager can't find the specified secret."
DELETED = "You can't perform this operation on the secret because it was marked for deletion."
MOST_VERSIONS, KEPT_FOR = 100, timedelta(hours=24)
"""How many versions stay in any case, and for how long each does (User Guide, "What's in a secret": Version)."""
_FULL_ARN = re.compile(r"-[A-Za-z0-9]{6}$")  # what ends so is taken for a complete ARN (recorded)

Version = dict[str, Any]
"""createdate, version_id, version_stages (moto's names); value: its SecretString or SecretBinary; accessed: a day."""


class Secret(FakeSecret):
    """A secret; `versions` by their ids, oldest first."""

    def __init__(self, account: str, region: str, params: dict[str, Any], created: datetime) -> None:
        moment: Any = created.timestamp()
        super().__init__(
            account_id=account,
            region_name=region,
            secret_id=params["Name"],
            secret_version={},
            version_id="",
            description=params.get("Description") or None,
            tags=[dict(tag) for tag in params.get("Tags") or ()],
            kms_key_id=params.get("KmsKeyId") or None,
            last_changed_date=moment,
            created_date=moment,
        )
        self.rotation_rules: dict[str, Any] = {}

    def add(self, version_id: str, created: datetime, value: dict[str, Any]) -> None:
        """Add a version with its value, or none yet; without labels."""
        self.versions[version_id] = {
            "createdate": created,
            "version_id": version_id,
            "version_stages": [],
            "value": value,
        }
        old = [
            key
            for key, each in self.versions.items()
            if not each["version_stages"] and key != version_id and created - each["createdate"] > KEPT_FOR
        ]
        for key in old[: max(0, len(self.versions) - MOST_VERSIONS)]:
            del self.versions[key]

    def holder(self, label: str) -> str | None:
        """Return the version that a staging label is attached to."""
        return next((key for key, each in self.versions.items() if label in each["version_stages"]), None)

    def attach(self, label: str, version_id: str) -> None:
        """Move a label; the version that loses AWSCURRENT gets AWSPREVIOUS."""
        before = self.holder(label)
        if before == version_id:
            return
        if before is not None:
            self.versions[before]["version_stages"].remove(label)
        self.versions[version_id]["version_stages"].append(label)
        if label == CURRENT and before is not None:
            self.attach(PREVIOUS, before)

    def changed(self, moment: datetime) -> None:
        """Note that the secret was modified."""
        when: Any = moment.timestamp()
        self.last_changed_date = when

    def accessed(self, version_id: str, moment: datetime) -> None:
        """Note the day on which a version was read (the time is left out: recorded)."""
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.versions[version_id]["accessed"] = day


def find(account: str, region: str, secret_id: str, now: datetime) -> Secret | None:
    """Return the secret of a name, an ARN, or an ARN without its last six characters; None where there is none.

    An ARN may be of another account. A secret whose recovery window is over is gone.
    """
    owner = account
    if secret_id.startswith("arn:"):
        parts = secret_id.split(":", 6)
        if len(parts) != 7 or parts[2] != "secretsmanager" or parts[3] != region or not parts[4].isdigit():
            return None
        owner = parts[4]
        if owner not in secretsmanager_backends:
            return None
    store = _backend(owner, region)
    for secret in list(dict.values(store.secrets)):
        if isinstance(secret, Secret) and _is_named(secret, secret_id):
            if secret.deleted_date is None or now.timestamp() < secret.deleted_date:
                return secret
            store.secrets.pop(secret.name)
    return None


def _is_named(secret: Secret, secret_id: str) -> bool:
    if secret_id.startswith("arn:"):
        whole: str = secret.arn
        return secret_id == whole or (not _FULL_ARN.search(secret_id) and secret_id == whole[:-7])
    return secret_id == secret.name


def keep(secret: Secret) -> None:
    """Put a secret into its account's store."""
    _backend(secret.account_id, secret.region).secrets[secret.name] = secret


def remove(secret: Secret) -> None:
    """Take a secret out of the store, with all that it holds."""
    _backend(secret.account_id, secret.region).secrets.pop(secret.name)


def all_of(account: str, region: str, now: datetime) -> list[Secret]:
    """Return the secrets of an account in a Region, oldest first."""
    kept = list(dict.values(_backend(account, region).secrets))
    return [each for each in kept if isinstance(each, Secret) and find(account, region, each.arn, now) is each]


def _backend(account: str, region: str) -> SecretsManagerBackend:
    return secretsmanager_backends[account][region]


def not_found(which: str = "") -> AwsError:
    """Return the error for a secret, or a value by version or label, that isn't there (recorded)."""
    text = NOT_FOUND if not which else f"Secrets Manager can't find the specified secret value for {which}"
    return AwsError("ResourceNotFoundException", text)


def described(secret: Secret) -> dict[str, Any]:
    """Return what DescribeSecret answers, and in part ListSecrets: only members that have a value."""
    days = [each["accessed"] for each in secret.versions.values() if "accessed" in each]
    labelled = {key: list(each["version_stages"]) for key, each in secret.versions.items() if each["version_stages"]}
    shown: dict[str, Any] = {
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "KmsKeyId": secret.kms_key_id,
        "LastRotatedDate": _date(secret.last_rotation_date),
        "LastChangedDate": _date(secret.last_changed_date),
        "LastAccessedDate": max(days) if days else None,
        "DeletedDate": _date(secret.deleted_date),
        "NextRotationDate": _date(secret.next_rotation_date) if secret.rotation_enabled else None,
        "Tags": secret.tags,
        "VersionIdsToStages": labelled or None,
        "CreatedDate": _date(secret.created_date),
    }
    if secret.rotation_requested:
        shown["RotationEnabled"] = secret.rotation_enabled
        shown["RotationLambdaARN"] = secret.rotation_lambda_arn
        shown["RotationRules"] = secret.rotation_rules or None
    return {name: value for name, value in shown.items() if value is not None}


def _date(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
