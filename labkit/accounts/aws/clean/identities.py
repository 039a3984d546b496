"""IAM: users, roles, groups, policies, instance profiles, MFA devices, each freed of what holds it (DeleteConflict)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from .thing import Kind, Marks, Thing, named, pages, region_of


def _delete_user(iam: Any, user: Thing) -> None:
    """Delete a user after all that AWS asks to be taken away first (IAM API Reference, DeleteUser)."""
    of = {"UserName": user.id}
    _if_there(iam.delete_login_profile, **of)
    for key in pages(iam, "list_access_keys", "AccessKeyMetadata", **of):
        iam.delete_access_key(AccessKeyId=key["AccessKeyId"], **of)
    for device in pages(iam, "list_mfa_devices", "MFADevices", **of):
        iam.deactivate_mfa_device(SerialNumber=device["SerialNumber"], **of)
    for ssh in pages(iam, "list_ssh_public_keys", "SSHPublicKeys", **of):
        iam.delete_ssh_public_key(SSHPublicKeyId=ssh["SSHPublicKeyId"], **of)
    for name in pages(iam, "list_user_policies", "PolicyNames", **of):
        iam.delete_user_policy(PolicyName=name, **of)
    for policy in pages(iam, "list_attached_user_policies", "AttachedPolicies", **of):
        iam.detach_user_policy(PolicyArn=policy["PolicyArn"], **of)
    for group in pages(iam, "list_groups_for_user", "Groups", **of):
        iam.remove_user_from_group(GroupName=group["GroupName"], **of)
    iam.delete_user(**of)


def _delete_role(iam: Any, role: Thing) -> None:
    """Delete a role after its policies, and out of its instance profiles."""
    of = {"RoleName": role.id}
    for name in pages(iam, "list_role_policies", "PolicyNames", **of):
        iam.delete_role_policy(PolicyName=name, **of)
    for policy in pages(iam, "list_attached_role_policies", "AttachedPolicies", **of):
        iam.detach_role_policy(PolicyArn=policy["PolicyArn"], **of)
    for profile in pages(iam, "list_instance_profiles_for_role", "InstanceProfiles", **of):
        iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], **of)
    iam.delete_role(**of)


def _delete_group(iam: Any, group: Thing) -> None:
    of = {"GroupName": group.id}
    for user in pages(iam, "get_group", "Users", **of):
        iam.remove_user_from_group(UserName=user["UserName"], **of)
    for name in pages(iam, "list_group_policies", "PolicyNames", **of):
        iam.delete_group_policy(PolicyName=name, **of)
    for policy in pages(iam, "list_attached_group_policies", "AttachedPolicies", **of):
        iam.detach_group_policy(PolicyArn=policy["PolicyArn"], **of)
    iam.delete_group(**of)


def _delete_profile(iam: Any, profile: Thing) -> None:
    of = {"InstanceProfileName": profile.id}
    for role in iam.get_instance_profile(**of)["InstanceProfile"]["Roles"]:
        iam.remove_role_from_instance_profile(RoleName=role["RoleName"], **of)
    iam.delete_instance_profile(**of)


def _policies(iam: Any, marks: Marks) -> Iterator[Thing]:
    for each in pages(iam, "list_policies", "Policies", Scope="Local"):
        if marks.named(each["PolicyName"]):
            yield Thing("policy", region_of(iam), each["Arn"])


def _delete_policy(iam: Any, policy: Thing) -> None:
    """Delete a policy after its other versions; off whatever it is attached to, or bounds."""
    of = {"PolicyArn": policy.id}
    for usage in ("PermissionsPolicy", "PermissionsBoundary"):
        for page in iam.get_paginator("list_entities_for_policy").paginate(PolicyUsageFilter=usage, **of):
            for sort, name in (("Role", "RoleName"), ("User", "UserName"), ("Group", "GroupName")):
                for each in page.get(f"Policy{sort}s", []):
                    who = {name: each[name]}
                    if usage == "PermissionsBoundary":
                        getattr(iam, f"delete_{sort.lower()}_permissions_boundary")(**who)
                    else:
                        getattr(iam, f"detach_{sort.lower()}_policy")(**who, **of)
    for version in pages(iam, "list_policy_versions", "Versions", **of):
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(VersionId=version["VersionId"], **of)
    iam.delete_policy(**of)


def _delete_device(iam: Any, device: Thing) -> None:
    for each in pages(iam, "list_virtual_mfa_devices", "VirtualMFADevices"):
        if each["SerialNumber"] == device.id and each.get("User"):
            iam.deactivate_mfa_device(UserName=each["User"]["UserName"], SerialNumber=device.id)
    iam.delete_virtual_mfa_device(SerialNumber=device.id)


def _if_there(delete: Any, **params: Any) -> None:
    try:
        delete(**params)
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "NoSuchEntity":
            raise


def _kind(name: str, order: int, find: Any, remove: Any) -> Kind:
    return Kind(name, "iam", order, find, remove, everywhere=True)


KINDS = (
    _kind("user", 120, named("user", "list_users", "Users", "UserName"), _delete_user),
    _kind(
        "mfa-device",
        122,
        named("mfa-device", "list_virtual_mfa_devices", "VirtualMFADevices", "SerialNumber"),
        _delete_device,
    ),
    _kind(
        "instance-profile",
        125,
        named("instance-profile", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
        _delete_profile,
    ),
    _kind("group", 128, named("group", "list_groups", "Groups", "GroupName"), _delete_group),
    _kind("role", 130, named("role", "list_roles", "Roles", "RoleName"), _delete_role),
    _kind("policy", 140, _policies, _delete_policy),
)
