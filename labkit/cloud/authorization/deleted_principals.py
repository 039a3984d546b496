"""Users and roles that are gone: policies that named them by ARN name their unique ids from then on.

So a new role of the same name has none of the old one's rights. Source: IAM User Guide, "AWS JSON policy elements:
Principal"; AWS Knowledge Center, "unknown principal format in my IAM resource-based policy". Changes key policies,
grants, trust policies and bucket policies where they are kept. (Grants: ListGrants answered a deleted role's ARN before
and its AROA id after, DataBiosphere/azul issue 1775, 2020; hashicorp/terraform-provider-aws issue 29340, 2023.)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from ..kms.documents import layout
from ..kms.model import Key


def name_by_unique_id(keys: Iterable[Key], arn: str, unique_id: str) -> None:
    """Rewrite every policy and grant that names `arn` as a principal."""
    for key in keys:
        changed = _changed(key.policy, arn, unique_id)
        if changed is not None:
            key.policy = layout(changed)
        for grant in key.grants:
            if arn in (grant.grantee, grant.retiring):
                key.grant_index[grant.id] = replace(
                    grant,
                    grantee=unique_id if grant.grantee == arn else grant.grantee,
                    retiring=unique_id if grant.retiring == arn else grant.retiring,
                )
    for account in list(iam_backends):
        for role in iam_backends[account]["aws"].roles.values():
            changed = _changed(role.assume_role_policy_document, arn, unique_id)
            if changed is not None:
                role.assume_role_policy_document = json.dumps(changed)
    for account in list(s3_backends):
        for bucket in s3_backends[account]["aws"].buckets.values():
            changed = _changed(bucket.policy.decode(), arn, unique_id) if bucket.policy else None
            if changed is not None:
                bucket.policy = json.dumps(changed).encode()


def _changed(text: str, arn: str, unique_id: str) -> Any:
    """The policy with the principal renamed; None where no statement names it."""
    if arn not in text.replace("\\/", "/"):
        return None
    document = json.loads(text)
    statements = document["Statement"]
    elements = [
        statement[name]
        for statement in (statements if isinstance(statements, list) else [statements])
        for name in ("Principal", "NotPrincipal")
        if isinstance(statement.get(name), dict)
    ]
    found = False
    for element in elements:
        named = element.get("AWS")
        if named == arn:
            element["AWS"], found = unique_id, True
        elif isinstance(named, list) and arn in named:
            element["AWS"], found = [unique_id if one == arn else one for one in named], True
    return document if found else None
