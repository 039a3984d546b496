"""Which organization an account is in, and its service and resource control policies. Reads moto's Organizations.

Source: Organizations User Guide, "SCP evaluation" and "RCP evaluation": every level from the root to the account must
allow; SCPs do not affect users or roles of the management account, RCPs not its resources.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto.organizations.models import FakeAccount, organizations_backends

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
FULL_ACCESS = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}
"""The policies that AWS attaches to every root, OU and account."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy that is attached at some level: its JSON text and its names."""

    name: str
    text: str
    arn: str


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's place: the organization's id, the path of ids down to the account's parent, the policies."""

    organization: str
    path: str  # o-…/r-…/ou-…/
    scps: tuple[tuple[Attached, ...], ...]  # level by level; none for the management account
    rcps: tuple[tuple[Attached, ...], ...]  # the same, once the root has RCPs enabled


def join(management: str, account: str) -> None:
    """Let `account` join the organization of `management`, straight under its root, with all access attached.

    The root has SCPs enabled from then on.
    """
    backend = organizations_backends[management]["aws"]
    if backend.org is None:
        raise ValueError(f"{management} has no organization.")
    if membership(account) is not None:
        raise ValueError(f"{account} is in an organization already.")
    member = FakeAccount(backend.org, AccountName=account, Email=f"{account}@example.com")
    member.id = account
    member.joined_method = "INVITED"
    backend.accounts.append(member)
    organizations_backends.master_accounts[account] = (management, "aws")
    for policy in FULL_ACCESS.values():
        backend.attach_policy(PolicyId=policy, TargetId=account)
    root: Any = next(unit for unit in backend.ou if unit.id == backend.org.root_id)
    if SCP not in enabled(root):
        root.add_policy_type(SCP)


def leave(account: str) -> None:
    """Let `account` be in no organization; the organization that it manages is gone, and its members are in none."""
    members = organizations_backends.master_accounts
    for member in [member for member, (managing, _) in members.items() if account in (member, managing)]:
        del members[member]
    for owner, partitions in list(organizations_backends.items()):
        backend = partitions["aws"]
        if owner == account or backend.org is None:
            continue
        for entry in [each for each in backend.accounts if each.id == account]:
            for policy in entry.attached_policies:
                policy.attachments.remove(entry)
            backend.accounts.remove(entry)


def membership(account: str) -> Membership | None:
    """Return the account's place in an organization; None if it is in none."""
    found = _organization_of(account) if organizations_backends else None
    if found is None:
        return None
    backend, entry = found
    chain = [entry]
    while parent := next((unit for unit in backend.ou if unit.id == chain[0].parent_id), None):
        chain.insert(0, parent)
    path = "/".join([backend.org.id, *(each.id for each in chain[:-1])]) + "/"
    managing = account == backend.org.master_account_id
    scps, rcps = (() if managing else tuple(_attached(each, kind) for each in chain) for kind in (SCP, RCP))
    return Membership(backend.org.id, path, scps, rcps if RCP in enabled(chain[0]) else ())


def enabled(root: Any) -> tuple[str, ...]:
    """List the types of policies that are enabled in this root."""
    return tuple(each["Type"] for each in getattr(root, "policy_types", ()) if each["Status"] == "ENABLED")


def _organization_of(account: str) -> tuple[Any, Any] | None:
    for partitions in list(organizations_backends.values()):
        backend = partitions["aws"]
        if backend.org is not None:
            entry = next((each for each in backend.accounts if each.id == account), None)
            if entry is not None:
                return backend, entry
    return None


def _attached(level: Any, kind: str) -> tuple[Attached, ...]:
    policies = [policy for policy in level.attached_policies if policy.type == kind]
    return tuple(Attached(policy.name, _text(policy.content), policy.arn) for policy in policies)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)
