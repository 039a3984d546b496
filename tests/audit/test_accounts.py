"""An empty account, one with many keys, and one whose names are hostile."""

from __future__ import annotations

import json

import boto3
import pytest

import labkit
from labkit.audit import audit, checks
from labkit.audit.command import as_text

HOSTILE = "<script>alert('1')</script>\u202egnp.exe\x1b[2J\"; rm -rf ~ #"


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One account; the tests here go through it in order."""
    return labkit.start("audit-accounts")


def test_an_empty_account_lacks_only_what_an_account_should_have(lab: labkit.Lab) -> None:
    """No trail, no alarm, no encryption of volumes by default; and all of it could be read."""
    report = audit(lab.observer.client)
    assert [each.check for each in report] == ["no-trail", "ebs-default-encryption", "no-alarm"]
    assert report.unread == ()
    assert {each.region for each in report} == {"us-east-1"}


def test_a_region_of_its_own(lab: labkit.Lab) -> None:
    """Another Region is looked at by name, and its findings say so."""
    boto3.client("kms", region_name="eu-west-3").create_key(Description="far")
    report = audit(lab.observer.client, region="eu-west-3")
    assert {each.region for each in report} == {"eu-west-3"}
    assert next(each.why for each in report if each.check == "rotation-off").startswith("The key “far”")


def test_hostile_names_do_no_harm(lab: labkit.Lab) -> None:
    """Neither to a page, nor to a terminal, nor to whoever pastes the mend into a shell."""
    kms, logs = boto3.client("kms"), boto3.client("logs")
    key = kms.create_key(Description=HOSTILE)["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"1", EncryptionContext={f"{HOSTILE}password": "correct-horse"})
    boto3.client("secretsmanager").create_secret(Name="a/b+c=d.e@f_g-h", SecretString="x")
    logs.create_log_group(logGroupName="/a.b#c")
    report = audit(lab.observer.client)
    assert {"rotation-off", "secret-in-context", "secret-encryption", "log-group-encryption"} <= {
        e.check for e in report
    }
    page, text = report._repr_html_(), as_text(report)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not {"\u202e", "\x1b"} & set(page + text)
    assert json.loads(json.dumps(report.as_json()))
    assert "correct-horse" not in page + text


def test_every_page_is_read(lab: labkit.Lab) -> None:
    """Of keys, aliases and grants: more than a page of each."""
    kms = boto3.client("kms")
    before = {each.resource for each in audit(lab.observer.client) if each.check == "rotation-off"}
    keys = [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(101)]
    for number in range(51):
        kms.create_alias(AliasName=f"alias/a{number}", TargetKeyId=keys[0][-36:] if number < 40 else keys[1][-36:])
    kms.disable_key(KeyId=keys[1])
    account = f"arn:aws:iam::{lab.account_id}:root"
    for number in range(51):
        equals = {"EncryptionContextEquals": {"letter": str(number)}}
        kms.create_grant(KeyId=keys[2], GranteePrincipal=account, Operations=["Decrypt"], Constraints=equals)
    report = audit(lab.observer.client)
    found = {check: [each.resource for each in report if each.check == check] for check in checks()}
    assert set(found["rotation-off"]) - before == set(keys)
    assert len(found["alias-at-unusable-key"]) == 11
    assert len(found["grant-too-wide"]) == 51


def test_unused_takes_two_witnesses(lab: labkit.Lab) -> None:
    """A young key, one that was used lately, and one of which only the trail knows are not called unused."""
    kms = boto3.client("kms")
    old = {name: kms.create_key(Description=name)["KeyMetadata"]["Arn"] for name in ("idle", "busy", "once")}
    kms.encrypt(KeyId=old["once"], Plaintext=b"1")
    lab.clock.advance(days=60)
    kms.encrypt(KeyId=old["busy"], Plaintext=b"1")
    lab.clock.advance(days=31)
    young = kms.create_key(Description="young")["KeyMetadata"]["Arn"]
    unused = {each.resource for each in audit(lab.observer.client) if each.check == "unused-key"}
    assert {old["idle"], old["once"]} <= unused
    assert not {old["busy"], young} & unused


def test_one_witness_alone_is_not_enough(lab: labkit.Lab) -> None:
    """Where the trail can't be read, nothing is called unused: it is not known."""
    role = lab.role(
        "Blind",
        [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "cloudtrail:LookupEvents", "Resource": "*"},
        ],
    )
    report = audit(role.client)
    unused = [each for each in report if each.check == "unused-key"]
    assert unused
    assert all(each.is_unread for each in unused)
