"""Whether the table of operations fits AWS's own lists and the rest of the account: asked when a cloud starts.

What one operation is stands in its row of kms/operations.tsv, whose reader refuses what is missing. Here the rows are
held against botocore's lists, and the tables beside it (key states, condition keys, events of KMS's own) are opened.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..cloudtrail.shapes import kms_service_events
from ..core import kms_operations
from ..kms import agenda, states
from ..policy import condition_keys


def require_whole_tables() -> None:
    """ValueError, naming the table and the operations, if one lacks any or has one too many."""
    model, rows = kms_operations.service_model(), kms_operations.table().values()
    states.table()
    condition_keys.table()
    _require(agenda.NAMES, kms_service_events(), "cloudtrail/kms-service-events.tsv")
    grantable = [name for each in rows if each.grantable for name in each.permissions]
    _require(model.shape_for("GrantOperation").enum, grantable, "kms/operations.tsv, grantable")
    cryptographic = [each.name for each in rows if each.cryptographic]
    _require(model.shape_for("KeyLastUsageTrackingOperation").enum, cryptographic, "kms/operations.tsv, key usage")


def _require(wanted: Iterable[str], there: Iterable[str], table: str) -> None:
    if differing := sorted(set(wanted) ^ set(there)):
        raise ValueError(f"{table}: it lacks, or has beyond AWS's list, {', '.join(differing)}.")
