"""What a decision is asked about: the question, the policies in force and the grants.

Plain facts. Nothing here is looked up: whoever asks has read the policies and knows the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..core.call import Principal
from .documents import Document

PolicyKind = Literal["identity", "boundary", "session", "scp", "rcp", "endpoint", "key", "resource", "trust"]


@dataclass(frozen=True, slots=True)
class Question:
    """May `principal` do `action` on `resource`?

    `action` is an IAM action ("kms:Decrypt"), `resource` the ARN that the permission is asked on ("*" where the
    operation has none), `resource_account` the account that owns it (empty: the caller's own). `context` holds the
    condition keys of the request, names in any case; what follows from the principal alone (`aws:PrincipalArn`,
    `aws:userid`, ...) is added by the decision and need not be given. `grant_tokens` came with the request;
    `grant_id` is the grant that a RetireGrant request is about.
    """

    principal: Principal
    action: str
    resource: str
    resource_account: str = ""
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    grant_tokens: frozenset[str] = field(default=frozenset(), repr=False)
    grant_id: str = ""

    @property
    def names_no_resource(self) -> bool:
        """Whether permission is asked on nothing that is there: "*", or all keys of a Region (tags for a new key)."""
        return self.resource == "*" or self.resource.endswith(":key/*")

    @property
    def service(self) -> str:
        """The service that is asked, as IAM's prefix in lower case: "kms"."""
        return self.action.partition(":")[0].lower()

    @property
    def operation(self) -> str:
        """The action without its prefix: "Decrypt"."""
        return self.action.partition(":")[2]

    @property
    def owner(self) -> str:
        """The account that owns the resource."""
        return self.resource_account or self.principal.account

    @property
    def crosses_accounts(self) -> bool:
        """Whether caller and resource live in different accounts. A service principal belongs to no account."""
        return self.principal.kind != "AWSService" and self.owner != self.principal.account


@dataclass(frozen=True, slots=True, eq=False)
class NamedPolicy:
    """A parsed policy with the name under which a reader knows it; `arn` only if it is a managed policy.

    Two are the same only if they are one object: so they are quickly told apart, and can be remembered by.
    """

    name: str
    document: Document
    arn: str = ""


@dataclass(frozen=True, slots=True)
class GrantConstraints:
    """A grant's constraints; None means that the constraint is not there."""

    encryption_context_equals: Mapping[str, str] | None = None
    encryption_context_subset: Mapping[str, str] | None = None
    source_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A KMS grant as authorization reads it.

    `grantee` and `retiring` are ARNs, account ids or service principals; `effective` is False until the grant has
    reached all of KMS, and till then only a request with one of its `tokens` has its permissions.
    """

    id: str
    grantee: str
    operations: tuple[str, ...]
    retiring: str = ""
    constraints: GrantConstraints = GrantConstraints()
    tokens: frozenset[str] = field(default=frozenset(), repr=False)
    issuing_account: str = ""
    effective: bool = True


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy that has a say.

    `scps` holds one tuple for each level between the organization's root and the account: each level must allow.
    `rcps` are the same over the account that owns the resource. `resource` is the key policy, trust policy or other
    resource-based policy of the resource asked for; `endpoint` the policy of the VPC endpoint that the request came by.
    """

    identity: tuple[NamedPolicy, ...] = ()
    boundary: NamedPolicy | None = None
    session: tuple[NamedPolicy, ...] = ()
    scps: tuple[tuple[NamedPolicy, ...], ...] = ()
    resource: NamedPolicy | None = None
    grants: tuple[Grant, ...] = ()
    rcps: tuple[tuple[NamedPolicy, ...], ...] = ()
    endpoint: NamedPolicy | None = None

    @property
    def ask_for_context(self) -> bool:
        """Whether anything in them depends on more than who asks for which action on what."""
        if self.grants:
            return True
        single = tuple(p for p in (self.boundary, self.resource, self.endpoint) if p)
        levels = (self.identity, self.session, *self.scps, *self.rcps, single)
        return any(policy.document.asks_for_context for level in levels for policy in level)
