"""An AWS organization round the lab's account, made with Organizations' calls by its management account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .accounts.behind import Behind
from .principals import Account, Statement

POLICY_NAME = "lab"


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization: `id` (o-…), `root_id` (r-…), its `management` account, and the id of the lab's SCP."""

    id: str
    root_id: str
    management: Account
    policy_id: str


def organize(management: Account, member: str, scps: Sequence[Statement], remote: Behind) -> Organization:
    """Create the organization, let `member` join, attach one service control policy of these statements to it.

    At AWS an account joins by accepting an invitation; here it simply joins.
    """
    client = management.client("organizations")
    organization = client.create_organization(FeatureSet="ALL")["Organization"]
    remote.post("organization", management=management.account_id, account=member)
    policy = client.create_policy(
        Name=POLICY_NAME,
        Description="The lab's service control policy",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": list(scps)}),
    )["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=member)
    root = client.list_roots()["Roots"][0]["Id"]
    return Organization(organization["Id"], root, management, policy)
