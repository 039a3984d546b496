"""The policies of a real account that have a say in a call on a KMS key, read by plain calls of the caller's.

What can't be read is named, so that nobody takes the rest for the whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ....cloud.policy.documents import DocumentKind, parse_document
from ....cloud.policy.question import Grant, NamedPolicy
from ....policy import as_grant
from ..memory import SessionPolicies

Clients = Callable[[str, str], Any]
"""Makes a client of a service in a Region."""

_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"


@dataclass(slots=True)
class Reading:
    """What was read, and what could not be."""

    clients: Clients
    region: str
    unread: list[str] = field(default_factory=list)

    def try_to(self, what: str, permission: str, call: Callable[[], Any]) -> Any:
        """Make a call; None where it was refused, which is noted."""
        try:
            return call()
        except (BotoCoreError, ClientError) as wrong:
            code = wrong.response["Error"]["Code"] if isinstance(wrong, ClientError) else type(wrong).__name__
            self.unread.append(f"{what} ({permission} answered {code})")
            return None


def key_policy(reading: Reading, key: str) -> NamedPolicy | None:
    """Read the key's policy."""
    kms = reading.clients("kms", key.split(":")[3])
    answer = reading.try_to("the key policy", "kms:GetKeyPolicy", lambda: kms.get_key_policy(KeyId=key))
    return _named("key policy", answer["Policy"], "key") if answer else None


def grants(reading: Reading, key: str) -> tuple[Grant, ...]:
    """List the key's grants."""
    kms = reading.clients("kms", key.split(":")[3])
    pages = reading.try_to(
        "the key's grants", "kms:ListGrants",
        lambda: [each for page in kms.get_paginator("list_grants").paginate(KeyId=key) for each in page["Grants"]],
    )  # fmt: skip
    return tuple(as_grant(each) for each in pages or ())


@dataclass(frozen=True, slots=True)
class Owner:
    """A role or user: its policies, its boundary, its tags, its ARN with the path."""

    arn: str
    identity: tuple[NamedPolicy, ...]
    boundary: NamedPolicy | None
    tags: tuple[tuple[str, str], ...]


def owner(reading: Reading, kind: str, name: str) -> Owner | None:
    """Read a role's or user's own policies, and those of a user's groups. kind: "role" or "user"."""
    iam = reading.clients("iam", reading.region)
    what = f"{kind} {name}"
    found = reading.try_to(what, f"iam:Get{kind.title()}", lambda: getattr(iam, f"get_{kind}")(**{_arg(kind): name}))
    if not found:
        return None
    about = found[kind.title()]
    holders = [(kind, name)]
    if kind == "user":
        groups = reading.try_to(
            f"the groups of {what}", "iam:ListGroupsForUser", lambda: iam.list_groups_for_user(UserName=name)
        )
        holders += [("group", each["GroupName"]) for each in (groups or {}).get("Groups", ())]
    identity = tuple(policy for holder in holders for policy in _held(reading, iam, *holder))
    limit = about.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    boundary = _managed(reading, iam, limit, "boundary") if limit else None
    tags = tuple((tag["Key"], tag["Value"]) for tag in about.get("Tags", ()))
    return Owner(str(about["Arn"]), identity, boundary, tags)


def _held(reading: Reading, iam: Any, kind: str, name: str) -> Iterator[NamedPolicy]:
    """The inline and attached policies of a role, user or group."""
    who, arguments = f"{kind} {name}", {_arg(kind): name}
    inline = reading.try_to(
        f"the inline policies of {who}", f"iam:List{kind.title()}Policies",
        lambda: getattr(iam, f"list_{kind}_policies")(**arguments)["PolicyNames"],
    )  # fmt: skip
    for each in inline or ():
        one = partial(getattr(iam, f"get_{kind}_policy"), PolicyName=each, **arguments)
        read = reading.try_to(f"the inline policy {each} of {who}", f"iam:Get{kind.title()}Policy", one)
        if read:
            yield _named(each, json.dumps(read["PolicyDocument"]), "identity")
    attached = reading.try_to(
        f"the policies attached to {who}", f"iam:ListAttached{kind.title()}Policies",
        lambda: getattr(iam, f"list_attached_{kind}_policies")(**arguments)["AttachedPolicies"],
    )  # fmt: skip
    for each in attached or ():
        policy = _managed(reading, iam, each["PolicyArn"], "identity")
        if policy:
            yield policy


def _managed(reading: Reading, iam: Any, arn: str, kind: DocumentKind) -> NamedPolicy | None:
    def read() -> Any:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]

    document = reading.try_to(f"the policy {arn}", "iam:GetPolicy, iam:GetPolicyVersion", read)
    return _named(arn.rpartition("/")[2], json.dumps(document), kind, arn) if document else None


def session_policies(reading: Reading, limits: SessionPolicies | None) -> tuple[NamedPolicy, ...]:
    """Find what limits the caller's session: known of sessions that this process began, of no others."""
    if limits is None:
        reading.unread.append("whether the caller's session has a session policy (AWS tells nobody)")
        return ()
    iam = reading.clients("iam", reading.region)
    managed = tuple(policy for arn in limits.arns if (policy := _managed(reading, iam, arn, "session")))
    return (*([_named("session policy", limits.policy, "session")] if limits.policy else ()), *managed)


BOTH = "service and resource control policies"


def organization_policies(reading: Reading, *accounts: str, kinds: str = BOTH) -> None:
    """Note that an organization's policies may have a say: a member account may not read them.

    accounts: the caller's, and the KMS key's. Those of the management account are not limited ("SCP effects on
    permissions", "Resources and entities not restricted by RCPs"). kinds: the policies that were not read.
    """
    mine = accounts[0]
    organizations = reading.clients("organizations", reading.region)
    try:
        manager = organizations.describe_organization()["Organization"]["MasterAccountId"]
        if manager != mine:
            reading.unread.append(f"the organization's {kinds} (its management account reads them)")
    except (BotoCoreError, ClientError) as wrong:
        code = wrong.response["Error"]["Code"] if isinstance(wrong, ClientError) else type(wrong).__name__
        if code != _NO_ORGANIZATION:
            reading.unread.append(
                f"whether account {mine} is in an organization, whose {kinds} would count "
                f"(organizations:DescribeOrganization answered {code})"
            )
    for other in dict.fromkeys(each for each in accounts if each != mine):
        reading.unread.append(f"resource control policies over account {other}, if it is in an organization")


def _arg(kind: str) -> str:
    return f"{kind.title()}Name"


def _named(name: str, text: str, kind: DocumentKind, arn: str = "") -> NamedPolicy:
    return NamedPolicy(name, parse_document(text, kind), arn)
