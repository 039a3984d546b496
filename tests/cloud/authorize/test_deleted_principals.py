"""A role that is deleted and made again is another role: policies name the old one by its unique id."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit

Make = Callable[..., Any]


@pytest.fixture
def key_id(lab: labkit.Lab, allow: Make, document: Make) -> str:
    """A key whose policy names a clerk and a user, the clerk in a condition too."""
    clerk, ada = lab.role("Clerk").arn, lab.user("ada").arn
    root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})
    let = allow("kms:Encrypt", Principal={"AWS": [clerk, ada]}, Condition={"ArnEquals": {"aws:PrincipalArn": clerk}})
    return boto3.client("kms").create_key(Policy=document(root, let))["KeyMetadata"]["KeyId"]


def test_the_key_policy_shows_the_unique_id(lab: labkit.Lab, key_id: str) -> None:
    """In its Principal, and nowhere else."""
    iam, kms = boto3.client("iam"), boto3.client("kms")
    role_id = iam.get_role(RoleName="Clerk")["Role"]["RoleId"]
    iam.delete_role(RoleName="Clerk")
    statement = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])["Statement"][1]
    assert statement["Principal"] == {"AWS": [role_id, "arn:aws:iam::111122223333:user/ada"]}
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Clerk"}}


def test_a_new_role_of_that_name_is_not_let_in(lab: labkit.Lab, key_id: str, refusal: Make) -> None:
    """The first clerk may encrypt, the second may not."""
    use = {"KeyId": key_id, "Plaintext": b"x"}
    clerk = f"arn:aws:iam::{lab.account_id}:role/Clerk"
    keys = boto3.client("sts").assume_role(RoleArn=clerk, RoleSessionName="monday")["Credentials"]
    first = boto3.client(
        "kms",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert first.encrypt(**use)["KeyId"].endswith(key_id)
    boto3.client("iam").delete_role(RoleName="Clerk")
    second = lab.role("Clerk").client("kms")
    refusal("AccessDeniedException", second.encrypt, **use)


def test_such_a_policy_cannot_be_put_again(lab: labkit.Lab, key_id: str, refusal: Make) -> None:
    """The unique id is nobody's: it must be taken out first."""
    kms = boto3.client("kms")
    boto3.client("iam").delete_role(RoleName="Clerk")
    policy = kms.get_key_policy(KeyId=key_id)["Policy"]
    said = refusal("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key_id, Policy=policy)
    assert said.startswith("Policy contains a statement with one or more invalid principals.")


def test_trust_and_bucket_policies_too(lab: labkit.Lab, allow: Make, document: Make) -> None:
    """Every policy that names principals."""
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    ada = lab.user("ada", policy=[allow("s3:*")])
    user_id = iam.get_user(UserName="ada")["User"]["UserId"]
    lab.role("Shared", trust=[{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ada.arn}}])
    s3.create_bucket(Bucket="papers")
    let = allow("s3:GetObject", Principal={"AWS": ada.arn}) | {"Resource": "arn:aws:s3:::papers/*"}
    s3.put_bucket_policy(Bucket="papers", Policy=document(let))
    iam.delete_access_key(UserName="ada", AccessKeyId=_key_of("ada"))
    iam.delete_user_policy(UserName="ada", PolicyName="inline")
    iam.delete_user(UserName="ada")
    trust = iam.get_role(RoleName="Shared")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"AWS": user_id}
    bucket = json.loads(s3.get_bucket_policy(Bucket="papers")["Policy"])
    assert bucket["Statement"][0]["Principal"] == {"AWS": user_id}


def _key_of(user: str) -> str:
    """The id of the user's access key."""
    return boto3.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"][0]["AccessKeyId"]


def test_a_grant_is_the_deleted_roles_own(lab: labkit.Lab, key_id: str, refusal: Make) -> None:
    """As grantee and as retiring principal: ListGrants shows the id, and a new role has nothing by it."""
    iam, kms = boto3.client("iam"), boto3.client("kms")
    porter = lab.role("Porter")
    role_id = iam.get_role(RoleName="Porter")["Role"]["RoleId"]
    kms.create_grant(KeyId=key_id, GranteePrincipal=porter.arn, RetiringPrincipal=porter.arn, Operations=["Encrypt"])
    assert porter.client("kms").encrypt(KeyId=key_id, Plaintext=b"x")["KeyId"].endswith(key_id)
    iam.delete_role(RoleName="Porter")
    (grant,) = kms.list_grants(KeyId=key_id)["Grants"]
    assert (grant["GranteePrincipal"], grant["RetiringPrincipal"]) == (role_id, role_id)
    refusal("AccessDeniedException", lab.role("Porter").client("kms").encrypt, KeyId=key_id, Plaintext=b"x")
