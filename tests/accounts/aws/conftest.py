"""A stand-in for AWS on this machine, and a guard under everything: no test reaches another address."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from labkit.accounts.aws import joining, skipping
from labkit.accounts.local import LocalCloud
from labkit.cloud.assembly.cloud import AccountKeys, Cloud
from labkit.cloud.doors.doors import Server

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class StandIn:
    """An account that is taken for a real one, and a second one."""

    server: Server
    cloud: Cloud

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return self.server.endpoint

    @property
    def first(self) -> AccountKeys:
        """The account that labs work in."""
        return self.cloud.accounts[0]

    @property
    def second(self) -> AccountKeys:
        """Another one."""
        return self.cloud.accounts[1]

    def calls(self, since: int = 0) -> list[str]:
        """Name the calls in the first account so far."""
        with self.cloud.gateway.still():  # a call is recorded after it is answered
            events = self.cloud.history.of_account(self.first.account_id)
        return [event["eventName"] for event in events[since:]]


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail on any address but this machine's own: by name or by number."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def checked(own: socket.socket, address: Any) -> None:
        if own.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            pytest.fail(f"A test would have connected to {address[0]}.")
        connect(own, address)

    def looked_up(host: Any, *arguments: Any, **more: Any) -> Any:
        if host not in LOOPBACK:
            pytest.fail(f"A test would have looked up {host}.")
        return look_up(host, *arguments, **more)

    monkeypatch.setattr(socket.socket, "connect", checked)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    """One for all tests of a file."""
    cloud = Cloud(seed="stand-in", region="us-east-1", accounts=2)
    server = Server(cloud)
    server.start()
    yield StandIn(server, cloud)
    server._server.shutdown()
    server.close()


@pytest.fixture
def owner(standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    """The owner's settings lead to the stand-in; no lab has begun in this process."""
    monkeypatch.setattr(LocalCloud, "_joined", None)
    for name in [each for each in os.environ if each.startswith(("AWS_", "LABKIT_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": standin.first.access_key_id,
        "AWS_SECRET_ACCESS_KEY": standin.first.secret_access_key,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "LABKIT_STANDIN_ENDPOINT": standin.endpoint,
        "LABKIT_HOME": str(tmp_path / "home"),
        "LABKIT_ACCOUNT": "aws",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield standin
    joining.leave()
    skipping.stop()


@pytest.fixture
def agreed(owner: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """And there is consent."""
    monkeypatch.setenv("LABKIT_CONSENT", f"{owner.first.account_id}:us-east-1:{owner.first.account_id}")
    return owner
