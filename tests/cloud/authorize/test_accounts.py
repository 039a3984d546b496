"""More accounts than one: keys, buckets and roles across them, external ids, organizations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

import labkit

Make = Callable[..., Any]
DENIED = "AccessDeniedException"


def test_both_accounts_must_allow_the_use_of_a_key(lab: labkit.Lab, allow: Make, document: Make, refusal: Make) -> None:
    """The key policy names the other account; there an IAM policy passes the permission on."""
    kms, partner = boto3.client("kms"), lab.account("partner")
    mine = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})
    theirs = allow("kms:Encrypt", Principal={"AWS": f"arn:aws:iam::{partner.account_id}:root"})
    key = kms.create_key()["KeyMetadata"]
    reader = partner.role("Reader", policy=[allow("kms:Encrypt")]).client("kms")
    idler = partner.role("Idler", policy=[allow("kms:ListKeys")]).client("kms")
    hidden = refusal(DENIED, reader.encrypt, KeyId=key["Arn"], Plaintext=b"x")
    assert "because the resource does not exist in this Region, no resource-based policies allow access" in hidden
    kms.put_key_policy(KeyId=key["KeyId"], Policy=document(mine, theirs))
    assert reader.encrypt(KeyId=key["Arn"], Plaintext=b"x")["KeyId"] == key["Arn"]
    said = refusal(DENIED, idler.encrypt, KeyId=key["Arn"], Plaintext=b"x")
    assert said.endswith("because no identity-based policy allows the kms:Encrypt action")


def test_a_bucket_belongs_to_the_account_that_made_it(
    lab: labkit.Lab, allow: Make, document: Make, refusal: Make
) -> None:
    """Its policy lets another account in, whose own policies must agree."""
    s3, partner = boto3.client("s3"), lab.account("partner")
    s3.create_bucket(Bucket="papers")
    s3.put_object(Bucket="papers", Key="a", Body=b"a")
    theirs = partner.client("s3")
    assert refusal("AccessDenied", theirs.get_object, Bucket="papers", Key="a") == "Access Denied"
    root = {"AWS": f"arn:aws:iam::{partner.account_id}:root"}
    let = allow("s3:GetObject", Principal=root) | {"Resource": "arn:aws:s3:::papers/*"}
    s3.put_bucket_policy(Bucket="papers", Policy=document(let))
    assert theirs.get_object(Bucket="papers", Key="a")["Body"].read() == b"a"


def test_an_external_id_keeps_the_deputy_from_being_confused(lab: labkit.Lab, refusal: Make) -> None:
    """sts:ExternalId in the trust policy: another account's administrator needs the agreed value."""
    partner = lab.account("partner")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{partner.account_id}:root"},
        "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
    }
    shared = lab.role("Shared", trust=[trust])
    said = refusal("AccessDenied", shared.session, by=partner)
    assert said == (
        "User: arn:aws:sts::444455556666:assumed-role/LabAdministrator/partner is not authorized to perform: "
        "sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Shared"
    )
    assert shared.session(by=partner, ExternalId="42").arn.endswith("assumed-role/Shared/shared")


def test_a_service_control_policy_limits_every_principal_of_the_account(lab: labkit.Lab, refusal: Make) -> None:
    """The administrator too; not the management account, and not other accounts."""
    deny = {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
    kms = boto3.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    organization = lab.organization(scps=[deny])
    said = refusal(DENIED, kms.schedule_key_deletion, KeyId=key_id)
    assert "with an explicit deny in a service control policy: arn:aws:organizations::444455556666:policy/o-" in said
    assert kms.disable_key(KeyId=key_id)["ResponseMetadata"]["HTTPStatusCode"] == 200
    managed = organization.management.client("kms")
    managed.schedule_key_deletion(KeyId=managed.create_key()["KeyMetadata"]["KeyId"])


def test_without_full_access_above_it_nothing_is_allowed(lab: labkit.Lab, refusal: Make) -> None:
    """Every level must allow: FullAWSAccess taken away, only what the account's SCP allows is left."""
    organization = lab.organization(scps=[{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}])
    kms = boto3.client("kms")
    kms.create_key()
    client = organization.management.client("organizations")
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=lab.account_id)
    kms.list_keys()
    said = refusal(DENIED, kms.create_key)
    assert said.endswith("because no service control policy allows the kms:CreateKey action")


def test_a_key_policy_can_name_an_organization(lab: labkit.Lab, allow: Make, document: Make, refusal: Make) -> None:
    """aws:PrincipalOrgID: members get in, others do not."""
    organization = lab.organization(scps=[allow("*")])
    stranger = lab.account("stranger").role("Reader", policy=[allow("kms:*")]).client("kms")
    member = organization.management.role("Reader", policy=[allow("kms:*")]).client("kms")
    ours = {"StringEquals": {"aws:PrincipalOrgID": organization.id}}
    mine = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})
    policy = document(mine, allow("kms:Encrypt", Principal={"AWS": "*"}, Condition=ours))
    key = boto3.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    assert member.encrypt(KeyId=key, Plaintext=b"x")["KeyId"] == key
    refusal(DENIED, stranger.encrypt, KeyId=key, Plaintext=b"x")


def test_the_next_lab_finds_no_organization(lab: labkit.Lab, refusal: Make) -> None:
    """Nothing of one lab is left for the next."""
    lab.organization(scps=[{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}])
    labkit.start("authorize-tests")
    boto3.client("kms").create_key()
    refusal("AWSOrganizationsNotInUseException", boto3.client("organizations").describe_organization)
