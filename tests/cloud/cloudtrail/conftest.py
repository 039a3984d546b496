"""A fresh lab, its events, and a second account's administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

import labkit
from labkit.accounts.local import LocalCloud

Event = dict[str, Any]


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("cloudtrail-tests")


@pytest.fixture
def kms(lab: labkit.Lab) -> Any:
    """A KMS client of the learner."""
    return boto3.client("kms", config=Config(retries={"max_attempts": 0}))


@pytest.fixture
def events(lab: labkit.Lab) -> Callable[..., list[Event]]:
    """`events("Encrypt")`: the account's events of this name, oldest first; all of them without a name."""

    def of(name: str | None = None, account: str = "") -> list[Event]:
        with LocalCloud._server.cloud.gateway.still():  # an answer may be here before its record
            pass
        recorded = LocalCloud._server.cloud.history.of_account(account or lab.account_id)
        return [event for event in recorded if name in (None, event["eventName"])]

    return of


@pytest.fixture
def second_account(lab: labkit.Lab) -> Callable[..., Any]:
    """`second_account("kms")`: a client of an administrator (an IAM user) of account 444455556666."""
    keys = LocalCloud._server.cloud.open_account()

    def client(service: str) -> Any:
        return boto3.client(
            service,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token="",
            config=Config(retries={"max_attempts": 0}),
        )

    return client
