"""LookupEvents: attributes, order, pages, ninety days, and its rate limit as a disturbance."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from labkit.accounts.local import LocalCloud
from labkit.cloud.core.errors import AwsError
from labkit.cloud.gateway.disturb import Disturbance


@pytest.fixture
def cloudtrail(lab: Any) -> Any:
    """A CloudTrail client that does not retry."""
    return boto3.client("cloudtrail", config=Config(retries={"max_attempts": 0}))


def _lookup(cloudtrail: Any, key: str, value: str) -> list[str]:
    found = cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    return [item["EventName"] for item in found["Events"]]


def test_newest_first_by_attribute(kms: Any, cloudtrail: Any) -> None:
    """By name, by source, by resource, by who, by whether it only read."""
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.describe_key(KeyId=arn)
    assert _lookup(cloudtrail, "EventSource", "kms.amazonaws.com") == ["DescribeKey", "CreateKey"]
    assert _lookup(cloudtrail, "EventName", "CreateKey") == ["CreateKey"]
    assert _lookup(cloudtrail, "ResourceName", arn) == ["DescribeKey", "CreateKey"]
    assert _lookup(cloudtrail, "Username", "learner")[-1] == "CreateKey"
    assert "CreateKey" not in _lookup(cloudtrail, "ReadOnly", "true")


def test_pages_need_the_same_question(kms: Any, cloudtrail: Any) -> None:
    """NextToken goes on where the page ended, and fits its own question only."""
    for _ in range(3):
        kms.list_keys()
    listed = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "ListKeys"}], "MaxResults": 2}
    first = cloudtrail.lookup_events(**listed)
    second = cloudtrail.lookup_events(**listed, NextToken=first["NextToken"])
    assert (len(first["Events"]), len(second["Events"])) == (2, 1)
    assert "NextToken" not in second
    with pytest.raises(ClientError) as refused:
        cloudtrail.lookup_events(NextToken=first["NextToken"])
    assert refused.value.response["Error"]["Code"] == "InvalidNextTokenException"


def test_ninety_days_are_kept(lab: Any, kms: Any, cloudtrail: Any) -> None:
    """What is older can't be looked up any more."""
    kms.create_key()
    lab.clock.advance(days=89)
    assert _lookup(cloudtrail, "EventName", "CreateKey") == ["CreateKey"]
    lab.clock.advance(days=2)
    assert _lookup(cloudtrail, "EventName", "CreateKey") == []


def test_a_lesson_can_reach_the_rate_limit(cloudtrail: Any, events: Any) -> None:
    """Two requests a second: with the disturbance on, ThrottlingException, and the event is kept."""
    rate = Disturbance("cloudtrail", "LookupEvents", AwsError("ThrottlingException", "Rate exceeded"), times=1)
    LocalCloud._server.cloud.gateway.disturbances.add(rate)
    with pytest.raises(ClientError, match="Rate exceeded") as refused:
        cloudtrail.lookup_events()
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    assert cloudtrail.lookup_events()["Events"]
    assert [event.get("errorCode") for event in events("LookupEvents")] == ["ThrottlingException", None]
