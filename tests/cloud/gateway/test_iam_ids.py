"""IAM's unique ids have AWS's prefixes, in answers and ever after."""

from __future__ import annotations

import json

import boto3
import pytest

import labkit


@pytest.mark.usefixtures("lab")
def test_users_groups_and_roles() -> None:
    """AIDA, AGPA, AROA, AIPA: 21 characters each."""
    iam = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    ids = {
        "AIDA": iam.create_user(UserName="ada")["User"]["UserId"],
        "AGPA": iam.create_group(GroupName="clerks")["Group"]["GroupId"],
        "AIPA": iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]["InstanceProfileId"],
        "AROA": iam.create_role(RoleName="Clerk", AssumeRolePolicyDocument=document)["Role"]["RoleId"],
    }
    assert {prefix: (value[:4], len(value)) for prefix, value in ids.items()} == {p: (p, 21) for p in ids}
    assert iam.get_user(UserName="ada")["User"]["UserId"] == ids["AIDA"]


def test_the_administrator_too(lab: labkit.Lab) -> None:
    """The first event of every lab shows a user's principal id."""
    assert lab.events()[0]["userIdentity"]["principalId"].startswith("AIDA")
