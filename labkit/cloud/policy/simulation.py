"""Hypothetical questions in the reader's own terms: ARNs and policies as text or dicts.

Pure. The policies may be made up or read off a real account; nothing is looked up anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..core.call import Principal, Session
from .decision import decide
from .documents import DocumentKind, parse_document
from .explanation import Explanation, explain
from .grammar import FULL_ACCESS
from .question import Grant, NamedPolicy, Policies, Question

Policy = str | Mapping[str, Any]
"""A policy as JSON text, or as the dict that would be that text."""

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?:iam::(?P<account>\d{12}):(?:(?P<root>root)|(?P<kind>user|role)/(?P<path>.+))"
    r"|sts::(?P<session_account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>[^/]+))"
)
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_DAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # when a made-up session was taken: only aws:TokenIssueTime shows it


def simulate(
    principal: str | Principal,
    action: str,
    resource: str = "*",
    *,
    identity: Policy | Iterable[Policy] = (),
    resource_policy: Policy | None = None,
    boundary: Policy | None = None,
    session: Policy | Iterable[Policy] = (),
    scps: Sequence[Policy | Iterable[Policy]] = (),
    rcps: Sequence[Policy | Iterable[Policy]] = (),
    endpoint: Policy | None = None,
    grants: Iterable[Grant] = (),
    context: Mapping[str, str | Sequence[str]] | None = None,
    resource_account: str = "",
) -> Explanation:
    """Would `principal` be allowed to do `action` on `resource`, and why?

    `principal` is the ARN of a user, a role (one of its sessions is meant), an assumed-role session or an account's
    root, or a service principal such as "s3.amazonaws.com". `scps` holds one policy, or several, for each level of
    the organization of the caller, `rcps` the same of the resource's owner; RCPFullAWSAccess, which no RCP lifts, is
    added to each. `endpoint` is the policy of the VPC endpoint that the request comes by. `resource_account` is needed
    only where the resource's ARN does not say it (S3 buckets).
    Raises ValueError for a principal that is none of these, AwsError for a malformed policy.
    """
    caller = principal if isinstance(principal, Principal) else principal_of(principal)
    owner = resource_account or _account_in(resource)
    kind = _resource_kind(action, resource)
    policies = Policies(
        identity=_named("identity-based policy", identity, "identity"),
        boundary=next(iter(_named("the permissions boundary", boundary, "boundary")), None),
        session=_named("session policy", session, "session"),
        scps=tuple(_named(f"service control policy of level {n}", level, "scp") for n, level in enumerate(scps, 1)),
        resource=next(iter(_named(f"the {_RESOURCE_NAMES[kind]}", resource_policy, kind)), None),
        grants=tuple(grants),
        rcps=tuple(_level_of_rcps(n, level) for n, level in enumerate(rcps, 1)),
        endpoint=next(iter(_named("the VPC endpoint's policy", endpoint, "endpoint")), None),
    )
    return explain(decide(Question(caller, action, resource, owner, dict(context or {})), policies))


def _level_of_rcps(number: int, level: Policy | Iterable[Policy]) -> tuple[NamedPolicy, ...]:
    full = {"Version": "2012-10-17", "Statement": [FULL_ACCESS]}
    return (
        *_named("RCPFullAWSAccess", full, "rcp"),
        *_named(f"resource control policy of level {number}", level, "rcp"),
    )


_RESOURCE_NAMES: dict[str, str] = {"key": "key policy", "trust": "trust policy", "resource": "resource-based policy"}


def principal_of(arn: str) -> Principal:
    """Return the caller that an ARN or a service principal stands for. ValueError if it stands for none."""
    if _SERVICE.fullmatch(arn):
        return Principal("AWSService", "", arn, arn, arn)
    found = _ARN.fullmatch(arn)
    if found is None:
        raise ValueError(
            f"{arn!r} is not the ARN of a user, a role, an assumed-role session or an account's root, and not a"
            " service principal such as 's3.amazonaws.com'."
        )
    partition, account = found["partition"], found["account"] or found["session_account"]
    if found["root"]:
        return Principal("Root", account, arn, account)
    if found["kind"] == "user":
        return Principal("IAMUser", account, arn, "AIDASIMULATEDUSER0001", found["path"].rpartition("/")[2])
    role = found["role"] or found["path"].rpartition("/")[2]
    name = found["session"] or "simulated"
    issuer = arn if found["kind"] else f"arn:{partition}:iam::{account}:role/{role}"
    session = Session(issuer, "AROASIMULATEDROLE0001", role, _DAY, _DAY)
    session_arn = f"arn:{partition}:sts::{account}:assumed-role/{role}/{name}"
    return Principal("AssumedRole", account, session_arn, f"{session.issuer_id}:{name}", name, session=session)


def _named(name: str, given: Policy | Iterable[Policy] | None, kind: DocumentKind) -> tuple[NamedPolicy, ...]:
    if given is None:
        return ()
    several = [given] if isinstance(given, (str, Mapping)) else list(given)
    numbered = [f"{name} {n}" if len(several) > 1 else name for n in range(1, len(several) + 1)]
    return tuple(NamedPolicy(n, parse_document(_text(p), kind)) for n, p in zip(numbered, several, strict=True))


def _text(policy: Policy) -> str:
    return policy if isinstance(policy, str) else json.dumps(policy)


def _account_in(resource: str) -> str:
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and re.fullmatch(r"\d{12}", parts[4]) else ""


def _resource_kind(action: str, resource: str) -> DocumentKind:
    if action.lower().startswith("kms:"):
        return "key"
    return "trust" if action.lower().startswith("sts:") and ":role/" in resource else "resource"
