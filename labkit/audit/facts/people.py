"""The account's roles and users with their policies, as GetAccountAuthorizationDetails tells them, for the decision.

Service and resource control policies are not read: a member account can't, and they only take away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...cloud.core.call import Principal
from ...cloud.core.errors import AwsError
from ...cloud.policy.documents import DocumentKind, parse_document
from ...cloud.policy.question import NamedPolicy
from ...cloud.policy.simulation import principal_of
from .reader import CouldNotRead

if TYPE_CHECKING:
    from .account import Account

DETAILS = "iam:GetAccountAuthorizationDetails"


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A role or a user: who it is, its identity-based policies (its groups' too), and its permissions boundary."""

    kind: str  # "role", "user"
    name: str
    arn: str
    principal: Principal
    identity: tuple[NamedPolicy, ...]
    boundary: NamedPolicy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, str]:
        """The condition keys that follow from its tags."""
        return {f"aws:PrincipalTag/{name}": value for name, value in self.tags.items()}

    @property
    def words(self) -> str:
        """How a sentence calls it."""
        return f"the {self.kind} {self.name}"

    @property
    def may_do_everything(self) -> bool:
        """Whether a policy of it allows all actions on everything, without a condition: AdministratorAccess does."""
        return self.boundary is None and any(
            statement.effect == "Allow"
            and not statement.conditions
            and "*" in (statement.actions or ())
            and "*" in (statement.resources or ())
            for policy in self.identity
            for statement in policy.document.statements
        )


@dataclass(frozen=True, slots=True)
class Written:
    """One IAM policy as a resource of its own: a customer managed policy, or an inline one of `owner`."""

    name: str
    resource: str
    policy: NamedPolicy
    owner: str = ""  # "role/Clerk", "user/Ann", "group/Staff"; "" for a managed policy
    is_boundary: bool = False


class People:
    """The IAM of the account. Every property may raise CouldNotRead."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def _details(self, member: str) -> list[dict[str, Any]]:
        """One list of the details; all four come with the same pages."""
        kinds = ["User", "Role", "Group", "LocalManagedPolicy"]
        ask = self._account.reader.listed
        return ask("iam", "get_account_authorization_details", member, Filter=kinds)

    @cached_property
    def all(self) -> tuple[Person, ...]:
        """Every role and user."""
        return (
            *(self._person("role", "RoleName", "RolePolicyList", each, ()) for each in self._details("RoleDetailList")),
            *(
                self._person("user", "UserName", "UserPolicyList", each, self._groups(each))
                for each in self._details("UserDetailList")
            ),
        )

    @cached_property
    def administrators(self) -> tuple[Person, ...]:
        """Those that may do everything in the account: they can't be kept from a key by IAM, and are told apart."""
        return tuple(each for each in self.all if each.may_do_everything)

    @cached_property
    def others(self) -> tuple[Person, ...]:
        """All that are not administrators of the whole account."""
        return tuple(each for each in self.all if not each.may_do_everything)

    @cached_property
    def managed(self) -> tuple[Written, ...]:
        """The customer managed policies, each in its default version."""
        return tuple(
            Written(
                each.get("PolicyName") or str(each["Arn"]).rpartition("/")[2],
                each["Arn"],
                self._parsed(each["Arn"], self._default(each), "identity"),
                is_boundary=each.get("PermissionsBoundaryUsageCount", 0) > 0,
            )
            for each in self._details("Policies")
        )

    @cached_property
    def inline(self) -> tuple[Written, ...]:
        """The inline policies of roles, users and groups."""
        lists = (
            ("role", "RoleName", "RoleDetailList", "RolePolicyList"),
            ("user", "UserName", "UserDetailList", "UserPolicyList"),
            ("group", "GroupName", "GroupDetailList", "GroupPolicyList"),
        )
        return tuple(
            Written(
                policy["PolicyName"],
                f"{owner['Arn']} inline policy {policy['PolicyName']}",
                self._parsed(owner["Arn"], policy["PolicyDocument"], "identity"),
                f"{kind}/{owner[name]}",
            )
            for kind, name, member, policies in lists
            for owner in self._details(member)
            for policy in owner.get(policies, ())
        )

    def _person(
        self, kind: str, name: str, inline: str, told: Mapping[str, Any], groups: Iterable[Mapping[str, Any]]
    ) -> Person:
        owners = [(told, inline), *((group, "GroupPolicyList") for group in groups)]
        written = [
            self._parsed(owner["Arn"], each["PolicyDocument"], "identity")
            for owner, member in owners
            for each in owner.get(member, ())
        ]
        attached = [
            self._managed(each["PolicyArn"], "identity")
            for owner, _ in owners
            for each in owner.get("AttachedManagedPolicies", ())
        ]
        bound = told.get("PermissionsBoundary")
        boundary = self._managed(bound["PermissionsBoundaryArn"], "boundary") if bound else None
        tags = {tag["Key"]: tag["Value"] for tag in told.get("Tags", ())}
        arn = told["Arn"]
        return Person(kind, told[name], arn, principal_of(arn), (*written, *attached), boundary, tags)

    def _groups(self, user: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        names = user.get("GroupList", ())
        yield from (each for each in self._details("GroupDetailList") if each["GroupName"] in names)

    @cached_property
    def _local(self) -> dict[str, Any]:
        return {each["Arn"]: self._default(each) for each in self._details("Policies")}

    def _default(self, policy: Mapping[str, Any]) -> Any:
        versions = policy["PolicyVersionList"]
        return next(each["Document"] for each in versions if each.get("IsDefaultVersion"))

    def _managed(self, arn: str, kind: DocumentKind) -> NamedPolicy:
        if (text := self._local.get(arn)) is None:
            ask = self._account.reader.ask
            version = ask("iam", "get_policy", arn, PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = ask("iam", "get_policy_version", arn, PolicyArn=arn, VersionId=version)
            text = found["PolicyVersion"]["Document"]
        return self._parsed(arn, text, kind)

    def _parsed(self, owner: str, text: Any, kind: DocumentKind) -> NamedPolicy:
        try:
            document = parse_document(text if isinstance(text, str) else json.dumps(text), kind)
        except AwsError as wrong:
            raise CouldNotRead(DETAILS, owner, wrong.code, wrong.message or "") from None
        return NamedPolicy(owner, document)
