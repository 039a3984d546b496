"""What a trail's calls cost, on events whose sum can be done by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit import trail
from labkit.trail.ask.prices import price_list

from . import records
from .records import KEY, OTHER_KEY, Record

HOUR, DAY = 3600, 86400
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf"
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
END = BEGIN + timedelta(hours=720)


def record(at: int, **members: Any) -> Record:
    """A Decrypt, so many seconds after the trail's begin."""
    return records.record(at, eventTime=f"{BEGIN + timedelta(seconds=at):%Y-%m-%dT%H:%M:%SZ}", **members)


def _made(at: int, key: str = KEY, **more: Any) -> Record:
    metadata = {"arn": key, "keyManager": "CUSTOMER"} | more
    resources = [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": key}]
    return record(at, eventName="CreateKey", responseElements={"keyMetadata": metadata}, resources=resources)


def _secret(at: int, name: str) -> Record:
    return record(at, eventSource="secretsmanager.amazonaws.com", eventName=name, responseElements={"aRN": SECRET})


def _turned(at: int) -> Record:
    return record(at, eventName="RotateKey", eventType="AwsServiceEvent")


def _rows(*records: Record, until: datetime | None = END) -> dict[tuple[str, str], list[tuple[float, float]]]:
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in trail.bill(trail.load(list(records), tell=str), until).itertuples(index=False):
        found.setdefault((row.what, row.thing), []).append((row.quantity, row.dollars))
    return found


LIVES = {
    "there to the end": ([_made(0)], [720]),
    "to the last event": ([_made(0), record(10 * HOUR)], None),
    "scheduled": ([_made(0), record(HOUR, eventName="ScheduleKeyDeletion")], [1]),
    "scheduled twice": (
        [_made(0), *(record(each * HOUR, eventName="ScheduleKeyDeletion") for each in (1, 2))],
        [1],
    ),
    "called off": (
        [_made(0), record(HOUR, eventName="ScheduleKeyDeletion"), record(2 * HOUR, eventName="CancelKeyDeletion")],
        [720],
    ),
    "a refused deletion": (
        [_made(0), record(HOUR, eventName="ScheduleKeyDeletion", errorCode="AccessDeniedException")],
        [720],
    ),
    "AWS's own": ([_made(0, keyManager="AWS")], []),
    "made before": ([record(0)], []),
    "a refused CreateKey": ([_made(0) | {"errorCode": "AccessDeniedException"}], []),
}


@pytest.mark.parametrize("name", LIVES)
def test_a_key_is_charged_while_it_is_there(name: str) -> None:
    """By the hour, until its deletion is scheduled; 730 hours are a month."""
    records, hours = LIVES[name]
    found = _rows(*records, until=END if hours is not None else None).get(("key", KEY), [])
    expected = [10] if hours is None else hours
    assert [each for each, _ in found] == expected
    assert [dollars for _, dollars in found] == pytest.approx([each / 730 for each in expected])


def test_two_rotations_are_charged_and_the_third_is_not() -> None:
    """Each from its day on; a service's event is no request."""
    found = _rows(_made(0), *(_turned(day * DAY) for day in (10, 20, 25)))
    assert [hours for hours, _ in found["rotation", KEY]] == [480, 240]
    assert found["symmetric", ""] == [(1, pytest.approx(0.000003))]


def test_keys_are_told_apart() -> None:
    """The end of one is not the end of another."""
    found = _rows(_made(0), _made(0, OTHER_KEY), record(HOUR, eventName="ScheduleKeyDeletion"))
    assert found["key", KEY][0][0] == 1
    assert found["key", OTHER_KEY][0][0] == 720


def test_a_secret_costs_by_the_hour_and_by_the_request() -> None:
    """Forty cents a month; deleted, and restored."""
    found = _rows(_secret(0, "CreateSecret"), _secret(HOUR, "DeleteSecret"))
    assert found["secret", SECRET] == [(1, pytest.approx(0.40 / 730))]
    assert found["secret request", ""] == [(2, pytest.approx(0.00001))]
    found = _rows(_secret(0, "CreateSecret"), _secret(HOUR, "DeleteSecret"), _secret(2 * HOUR, "RestoreSecret"))
    assert found["secret", SECRET][0][0] == 720


def test_what_has_no_price_here_is_named() -> None:
    """Never left out in silence; refused, it made nothing."""
    launch = {"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}
    found = _rows(record(0, **launch), record(1, **launch), record(2, **launch, errorCode="UnauthorizedOperation"))
    ((quantity, dollars),) = found["ec2:RunInstances", ""]
    assert quantity == 2
    assert math.isnan(dollars)


def test_nothing_costs_nothing() -> None:
    """A table without rows, with its columns."""
    table = trail.bill(trail.load([], tell=str))
    assert table.empty
    assert list(table.columns) == ["what", "thing", "quantity", "unit", "dollars"]


def test_each_price_has_its_source() -> None:
    """And says per what it is."""
    for price in price_list().values():
        assert price.source.startswith("https://aws.amazon.com/"), price
        assert price.each > 0
