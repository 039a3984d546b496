"""`labkit audit`: its exit status, what it prints where, and whose account it looks at."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

import labkit
from labkit import cli
from labkit.audit import command


@pytest.fixture(scope="module")
def lab() -> Iterator[labkit.Lab]:
    """An account with one fault of each of two severities, and no trail."""
    lab = labkit.start("audit-command")
    boto3.client("kms").create_key(Description="prices")
    yield lab


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(lab: labkit.Lab, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; answers its status and what it printed."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["audit", *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.mark.parametrize(("fail_on", "status"), [("critical", 0), ("high", 1)])
def test_the_status_says_how_severe_it_is(run: Run, fail_on: str, status: int) -> None:
    """0 if nothing was found of that severity and above, else 1; the findings are printed anyway."""
    before = dict(os.environ)
    found, printed, complaint = run("--fail-on", fail_on)
    assert dict(os.environ) == before
    assert (found, complaint) == (status, "")
    assert "MEDIUM  rotation-off" in printed
    assert "mend: aws kms enable-key-rotation" in printed


def test_json_is_a_list_of_findings(run: Run) -> None:
    """And nothing else stands on standard output."""
    status, printed, _ = run("--json")
    told = json.loads(printed)
    assert status == 1
    assert {each["check"] for each in told} == {"rotation-off", "no-trail", "no-alarm", "ebs-default-encryption"}
    assert all({"check", "severity", "resource", "why", "mend", "controls"} <= each.keys() for each in told)


def test_what_could_not_be_read_is_no_pass(run: Run, lab: labkit.Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 where a permission is missing, even if nothing else was found; a finding counts more."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = lab.role("Half", [everything, {"Effect": "Deny", "Action": "kms:GetKeyPolicy", "Resource": "*"}])
    for name, value in zip(("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"), _credentials(role), strict=True):
        monkeypatch.setenv(f"AWS_{name}", value)
    assert run("--fail-on", "critical")[0] == command.COULD_NOT_LOOK
    status, printed, _ = run("--json")
    assert status == command.FOUND
    told = json.loads(printed)
    assert {each["check"] for each in told if each["severity"] == "could not read"} >= {"public-key-policy"}


def _credentials(role: Any) -> tuple[str, str, str]:
    keys = role.client("sts")._request_signer._credentials.get_frozen_credentials()
    return keys.access_key, keys.secret_key, keys.token


def test_wrong_keys_cannot_look(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there for them."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    status, printed, complaint = run()
    assert (status, printed) == (2, "")
    assert "no account to look at" in complaint


@pytest.mark.parametrize("endpoint", [None, "https://kms.us-east-1.amazonaws.com", "http://example.com:4566"])
def test_no_real_account_is_looked_at_unasked(run: Run, monkeypatch: pytest.MonkeyPatch, endpoint: str | None) -> None:
    """Without a simulated account, nothing is called."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setattr(command, "audit", None)
    status, printed, complaint = run()
    assert (status, printed) == (2, "")
    assert "--account aws" in complaint


def test_an_endpoint_left_over_is_refused(run: Run) -> None:
    """`--account aws` never means a simulated account."""
    status, printed, complaint = run("--account", "aws")
    assert (status, printed) == (2, "")
    assert "Unset AWS_ENDPOINT_URL" in complaint


@pytest.fixture
def as_aws(lab: labkit.Lab, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take the lab's account for the real one; answers its id."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("LABKIT_STANDIN_ENDPOINT", lab.endpoint)
    return lab.account_id


@pytest.mark.parametrize("consent", ["", "444455556666:us-east-1", "111122223333:eu-west-1", "111122223333", "yes"])
def test_a_real_account_asks_for_consent(
    run: Run, lab: labkit.Lab, as_aws: str, monkeypatch: pytest.MonkeyPatch, consent: str
) -> None:
    """No call but GetCallerIdentity, until LABKIT_CONSENT names the very account and Region."""
    before = len(lab.events())
    monkeypatch.setenv("LABKIT_CONSENT", consent)
    status, printed, complaint = run("--account", "aws")
    assert (status, printed) == (2, "")
    assert f"set LABKIT_CONSENT={as_aws}:us-east-1" in complaint
    assert [event["eventName"] for event in lab.events()[before:]] == ["GetCallerIdentity"]


def test_with_consent_the_audit_begins(run: Run, as_aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the clients of the real account."""
    monkeypatch.setenv("LABKIT_CONSENT", f"{as_aws}:us-east-1")
    begun = []

    def begin(clients: Any, region: str, **_: Any) -> None:
        begun.append((clients("sts", region).get_caller_identity()["Account"], region))
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "audit", begin)
    status, _, complaint = run("--account", "aws")
    assert begun == [(as_aws, "us-east-1")]
    assert (status, complaint) == (2, "\nlabkit audit: interrupted. It only reads: nothing was changed.\n")


def test_the_command_line_names_the_audits_severities() -> None:
    """It has them written down, so that other commands start without the audit."""
    from labkit.audit import SEVERITIES
    from labkit.commands import audit as command

    assert command.SEVERITIES == SEVERITIES
