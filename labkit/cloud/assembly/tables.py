"""Whether every operation of KMS has its place in every table that speaks of operations: asked when a cloud starts.

What one operation is stands in several tables. A row that is missing there would be taken for something: for a key
that works in every state, for a condition key that nobody may ask, for a call that leaves no record. So it is an error.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..cloudtrail.shapes import kms_event_shapes
from ..kms import agenda, paging, states
from ..kms.api import require_every_operation, service_model
from ..kms.service import OPERATIONS
from ..policy import condition_keys, grants

_PERMISSIONS = {"ReEncrypt": ("ReEncryptFrom", "ReEncryptTo")}  # operations that ask other permissions than their name


def require_whole_tables() -> None:
    """ValueError, naming the table and the operations, if one lacks any."""
    model = service_model()
    require_every_operation(OPERATIONS, "kms/service.py, OPERATIONS")
    require_every_operation(states.table(), "kms/key-states.tsv")
    require_every_operation(kms_event_shapes(), "cloudtrail/kms-events.tsv")
    _require(agenda.NAMES, kms_event_shapes(), "cloudtrail/kms-events.tsv")
    permissions = [name for each in model.operation_names for name in _PERMISSIONS.get(each, (each,))]
    asked_on = condition_keys.KEY_OPERATIONS | condition_keys.ACCOUNT_OPERATIONS
    _require(permissions, asked_on, "policy/keys.py, KEY_OPERATIONS or ACCOUNT_OPERATIONS")
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    with_limit = [name for name, shape in shapes.items() if shape is not None and "Limit" in shape.members]
    _require(with_limit, paging.LIMITS.keys() | paging.WITHOUT_PAGES, "kms/paging.py, LIMITS or WITHOUT_PAGES")
    cryptographic = model.shape_for("KeyLastUsageTrackingOperation").enum
    _require(cryptographic, (name for name, each in OPERATIONS.items() if each.uses), "kms/service.py, uses")
    _require(model.shape_for("GrantOperation").enum, grants.GRANT_OPERATIONS, "policy/grants.py, GRANT_OPERATIONS")


def _require(wanted: Iterable[str], there: Iterable[str], table: str) -> None:
    missing = sorted(set(wanted) - set(there))
    if missing:
        raise ValueError(f"{table} lacks {', '.join(missing)}.")
