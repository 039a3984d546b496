"""The question behind "this and no more": what may somebody do, in which situation, and who else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.session import get_session

import labkit
from labkit.exercises.engine import CannotJudge
from labkit.exercises.reach import Access, Reach, Right
from labkit.exercises.reach.actions import kms_actions

Statement = dict[str, Any]
S3 = "s3.us-east-1.amazonaws.com"
LAMBDA = "lambda.us-east-1.amazonaws.com"
CLERK = "arn:aws:iam::444455556666:role/Clerk"
DEPARTMENT = "kms:EncryptionContext:department"


def allow(actions: str | list[str], on: str | list[str], condition: Any = None) -> Statement:
    """A statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": on} | ({"Condition": condition} if condition else {})


def document(*statements: Statement) -> str:
    """A policy as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def account() -> dict[str, Any]:
    """A lab with two keys, a role without permissions, and a role Clerk of another account."""
    lab = labkit.start("reach")
    lab.account("partner").role("Clerk")
    kms = boto3.client("kms")
    mine, other = (kms.create_key(Description=name)["KeyMetadata"]["Arn"] for name in ("mine", "other"))
    return {"lab": lab, "mine": mine, "other": other, "role": lab.role("Reader"), "own": key_policy(mine)}


def key_policy(key: str) -> Statement:
    """The first statement of a key policy."""
    statement: Statement = json.loads(boto3.client("kms").get_key_policy(KeyId=key)["Policy"])["Statement"][0]
    return statement


Made = Callable[[str, str], list[Statement]]


@pytest.mark.parametrize(
    ("statements", "where", "more"),
    [
        (lambda mine, other: [allow("kms:Decrypt", mine)], {}, ""),
        (
            lambda mine, other: [allow(["kms:Decrypt", "kms:PutKeyPolicy"], mine)],
            {},
            "kms:PutKeyPolicy on the key",
        ),
        (
            lambda mine, other: [allow(["kms:Decrypt", "kms:RetireGrant"], mine)],
            {},
            "kms:RetireGrant on the key",
        ),
        (lambda mine, other: [allow("kms:Decrypt", [mine, other])], {}, "kms:Decrypt on the key `other`"),
        (lambda mine, other: [allow("kms:Decrypt", mine), allow("kms:ListKeys", "*")], {}, "kms:ListKeys"),
        (
            lambda mine, other: [allow("kms:Decrypt", mine), allow("iam:PutRolePolicy", "*")],
            {},
            "iam:PutRolePolicy",
        ),
        (
            lambda mine, other: [allow("kms:Decrypt", f"{mine.rpartition('/')[0]}/*")],
            {},
            "kms:Decrypt on the key `other`",
        ),
        (
            lambda mine, other: [allow("kms:Decrypt", mine, {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}})],
            {"kms:ViaService": (S3,)},
            "",
        ),
        (
            lambda mine, other: [allow("kms:Decrypt", mine, {"StringEquals": {"kms:ViaService": [S3, LAMBDA]}})],
            {"kms:ViaService": (S3,)},
            f"through {LAMBDA}",
        ),
        (lambda mine, other: [allow("kms:Decrypt", mine)], {"kms:ViaService": (S3,)}, "directly"),
        (
            lambda mine, other: [allow("kms:Decrypt", mine, {"StringEquals": {DEPARTMENT: ["health", "tax"]}})],
            {DEPARTMENT: ("health",)},
            "with the encryption context department=tax",
        ),
        (
            lambda mine, other: [allow("kms:Decrypt", mine, {"StringEqualsIfExists": {DEPARTMENT: "health"}})],
            {DEPARTMENT: ("health",)},
            "without an encryption context",
        ),
        (
            lambda mine, other: [allow("kms:Decrypt", mine, {"StringEquals": {"kms:CallerAccount": "111122223333"}})],
            {},
            "",
        ),
        (
            lambda mine, other: [
                allow("kms:Decrypt", mine),
                allow("kms:Encrypt", mine, {"StringEquals": {"aws:PrincipalTag/team": "night"}}),
            ],
            {},
            "kms:Encrypt on the key `mine`, once tagged team=night",
        ),
        (
            lambda mine, other: [
                allow("kms:Decrypt", mine),
                allow("kms:Encrypt", mine, {"StringLike": {"aws:userid": "*:night"}}),
            ],
            {},
            "kms:Encrypt on the key `mine`, in a session named night",
        ),
    ],
    ids=[
        "right",
        "action",
        "void",
        "key",
        "list",
        "iam",
        "star",
        "any-region",
        "service",
        "direct",
        "pair",
        "if",
        "own",
        "tag",
        "session",
    ],
)
def test_what_a_role_may_do_beyond(
    account: dict[str, Any], statements: Made, where: dict[str, tuple[str | None, ...]], more: str
) -> None:
    """The first thing beyond the right is named, with its situation; nothing is named where there is nothing."""
    text = document(*statements(account["mine"], account["other"]))
    boto3.client("iam").put_role_policy(RoleName="Reader", PolicyName="p", PolicyDocument=text)
    reach, right = Reach(account["lab"]), Right(("kms:Decrypt",), (account["mine"],), where)
    reader = reach.caller("Reader")
    assert reach.lacks(reader, right) is None
    found = reach.exceeds(reader, right)
    assert more in str(found) if more else found is None


@pytest.mark.parametrize(
    ("principal", "condition", "who"),
    [
        ({"AWS": "arn:aws:iam::111122223333:role/Reader"}, None, ""),
        (
            {"AWS": ["arn:aws:iam::111122223333:role/Reader", "arn:aws:iam::444455556666:role/Clerk"]},
            None,
            "role Clerk",
        ),
        ({"AWS": "444455556666"}, None, "of the account 444455556666"),
        ("*", None, "a role that no document names"),
        ("*", {"StringEquals": {"kms:CallerAccount": "777788889999"}}, "of the account 777788889999"),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Cl*"}}, "role Clx"),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-another000"}}, "another organization"),
        ({"Service": "logs.us-east-1.amazonaws.com"}, None, "the service logs.us-east-1"),
        ("*", {"StringEquals": {"aws:PrincipalTag/team": "night"}}, "`mine`, once tagged team=night"),
        ({"AWS": "111122223333"}, {"StringEquals": {"aws:PrincipalTag/team": "night"}}, ""),
        ("*", {"StringEquals": {"aws:username": "Night"}}, "the user Night: kms:DescribeKey"),
    ],
    ids=[
        "reader",
        "clerk",
        "account",
        "everybody",
        "caller-account",
        "pattern",
        "organization",
        "service",
        "tag",
        "tag-by-account",
        "username",
    ],
)
def test_who_else(account: dict[str, Any], principal: Any, condition: Any, who: str) -> None:
    """Everybody that a key policy lets in is found, by name, account, pattern or condition."""
    right, kms = Right(("kms:Decrypt",), (account["mine"],)), boto3.client("kms")
    boto3.client("iam").put_role_policy(
        RoleName="Reader", PolicyName="p", PolicyDocument=document(allow("kms:Decrypt", account["mine"]))
    )
    more = allow("kms:DescribeKey", "*", condition) | {"Principal": principal}
    kms.put_key_policy(KeyId=account["mine"], Policy=document(account["own"], more))
    reach = Reach(account["lab"])
    found = reach.others(reach.key(account["mine"]), right, besides=[reach.caller("Reader")])
    assert who in str(found) if who else found is None
    kms.put_key_policy(KeyId=account["mine"], Policy=document(account["own"]))


def test_a_grant_to_another_account_is_found(account: dict[str, Any]) -> None:
    """Grants count as policies do, with the encryption context that they ask for."""
    kms, limits = boto3.client("kms"), {"EncryptionContextSubset": {"box": "7"}}
    made = kms.create_grant(KeyId=account["other"], GranteePrincipal=CLERK, Operations=["Decrypt"], Constraints=limits)
    reach = Reach(account["lab"])
    found = reach.others(reach.key(account["other"]), besides=[reach.caller("Reader")])
    assert isinstance(found, Access)
    assert found.what == "kms:Decrypt on the key `other`, with the encryption context box=7"
    kms.revoke_grant(KeyId=account["other"], GrantId=made["GrantId"])


def test_every_operation_of_the_model_is_asked() -> None:
    """ReEncrypt is two permissions; all others have the operation's name."""
    names = get_session().get_service_model("kms").operation_names
    assert {f"kms:{name}" for name in names if name != "ReEncrypt"} <= {*kms_actions()}
    assert {"kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:SynchronizeMultiRegionKey"} <= {*kms_actions()}


def test_what_cannot_be_tried_is_said(account: dict[str, Any]) -> None:
    """Too many cases are no verdict."""
    many = {f"kms:EncryptionContext:{n}": [f"{v}" for v in range(9)] for n in range(6)}
    text = document(allow("kms:Decrypt", account["mine"], {"StringEquals": many}))
    boto3.client("iam").put_role_policy(RoleName="Reader", PolicyName="p", PolicyDocument=text)
    reach = Reach(account["lab"])
    with pytest.raises(CannotJudge, match="encryption context"):
        reach.exceeds(reach.caller("Reader"))


def test_a_resource_control_policy_keeps_strangers_out() -> None:
    """What the key policy lets everybody do, an RCP over the account takes from those outside the organization."""
    lab = labkit.start("reach-rcps")
    lab.account("partner")
    kms = boto3.client("kms")
    key = kms.create_key(Description="open")["KeyMetadata"]["Arn"]
    everybody = allow("kms:*", "*") | {"Principal": {"AWS": "*"}}
    kms.put_key_policy(KeyId=key, Policy=document(everybody))
    reach = Reach(lab)
    assert reach.may(reach.outsider(CLERK), "kms:Decrypt", reach.key(key))
    org = lab.organization()
    client, kind = org.management.client("organizations"), "RESOURCE_CONTROL_POLICY"
    client.enable_policy_type(RootId=org.root_id, PolicyType=kind)
    ours = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id}}
    deny = allow("kms:*", "*", ours) | {"Effect": "Deny", "Principal": "*"}
    made = client.create_policy(Name="ours", Description="-", Type=kind, Content=document(deny))
    client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=org.root_id)
    reach = Reach(lab)
    assert not reach.may(reach.outsider(CLERK), "kms:Decrypt", reach.key(key))
    assert not [each for each in reach.accesses(reach.outsider(CLERK), reach.key(key)) if each.in_force]
