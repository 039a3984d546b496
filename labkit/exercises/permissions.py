"""What checks ask about permissions: could this role do that? Decided from the account's policies, nothing is called.

Reads policies through `lab.observer` and leaves no trace. However a learner grants something, it counts. What else
somebody may do, and who else may, is a question to `reach`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..cloud.kms.documents import default_policy
from ..policy import Grant, as_grant, simulate
from .engine import LabView

Context = Mapping[str, str | Sequence[str]]


def may(
    lab: LabView,
    role: str,
    action: str,
    key_arn: str,
    context: Context | None = None,
    grants: Iterable[Grant] = (),
) -> bool:
    """Decide whether a session of the role of that name could do `action` ("kms:Decrypt") on the key, as things are.

    Where the task leaves it open how the permission is given, `grants` are `grants_on` the key.
    """
    return decided(lab, role, action, key_arn, key_policy(lab, key_arn), context, grants)


def decided(
    lab: LabView,
    role: str,
    action: str,
    resource: str,
    policy: str | None,
    context: Context | None = None,
    grants: Iterable[Grant] = (),
) -> bool:
    """Decide the same for a resource that need not exist, with this resource policy (None: it has none)."""
    arn = lab.observer.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    identity = identity_policies(lab, role)
    asked = simulate(arn, action, resource, identity=identity, resource_policy=policy, grants=grants, context=context)
    return asked.data["allowed"]


def grants_on(lab: LabView, key_arn: str) -> list[Grant]:
    """Read the grants on the key, all pages."""
    pages = lab.observer.client("kms").get_paginator("list_grants").paginate(KeyId=key_arn)
    return [as_grant(listed) for page in pages for listed in page["Grants"]]


def key_policy(lab: LabView, key_arn: str) -> str:
    """Read the key policy, as JSON text."""
    text: str = lab.observer.client("kms").get_key_policy(KeyId=key_arn)["Policy"]
    return text


def bucket_policy(lab: LabView, bucket: str) -> str | None:
    """Read the bucket's policy, as JSON text; None if it has none."""
    s3 = lab.observer.client("s3")
    try:
        return str(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except s3.exceptions.ClientError:
        return None


def has_first_policy(lab: LabView, key_arn: str) -> bool:
    """Tell whether the key policy says what it said when the key was made: the one given then, or KMS's own."""
    made = next(event for event in lab.events() if event["eventName"] == "CreateKey" and key_arn in str(event))
    given = (made["requestParameters"] or {}).get("policy") or default_policy(key_arn.split(":")[4])
    return bool(json.loads(given) == json.loads(key_policy(lab, key_arn)))


def identity_policies(lab: LabView, role: str) -> list[dict[str, Any]]:
    """Read the role's IAM policies: inline ones and attached ones."""
    iam = lab.observer.client("iam")
    inline = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    attached = [_document(iam, item["PolicyArn"]) for item in _attached(iam, role)]
    return [json.loads(document) if isinstance(document, str) else document for document in inline + attached]


def _attached(iam: Any, role: str) -> list[dict[str, Any]]:
    attached: list[dict[str, Any]] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return attached


def _document(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
