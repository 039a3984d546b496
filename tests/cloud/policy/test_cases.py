"""The situations of tests/policy_cases: each file one question, its policies and the answer that AWS documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labkit.cloud.policy import Decision, Policies, Question, decide, explain, message, refusal

CASES = sorted((Path(__file__).resolve().parents[2] / "policy_cases").glob("*.json"))
SituationOf = Callable[[dict[str, Any]], tuple[Question, Policies]]


def test_decision(case: dict[str, Any], situation_of: SituationOf) -> None:
    """Each case is decided as its file says: allowed or not, for that reason, in those words."""
    decision = decide(*situation_of(case))
    expected = case["expected"]
    assert decision.allowed is expected["allowed"], (case["name"], decision.reason)
    if "reason" in expected:
        assert decision.reason.name == expected["reason"], case["name"]
    if "way" in expected:
        assert decision.way is not None
        assert decision.way.name == expected["way"], case["name"]
    if "message" in expected:
        assert message(decision) == expected["message"], case["name"]
        assert refusal(decision).message == expected["message"]


def test_explanation_tells_the_decision(case: dict[str, Any], situation_of: SituationOf) -> None:
    """The explanation is made of the decision's facts: it can be decided from again, and agrees."""
    decision = decide(*situation_of(case))
    explained = explain(decision)
    data = json.loads(json.dumps(explained.data))
    assert data["allowed"] is decision.allowed
    layers = [layer for layer in data["layers"] if layer["kind"] != "endpoint" or data["policy_kind"] == "endpoint"]
    denies = [s for layer in layers for s in layer["statements"] if s["applies"] and s["effect"] == "Deny"]
    assert bool(denies) is (data["reason"] == "EXPLICIT_DENY")
    for layer in data["layers"]:
        for statement in layer["statements"]:
            looked_at = statement["elements"] + statement["conditions"]
            assert statement["applies"] is all(fact["matched"] for fact in looked_at)
        for grant in layer["grants"]:
            assert grant["applies"] is all(check["held"] for check in grant["checks"])
    assert explained.text.startswith("Allowed: " if decision.allowed else "Refused: ")


def test_changes_allow(case: dict[str, Any], situation_of: SituationOf) -> None:
    """Each suggested change, made, allows the request; what is allowed needs none, and most refusals have one."""
    decision = decide(*situation_of(case))
    changes = explain(decision).changes
    # AWS has no permission for these: the operation stays in its account, the grant names who retires it.
    hopeless = decision.reason.name in ("NO_CROSS_ACCOUNT_USE", "NOT_RETIRABLE")
    assert bool(changes) is not (decision.allowed or hopeless), case["name"]
    for change in changes:
        assert _made(decision, change.steps).allowed, change.text


def _made(decision: Decision, steps: Any) -> Decision:
    situation = (decision.question, decision.policies)
    for step in steps:
        situation = step.apply(situation)
    return decide(*situation)


def test_cases_are_many_and_named_once() -> None:
    """At least a hundred and fifty situations, each with a sentence of its own and a source."""
    cases = [json.loads(path.read_text(encoding="utf-8")) for path in CASES]
    assert len(cases) >= 150
    assert len({case["name"] for case in cases}) == len(cases)
    assert all(case["source"] for case in cases)
