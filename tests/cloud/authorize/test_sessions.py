"""Sessions and their limits: boundaries, session policies and tags, MFA, and policies that change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit

Make = Callable[..., Any]
DENIED = "AccessDeniedException"
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FAILED = "MultiFactorAuthentication failed"
NOT_HERS = (
    f"{FAILED}, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)


def test_a_permissions_boundary_limits_and_gives_nothing(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """Allowed is what both allow; the refusal names the boundary."""
    clerk = lab.role("Clerk", policy=[allow("kms:*")], boundary=[allow("kms:List*", "s3:*")]).client("kms")
    assert clerk.list_keys()["Keys"] == []
    assert refusal(DENIED, clerk.create_key).endswith("because no permissions boundary allows the kms:CreateKey action")


def test_a_boundary_limits_a_user_and_must_exist(lab: labkit.Lab, allow: Make, document: Make, refusal: Make) -> None:
    """Given when the user is made."""
    iam = boto3.client("iam")
    nowhere = "arn:aws:iam::111122223333:policy/Nowhere"
    said = refusal("NoSuchEntity", iam.create_user, UserName="ada", PermissionsBoundary=nowhere)
    assert said == f"Scope ARN: {nowhere} does not exist or is not attachable."
    boundary = iam.create_policy(PolicyName="Boundary", PolicyDocument=document(allow("kms:List*")))["Policy"]["Arn"]
    iam.create_user(UserName="ada", PermissionsBoundary=boundary)
    iam.put_user_policy(UserName="ada", PolicyName="p", PolicyDocument=document(allow("kms:*")))
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    ada = boto3.client(
        "kms",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token="",
    )
    assert ada.list_keys()["Keys"] == []
    assert refusal(DENIED, ada.create_key).endswith("because no permissions boundary allows the kms:CreateKey action")


def test_a_session_policy_limits_its_session_alone(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """Another session of the role has all that the role has."""
    clerk = lab.role("Clerk", policy=[allow("kms:*")])
    limited = clerk.client("kms", policy=[allow("kms:ListAliases")], session_name="monday")
    said = refusal(DENIED, limited.list_keys)
    assert "assumed-role/Clerk/monday" in said
    assert said.endswith("because no session policy allows the kms:ListKeys action")
    assert clerk.client("kms").list_keys()["Keys"] == []


def test_the_learners_own_session_can_be_limited(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """`lab.session` takes a further session of the administrator's role."""
    limited = lab.session(policy=[allow("kms:ListKeys")])
    assert limited.client("kms").list_keys()["Keys"] == []
    assert refusal(DENIED, limited.client("kms").create_key).endswith(
        "no session policy allows the kms:CreateKey action"
    )


def test_tags_of_roles_users_and_sessions_are_seen(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """aws:PrincipalTag: a session's tag hides the role's of the same name."""
    red = allow("kms:ListKeys", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
    clerk = lab.role("Clerk", policy=[red], tags={"team": "red"})
    assert clerk.client("kms").list_keys()["Keys"] == []
    refusal(DENIED, clerk.client("kms", tags={"team": "blue"}).list_keys)
    assert lab.user("ada", policy=[red], tags={"team": "red"}).client("kms").list_keys()["Keys"] == []
    refusal(DENIED, lab.user("bob", policy=[red], tags={"team": "blue"}).client("kms").list_keys)


def test_tagging_a_session_is_a_permission_of_its_own(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """The trust policy must allow sts:TagSession too."""
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{lab.account_id}:root"},
    }
    clerk = lab.role("Clerk", policy=[allow("kms:ListKeys")], trust=[trust])
    assert clerk.session().arn.endswith("assumed-role/Clerk/clerk")
    said = refusal("AccessDenied", clerk.session, tags={"team": "red"})
    assert "is not authorized to perform: sts:TagSession on resource: arn:aws:iam::111122223333:role/Clerk" in said


def test_mfa_is_seen_in_sessions_that_were_taken_with_a_code(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """Neither an access key nor a session without a code has it."""
    ada = lab.user("ada", policy=[allow("kms:ListKeys", Condition=WITH_MFA)])
    refusal(DENIED, ada.client("kms").list_keys)
    refusal(DENIED, ada.session().client("kms").list_keys)
    assert ada.session(mfa=True).client("kms").list_keys()["Keys"] == []
    clerk = lab.role("Clerk", policy=[allow("kms:ListKeys", Condition=WITH_MFA)])
    refusal(DENIED, clerk.client("kms").list_keys)
    assert clerk.client("kms", mfa=True).list_keys()["Keys"] == []


def test_a_trust_policy_can_ask_for_mfa(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """At AssumeRole the code itself counts."""
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{lab.account_id}:root"},
        "Condition": WITH_MFA,
    }
    clerk = lab.role("Clerk", policy=[allow("kms:ListKeys")], trust=[trust])
    refusal("AccessDenied", clerk.client, service="kms")
    assert clerk.client("kms", mfa=True).list_keys()["Keys"] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"TokenCode": "000000"}, f"{FAILED} with invalid MFA one time pass code. "),
        (
            {"SerialNumber": "arn:aws:iam::111122223333:mfa/bob"},
            NOT_HERS,
        ),
    ],
)
def test_a_wrong_code_or_device_is_refused(lab: labkit.Lab, refusal: Make, changed: dict[str, str], said: str) -> None:
    """In STS's own words."""
    ada = lab.user("ada")
    sts = ada.client("sts")
    assert refusal("AccessDenied", sts.get_session_token, **(ada.mfa() | changed)) == said


def test_a_code_is_good_for_a_minute_at_most(lab: labkit.Lab, refusal: Make) -> None:
    """By the lab's clock."""
    ada = lab.user("ada")
    code = ada.mfa()
    lab.clock.advance(minutes=2)
    assert "invalid MFA one time pass code" in refusal("AccessDenied", ada.client("sts").get_session_token, **code)


def test_a_groups_policies_are_its_users(lab: labkit.Lab, allow: Make, document: Make, refusal: Make) -> None:
    """From the moment that the user joins until it leaves."""
    iam = boto3.client("iam")
    ada = lab.user("ada").client("kms")
    iam.create_group(GroupName="clerks")
    iam.put_group_policy(GroupName="clerks", PolicyName="p", PolicyDocument=document(allow("kms:ListKeys")))
    refusal(DENIED, ada.list_keys)
    iam.add_user_to_group(GroupName="clerks", UserName="ada")
    assert ada.list_keys()["Keys"] == []
    iam.remove_user_from_group(GroupName="clerks", UserName="ada")
    refusal(DENIED, ada.list_keys)


def test_a_role_is_judged_by_its_policies_of_the_moment(
    lab: labkit.Lab, allow: Make, document: Make, refusal: Make
) -> None:
    """A session made before the policy changed, and after its role was deleted."""
    iam = boto3.client("iam")
    session = lab.role("Clerk", policy=[allow("kms:ListAliases")]).client("kms")
    refusal(DENIED, session.list_keys)
    iam.put_role_policy(RoleName="Clerk", PolicyName="inline", PolicyDocument=document(allow("kms:ListKeys")))
    assert session.list_keys()["Keys"] == []
    iam.delete_role_policy(RoleName="Clerk", PolicyName="inline")
    iam.delete_role(RoleName="Clerk")
    refusal(DENIED, session.list_keys)


def test_a_role_of_the_same_name_is_another_role(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """The old role's session does not get the new role's policies."""
    session = lab.role("Clerk").client("kms")
    boto3.client("iam").delete_role(RoleName="Clerk")
    lab.role("Clerk", policy=[allow("kms:ListKeys")])
    refusal(DENIED, session.list_keys)
