"""An AWS organization round the lab's account, made with Organizations' calls by its management account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .accounts.behind import Behind
from .principals import Account, Statement

POLICY_NAME = "lab"
RCP_NAME = "lab-rcp"
RCP = "RESOURCE_CONTROL_POLICY"


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization: `id` (o-…), `root_id` (r-…), its `management` account, and the ids of the lab's policies.

    `policy_id` is the service control policy, `rcp_id` the resource control policy; empty where there is none.
    """

    id: str
    root_id: str
    management: Account
    policy_id: str = ""
    rcp_id: str = ""


def organize(
    management: Account, member: str, scps: Sequence[Statement], rcps: Sequence[Statement], remote: Behind
) -> Organization:
    """Create the organization, let `member` join, attach policies of these statements to it.

    At AWS an account joins by accepting an invitation, and SCPs have to be enabled in the root; here it simply joins.
    """
    client = management.client("organizations")
    organization = client.create_organization(FeatureSet="ALL")["Organization"]
    remote.post("organization", management=management.account_id, account=member)
    scp = ""
    if scps:
        scp = _attached(client, member, POLICY_NAME, "The lab's service control policy", "SERVICE_CONTROL_POLICY", scps)
    root = client.list_roots()["Roots"][0]["Id"]
    rcp = ""
    if rcps:
        client.enable_policy_type(RootId=root, PolicyType=RCP)
        rcp = _attached(client, member, RCP_NAME, "The lab's resource control policy", RCP, rcps)
    return Organization(organization["Id"], root, management, scp, rcp)


def _attached(client: Any, member: str, name: str, about: str, kind: str, statements: Sequence[Statement]) -> str:
    """The id of a new policy, which is attached to the account."""
    content = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    made = client.create_policy(Name=name, Description=about, Type=kind, Content=content)
    policy: str = made["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=member)
    return policy
