"""`lab.cost()`: what the lab would have cost, until now."""

from __future__ import annotations

import boto3
import pytest

import labkit


def test_a_key_for_three_days_and_its_requests() -> None:
    """By lab time, which a moved clock counts; the lab's own calls cost as AWS would charge them."""
    lab = labkit.start("dear")
    assert lab.cost()["dollars"].sum() == 0
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    lab.clock.advance(days=3)
    rows = lab.cost().set_index("what")
    assert rows.loc["key", "thing"] == key
    assert rows.loc["key", "dollars"] == pytest.approx(72 / 730, rel=1e-3)
    assert rows.loc["symmetric", "quantity"] == 1
