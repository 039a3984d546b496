"""`labkit cost`: the bill of logs, for a person and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit import cli

from .records import KEY, record


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A file with a key that was made, an hour of it, and what has no price."""
    resources = [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": KEY}]
    made = {"keyMetadata": {"arn": KEY, "keyManager": "CUSTOMER"}}
    records = [
        record(0, eventName="CreateKey", responseElements=made, resources=resources),
        record(1, eventName="GenerateDataKeyPair", requestParameters={"keyPairSpec": "RSA_2048"}),
        record(2, eventTime="2026-01-05T10:00:00Z", eventSource="ec2.amazonaws.com", eventName="RunInstances"),
    ]
    path = tmp_path / "logs.json"
    path.write_text(json.dumps({"Records": records}))
    return path


def test_for_programs(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object; what has no price is null."""
    assert cli.main(["cost", "--json", str(logs)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dollars"] == pytest.approx(1 / 730 + 0.000003 + 0.0012)
    assert {line["what"]: line["dollars"] for line in told["lines"]}["ec2:RunInstances"] is None


def test_for_a_person(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each kind, and the sum; the report of the reading stands apart."""
    assert cli.main(["cost", str(logs)]) == 0
    told = capsys.readouterr()
    rows = [line.split() for line in told.out.splitlines()]
    assert rows[0] == ["key", "1", "of", "them", "1", "hours", "0.001370", "USD"]
    assert rows[-3] == ["ec2:RunInstances", "1", "requests", "no", "price", "here"]
    assert rows[-2] == ["together", "0.002573", "USD"]
    assert "3 records read" in told.err


def test_logs_that_are_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A line that says so, and exit status 2."""
    assert cli.main(["cost", "no-such-logs"]) == 2
    assert "no-such-logs" in capsys.readouterr().err
