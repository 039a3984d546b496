"""What a service says of itself to those who judge its calls: permissions, policies of its resources, condition keys.

A service's room fills one in (`facts.py`); the assembly hands them all over, by botocore's service name. What a service
leaves out has the rule that most services follow: the action has the operation's name and is asked on "*".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..core.call import Call, Target
from ..policy.documents import Document, DocumentKind

ServicePermissions = Mapping[str, "Permissions"]


@dataclass(frozen=True, slots=True)
class Written:
    """The parameter that brings a policy, and of what kind it is; `code` where the service has a code of its own."""

    member: str
    kind: DocumentKind
    code: str = ""
    applies: Callable[[Mapping[str, Any]], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class ResourcePolicies:
    """Where the policies of a service's resources are: `arns` is how the ARNs of those resources begin.

    `find` answers a policy's name and JSON text by an ARN, or None; `owner` the account, where the ARN does not say it.
    """

    arns: str
    find: Callable[[str], tuple[str, str] | None]
    owner: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Permissions:
    """One service's answers to: what does this call ask, on what, under which policies, with which condition keys?"""

    prefix: str = ""  # of its actions, where it is not botocore's name of the service
    actions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # operations named otherwise
    resource: Callable[[Call], str] = lambda _: ""  # the ARN that the one permission is asked on; empty for "*"
    targets: Callable[[Call, str], tuple[Target, ...]] | None = None  # where a call needs more; gets the action's name
    free: frozenset[str] = frozenset()  # operations that need no permission, even where a policy denies them
    context: Callable[[Call], dict[str, str]] = lambda _: {}  # condition keys of the service's own
    policies: ResourcePolicies | None = None
    documents: Mapping[str, Written] = field(default_factory=lambda: MappingProxyType({}))  # by operation
    check_call: Callable[[Call], None] = lambda _: None  # raises what the service says before it keeps anything
    check_document: Callable[[Call, Document], None] = lambda _call, _document: None


PLAIN = Permissions()
"""A service that says nothing of itself."""


def regional(service: str, member: str, form: str) -> Callable[[Call], str]:
    """ARNs of the form arn:aws:service:region:account:form, where `form` holds the parameter in place of {}."""

    def find(call: Call) -> str:
        value: Any = call.params.get(member)
        if not isinstance(value, str) or value.startswith("arn:"):
            return value if isinstance(value, str) else ""
        return f"arn:aws:{service}:{call.region}:{call.account}:{form.format(value.lstrip('/'))}"

    return find
