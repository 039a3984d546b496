"""Reading policies: what each kind must hold, and how a bad one is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.core.errors import AwsError
from labkit.cloud.policy import parse_document

ALLOW = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
NAMED = {"Principal": {"AWS": "111122223333"}}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | more)


REFUSED = [
    # kind, text, code, what the message must hold
    ("identity", "{", "MalformedPolicyDocument", "Syntax errors in policy. (line 1, column 2"),
    ("key", "not JSON", "MalformedPolicyDocumentException", "line 1, column 1"),
    ("trust", "{", "MalformedPolicyDocument", "This policy contains invalid Json"),
    ("resource", "{", "MalformedPolicy", "Policies must be valid JSON"),
    ("identity", "[]", "MalformedPolicyDocument", "a policy is a JSON object"),
    ("identity", "{}", "MalformedPolicyDocument", "the Statement element is missing"),
    ("identity", policy(), "MalformedPolicyDocument", "the Statement list is empty"),
    ("identity", policy("x"), "MalformedPolicyDocument", "statement 1: a statement is a JSON object"),
    ("identity", policy(ALLOW, Version="2020-01-01"), "MalformedPolicyDocument",
     "Policy document must be version 2012-10-17 or greater."),
    ("identity", policy(ALLOW, Comment="x"), "MalformedPolicyDocument", "unknown element 'Comment'"),
    ("identity", policy(ALLOW, Id=7), "MalformedPolicyDocument", "Id is a string"),
    ("identity", policy(ALLOW | {"Effect": "allow"}), "MalformedPolicyDocument", 'Effect must be "Allow" or "Deny"'),
    ("identity", policy(ALLOW | {"Actions": "x"}), "MalformedPolicyDocument", "unknown element 'Actions'"),
    ("identity", policy(ALLOW | NAMED), "MalformedPolicyDocument", "Policy document should not specify a principal."),
    ("identity", policy({"Effect": "Allow", "Resource": "*"}), "MalformedPolicyDocument",
     "Policy statement must contain actions."),
    ("identity", policy({"Effect": "Allow", "Action": "kms:*"}), "MalformedPolicyDocument",
     "Policy statement must contain resources."),
    ("identity", policy(ALLOW | {"Action": "Decrypt"}), "MalformedPolicyDocument",
     "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    ("identity", policy(ALLOW | {"NotAction": "kms:*"}), "MalformedPolicyDocument", "exclude each other"),
    ("identity", policy(ALLOW | {"Sid": "with space"}), "MalformedPolicyDocument", "must be alpha-numeric"),
    ("identity", policy(ALLOW | {"Sid": "a"}, ALLOW | {"Sid": "a"}), "MalformedPolicyDocument", "must be unique"),
    ("identity", policy(ALLOW | {"Resource": [1]}), "MalformedPolicyDocument", "Resource is a string or a list"),
    ("identity", policy(ALLOW | {"Condition": {"StringEqual": {"a": "b"}}}), "MalformedPolicyDocument",
     "'StringEqual' is not a condition operator"),
    ("identity", policy(ALLOW | {"Condition": {"ForSomeValues:StringLike": {"a": "b"}}}), "MalformedPolicyDocument",
     "is not a condition operator"),
    ("identity", policy(ALLOW | {"Condition": {"NullIfExists": {"a": "true"}}}), "MalformedPolicyDocument",
     "Null takes no IfExists"),
    ("identity", policy(ALLOW | {"Condition": {"StringLike": {"a": None}}}), "MalformedPolicyDocument",
     "the values of a"),
    ("identity", policy(ALLOW | {"Condition": []}), "MalformedPolicyDocument", "Condition is an object"),
    ("identity", '{"Statement": [], "Statement": []}', "MalformedPolicyDocument", "'Statement' is there twice"),
    ("key", policy(ALLOW), "MalformedPolicyDocumentException", "Policy contains a statement with no principal."),
    ("key", policy(ALLOW | {"Principal": {"AWS": []}}), "MalformedPolicyDocumentException",
     "Policy contains a statement with no principal."),
    ("key", policy(ALLOW | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/Cl*"}}),
     "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
    ("key", policy(ALLOW | {"Principal": {"AWS": "arn:aws:iam::111122223333:group/Clerks"}}),
     "MalformedPolicyDocumentException", "invalid principals"),
    ("key", policy(ALLOW | {"Principal": {"Group": "x"}}), "MalformedPolicyDocumentException", "invalid principals"),
    ("key", policy(ALLOW | {"Principal": "111122223333"}), "MalformedPolicyDocumentException", "invalid principals"),
    ("trust", policy(TRUST | {"Resource": "*"}), "MalformedPolicyDocument", "Has prohibited field Resource"),
    ("trust", policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), "MalformedPolicyDocument",
     "Missing required field Principal"),
    ("trust", policy(TRUST | {"Principal": {"AWS": "Bob"}}), "MalformedPolicyDocument",
     'Invalid principal in policy: "AWS":"Bob"'),
    ("trust", policy({"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "*"}}),
     "MalformedPolicyDocument", "NotPrincipal"),
    ("scp", policy(ALLOW | NAMED), "MalformedPolicyDocumentException",
     "The provided policy document does not meet the requirements of the specified policy type. (statement 1)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "code", "holds"), REFUSED)
def test_bad_documents_are_refused(kind: Any, text: str, code: str, holds: str) -> None:
    """A bad policy is the documented error with a message that says what is wrong, never a denial."""
    with pytest.raises(AwsError) as refused:
        parse_document(text, kind)
    assert refused.value.code == code
    assert holds in (refused.value.message or "")
    assert refused.value.status == 400


@pytest.mark.parametrize("principal", [
    "*", {"AWS": "*"}, {"AWS": "111122223333"}, {"AWS": ["arn:aws:iam::111122223333:root", "444455556666"]},
    {"AWS": "arn:aws:iam::111122223333:role/path/Clerk"}, {"AWS": "arn:aws:iam::111122223333:user/alice"},
    {"AWS": "arn:aws:sts::111122223333:assumed-role/Clerk/monday"}, {"AWS": "AIDACKCEVSQ6C2EXAMPLE"},
    {"AWS": "arn:aws-cn:iam::111122223333:root"}, {"Service": ["s3.amazonaws.com", "logs.us-east-1.amazonaws.com"]},
    {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"},
])  # fmt: skip
def test_good_principals_are_read(principal: Any) -> None:
    """Every documented form of a principal is accepted in a key policy."""
    document = parse_document(policy(ALLOW | {"Principal": principal}), "key")
    assert document.statements[0].principals is not None


def test_one_statement_needs_no_list() -> None:
    """A Statement may be one object instead of a list of one."""
    document = parse_document(json.dumps({"Version": "2012-10-17", "Statement": ALLOW}), "identity")
    assert document.statements[0].actions == ("kms:Decrypt",)


def test_a_policy_without_version_is_of_2008() -> None:
    """Without Version the old version holds, in which ${...} is literal text."""
    document = parse_document(json.dumps({"Statement": ALLOW}), "identity")
    assert document.version == "2008-10-17"
    assert not document.has_variables


def test_json_values_become_strings() -> None:
    """true and 30 in a condition mean "true" and "30"."""
    block = {"Bool": {"aws:SecureTransport": True}, "NumericEquals": {"kms:RotationPeriodInDays": [30, 365]}}
    conditions = parse_document(policy(ALLOW | {"Condition": block}), "identity").statements[0].conditions
    assert [c.values for c in conditions] == [("true",), ("30", "365")]


@pytest.mark.parametrize("missing", ["Action", "Resource"])
def test_a_key_policy_keeps_ineffective_statements(missing: str) -> None:
    """KMS stores a statement without Action or Resource; it has no effect."""
    statement = {name: value for name, value in (ALLOW | NAMED).items() if name != missing}
    assert len(parse_document(policy(statement), "key").statements) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "Sid", "x"]),
        inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
KINDS = st.sampled_from(["identity", "boundary", "session", "scp", "key", "resource", "trust"])


@given(st.text() | JSON.map(json.dumps), KINDS)
def test_hostile_text_is_read_or_refused(text: str, kind: Any) -> None:
    """Whatever the text, the answer is a document or an AwsError."""
    refused = None
    try:
        assert parse_document(text, kind).text == text
    except AwsError as error:
        refused = error
    assert refused is None or (refused.message and refused.code.startswith("MalformedPolicy"))


def test_deep_nesting_is_refused() -> None:
    """JSON nested too deep for the reader is a malformed policy, not a crash."""
    with pytest.raises(AwsError):
        parse_document("[" * 100_000, "identity")
