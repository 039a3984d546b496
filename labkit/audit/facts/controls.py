"""Security Hub's five controls of KMS, to the letter, and Prowler's view of the same keys: why tools disagree.

Sources: Security Hub CSPM user guide, kms-controls; AWS Config, the rules behind them; Prowler's checks of KMS as of
5.46 (its own documentation). KMS.1 and KMS.2 are about IAM policies: `questions.allows_on_all_keys`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .account import Account
from .finding import UNREAD
from .keys import Key
from .questions import lets_in_everybody
from .reader import CouldNotRead

Status = Literal["PASS", "FAIL"]


@dataclass(frozen=True, slots=True)
class Row:
    """What one tool says of one resource: `status` is "" where it does not judge."""

    resource: str
    name: str
    tool: str
    control: str
    status: Status | Literal["", "could not read"]


def _status(*, passes: bool) -> Status:
    return "PASS" if passes else "FAIL"


def kms_3(key: Key) -> Status:
    """Judge KMS.3: the key is not scheduled for deletion. A replica's primary waits as PendingReplicaDeletion."""
    return _status(passes=key.state != "PendingDeletion")


def kms_4(key: Key) -> Status | Literal[""]:
    """Judge KMS.4: rotation is on. Asymmetric, HMAC and imported keys, and custom key stores, are left out."""
    return _status(passes=key.rotates) if key.can_rotate else ""


def kms_5(key: Key) -> Status:
    """Judge KMS.5: the key policy allows no public access."""
    return _status(passes=lets_in_everybody(key) is None)


def prowler_deletion(key: Key) -> Status | Literal[""]:
    """kms_cmk_not_deleted_unintentionally: disabled keys and keys without material are not judged differently."""
    return "" if key.state == "Disabled" else _status(passes=key.state != "PendingDeletion")


def prowler_rotation(key: Key) -> Status | Literal[""]:
    """kms_cmk_rotation_enabled: enabled symmetric keys, imported ones too, which it never asks: these always fail."""
    if key.state != "Enabled" or "SYMMETRIC" not in key.metadata["KeySpec"]:
        return ""
    return _status(passes=key.metadata["Origin"] != "EXTERNAL" and key.rotates)


def prowler_public(key: Key) -> Status | Literal[""]:
    """kms_key_not_publicly_accessible: enabled keys; any condition it knows to be restrictive is enough."""
    if key.state != "Enabled":
        return ""
    open_to_all = any(
        each.effect == "Allow"
        and not each.conditions
        and each.principals is not None
        and any(value == "*" for _, value in each.principals.entries)
        for each in key.document.statements
    )
    return _status(passes=not open_to_all)


def prowler_used(key: Key) -> Status:
    """kms_cmk_are_used: "used" is a key that is enabled or waits for its deletion; GetKeyLastUsage is not asked."""
    return _status(passes=key.state in ("Enabled", "PendingDeletion"))


def steampipe_rotation(key: Key) -> Status | Literal[""]:
    """Powerpipe's KMS.4 (steampipe-mod-aws-compliance): imported keys are skipped."""
    return kms_4(key)


RULES = (
    ("Security Hub", "KMS.3", kms_3),
    ("Security Hub", "KMS.4", kms_4),
    ("Security Hub", "KMS.5", kms_5),
    ("Prowler", "kms_cmk_not_deleted_unintentionally", prowler_deletion),
    ("Prowler", "kms_cmk_rotation_enabled", prowler_rotation),
    ("Prowler", "kms_key_not_publicly_accessible", prowler_public),
    ("Prowler", "kms_cmk_are_used", prowler_used),
    ("Steampipe", "kms_cmk_rotation_enabled", steampipe_rotation),
)


def rows(account: Account) -> Iterator[Row]:
    """Say what each tool says of each customer managed key. CouldNotRead if keys can't be listed and described."""
    for key in account.keys:
        if key.is_customers:
            for tool, control, rule in RULES:
                try:
                    status: Status | Literal["", "could not read"] = rule(key)
                except CouldNotRead:
                    status = UNREAD
                yield Row(key.arn, str(key.metadata.get("Description", "")), tool, control, status)
