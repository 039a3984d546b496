"""What must hold for any policies at all, tried on random ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from moto.iam.access_control import IAMPolicy, PermissionResult

from labkit.cloud.policy import (
    Decision,
    Grant,
    GrantConstraints,
    NamedPolicy,
    Policies,
    Question,
    Reason,
    decide,
    explain,
    parse_document,
)
from labkit.cloud.policy.simulation import principal_of

A, B = "111122223333", "444455556666"
PRINCIPALS = [
    f"arn:aws:iam::{A}:user/alice", f"arn:aws:iam::{A}:role/Clerk", f"arn:aws:sts::{A}:assumed-role/Clerk/monday",
    f"arn:aws:iam::{A}:root", f"arn:aws:iam::{B}:role/Clerk", "s3.amazonaws.com",
]  # fmt: skip
NAMED = ["*", A, B, *(p for p in PRINCIPALS if p.startswith("arn:"))]
ACTIONS = ["kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "s3:GetObject"]
KEYS = [f"arn:aws:kms:us-east-1:{A}:key/one", f"arn:aws:kms:us-east-1:{B}:key/two"]
RESOURCES = [*KEYS, f"arn:aws:s3:::{A}/a"]
PATTERNS = ["*", f"arn:aws:kms:*:{A}:key/*", "arn:aws:kms:us-*:*:key/t?o", "arn:aws:s3:::*/a", *RESOURCES]
VALUES = ["IT", "HR", "it", "", "true", "7", "arn:aws:iam::111122223333:role/Clerk", "2026-01-05T09:00:00Z", "10.0.0.1"]
OPERATORS = [
    "StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringLike", "StringNotLike", "Null", "Bool",
    "ForAllValues:StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringNotLike", "ArnLike", "ArnNotEquals",
    "NumericLessThanEquals", "NumericNotEquals", "DateGreaterThan", "IpAddress", "NotIpAddress", "BinaryEquals",
    "ForAnyValue:StringNotEqualsIfExists", "StringEqualsIgnoreCase",
]  # fmt: skip
CONDITION_KEYS = ["kms:EncryptionContext:Department", "kms:EncryptionContextKeys", "kms:ViaService", "aws:PrincipalArn",
                  "aws:TagKeys", "aws:SourceIp", "aws:CurrentTime", "kms:CallerAccount", "aws:username"]  # fmt: skip
WRITTEN = [*VALUES, "*", "I?", "${aws:username}", "${aws:username, 'HR'}", "${*}", "${", "10.0.0.0/8", "false"]

contexts = st.dictionaries(
    st.sampled_from(CONDITION_KEYS), st.sampled_from(VALUES) | st.lists(st.sampled_from(VALUES), max_size=2), max_size=4
)
conditions = st.dictionaries(
    st.sampled_from(OPERATORS),
    st.dictionaries(
        st.sampled_from(CONDITION_KEYS), st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=2), max_size=2
    ),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn, kind: str, effects: Sequence[str] = ("Allow", "Allow", "Deny")) -> dict[str, Any]:
    """One statement of a policy of `kind`."""
    effect = draw(st.sampled_from(effects))
    broad = ["*", "*", "kms:*", "kms:*"] if effect == "Allow" else []  # else next to nothing would be allowed
    patterns = st.lists(st.sampled_from([*broad, *ACTIONS, "KMS:De*", "s3:Get?bject"]), min_size=1, max_size=2)
    action = draw(st.sampled_from(["Action"] * 4 + ["NotAction"]))
    resource = draw(st.sampled_from(["Resource"] * 4 + ["NotResource"]))
    covered = st.lists(st.sampled_from([*broad[:2], *PATTERNS]), min_size=1, max_size=2)
    made: dict[str, Any] = {"Effect": effect, action: draw(patterns), resource: draw(covered)}
    if kind in ("key", "resource"):
        named = draw(st.lists(st.sampled_from(NAMED), min_size=1, max_size=3))
        made[draw(st.sampled_from(["Principal"] * 4 + ["NotPrincipal"]))] = {"AWS": named}
    if draw(st.integers(0, 3)) == 0:
        made["Condition"] = draw(conditions)
    return made


@st.composite
def policies(draw: st.DrawFn, kind: Any, name: str) -> NamedPolicy:
    """A policy of one to three statements."""
    text = json.dumps({"Version": "2012-10-17", "Statement": draw(st.lists(statements(kind), min_size=1, max_size=3))})
    return NamedPolicy(name, parse_document(text, kind))


pairs = st.none() | st.dictionaries(st.sampled_from(["Department", "x"]), st.sampled_from(VALUES), max_size=2)
grants = st.builds(
    Grant,
    id=st.sampled_from(["g1", "g2"]),
    grantee=st.sampled_from(PRINCIPALS),
    operations=st.lists(st.sampled_from(["Decrypt", "Encrypt", "CreateGrant"]), min_size=1).map(tuple),
    constraints=st.builds(GrantConstraints, encryption_context_equals=pairs, encryption_context_subset=pairs),
    effective=st.booleans(),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Question, Policies]:
    """A question and everything that has a say in it."""
    resource = draw(st.sampled_from(RESOURCES))
    owner = B if f":{B}:" in resource else A
    principal = principal_of(draw(st.sampled_from(PRINCIPALS)))
    question = Question(principal, draw(st.sampled_from(ACTIONS)), resource, owner, draw(contexts))
    kind = "key" if ":kms:" in resource else "resource"
    several = st.lists(policies("identity", "identity policy"), max_size=2).map(tuple)
    return question, Policies(
        identity=draw(several),
        boundary=draw(st.none() | st.none() | policies("boundary", "the boundary")),
        session=draw(st.just(()) | st.just(()) | st.tuples(policies("session", "session policy"))),
        scps=draw(st.just(()) | st.just(()) | st.tuples(st.tuples(policies("scp", "service control policy")))),
        resource=draw(st.none() | policies(kind, "the resource's policy") | policies(kind, "the resource's policy")),
        grants=draw(st.just(()) | st.lists(grants, max_size=2).map(tuple)),
    )


def extended(policy: NamedPolicy, statement: dict[str, Any], kind: Any) -> NamedPolicy:
    raw = json.loads(policy.document.text)
    text = json.dumps(raw | {"Statement": [*raw["Statement"], statement]})
    return NamedPolicy(policy.name, parse_document(text, kind))


def each_extended(held: Policies, draw: Any, effect: str) -> list[Policies]:
    """`held` with one statement more in each place where one can be added."""

    def more(policy: NamedPolicy) -> NamedPolicy:
        kind = policy.document.kind
        return extended(policy, draw(statements(kind, (effect,))), kind)

    made = []
    if held.identity:
        made.append(replace(held, identity=(more(held.identity[0]), *held.identity[1:])))
    if held.boundary:
        made.append(replace(held, boundary=more(held.boundary)))
    if held.session:
        made.append(replace(held, session=(more(held.session[0]),)))
    if held.scps:
        made.append(replace(held, scps=((more(held.scps[0][0]),), *held.scps[1:])))
    if held.resource:
        made.append(replace(held, resource=more(held.resource)))
    return made


@given(situations(), st.data())
def test_an_extra_allow_never_takes_away(situation: tuple[Question, Policies], data: st.DataObject) -> None:
    """Where a request is allowed, one Allow more, anywhere, leaves it allowed."""
    question, held = situation
    if decide(question, held).allowed:
        for more in each_extended(held, data.draw, "Allow"):
            assert decide(question, more).allowed


@given(situations(), st.data())
def test_an_extra_deny_never_gives(situation: tuple[Question, Policies], data: st.DataObject) -> None:
    """Where a request is refused, one Deny more, anywhere, leaves it refused."""
    question, held = situation
    if not decide(question, held).allowed:
        for more in each_extended(held, data.draw, "Deny"):
            assert not decide(question, more).allowed


@given(situations())
def test_an_applicable_deny_wins(situation: tuple[Question, Policies]) -> None:
    """A request is refused for an explicit deny exactly when some Deny applies."""
    decision = decide(*situation)
    applies = any(layer.denial for layer in decision.layers)
    assert (decision.reason is Reason.EXPLICIT_DENY) is applies


@given(situations())
def test_order_does_not_matter(situation: tuple[Question, Policies]) -> None:
    """Statements, policies and grants in reverse order give the same answer for the same reason."""
    question, held = situation

    def turned(policy: NamedPolicy) -> NamedPolicy:
        raw = json.loads(policy.document.text)
        text = json.dumps(raw | {"Statement": raw["Statement"][::-1]})
        return NamedPolicy(policy.name, parse_document(text, policy.document.kind))

    reverse = Policies(
        identity=tuple(turned(p) for p in held.identity[::-1]),
        boundary=held.boundary and turned(held.boundary),
        session=tuple(turned(p) for p in held.session[::-1]),
        scps=tuple(tuple(turned(p) for p in level) for level in held.scps),
        resource=held.resource and turned(held.resource),
        grants=held.grants[::-1],
    )
    first, second = decide(question, held), decide(question, reverse)
    assert (first.reason, first.way) == (second.reason, second.way)


@given(situations())
def test_without_any_allow_nothing_is_allowed(situation: tuple[Question, Policies]) -> None:
    """A request is allowed by some Allow, some grant, or because root asks for what is its own."""
    decision = decide(*situation)
    if decision.allowed:
        assert decision.statement or decision.grant or decision.question.principal.kind == "Root"
    if decision.statement and decision.allowed:
        assert decision.statement.statement.effect == "Allow"


@given(situations())
def test_explanations_agree_and_changes_allow(situation: tuple[Question, Policies]) -> None:
    """Any decision can be explained; the text says the same as the decision, and each change works."""
    decision = decide(*situation)
    explained = explain(decision)
    assert explained.text.startswith("Allowed" if decision.allowed else "Refused")
    assert json.loads(json.dumps(explained.data))["reason"] == decision.reason.name
    for change in explained.changes:
        made = situation
        for step in change.steps:
            made = step.apply(made)
        assert decide(*made).allowed


def by_hand(question: Question, held: Policies, decision: Decision) -> bool:
    """The published rules once more, written down as sets and without any of the decision's own order."""
    caller = question.principal
    allows: dict[str, set[str | None]] = {}
    for layer in decision.layers:
        if any(True for _ in layer.allowances):
            allows.setdefault(layer.kind, set()).update(s.naming for s in layer.allowances)
    named = allows.get("key", set()) | allows.get("resource", set())
    granted = {g.naming for layer in decision.layers for g in layer.grants if g.applies}
    if any(layer.denial for layer in decision.layers):
        return False
    if caller.kind == "AWSService":
        return bool(named & {"directly", "everyone"}) or "directly" in granted
    if any(layer.kind == "scp" and layer.opinion != "allow" for layer in decision.layers):
        return False
    within = (held.boundary is None or "boundary" in allows) and (not held.session or "session" in allows)
    identity = "identity" in allows
    on_key = question.action.startswith("kms:") and ":kms:" in question.resource
    if question.crosses_accounts and on_key and question.operation == "ScheduleKeyDeletion":
        return False
    by_grant = "directly" in granted or (within and "role" in granted)
    if question.crosses_accounts:
        mine = within and (identity or caller.kind == "Root")
        return by_grant or (mine and bool(named or "account" in granted))
    by_resource = bool(named & {"directly", "everyone"}) or (within and "role" in named)
    by_identity = within and identity and (not on_key or bool({"account"} & (named | granted)))
    return by_grant or by_resource or by_identity or (caller.kind == "Root" and not on_key)


@given(situations())
def test_the_decision_follows_the_published_rules(situation: tuple[Question, Policies]) -> None:
    """The decision is what AWS's rules say of the same facts."""
    decision = decide(*situation)
    assert decision.allowed is by_hand(*situation, decision)


simple = st.fixed_dictionaries({
    "Effect": st.sampled_from(["Allow", "Deny"]),
    "Action": st.lists(st.sampled_from([*ACTIONS, "*", "kms:*", "s3:Get*"]), min_size=1, max_size=2),
    "Resource": st.lists(st.sampled_from(["*", *RESOURCES, "arn:aws:kms:us-east-1:*"]), min_size=1, max_size=2),
})  # fmt: skip


@given(st.lists(simple, min_size=1, max_size=4), st.sampled_from(ACTIONS), st.sampled_from(RESOURCES))
def test_another_evaluator_agrees(written: list[dict[str, Any]], action: str, resource: str) -> None:
    """moto's own evaluator, which knows Effect, Action and Resource, gives the same answer for an IAM policy."""
    text = json.dumps({"Version": "2012-10-17", "Statement": written})
    theirs = IAMPolicy(text).is_action_permitted(action, resource)
    caller = principal_of(f"arn:aws:iam::{A}:user/alice")
    question = Question(caller, action, resource, A)
    layers = decide(question, Policies(identity=(NamedPolicy("p", parse_document(text, "identity")),))).layers
    said = {PermissionResult.PERMITTED: "allow", PermissionResult.DENIED: "deny"}
    assert layers[0].opinion == said.get(theirs, "no opinion")
