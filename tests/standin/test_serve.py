"""`labkit serve --wall-clock` and `--late`: the account's time is the machine's, and changes are seen late."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit
from labkit.accounts.remote import Remote
from labkit.cli import main
from labkit.cloud.core.clock import WallClock


@pytest.fixture
def kms(late_standin: Mapping[str, Any]) -> Any:
    """KMS of its first account."""
    first = late_standin["accounts"][0]
    return boto3.session.Session(
        aws_access_key_id=first["access_key_id"], aws_secret_access_key=first["secret_access_key"]
    ).client(
        "kms", region_name="us-east-1", endpoint_url=late_standin["endpoint"],
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )  # fmt: skip


@pytest.fixture
def control(late_standin: Mapping[str, Any]) -> Remote:
    """Its control requests."""
    return Remote(late_standin["endpoint"], late_standin["control_token"])


def test_the_time_is_the_machines(kms: Any, control: Remote) -> None:
    """Of keys, of records, and of the clock; a call takes no lab second."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    keys = [kms.create_key()["KeyMetadata"] for _ in range(3)]
    assert all(before < key["CreationDate"] < datetime.now(UTC) for key in keys)
    told = datetime.fromisoformat(control.get("clock")["now"])
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=5)
    account = keys[0]["AWSAccountId"]
    times = [datetime.fromisoformat(event["eventTime"]) for event in control.get("events", account=account)]
    assert all(before.replace(microsecond=0) <= moment <= datetime.now(UTC) for moment in times[-3:])
    assert times == sorted(times)


def test_nobody_moves_it(control: Remote) -> None:
    """Neither forward, nor by a pace; the message says why."""
    with pytest.raises(labkit.LabError, match="the machine's"):
        control.post("clock", seconds=60)
    with pytest.raises(labkit.LabError, match="calls_per_second can't be set"):
        control.post("disturb", calls_per_second=10)


def test_changes_are_seen_late_in_real_seconds(kms: Any, control: Remote) -> None:
    """No alias for a new key at once; a second later there is one."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.create_alias(AliasName="alias/new", TargetKeyId=key)
    time.sleep(1.0)
    kms.create_alias(AliasName="alias/new", TargetKeyId=key)
    assert (
        "changes of aliases are seen 1 seconds late"
        in control.post("disturb", call="kms:ListKeys", seconds=0.3)["disturbed"]
    )
    began = time.monotonic()
    kms.list_keys()
    assert time.monotonic() - began >= 0.3  # a call that takes longer takes the machine's time


@pytest.mark.parametrize(("fault", "code"), [
    ({"call": "kms:CreateKey", "error": "ThrottlingException"}, "ThrottlingException"),
    ({"call": "kms:*", "error": "AccessDeniedException"}, "AccessDeniedException"),
    ({"call": "*", "error": "ExpiredTokenException"}, "ExpiredTokenException"),
    ({"call": "kms:CreateKey", "error": "KMSInternalException"}, "KMSInternalException"),
])  # fmt: skip
def test_faults_by_the_control_token(kms: Any, control: Remote, fault: dict[str, Any], code: str) -> None:
    """One call later the next one fails, and the one after that goes through."""
    control.post("disturb", **fault, times=1, after=1)
    kms.create_key()
    with pytest.raises(ClientError, match=code):
        kms.create_key()
    kms.create_key()


@pytest.mark.parametrize("late", ["-1", "soon", "", "4000"])
def test_nonsense_is_a_usage_error(late: str, capsys: pytest.CaptureFixture[str]) -> None:
    """argparse says it, in the words of the account."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--late", late])
    assert ended.value.code == 2
    assert "Changes are seen late by 0 to 3600 seconds" in capsys.readouterr().err


def test_the_machines_clock_set_back_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's time never goes back, and works moved-past moments as the lab's does."""
    clock = WallClock()
    first = clock.now()
    monkeypatch.setattr("labkit.cloud.core.clock.datetime", Earlier)
    assert clock.now() == clock.tick() >= first
    assert clock.advance(timedelta(0)) >= first
    with clock.at(first - timedelta(hours=1)):
        assert clock.now() == first - timedelta(hours=1)


class Earlier(datetime):
    """A machine whose clock was set back by an hour."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """An hour ago."""
        return datetime.now(tz) - timedelta(hours=1)
