"""IAM's answers: every member that botocore's model has is there, or is one that AWS leaves out as well."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, StructureShape

import labkit

RULE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
TAGS = [{"Key": "a", "Value": "b"}]

# Left out by the real service: what has not happened yet; what only the Get operation of a thing tells ("IAM
# resource-listing operations return a subset of the available attributes"); what came too late for botocore's readers.
ABSENT = {
    "Description",  # of a policy in ListPolicies
    "GroupPolicyList",
    "LastUsedDate",
    "Marker",
    "PasswordLastUsed",
    "PasswordReusePrevention",
    "PermissionsBoundary",
    "Region",
    "RoleLastUsed",
    "SourceRoleTemplate",
    "Tags",
}


@pytest.fixture
def iam(lab: labkit.Lab) -> Any:
    """An account with one of everything."""
    client = boto3.client("iam")
    document = json.dumps(RULE)
    policy = client.create_policy(PolicyName="p", PolicyDocument=document, Description="d", Tags=TAGS)["Policy"]["Arn"]
    bound = client.create_policy(PolicyName="b", PolicyDocument=document)["Policy"]["Arn"]
    made = client.create_user(UserName="u", Tags=TAGS, PermissionsBoundary=bound)["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == bound
    client.create_group(GroupName="g")
    client.add_user_to_group(UserName="u", GroupName="g")
    trust = json.dumps(TRUST)
    client.create_role(RoleName="r", AssumeRolePolicyDocument=trust, Tags=TAGS, PermissionsBoundary=bound)
    for kind, name in (("user", "u"), ("role", "r"), ("group", "g")):
        which = {f"{kind.capitalize()}Name": name}
        getattr(client, f"put_{kind}_policy")(PolicyName="i", PolicyDocument=document, **which)
        getattr(client, f"attach_{kind}_policy")(PolicyArn=policy, **which)
    client.create_instance_profile(InstanceProfileName="ip", Tags=TAGS)
    client.add_role_to_instance_profile(InstanceProfileName="ip", RoleName="r")
    client.create_account_alias(AccountAlias="shop")
    client.create_access_key(UserName="u")
    return client


def _missing(value: Any, shape: Any, path: str) -> set[str]:
    found: set[str] = set()
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if name in value:
                found |= _missing(value[name], member, f"{path}.{name}")
            elif name not in ABSENT:
                found.add(f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in value[:200]:
            found |= _missing(item, shape.member, path)
    return found


OPERATIONS = (
    "GetAccountAuthorizationDetails",
    "GetGroup",
    "GetInstanceProfile",
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetUser",
    "ListAccessKeys",
    "ListAccountAliases",
    "ListAttachedGroupPolicies",
    "ListAttachedRolePolicies",
    "ListAttachedUserPolicies",
    "ListEntitiesForPolicy",
    "ListGroupPolicies",
    "ListGroups",
    "ListGroupsForUser",
    "ListInstanceProfiles",
    "ListInstanceProfilesForRole",
    "ListPolicies",
    "ListPolicyTags",
    "ListPolicyVersions",
    "ListRolePolicies",
    "ListRoleTags",
    "ListRoles",
    "ListUserPolicies",
    "ListUserTags",
    "ListUsers",
)


def test_no_member_is_missing(iam: Any, lab: labkit.Lab) -> None:
    """Every member of the model, in every entry of every list."""
    known = {
        "GroupName": "g",
        "InstanceProfileName": "ip",
        "PolicyArn": f"arn:aws:iam::{lab.account_id}:policy/p",
        "RoleName": "r",
        "UserName": "u",
        "VersionId": "v1",
    }
    names = {name: method for method, name in iam.meta.method_to_api_mapping.items()}
    missing: set[str] = set()
    for operation in OPERATIONS:
        model = iam.meta.service_model.operation_model(operation)
        asked = {name: known[name] for name in model.input_shape.members if name in known}
        missing |= _missing(getattr(iam, names[operation])(**asked), model.output_shape, operation)
    assert not missing


def test_account_authorization_details(iam: Any) -> None:
    """Names and ids of all policies; boundaries of users and roles, and how often a policy is one."""
    answer = iam.get_account_authorization_details()
    assert all(each["PolicyName"] and each["PolicyId"].startswith("ANPA") for each in answer["Policies"])
    bound = next(each for each in answer["Policies"] if each["PolicyName"] == "b")
    assert bound["PermissionsBoundaryUsageCount"] == 2
    user = next(each for each in answer["UserDetailList"] if each["UserName"] == "u")
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == bound["Arn"]


def test_boundaries_of_users(iam: Any, lab: labkit.Lab) -> None:
    """Set, seen by GetUser and not by lists, taken away."""
    iam.delete_user_permissions_boundary(UserName="u")
    assert "PermissionsBoundary" not in iam.get_user(UserName="u")["User"]
    arn = f"arn:aws:iam::{lab.account_id}:policy/p"
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=arn)
    assert iam.get_user(UserName="u")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert not any("PermissionsBoundary" in each for each in iam.list_users()["Users"])
    with pytest.raises(ClientError, match="cannot be found"):
        iam.put_user_permissions_boundary(UserName="nobody", PermissionsBoundary=arn)


def test_a_user_name_left_out_is_the_callers(iam: Any, lab: labkit.Lab) -> None:
    """A user finds itself, with permission on itself alone; a role's session must name somebody."""
    me = f"arn:aws:iam::{lab.account_id}:user/u"
    iam.delete_user_permissions_boundary(UserName="u")
    rule = {"Effect": "Allow", "Action": ["iam:GetUser", "iam:ListAccessKeys"], "Resource": me}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
    iam.put_user_policy(UserName="u", PolicyName="self", PolicyDocument=document)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    own = boto3.client(
        "iam",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=None,
    )
    assert own.get_user()["User"]["Arn"] == me
    assert len(own.list_access_keys()["AccessKeyMetadata"]) == 2
    for attempt in (iam.get_user, iam.list_access_keys, iam.list_mfa_devices, iam.create_access_key):
        with pytest.raises(ClientError) as refused:
            attempt()
        error = refused.value.response["Error"]
        assert error["Code"] == "ValidationError"
        assert error["Message"] == "Must specify userName when calling with non-User credentials"
