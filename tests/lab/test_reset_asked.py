"""What is no account of the lab empties none: not all of them in place of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

import labkit
from labkit.accounts.local import LocalCloud
from labkit.cloud.doors.control import HEADER, control
from labkit.cloud.wire.protocols import HttpRequest

THEIRS = "444455556666"


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """A lab with a key in its account, and a partner's."""
    made = labkit.start("reset-asked")
    made.account("partner")
    boto3.client("kms").create_key()
    yield made
    assert boto3.client("kms").list_keys()["Keys"]
    made.reset(account="all")
    assert not boto3.client("kms").list_keys()["Keys"]


@pytest.mark.parametrize("wrong", [None, 0, int(THEIRS), False, True, [], {}, [THEIRS], THEIRS.encode(), object()])
def test_what_is_no_account_empties_nothing(lab: labkit.Lab, wrong: Any) -> None:
    """As where the variable is not set that the account was to come from: never all accounts in place of one."""
    with pytest.raises(labkit.LabError, match="Nothing was emptied"):
        lab.reset(account=wrong)
    assert boto3.client("kms").list_keys()["Keys"]


@pytest.mark.parametrize(("query", "body", "told"), [
    ("account=", "", "There is no account"), ("", '{"account": ""}', "There is no account"),
    ("", '{"account": null}', "needs account"), ("", '{"acount": "444455556666"}', "takes account and nothing else"),
    ("Account=444455556666", "", "takes account and nothing else"), ("", "account=444455556666", "JSON"),
    ("account=444455556666", '{"account": "4"}', "There is no account"), ("", '["444455556666"]', "JSON object"),
])  # fmt: skip
def test_a_request_that_is_not_understood_empties_nothing(lab: labkit.Lab, query: str, body: str, told: str) -> None:
    """An empty variable in a shell's line, a misspelt member, a form in place of JSON."""
    assert LocalCloud._server is not None
    token = LocalCloud._server.cloud.control_token
    request = HttpRequest("POST", "/_labkit/reset", query, {"host": "127.0.0.1", HEADER: token}, body.encode())
    answer = control(LocalCloud._server.cloud, request)
    assert (answer.status, told in answer.body.decode()) == (400, True), answer.body
    assert boto3.client("kms").list_keys()["Keys"]
