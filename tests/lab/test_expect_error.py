"""`labkit.expect_error` fails when nothing, or something else, is refused."""

from __future__ import annotations

import boto3
import pytest

import labkit


@pytest.fixture(autouse=True)
def _lab() -> None:
    labkit.start("expect-error-tests")


def test_a_refusal_is_kept_for_a_closer_look() -> None:
    """Code, message, request id and operation; shown as boto3 users know it."""
    with labkit.expect_error("NotFoundException") as refused:
        boto3.client("kms").describe_key(KeyId="alias/nobody")
    assert (refused.code, refused.operation) == ("NotFoundException", "DescribeKey")
    assert repr(refused) == "NotFoundException: Alias arn:aws:kms:us-east-1:111122223333:alias/nobody is not found."


def test_nothing_refused_is_a_failure() -> None:
    """A lesson about a refusal that does not happen is false."""
    with pytest.raises(AssertionError, match="Nothing was refused: NotFoundException was expected"):
        with labkit.expect_error("NotFoundException"):
            boto3.client("kms").list_keys()


def test_another_refusal_is_a_failure() -> None:
    """And the message shows what came instead."""
    with pytest.raises(AssertionError, match="DisabledException was expected, but the answer was NotFoundException: "):
        with labkit.expect_error("DisabledException"):
            boto3.client("kms").describe_key(KeyId="alias/nobody")


def test_other_exceptions_pass_through() -> None:
    """A bug in a cell stays a bug."""
    with pytest.raises(KeyError):
        with labkit.expect_error("NotFoundException"):
            {}["missing"]


def test_what_boto3_itself_refuses() -> None:
    """Parameters of the wrong type never leave the machine."""
    with labkit.expect_error("ParamValidation") as refused:
        boto3.client("kms").describe_key()
    assert 'Missing required parameter in input: "KeyId"' in refused.message
