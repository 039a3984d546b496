"""Who might ask: the account's roles and users, the principals that documents name, and some that none names.

Reads through `lab.observer`. Service control policies are not read: they only take away. Resource control policies are,
with the keys that they are over (things.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ...cloud.core.call import Principal
from ...cloud.policy.question import NamedPolicy
from ...cloud.policy.simulation import principal_of
from ..engine import LabView
from .things import STRANGE_ACCOUNT, Thing, named

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_EVERYTHING = (named("whatever its own account allows", EVERYTHING, "identity"),)
NOBODY = "SomebodyElse"  # the name of a role or user that no document names
ADMINISTRATORS = ("LabAdministrator", "lab-administrator")
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::\d{12}:(?:root|(?:user|role)/[^\"'\s,\]]+)|sts::\d{12}:assumed-role/[^\"'\s,\]]+)"
)
_ANY_ACCOUNT = re.compile(r"(?<=:)x+(?=:(?:root|user/|role/|assumed-role/))")  # "arn:aws:iam::*:role/Clerk"
_ORGANIZATION = re.compile(r"(?<![\w-])o-[a-z0-9]{10,32}(?![\w-])")
_SERVICE = re.compile(r"(?<![\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?![\w.])")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who might ask: how a sentence calls them, the principal, and their own policies.

    `named` is False for those that no document names; `foreign` is True for principals of other accounts, whose own
    account is taken to allow everything. `facts` are condition keys that follow from who it is; `later` says how it
    differs from what it is today ("once tagged team=night").
    """

    words: str
    principal: Principal
    identity: tuple[NamedPolicy, ...] = ()
    boundary: NamedPolicy | None = None
    facts: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    foreign: bool = False
    named: bool = True
    later: str = ""

    @property
    def name(self) -> str:
        """The name of the role or user; of a session, its role's; of a service, its principal."""
        session = self.principal.session
        return session.issuer_name if session else self.principal.name or self.principal.arn

    @property
    def account(self) -> str:
        """The caller's account; "" for a service."""
        return self.principal.account

    @property
    def is_own(self) -> bool:
        """Whether it is a role or a user of the account: its IAM policies have a say."""
        return not self.foreign and self.named and self.principal.kind in ("AssumedRole", "IAMUser")

    @property
    def is_administrator(self) -> bool:
        """Whether it is the lab's own administrator, or the account's root user: both may do everything."""
        own = not self.foreign and self.principal.kind != "AWSService"
        return own and (self.principal.kind == "Root" or self.name in ADMINISTRATORS)


def without_policies(caller: Caller) -> Caller:
    """Give the same caller with no policies of its own: what is left comes from resources' policies and grants alone.

    Principals of other accounts stay as they are: their own account may allow what it likes.
    """
    return caller if caller.foreign else replace(caller, identity=())


def with_every_policy(caller: Caller) -> Caller:
    """Give the same caller, with its own account allowing everything: what is left is the resources' policies' word."""
    return replace(caller, identity=_EVERYTHING)


class People:
    """The callers of one account, read when they are first asked for."""

    def __init__(self, lab: LabView) -> None:
        self._iam = lab.observer.client("iam")
        self._lab = lab
        self._documents: dict[str, NamedPolicy] = {}

    @cached_property
    def _details(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {"RoleDetailList": [], "UserDetailList": [], "GroupDetailList": []}
        kinds = ["Role", "User", "Group"]
        for page in self._iam.get_paginator("get_account_authorization_details").paginate(Filter=kinds):
            for name in found:
                found[name] += page[name]
        return found

    @property
    def roles(self) -> list[dict[str, Any]]:
        """IAM's details of each role."""
        return self._details["RoleDetailList"]

    @property
    def account(self) -> str:
        """The id of the account."""
        return str(self.roles[0]["Arn"].split(":")[4])

    @cached_property
    def own(self) -> tuple[Caller, ...]:
        """The account's roles and users, each with its policies."""
        return (*map(self._role, self.roles), *map(self._user, self._details["UserDetailList"]))

    def _role(self, role: dict[str, Any]) -> Caller:
        identity = self._policies("role policy", role["RolePolicyList"], role["AttachedManagedPolicies"])
        bound = role.get("PermissionsBoundary")
        return Caller(
            f"the role {role['RoleName']}",
            _with_id(principal_of(role["Arn"]), role["RoleId"]),
            identity,
            self._managed(bound["PermissionsBoundaryArn"], "boundary") if bound else None,
            self._facts(self.account, role.get("Tags", [])),
        )

    def _user(self, user: dict[str, Any]) -> Caller:
        groups = [each for each in self._details["GroupDetailList"] if each["GroupName"] in user.get("GroupList", [])]
        inline = [*user.get("UserPolicyList", []), *(each for group in groups for each in group["GroupPolicyList"])]
        attached = [
            *user["AttachedManagedPolicies"],
            *(a for group in groups for a in group["AttachedManagedPolicies"]),
        ]
        bound = user.get("PermissionsBoundary")
        return Caller(
            f"the user {user['UserName']}",
            principal_of(user["Arn"]),
            self._policies("user policy", inline, attached),
            self._managed(bound["PermissionsBoundaryArn"], "boundary") if bound else None,
            self._facts(self.account, user.get("Tags", [])),
        )

    def _policies(self, name: str, inline: Iterable[dict[str, Any]], attached: Iterable[dict[str, Any]]) -> Any:
        written = [named(name, each["PolicyDocument"], "identity") for each in inline]
        return (*written, *(self._managed(each["PolicyArn"], "identity") for each in attached))

    def _managed(self, arn: str, kind: str) -> NamedPolicy:
        if (found := self._documents.get(f"{kind} {arn}")) is None:
            version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            text = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            found = self._documents[f"{kind} {arn}"] = named(arn.rpartition("/")[2], text, kind)
        return found

    def texts(self) -> list[str]:
        """Give the text of each IAM policy of the account's roles and users, without the administrators'."""
        return [policy.document.text for each in self.own for policy in each.identity if not each.is_administrator]

    def others(self, texts: Iterable[str]) -> Iterator[Caller]:
        """Principals that these documents' texts name, and some that they don't: roles, users, roots, services."""
        written = _made_plain("\n".join(texts))
        written = _ANY_ACCOUNT.sub(STRANGE_ACCOUNT, written)
        have = {caller.principal.arn for caller in self.own} | {role["Arn"] for role in self.roles}
        for arn in sorted({*_ARN.findall(written)} - have):
            yield self._arn(arn, arn_words(arn, self.account), is_named=True)
        accounts = sorted({*_ACCOUNT.findall(written)} - {self.account, STRANGE_ACCOUNT})
        for account in accounts:
            yield from self._strangers(account, f"of the account {account}")
        yield from self._strangers(self.account, "that no document names")
        yield from self._strangers(STRANGE_ACCOUNT, f"of the account {STRANGE_ACCOUNT}, which no document names")
        if self._organization:
            words = "a role of an account that joins the organization later"
            yield self._arn(f"arn:aws:iam::888888888888:role/{NOBODY}", words, self._joined)
        for other in sorted({*_ORGANIZATION.findall(written), "o-another000"} - {self._organization}):
            facts = {"aws:PrincipalOrgID": other, "aws:PrincipalOrgPaths": [f"{other}/r-another/"]}
            yield self._arn(f"arn:aws:iam::{STRANGE_ACCOUNT}:role/{NOBODY}", "a role of another organization", facts)
        services = set(_SERVICE.findall(written))
        for service in sorted(services | {"no-such-service.amazonaws.com"}):
            yield Caller(f"the service {service}", principal_of(service), named=service in services)
        yield Caller("anybody, without credentials", Principal("Anonymous", "", "", "anonymous"), named=False)

    def _strangers(self, account: str, words: str) -> Iterator[Caller]:
        yield self._arn(f"arn:aws:iam::{account}:role/{NOBODY}", f"a role {words}")
        yield self._arn(f"arn:aws:iam::{account}:user/{NOBODY}", f"a user {words}")
        root = f"the root user {words}" if account != self.account else "the root user"
        yield self._arn(f"arn:aws:iam::{account}:root", root)

    def with_sessions(self, caller: Caller, thing: Thing) -> Iterator[Caller]:
        """Return the caller and, if it is a role, those of its sessions that the thing's policy or grants name."""
        yield caller
        texts = [thing.policy.document.text] if thing.policy else []
        texts += [f"{grant.grantee} {grant.retiring}" for grant in thing.grants]
        of = f":assumed-role/{caller.name}/"
        for arn in sorted({*_ARN.findall(_made_plain("\n".join(texts)))}):
            if caller.principal.session and of in arn and arn.split(":")[4] == caller.account:
                yield replace(caller, words=arn_words(arn, self.account), principal=principal_of(arn))

    def outsider(self, arn: str) -> Caller:
        """Make a principal of another account by its ARN, or one of the account's that has no policies."""
        return self._arn(arn, arn_words(arn, self.account), is_named=True)

    def _arn(
        self,
        arn: str,
        words: str,
        facts: Mapping[str, str | Sequence[str]] | None = None,
        *,
        is_named: bool = False,
    ) -> Caller:
        principal = principal_of(arn)
        foreign = principal.account != self.account
        known = self._facts(principal.account, []) if facts is None else facts
        if foreign:
            return Caller(words, principal, _EVERYTHING, None, known, foreign, is_named)
        issuer = principal.session.issuer_name if principal.session else ""  # a session has its role's policies
        role = next((each for each in self.own if each.principal.session and each.name == issuer), None)
        if role is None:
            return Caller(words, principal, (), None, known, foreign, is_named)
        return Caller(words, principal, role.identity, role.boundary, role.facts, foreign, is_named)

    def _facts(self, account: str, tags: list[dict[str, str]]) -> dict[str, str | Sequence[str]]:
        facts: dict[str, str | Sequence[str]] = {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in tags}
        if self._organization and account in self._members:
            facts |= self._joined
        return facts

    @cached_property
    def _joined(self) -> dict[str, str | Sequence[str]]:
        """The condition keys of a principal whose account is in the organization, straight under its root."""
        roots = self._lab.observer.client("organizations").list_roots()["Roots"]
        path = f"{self._organization}/{roots[0]['Id'] if roots else 'r-root'}/"
        return {"aws:PrincipalOrgID": self._organization, "aws:PrincipalOrgPaths": [path]}

    @cached_property
    def _members(self) -> frozenset[str]:
        """The accounts of the organization, as far as the account can know: itself, and the one that manages."""
        described = self._describe_organization()
        return frozenset({self.account, described["MasterAccountId"]} if described else set())

    @cached_property
    def _organization(self) -> str:
        return str(self._describe_organization().get("Id", ""))

    def _describe_organization(self) -> dict[str, Any]:
        client = self._lab.observer.client("organizations")
        try:
            found: dict[str, Any] = client.describe_organization()["Organization"]
        except client.exceptions.AWSOrganizationsNotInUseException:
            return {}
        return found


def _with_id(principal: Principal, role_id: str) -> Principal:
    """A role's session with the role's unique id, which aws:userid begins with."""
    if principal.session is None:
        return principal
    made_up = principal.session.issuer_id
    own = principal.principal_id.replace(made_up, role_id, 1) if made_up else principal.principal_id
    return replace(principal, principal_id=own, session=replace(principal.session, issuer_id=role_id))


def _made_plain(text: str) -> str:
    """A policy's text, with something in place of each star."""
    return text.replace("${", "").replace("*", "x").replace("?", "x")


def arn_words(arn: str, own: str) -> str:
    """Say how a sentence calls the principal of this ARN."""
    _, _, _, _, account, last = arn.split(":", 5)
    kind, _, name = last.partition("/")
    of = "" if account == own else f" of the account {account}"
    if kind == "root":
        return f"the root user{of}"
    return f"the session {name}{of}" if kind == "assumed-role" else f"the {kind} {name.rpartition('/')[2]}{of}"
