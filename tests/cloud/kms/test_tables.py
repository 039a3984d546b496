"""Every operation of KMS stands in every table that speaks of operations; without its row, no lab starts."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from labkit.cloud.assembly import tables
from labkit.cloud.cloudtrail import shapes
from labkit.cloud.kms import agenda, paging, states
from labkit.cloud.kms.api import service_model
from labkit.cloud.kms.operation import OnKey, Operation
from labkit.cloud.kms.service import OPERATIONS
from labkit.cloud.policy import condition_keys, grants
from labkit.cloud.services.cloudwatch import kms_metrics
from labkit.trail.ask import uses

ALL = service_model().operation_names
CRYPTOGRAPHIC = service_model().shape_for("KeyLastUsageTrackingOperation").enum


def test_the_tables_are_whole() -> None:
    """As they are shipped, nothing is missing, and nothing is there that KMS hasn't."""
    tables.require_whole_tables()
    assert set(OPERATIONS) == set(states.table()) == set(ALL)
    events = {name for name, shape in shapes.kms_event_shapes().items() if shape.event_type == "AwsApiCall"}
    assert events - {"SynchronizeMultiRegionKey"} == set(ALL)


@pytest.fixture
def reread() -> Any:
    """Forget what was read of the tables, before and after."""
    for table in (states.table, shapes.kms_event_shapes):
        table.cache_clear()
    yield
    for table in (states.table, shapes.kms_event_shapes):
        table.cache_clear()


@pytest.mark.usefixtures("reread")
@pytest.mark.parametrize("operation", ALL)
def test_a_key_state_row_that_is_missing(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """It would work in every state."""
    lines = states._lines
    monkeypatch.setattr(
        states, "_lines", lambda name: [line for line in lines(name) if not line.startswith(f"{operation}\t")]
    )
    with pytest.raises(ValueError, match=f"no row for {operation}:"):
        states.table()


class Without:
    """A package's files, one table without an operation's row."""

    def __init__(self, files: Any, operation: str) -> None:
        self._files, self._operation = files, operation

    def __call__(self, package: str) -> Without:
        return Without(self._files(package), self._operation)

    def joinpath(self, name: str) -> Without:
        """A file of the package."""
        return Without(self._files.joinpath(name), self._operation)

    def read_text(self, encoding: str) -> str:
        """The file, without the row."""
        lines = self._files.read_text(encoding=encoding).splitlines()
        return "\n".join(line for line in lines if not line.startswith(f"{self._operation}\t"))


@pytest.mark.usefixtures("reread")
@pytest.mark.parametrize("operation", ALL)
def test_a_row_of_events_that_is_missing(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Its calls would leave no record."""
    monkeypatch.setattr(shapes, "files", Without(shapes.files, operation))
    with pytest.raises(ValueError, match=f"no row for {operation}:"):
        shapes.kms_event_shapes()


@pytest.mark.parametrize("operation", ALL)
def test_an_operation_that_nobody_carries_out(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """It would be an UnknownOperationException."""
    rest = {name: each for name, each in OPERATIONS.items() if name != operation}
    monkeypatch.setattr(tables, "OPERATIONS", MappingProxyType(rest))
    with pytest.raises(ValueError, match=f"no row for {operation}:"):
        tables.require_whole_tables()


@pytest.mark.usefixtures("reread")
@pytest.mark.parametrize("name", agenda.NAMES)
def test_an_event_of_the_services_own_that_has_no_row(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What KMS does by itself would break the call that comes after it."""
    monkeypatch.setattr(shapes, "files", Without(shapes.files, name))
    with pytest.raises(ValueError, match=f"lacks {name}"):
        tables.require_whole_tables()


@pytest.mark.parametrize("permission", sorted(condition_keys.KEY_OPERATIONS | condition_keys.ACCOUNT_OPERATIONS))
def test_a_permission_that_policies_do_not_know(monkeypatch: pytest.MonkeyPatch, permission: str) -> None:
    """No condition key would hold for it."""
    for name in ("KEY_OPERATIONS", "ACCOUNT_OPERATIONS"):
        monkeypatch.setattr(condition_keys, name, getattr(condition_keys, name) - {permission})
    with pytest.raises(ValueError, match=f"lacks {permission}"):
        tables.require_whole_tables()


@pytest.mark.parametrize("operation", sorted(paging.LIMITS))
def test_a_list_without_its_limit(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """It would fail."""
    rest = {name: limits for name, limits in paging.LIMITS.items() if name != operation}
    monkeypatch.setattr(paging, "LIMITS", rest)
    with pytest.raises(ValueError, match=f"lacks {operation}"):
        tables.require_whole_tables()


@pytest.mark.parametrize("operation", CRYPTOGRAPHIC)
def test_a_cryptographic_operation_that_asks_nothing_of_its_key(
    monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """It would work with keys of every usage."""
    changed = {**OPERATIONS, operation: Operation(OPERATIONS[operation].plan, OPERATIONS[operation].act)}
    monkeypatch.setattr(tables, "OPERATIONS", MappingProxyType(changed))
    with pytest.raises(ValueError, match=f"lacks {operation}"):
        tables.require_whole_tables()


@pytest.mark.parametrize("operation", grants.GRANT_OPERATIONS)
def test_a_grant_operation_that_grants_do_not_know(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """No grant would give it."""
    monkeypatch.setattr(grants, "GRANT_OPERATIONS", tuple(set(grants.GRANT_OPERATIONS) - {operation}))
    with pytest.raises(ValueError, match=f"lacks {operation}"):
        tables.require_whole_tables()


def test_the_lists_of_cryptographic_operations_are_the_models() -> None:
    """The metrics count them, the trail's questions call them uses."""
    assert kms_metrics._CRYPTOGRAPHIC == uses.USES == set(CRYPTOGRAPHIC)
    assert {name for name, each in OPERATIONS.items() if each.uses} == set(CRYPTOGRAPHIC)


def test_permissions_across_accounts_are_those_of_the_operations() -> None:
    """What takes another account's key is a permission that works across accounts, and no other."""
    abroad = {
        name for name, each in OPERATIONS.items() if isinstance(each.plan, OnKey) and each.plan.takes.other_accounts
    }
    planned_by_hand = {"Decrypt", "ReEncryptFrom", "ReEncryptTo", "RetireGrant"}
    assert abroad | planned_by_hand == condition_keys.CROSS_ACCOUNT_OPERATIONS
