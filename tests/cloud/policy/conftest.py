"""How a case file becomes a question and its policies; the callers and documents that tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.cloud.core.call import Principal
from labkit.cloud.policy import Grant, GrantConstraints, NamedPolicy, Policies, Question, parse_document
from labkit.cloud.policy.simulation import principal_of

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CASES = sorted((Path(__file__).resolve().parents[2] / "policy_cases").glob("*.json"))
Situation = tuple[Question, Policies]


def _principal(given: str | dict[str, Any]) -> Principal:
    """An ARN, a service principal, "anonymous", or an object with an arn and what is special about the session."""
    if given == "anonymous":
        return Principal("Anonymous", "", "", "")
    if isinstance(given, str):
        return principal_of(given)
    principal = principal_of(given["arn"])
    assert principal.session is not None
    session = replace(
        principal.session,
        mfa=given.get("mfa", False),
        tags=tuple(given.get("tags", {}).items()),
        source_identity=given.get("source_identity"),
    )
    return replace(principal, session=session)


def _named(name: str, given: dict[str, Any], kind: Any) -> NamedPolicy:
    document = given.get("document", given)
    return NamedPolicy(name, parse_document(json.dumps(document), kind), given.get("arn", ""))


def _several(name: str, given: list[dict[str, Any]], kind: Any) -> tuple[NamedPolicy, ...]:
    return tuple(_named(f"{name} {n}", policy, kind) for n, policy in enumerate(given, 1))


def _grant(given: dict[str, Any]) -> Grant:
    fields = dict(given, operations=tuple(given["operations"]), tokens=frozenset(given.get("tokens", ())))
    return Grant(**(fields | {"constraints": GrantConstraints(**given.get("constraints", {}))}))


def _situation(case: dict[str, Any]) -> Situation:
    principal = _principal(case["principal"])
    action, resource = case["action"], case["resource"]
    part = resource.split(":")
    owner = case.get("resource_account") or (part[4] if len(part) > 4 else "") or principal.account
    kind = "key" if action.startswith("kms:") else "trust" if action.startswith("sts:") else "resource"
    question = Question(
        principal, action, resource, owner, case.get("context", {}),
        frozenset(case.get("grant_tokens", ())), case.get("grant_id", ""),
    )  # fmt: skip
    boundary, on_resource = case.get("boundary"), case.get("resource_policy")
    return question, Policies(
        identity=_several("identity policy", case.get("identity", []), "identity"),
        boundary=_named("the boundary", boundary, "boundary") if boundary else None,
        session=_several("session policy", case.get("session", []), "session"),
        scps=tuple(_several(f"level {n} policy", level, "scp") for n, level in enumerate(case.get("scps", []), 1)),
        resource=_named(f"the {kind} policy", on_resource, kind) if on_resource else None,
        grants=tuple(_grant(g) for g in case.get("grants", [])),
        rcps=tuple(_several(f"RCP level {n} policy", level, "rcp") for n, level in enumerate(case.get("rcps", []), 1)),
        endpoint=_named("the endpoint policy", case["endpoint"], "endpoint") if "endpoint" in case else None,
    )


@pytest.fixture
def situation_of() -> Callable[[dict[str, Any]], Situation]:
    """From a case, as its file holds it, to the question and the policies."""
    return _situation


@pytest.fixture(params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each case of tests/policy_cases in turn."""
    held: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return held
