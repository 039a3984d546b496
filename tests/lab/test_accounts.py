"""Users, roles, sessions and further accounts: made with plain calls, and nothing of them is secret to the reader."""

from __future__ import annotations

import boto3
import pytest

import labkit
import labkit.policy
from labkit.cloud.policy import Explanation

LIST = {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("account-tests")


def test_accounts_come_in_order_and_keep_their_names(lab: labkit.Lab) -> None:
    """Each with an administrator of its own."""
    partner, audit = lab.account("partner"), lab.account("audit")
    assert (partner.account_id, audit.account_id) == ("444455556666", "777788889999")
    assert lab.account("partner") is partner
    assert partner.client("sts").get_caller_identity()["Arn"] == (
        "arn:aws:sts::444455556666:assumed-role/LabAdministrator/partner"
    )
    partner.client("kms").create_key()
    assert boto3.client("kms").list_keys()["Keys"] == []


def test_an_account_makes_roles_and_users(lab: labkit.Lab) -> None:
    """In that account, not in the learner's."""
    partner = lab.account("partner")
    assert partner.role("Reader", policy=[LIST]).arn == "arn:aws:iam::444455556666:role/Reader"
    ada = partner.user("ada", policy=[LIST])
    assert ada.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::444455556666:user/ada"
    assert ada.client("kms").list_keys()["Keys"] == []
    assert boto3.client("iam").list_users()["Users"][0]["UserName"] == "lab-administrator"
    assert partner.session(policy=[LIST]).client("kms").list_keys()["Keys"] == []


def test_other_accounts_stay_signed_in_when_the_clock_moves(lab: labkit.Lab) -> None:
    """As the learner does."""
    partner = lab.account("partner")
    lab.clock.advance(days=8)
    assert partner.client("kms").list_keys()["Keys"] == []


def test_what_is_made_is_in_the_trail(lab: labkit.Lab) -> None:
    """A user is made by three plain calls."""
    before = len(lab.events())
    lab.user("ada", policy=[LIST])
    made = [event["eventName"] for event in lab.events()[before:]]
    assert made == ["CreateUser", "PutUserPolicy", "CreateAccessKey"]


def test_an_account_is_the_same_at_each_run() -> None:
    """Ids and keys come from the lab's seed."""

    def ids() -> tuple[str, ...]:
        lab = labkit.start("account-tests")
        lab.organization(scps=[LIST])
        device = lab.user("ada").mfa()
        key = lab.account("partner").client("kms").create_key()["KeyMetadata"]["KeyId"]
        return (*device.values(), key)

    assert ids() == ids()


def test_reprs_show_no_credentials(lab: labkit.Lab) -> None:
    """Users, sessions and accounts are shown by their ARNs."""
    ada, session, partner = lab.user("ada"), lab.session(policy=[LIST]), lab.account("partner")
    assert repr(ada) == "User arn:aws:iam::111122223333:user/ada"
    assert repr(session) == "Session arn:aws:sts::111122223333:assumed-role/LabAdministrator/learner"
    assert repr(partner) == "Account 444455556666 (partner)"
    assert "KIA" not in repr(lab.organization(scps=[LIST]))


def test_hypothetical_policies_are_simulated_without_a_lab() -> None:
    """`labkit.policy.simulate` answers by the rules of the account."""
    key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    clerk = "arn:aws:iam::111122223333:role/Clerk"
    use = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    root = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    root["Principal"] = {"AWS": "arn:aws:iam::111122223333:root"}  # type: ignore[assignment]
    identity = {"Version": "2012-10-17", "Statement": [use]}
    answer = labkit.policy.simulate(clerk, "kms:Decrypt", key, identity=identity)
    assert isinstance(answer, Explanation)
    assert not answer.allowed
    key_policy = {"Version": "2012-10-17", "Statement": [root]}
    assert labkit.policy.simulate(clerk, "kms:Decrypt", key, identity=identity, resource_policy=key_policy).allowed
