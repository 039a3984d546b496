"""Whom a policy lets in: conditions weighed by the policy engine, as a table; and no policy, however odd, stops it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.trail.ask.outsiders import let_in

OURS = {"111122223333", "444455556666"}
OUTSIDER = "555566667777"
ORGANIZATION = "o-exampleorgid"
MEMBERS = f"accounts of {ORGANIZATION} under a condition (aws:PrincipalOrgID)"
ROOT = f"arn:aws:iam::{OUTSIDER}:root"
ROLE = f"arn:aws:iam::{OUTSIDER}:role/Copier"
CALLER = "kms:CallerAccount"


def _is(key: str, value: Any, operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: {key: value}}


def _denied(condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", **more}
    return made | ({"Condition": condition} if condition else {})


LONERS = "accounts of no organization"
BY_PATH = f"accounts of {ORGANIZATION} under a condition (aws:PrincipalOrgPaths)"

# Principal, Condition -> whom it lets in from outside. The first is AWS's own, of a key that a service makes.
WEIGHED: list[tuple[Any, dict[str, Any] | None, list[str]]] = [
    ("*", {"StringEquals": {CALLER: "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, []),
    ("*", None, ["everybody"]),
    ({"AWS": "*"}, None, ["everybody"]),
    ("*", _is(CALLER, OUTSIDER), [OUTSIDER]),
    ("*", _is(CALLER, ["111122223333", OUTSIDER]), [OUTSIDER]),
    ("*", _is(CALLER, "1111*", "StringLike"), []),
    ("*", _is(CALLER, "111122223333", "StringNotEquals"), ["everybody"]),
    ("*", _is(CALLER, "111122223333", "StringEqualsIfExists"), []),
    ("*", _is("AWS:principalACCOUNT", "111122223333"), []),
    (
        "*",
        _is("aws:PrincipalOrgID", ORGANIZATION),
        [MEMBERS],
    ),
    ("*", _is("aws:PrincipalOrgID", ORGANIZATION, "StringNotEquals"), ["everybody"]),
    ("*", _is("aws:PrincipalOrgID", ORGANIZATION, "StringEqualsIfExists"), [LONERS, MEMBERS]),
    ("*", _is("aws:PrincipalOrgPaths", f"{ORGANIZATION}/*", "ForAllValues:StringLike"), [LONERS, BY_PATH]),
    ("*", _is("aws:PrincipalOrgPaths", f"{ORGANIZATION}/*", "ForAnyValue:StringLike"), [BY_PATH]),
    ("*", _is("aws:SourceAccount", "111122223333"), []),
    ("*", _is("aws:SourceAccount", "111122223333", "StringEqualsIfExists"), ["everybody"]),
    ("*", {"Null": {"aws:SourceArn": "false"}, **_is("aws:SourceAccount", "111122223333", "StringEqualsIfExists")}, []),
    ("*", _is("aws:SourceArn", "arn:aws:sns:eu-west-1:111122223333:*", "ArnLike"), []),
    ("*", _is("aws:SourceArn", "arn:aws:sns:eu-west-1:*:*", "ArnLike"), ["everybody"]),
    ("*", _is("aws:SourceArn", "arn:aws:s3:::bucket", "ArnLike"), ["everybody under a condition (aws:SourceArn)"]),
    ("*", _is("aws:PrincipalArn", "arn:aws:iam::111122223333:role/*", "ArnLike"), []),
    ("*", _is("aws:PrincipalArn", ROLE, "ArnEquals"), [OUTSIDER]),
    ("*", _is("aws:PrincipalArn", "arn:aws:iam::*:role/Admin", "ArnLike"), ["everybody"]),
    ("*", _is("aws:PrincipalArn", "*", "StringLike"), ["everybody"]),
    ("*", _is("aws:SourceIp", "192.0.2.0/24", "IpAddress"), ["everybody under a condition (aws:SourceIp)"]),
    ("*", _is("aws:SecureTransport", "true", "Bool"), ["everybody"]),
    ("*", _is("aws:PrincipalIsAWSService", "true", "Bool"), []),
    ("*", _is("aws:PrincipalTag/team", "red"), ["everybody under a condition (aws:PrincipalTag/team)"]),
    ({"AWS": ROOT}, None, [ROOT]),
    ({"AWS": [ROOT, "111122223333"]}, _is(CALLER, "111122223333"), []),
    ({"AWS": ROLE}, _is("aws:PrincipalOrgID", ORGANIZATION), [f"{ROLE} under a condition (aws:PrincipalOrgID)"]),
    ({"AWS": ROOT}, _is("aws:PrincipalArn", ROLE, "ArnEquals"), [ROOT]),
    ({"AWS": "arn:aws:iam::444455556666:role/Clerk"}, None, []),
    ({"Service": "sns.amazonaws.com"}, None, []),
    ("*", {"OperatorOf2030": {"a": "b"}}, ["everybody under a condition"]),
]


@pytest.mark.parametrize(("principal", "condition", "expected"), WEIGHED, ids=repr)
def test_conditions_are_weighed(principal: Any, condition: Any, expected: list[str]) -> None:
    """As JSON text and as an object."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}
    assert let_in(policy, "key", OURS) == let_in(json.dumps(policy), "key", OURS) == expected


ALLOWED = {"Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:Describe*"], "Resource": "*"}
DENIES: list[tuple[dict[str, Any], list[str]]] = [
    (_denied(_is(CALLER, "111122223333", "StringNotEquals")), []),
    (_denied(_is(CALLER, ["111122223333", OUTSIDER], "StringNotEquals")), [OUTSIDER]),
    (_denied(), []),
    (_denied(Action="kms:Decrypt"), ["everybody"]),
    (_denied(Action=["kms:Dec*", "kms:Describe*"]), []),
    (_denied(Principal={"AWS": ROOT}), ["everybody"]),
    (_denied(_is("aws:SourceIp", "192.0.2.0/24", "NotIpAddress")), ["everybody"]),
    (
        _denied(_is("aws:PrincipalOrgID", ORGANIZATION, "StringNotEquals")),
        [MEMBERS],
    ),
]


@pytest.mark.parametrize(("deny", "expected"), DENIES, ids=repr)
def test_a_deny_counts_where_it_takes_back_the_whole(deny: dict[str, Any], expected: list[str]) -> None:
    """And not where something is left, or where it can't be weighed."""
    assert let_in({"Version": "2012-10-17", "Statement": [ALLOWED, deny]}, "key", OURS) == expected


def test_an_organization_that_is_ours_is_no_outsider() -> None:
    """Where it is named among the accounts."""
    policy = {"Statement": [ALLOWED | {"Condition": _is("aws:PrincipalOrgID", ORGANIZATION)}]}
    assert let_in(policy, "key", OURS) != []
    assert let_in(policy, "key", OURS | {ORGANIZATION}) == []


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "Allow", ROOT, "${x}", "kms:*", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Statement", "Effect", "Principal", "NotPrincipal", "AWS", "Condition", "StringLike", CALLER]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_policy_however_odd_stops_it(policy: Any) -> None:
    """A list of words, whatever was recorded."""
    for kind in ("key", "resource", "trust"):
        assert all(isinstance(who, str) for who in let_in(policy, kind, OURS))  # type: ignore[arg-type]
