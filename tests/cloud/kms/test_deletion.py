"""Scheduled deletion: the waiting period, the way back, and the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


def test_the_end(world: Any) -> None:
    """After the waiting period the key is gone, with its aliases and grants; not a second before."""
    arn = world.create()["Arn"]
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=arn)
    world.call("CreateGrant", KeyId=arn, GranteePrincipal="arn:aws:iam::111122223333:root", Operations=["Decrypt"])
    date = world.call("ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=7)["DeletionDate"]
    meta = world.call("DescribeKey", KeyId=arn)["KeyMetadata"]
    assert (meta["KeyState"], meta["Enabled"], meta["DeletionDate"]) == ("PendingDeletion", False, date)
    world.clock.advance(date - world.clock.now() - timedelta(seconds=2))
    assert world.state("alias/a") == "PendingDeletion"
    (happening,) = world.advance(seconds=1)
    assert (happening.name, happening.time, happening.key_arn) == ("DeleteKey", date, arn)
    assert world.refused("DescribeKey", KeyId=arn).message == f"Key '{arn}' does not exist"
    assert world.refused("DescribeKey", KeyId="alias/a").code == "NotFoundException"
    assert [each for each in world.call("ListAliases")["Aliases"] if "TargetKeyId" in each] == []
    assert world.call("ListKeys")["Keys"] == []


def test_material_is_forgotten(world: Any) -> None:
    """Nothing that could open the data is left, even to who holds the object."""
    key = world.key(world.create()["Arn"])
    world.call("ScheduleKeyDeletion", KeyId=key.arn)
    world.advance(days=31)
    assert [material.secret for material in key.materials] == [None]


def test_cancelling(world: Any) -> None:
    """A cancelled deletion leaves the key disabled, and the date passes without effect."""
    arn = world.create()["Arn"]
    world.call("ScheduleKeyDeletion", KeyId=arn)
    assert world.call("CancelKeyDeletion", KeyId=arn) == {"KeyId": arn}
    assert world.state(arn) == "Disabled"
    assert world.advance(days=40) == []
    world.call("EnableKey", KeyId=arn)
    assert world.state(arn) == "Enabled"


def test_schedule_again_after_cancelling(world: Any) -> None:
    """Only the last date counts."""
    arn = world.create()["Arn"]
    world.call("ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=7)
    world.call("CancelKeyDeletion", KeyId=arn)
    world.call("ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=20)
    assert world.advance(days=10) == []
    assert len(world.advance(days=11)) == 1


@pytest.mark.parametrize(("days", "limit"), [(6, "greater than or equal to 7"), (31, "less than or equal to 30")])
def test_window(world: Any, days: int, limit: str) -> None:
    """7 to 30 days."""
    error = world.refused("ScheduleKeyDeletion", KeyId=world.create()["Arn"], PendingWindowInDays=days)
    assert error.message.endswith(f"Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: "
                                  f"Member must have value {limit}")  # fmt: skip


def test_default_window(world: Any) -> None:
    """30 days unless told."""
    answer = world.call("ScheduleKeyDeletion", KeyId=world.create()["Arn"])
    assert answer["PendingWindowInDays"] == 30
    assert answer["DeletionDate"] == world.clock.now() + timedelta(days=30)
