"""The viewer of calls without a view: the first choice, picking, and the picture that stays."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

import labkit
from labkit.widgets.views.inner_calls import InnerCallsWidget

HOSTILE = "</svg><script>alert(1)</script>"


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """An account with a call that had inner calls, and two that had none."""
    lab = labkit.start("12-encrypt-ebs")
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    boto3.client("secretsmanager").create_secret(Name="db", SecretString="x", KmsKeyId=key)
    boto3.client("kms").describe_key(KeyId=key)
    yield lab


def test_the_last_call_with_inner_calls_is_chosen(lab: labkit.Lab) -> None:
    """Without a click: CreateSecret, and what Secrets Manager asked of KMS."""
    view = lab.sequence_view()
    assert [each.operation for each in view.value.steps] == ["CreateSecret"]
    assert "GenerateDataKey" in view.twin().text and "Services made" in view.says
    assert view.twin().text.count("->") >= 2


def test_another_call_is_picked(lab: labkit.Lab) -> None:
    """By number, or one by one; no further than there are calls."""
    view = lab.sequence_view(2)
    view.make_view()
    assert len(view.calls) == 2
    assert view.pick(2).value.steps[0].operation == "DescribeKey" and "No service called" in view.says
    assert view.go(5).number == 2 and view.go(-9).number == 1
    with pytest.raises(ValueError, match="calls 1 to 2"):
        view.pick(3)
    with pytest.raises(ValueError, match="at least one"):
        lab.sequence_view(0)
    boto3.client("kms").list_keys()
    assert view.refresh().calls[-1].operation == "ListKeys"


def test_no_calls_and_hostile_records() -> None:
    """An empty trail is said; names in records are text."""
    none = InnerCallsWidget(list)
    none.make_view()
    assert "There are no calls yet." in none.twin().text and none.go(1).number == 0
    record = {"eventName": HOSTILE, "eventTime": "2026-01-05T09:00:00Z", "eventSource": "kms.amazonaws.com"}
    record |= {"userIdentity": {"arn": f"arn:aws:iam::1:user/{HOSTILE}"}, "eventID": "1"}
    view = InnerCallsWidget(lambda: [record])
    assert "<script" not in view.twin().html
    assert "script" in view.twin().text
