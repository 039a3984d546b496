"""A lab in a real account: roles, the trail, explanations, a second account, and what can't be done there."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.accounts.aws import run, second
from labkit.accounts.aws.answers import history
from labkit.accounts.aws.capabilities import Unavailable
from tests.accounts.aws.conftest import StandIn

LAB = "02-create-keys"
LISTS = [{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}]


@pytest.fixture
def lab(agreed: StandIn) -> labkit.Lab:
    """A lab that has begun."""
    return labkit.start(LAB)


def test_the_first_output_says_where_it_ran(lab: labkit.Lab, agreed: StandIn) -> None:
    """As text and as a table; a stand-in never passes for AWS, nor AWS for the simulated account."""
    for shown in (repr(lab), lab._repr_html_()):
        assert f"stand-in {agreed.endpoint} for AWS account {agreed.first.account_id}" in shown
        assert "simulated account" not in shown
        assert "us-east-1" in shown
    assert "lab-administrator" in lab._repr_html_()
    assert lab.simulated is False


CANNOT = {
    "the clock": lambda lab: lab.clock.advance(days=1),
    "disturb": lambda lab: lab.disturb("kms:Decrypt", error="ThrottlingException"),
    "undisturb": lambda lab: lab.disturb(),
    "grants' delay": lambda lab: lab.grant_delay(minutes=5),
    "an organization": lambda lab: lab.organization([]),
    "the lab's role": lambda lab: lab.session(),
    "a user": lambda lab: lab.user("ada"),
    "a second account": lambda lab: lab.account("partner"),
}


@pytest.mark.parametrize("what", CANNOT)
def test_what_a_real_account_cannot_do_says_so(lab: labkit.Lab, agreed: StandIn, what: str) -> None:
    """As a LabError with the reason; nothing is called."""
    before = len(agreed.calls())
    with pytest.raises(Unavailable, match="Not in a real account: "):
        CANNOT[what](lab)
    assert agreed.calls(before) == []


def test_time_is_the_real_one(lab: labkit.Lab) -> None:
    """No lab time."""
    assert abs(lab.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_roles_are_made_with_iam_and_explained_by_the_accounts_policies(lab: labkit.Lab) -> None:
    """A refusal, an allowed call, a session's policy, a grant; and a call that no policy refused."""
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    intern = lab.role("Intern", policy=LISTS)
    with labkit.expect_error("AccessDeniedException") as refused:
        intern.client("kms").encrypt(KeyId=key, Plaintext=b"x")
    told = lab.explain(refused)
    assert "because no identity-based policy allows the kms:Encrypt action" in told.text
    assert "Statement 1 of inline (Allow, does not apply)" in told.text
    assert "Reckoned from the account's policies" in told.text
    assert any("create a grant of Encrypt" in change for change in told.changes)
    assert "would be allowed with this change" in repr(labkit.diagnose(refused))
    kms.create_grant(KeyId=key, GranteePrincipal=intern.arn, Operations=["Encrypt"])
    allowed = intern.client("kms").encrypt(KeyId=key, Plaintext=b"x")
    assert lab.explain(allowed).text.startswith("Allowed: ")
    limited = intern.session(policy=LISTS)
    with labkit.expect_error("AccessDeniedException") as by_session:
        limited.client("kms").encrypt(KeyId=key, Plaintext=b"x")
    assert "session polic" in lab.explain(by_session).text
    with labkit.expect_error("NotFoundException") as absent:
        kms.describe_key(KeyId="alias/nobody")
    assert "not for lack of permission" in lab.explain(absent).text


def test_an_answer_that_differs_from_awss_is_told(lab: labkit.Lab) -> None:
    """Policies have changed since; the reckoning says so first, and does not pass for AWS's answer."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    clerk = lab.role("Clerk")
    with labkit.expect_error("AccessDeniedException") as refused:
        clerk.client("kms").describe_key(KeyId=key)
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    boto3.client("iam").put_role_policy(
        RoleName="Clerk", PolicyName="late", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allow})
    )
    told = lab.explain(refused)
    assert told.text.startswith("AWS refused it: ")
    assert "say otherwise" in told.text.splitlines()[0]


def test_what_could_not_be_read_is_named(lab: labkit.Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine goes on with the rest."""
    from labkit.accounts.aws.answers import account

    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    porter = lab.role("Porter")
    with labkit.expect_error("AccessDeniedException") as refused:
        porter.client("kms").describe_key(KeyId=key)
    real = account.RealAccount._client

    def client(self: account.RealAccount, service: str, region: str) -> Any:
        made = real(self, service, region)
        if service == "iam":
            made.get_role = _denied
        return made

    monkeypatch.setattr(account.RealAccount, "_client", client)
    text = lab.explain(refused).text
    assert re.search(r"Could not be read: role Porter\S* \(iam:GetRole answered AccessDenied\)", text)


def _denied(**_: Any) -> Any:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "GetRole")


def test_a_call_that_was_made_elsewhere_is_not_explained(lab: labkit.Lab) -> None:
    """There is no record of decisions to ask."""
    with pytest.raises(labkit.LabError, match="No call of this notebook"):
        lab.explain("00000000-0000-0000-0000-000000000000")


def test_plaintext_is_not_remembered(lab: labkit.Lab) -> None:
    """Nor ciphertext, nor credentials."""
    from labkit.accounts.aws import guard

    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.encrypt(KeyId=key, Plaintext=b"payroll-secret", EncryptionContext={"a": "b"})
    lab.role("Reader").client("sts").get_caller_identity()
    present = guard.installed()
    assert present is not None
    shown = repr(present.memory)
    assert "payroll-secret" not in shown
    assert "CiphertextBlob" not in shown
    assert "SecretAccessKey" not in shown
    assert "'a': 'b'" in shown


# --- a second account ------------------------------------------------------------------------------------------------


@pytest.fixture
def partner(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Its profile is set."""
    keys = agreed.second
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
        f"[friend]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
        f"[same]\naws_access_key_id = {agreed.first.access_key_id}\n"
        f"aws_secret_access_key = {agreed.first.secret_access_key}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("LABKIT_SECOND_PROFILE", "friend")
    return agreed


def test_a_second_account_needs_its_own_consent(partner: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own variable; then its clients call there, and the first account's in the first."""
    lab = labkit.start(LAB)
    for given in ("", os.environ["LABKIT_CONSENT"]):
        monkeypatch.setenv("LABKIT_SECOND_CONSENT", given)
        with pytest.raises(labkit.LabError, match=f"set LABKIT_SECOND_CONSENT={partner.second.account_id}:us-east-1"):
            lab.account("partner")
    monkeypatch.setenv("LABKIT_SECOND_CONSENT", f"{partner.second.account_id}:us-east-1")
    other = lab.account("partner")
    assert other.account_id == partner.second.account_id
    assert other.client("sts").get_caller_identity()["Account"] == partner.second.account_id
    assert f":{partner.second.account_id}:" in other.client("kms").create_key()["KeyMetadata"]["Arn"]
    with partner.cloud.gateway.still():
        there = partner.cloud.history.of_account(partner.second.account_id)
    assert [each.get("errorCode") for each in there if each["eventName"] == "TagResource"] == [None]
    assert boto3.client("sts").get_caller_identity()["Account"] == partner.first.account_id
    assert lab.account("partner").account_id == other.account_id
    with pytest.raises(labkit.LabError, match="one account beside yours"):
        lab.account("broker")


@pytest.mark.parametrize(("profile", "told"), [("same", "leads to the same account"), ("nobody", "list-profiles")])
def test_a_second_account_is_another_one(
    partner: StandIn, monkeypatch: pytest.MonkeyPatch, profile: str, told: str
) -> None:
    """Not the first one by another name."""
    lab = labkit.start(LAB)
    monkeypatch.setenv("LABKIT_SECOND_PROFILE", profile)
    with pytest.raises(labkit.LabError, match=told):
        lab.account("partner")
    assert second.SECOND_CONSENT == "LABKIT_SECOND_CONSENT"


def test_a_lab_of_two_accounts_is_not_begun_with_one(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that is simulated only says so; before any call."""
    before = len(agreed.calls())
    with pytest.raises(labkit.LabError, match="LABKIT_SECOND_PROFILE"):
        labkit.start("07-other-accounts")
    with pytest.raises(labkit.LabError, match="runs in the simulated account only: it audits a shop"):
        labkit.start("21-best-practices-audit")
    assert agreed.calls(before) == []


# --- the trail -------------------------------------------------------------------------------------------------------


class History:
    """CloudTrail's pages of events, the latest first, by Region."""

    def __init__(self, pages: dict[str, list[list[dict[str, Any]]]]) -> None:
        self._pages = pages
        self.asked: list[str] = []

    def client(self, _service: str, region_name: str, _standin: str) -> Any:
        """Make a client of a Region."""
        self.asked.append(region_name)
        pages = self._pages.get(region_name, [])

        class Client:
            def get_paginator(self, _name: str) -> Any:
                return self

            def paginate(self, **_: Any) -> Any:
                for number, page in enumerate(pages):
                    events = [{"CloudTrailEvent": json.dumps(event)} for event in page]
                    yield {"Events": events, **({"NextToken": "x"} if number + 1 < len(pages) else {})}

        return Client()


def test_events_are_those_of_the_run_oldest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Over all pages and the lab's Regions, and those of global services; each once."""
    begun = run.Run("abcdefgh", "111122223333", "eu-west-1", datetime.now(UTC), tmp_path, ("eu-west-3",))
    events = [{"eventID": str(n), "eventTime": f"2026-01-05T09:00:{n:02}Z"} for n in range(6)]
    events[2]["userAgent"] = "Boto3/1.44.5 labkit-own"
    told = History({"eu-west-1": [[events[5], events[4]], [events[1]]], "us-east-1": [[events[2], events[1]]]})
    monkeypatch.setattr(history, "own_client", told.client)
    monkeypatch.setattr(history, "PAUSE", 0)
    assert [event["eventID"] for event in history.events_since(begun, begun.regions)] == ["1", "4", "5"]
    assert told.asked == ["eu-west-1", "us-east-1", "eu-west-3"]


@pytest.mark.parametrize(
    ("answer", "key", "words"),
    [
        (
            {"Organization": {"MasterAccountId": "444455556666"}},
            "",
            ["the organization's service and resource"],
        ),
        ({"Organization": {"MasterAccountId": "111122223333"}}, "", []),
        ("AWSOrganizationsNotInUseException", "", []),
        ("AccessDeniedException", "", ["whether account 111122223333 is in an organization"]),
        ("AWSOrganizationsNotInUseException", "444455556666", ["resource control policies over account 444455556666"]),
    ],
)
def test_which_policies_of_an_organization_are_not_read(answer: Any, key: str, words: list[str]) -> None:
    """Only those that may have a say: none outside an organization, none over its management account."""
    from labkit.accounts.aws.answers.policies import Reading, organization_policies

    def describe_organization() -> Any:
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer, "Message": ""}}, "DescribeOrganization")
        return answer

    client = SimpleNamespace(describe_organization=describe_organization)
    reading = Reading(lambda *_: client, "us-east-1")
    organization_policies(reading, *filter(None, ["111122223333", key]))
    assert len(reading.unread) == len(words)
    assert all(each.startswith(word) for each, word in zip(reading.unread, words, strict=True))


def test_condition_keys_that_could_not_be_read_are_told(lab: labkit.Lab) -> None:
    """Where the call came from, and with MFA or not, AWS alone knows."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    where = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "StringEquals": {"kms:CallerAccount": lab.account_id}}
    porter = lab.role("Gatekeeper", policy=[{
        "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*",
        "Condition": where | {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }])  # fmt: skip
    with labkit.expect_error("AccessDeniedException") as refused:
        porter.client("kms").describe_key(KeyId=key)
    told = {each["about"]: each["text"] for each in lab.explain(refused).data["remarks"]}
    assert set(told) == {"aws:SourceIp", "aws:MultiFactorAuthPresent"}
    assert "could not be read" in told["aws:SourceIp"]
    assert all(each.endswith("and decide otherwise.") for each in told.values())
