"""Which organization an account is in, and the service control policies over it. Reads moto's Organizations.

Source: Organizations User Guide, "SCP evaluation" and "Service control policies": every level from the root to the
account must allow, and SCPs do not affect users or roles of the management account.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto.organizations.models import FakeAccount, organizations_backends

SCP = "SERVICE_CONTROL_POLICY"


@dataclass(frozen=True, slots=True)
class Scp:
    """A service control policy: its JSON text and its names."""

    name: str
    text: str
    arn: str


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's place: the organization's id, the path of ids down to the account's parent, the SCPs."""

    organization: str
    path: str  # o-…/r-…/ou-…/
    scps: tuple[tuple[Scp, ...], ...]  # level by level; none for the management account


def join(management: str, account: str) -> None:
    """Let `account` join the organization of `management`, straight under its root, with FullAWSAccess attached."""
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
    backend.attach_policy(PolicyId="p-FullAWSAccess", TargetId=account)


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
    return Membership(backend.org.id, path, () if managing else tuple(_scps(each) for each in chain))


def _organization_of(account: str) -> tuple[Any, Any] | None:
    for partitions in list(organizations_backends.values()):
        backend = partitions["aws"]
        if backend.org is not None:
            entry = next((each for each in backend.accounts if each.id == account), None)
            if entry is not None:
                return backend, entry
    return None


def _scps(level: Any) -> tuple[Scp, ...]:
    policies = [policy for policy in level.attached_policies if policy.type == SCP]
    return tuple(Scp(policy.name, _text(policy.content), policy.arn) for policy in policies)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)
