"""The edited documents as calls: what would put them into force in the account. Pure.

Only what one call replaces is sent: the key policy, inline policies of a role, new grants. The rest is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..calls import Call
from .papers import Paper
from .workbench import Workbench

NEW_NAME = "policy-lab"
_OF_CREATE = (
    "GranteePrincipal", "GranteeServicePrincipal", "RetiringPrincipal", "RetiringServicePrincipal", "Operations",
    "Constraints", "Name",
)  # fmt: skip


def calls(bench: Workbench) -> tuple[tuple[Call, ...], tuple[str, ...]]:
    """Make the calls that put the changed documents into force; and the titles of those that are not sent."""
    made: list[Call] = []
    left: list[str] = []
    for paper in bench.papers:
        if paper in bench.before:
            continue
        if paper.kind == "key":
            made.append(Call("PutKeyPolicy", {"KeyId": bench.asked.key, "PolicyName": "default", "Policy": paper.text}))
        elif paper.kind == "identity" and (call := _role_policy(bench, paper)):
            made.append(call)
        elif paper.kind == "grants":
            made += _new_grants(bench, paper)
            if _gone(bench, paper):
                left.append("Grants that were taken out or changed (RetireGrant or RevokeGrant ends one)")
        else:
            left.append(paper.title)
    return tuple(made), tuple(left)


def _role_policy(bench: Workbench, paper: Paper) -> Call | None:
    session = bench.principal.session
    if session is None or paper.arn or bench.principal.account != bench.account.id:
        return None
    which = {"RoleName": session.issuer_name, "PolicyName": paper.name or NEW_NAME}
    if not paper.is_there:
        return Call("DeleteRolePolicy", which, "iam") if paper.name else None
    return Call("PutRolePolicy", {**which, "PolicyDocument": paper.text}, "iam")


def _entries(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)) if text.strip() else []


def _new_grants(bench: Workbench, paper: Paper) -> Iterator[Call]:
    before = _entries(bench.document_before("grants"))
    for each in _entries(paper.text):
        if each not in before:
            given = {name: each[name] for name in _OF_CREATE if name in each}
            yield Call("CreateGrant", {"KeyId": bench.asked.key, **given})


def _gone(bench: Workbench, paper: Paper) -> bool:
    now = _entries(paper.text)
    return any(each not in now for each in _entries(bench.document_before("grants")))
