"""A reset: all accounts are as at their start, and whoever had a key or the control token goes on with it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest

import labkit
from labkit.accounts.remote import Remote
from labkit.cloud.doors.doors import Server
from labkit.commands import serve


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """What `labkit serve --accounts 2 --seed random --late 3` runs."""
    asked = argparse.Namespace(
        seed="random",
        region="eu-west-3",
        accounts=2,
        clock=serve.LAB,
        late="3",
        xks=[("https://x.example.com", "http://127.0.0.1:9")],
    )
    running = Server(serve.begin(asked, ""), 0, partial(serve.begin, asked))
    running.start()
    yield running
    running.close()


def client(server: Server, service: str, keys: Any) -> Any:
    """A client of an account's administrator."""
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name="eu-west-3",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )


def test_all_accounts_are_empty_and_their_keys_are_good(server: Server) -> None:
    """At random, too, and in an account that was opened later; with the options of the command line."""
    remote = Remote(server.endpoint, server.cloud.control_token)
    opened = remote.post("accounts")
    before = server.cloud
    clients = [client(server, "kms", keys) for keys in before.accounts]
    for kms in clients:
        kms.create_key()
    client(server, "iam", before.accounts[0]).create_user(UserName="ann")
    remote.post("clock", seconds=1000)
    remote.post("disturb", quotas=True)
    assert remote.post("reset") == {"accounts": [each.account_id for each in before.accounts]}
    assert server.cloud is not before
    assert server.cloud.accounts == before.accounts
    assert [kms.list_keys()["Keys"] for kms in clients] == [[], [], []]
    users = client(server, "iam", before.accounts[0]).list_users()["Users"]
    assert [each["UserName"] for each in users] == ["lab-administrator"]
    told = "; ".join(server.cloud.disturbed())
    assert "3 seconds late" in told  # as --late has it
    assert "quotas" not in told
    assert [each["eventName"] for each in remote.get("events", account=opened["account_id"])] == ["ListKeys"]


def test_one_account_alone_by_its_id(server: Server) -> None:
    """Also with --seed random, where the keys are none that a fresh account would have. (More: test_reset_one.py.)"""
    before, remote = server.cloud, Remote(server.endpoint, server.cloud.control_token)
    first, second = (client(server, "kms", keys) for keys in before.accounts[:2])
    for kms in (first, second):
        kms.create_key()
    assert remote.post("reset", account=before.accounts[0].account_id) == {"accounts": ["111122223333"]}
    assert server.cloud is before
    assert [len(kms.list_keys()["Keys"]) for kms in (first, second)] == [0, 1]
    with pytest.raises(labkit.LabError, match="needs account, a text"):
        remote.post("reset", account=111122223333)


def test_nobody_resets_without_the_token(server: Server) -> None:
    """Nor has anything happened."""
    before = server.cloud
    with pytest.raises(labkit.LabError, match="control token"):
        Remote(server.endpoint, "").post("reset")
    assert server.cloud is before


def test_a_lab_begins_again_and_its_clients_go_on() -> None:
    """`lab.reset()`: the learner's session, a partner's client; the same ids come once more."""
    lab = labkit.start("reset")
    partner = lab.account("partner").client("kms")
    kms, sts = boto3.client("kms"), boto3.client("sts")
    caller = sts.get_caller_identity()
    now = lab.clock.now()
    first = kms.create_key()["KeyMetadata"]["KeyId"]
    partner.create_key()
    lab.clock.advance(days=2)
    lab.reset()
    assert lab.clock.now() <= now
    assert (kms.list_keys()["Keys"], partner.list_keys()["Keys"]) == ([], [])
    answer = sts.get_caller_identity()
    assert {name: answer[name] for name in ("UserId", "Account", "Arn")} == {
        name: caller[name] for name in ("UserId", "Account", "Arn")
    }
    assert kms.create_key()["KeyMetadata"]["KeyId"] == first
    role = lab.role("Reader", policy=[{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}])
    assert len(role.client("kms").list_keys()["Keys"]) == 1


def test_a_real_account_is_not_reset() -> None:
    """Nor has it a soft mode: it is said in words."""
    from types import SimpleNamespace

    from labkit.accounts.aws.answers.account import RealAccount

    real = RealAccount(SimpleNamespace(standin=""))
    for name in ("reset", "soft-mode"):
        with pytest.raises(labkit.LabError, match="Not in a real account"):
            real.post(name)
