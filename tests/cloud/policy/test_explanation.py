"""Explanations: the words, the HTML and what they must never do."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.policy import (
    Grant,
    NamedPolicy,
    Policies,
    Question,
    decide,
    explain,
    message,
    parse_document,
    refusal,
    simulate,
)
from labkit.cloud.policy.simulation import principal_of

A = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{A}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = f"arn:aws:iam::{A}:role/Clerk"
ROOT_STATEMENT = {
    "Sid": "EnableIAM", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "kms:*",
    "Resource": "*",
}  # fmt: skip
KEY_POLICY = {"Version": "2012-10-17", "Statement": [ROOT_STATEMENT]}
IN_IT = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:Department": "IT"}},
    },
}  # fmt: skip

TEXT = """\
Refused: User: arn:aws:sts::111122223333:assumed-role/Clerk/simulated is not authorized to perform: kms:Decrypt on \
resource: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based \
policy allows the kms:Decrypt action
Why: The key policy lets the account's IAM policies speak, but none of the caller's allows it.
Read, in this order:
1. Key policy: lets the account's IAM policies speak
   'EnableIAM' of the key policy (Allow, applies: it lets the account's IAM policies speak, and gives nobody the \
permission by itself)
     ✓ Principal: written arn:aws:iam::111122223333:root; seen arn:aws:sts::111122223333:assumed-role/Clerk/simulated
     ✓ Action: written kms:*; seen kms:Decrypt
     ✓ Resource: written *; seen arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
2. Identity-based policies: says nothing
   Statement 1 of identity-based policy (Allow, does not apply)
     ✓ Action: written kms:Decrypt; seen kms:Decrypt
     ✓ Resource: written *; seen arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
     ✗ StringEquals kms:EncryptionContext:Department: written IT; seen HR
Each of these would allow it (tried):
 - make the request with Department=IT in the encryption context
 - allow kms:Decrypt in an identity-based policy of the caller
 - name the caller in the key policy
 - create a grant of Decrypt on the key for arn:aws:iam::111122223333:role/Clerk"""


def test_text_says_everything() -> None:
    """What was asked, what was read in which order, what matched and what not, and what would mend it."""
    explained = simulate(ROLE, "kms:Decrypt", KEY, identity=IN_IT, resource_policy=KEY_POLICY,
                         context={"kms:EncryptionContext:Department": "HR"})  # fmt: skip
    assert explained.text == TEXT
    assert str(explained) == TEXT


def test_text_names_the_deciding_statement() -> None:
    """An allowance names the statement that let the request in."""
    explained = simulate(ROLE, "kms:Decrypt", KEY, identity=IN_IT, resource_policy=KEY_POLICY,
                         context={"kms:EncryptionContext:Department": "IT"})  # fmt: skip
    assert explained.allowed
    assert "Deciding: Statement 1 of identity-based policy." in explained.text


def test_text_names_the_deny() -> None:
    """A refusal by a Deny names the Deny."""
    denial = {"Sid": "NoDecrypt", "Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
    explained = simulate(ROLE, "kms:Decrypt", KEY, identity={"Statement": denial}, resource_policy=KEY_POLICY)
    assert "Why: 'NoDecrypt' of identity-based policy denies it. A Deny wins over every Allow." in explained.text


class Tags(HTMLParser):
    """Collects every element and every piece of text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(max_size=30) | st.sampled_from(["<script>alert(1)</script>", "</li><img src=x onerror=y>", "&amp;"]))
def test_html_is_escaped(hostile: str) -> None:
    """Whatever stands in a policy or a request, the HTML holds our elements only, properly closed."""
    statement = {
        "Sid": hostile, "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": hostile or "*",
        "Condition": {"StringNotLike": {"kms:EncryptionContext:" + hostile: [hostile]}},
    }  # fmt: skip
    explained = simulate(ROLE, "kms:Decrypt", KEY, resource_policy={"Version": "2012-10-17", "Statement": [statement]},
                         context={"kms:EncryptionContext:" + hostile: [hostile, "x"]})  # fmt: skip
    seen = Tags()
    seen.feed(explained.html)
    seen.close()
    assert set(seen.tags) <= {"div", "p", "b", "br", "details", "summary", "ul", "li"}
    assert seen.open == []


def test_html_holds_what_the_text_holds() -> None:
    """Both forms are made of the same facts."""
    explained = simulate(ROLE, "kms:Decrypt", KEY, identity=IN_IT, resource_policy=KEY_POLICY)
    seen = Tags()
    seen.feed(explained.html)
    for line in explained.text.splitlines()[4:]:
        assert line.strip(" -") in seen.text or "Each of these" in line or line[:2].strip() in ("1.", "2.")


def test_data_is_fit_for_json() -> None:
    """The data form holds conditions with what was written and what was seen."""
    data = json.loads(json.dumps(simulate(ROLE, "kms:Decrypt", KEY, identity=IN_IT, resource_policy=KEY_POLICY).data))
    condition = data["layers"][1]["statements"][0]["conditions"][0]
    assert condition["key"] == "kms:EncryptionContext:Department"
    assert condition["written"] == ["IT"]
    assert condition["seen"] is None
    assert data["changes"][0] == [
        {"say": "make the request with Department=IT in the encryption context", "statement": None}
    ]


def test_simulate_takes_text_and_many_policies() -> None:
    """Policies may be JSON text or dicts, one or several."""
    explained = simulate(ROLE, "kms:Decrypt", KEY, identity=[json.dumps(IN_IT), {"Statement": [
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}]}], resource_policy=json.dumps(KEY_POLICY),
        scps=[{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}])  # fmt: skip
    assert explained.allowed
    assert explained.decision.statement is not None
    assert explained.decision.statement.policy.name == "identity-based policy 2"


@pytest.mark.parametrize("arn", ["alice", "arn:aws:iam::1:user/alice", "arn:aws:iam::111122223333:group/x", ""])
def test_simulate_refuses_what_is_no_principal(arn: str) -> None:
    """A principal that cannot call is a ValueError that says what can."""
    with pytest.raises(ValueError, match="is not the ARN of a user, a role"):
        principal_of(arn)


def test_there_is_no_refusal_of_what_is_allowed() -> None:
    """Asking for the refusal of an allowed request is a mistake of the caller."""
    allowed = simulate(ROLE, "kms:Decrypt", KEY, resource_policy={"Statement": {
        "Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:*", "Resource": "*"}}).decision  # fmt: skip
    with pytest.raises(ValueError, match="The request is allowed"):
        message(allowed)


@pytest.mark.parametrize(("action", "resource", "code", "status"), [
    ("kms:Decrypt", KEY, "AccessDeniedException", 400),
    ("s3:GetObject", "arn:aws:s3:::b/k", "AccessDenied", 403),
    ("sts:AssumeRole", ROLE, "AccessDenied", 403),
    ("iam:CreateUser", "*", "AccessDenied", 403),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{A}:q", "AccessDenied", 403),
    ("sns:Publish", f"arn:aws:sns:us-east-1:{A}:t", "AuthorizationError", 403),
    ("ec2:CreateVolume", f"arn:aws:ec2:us-east-1:{A}:volume/*", "UnauthorizedOperation", 403),
    ("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{A}:function:f", "AccessDeniedException", 403),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{A}:secret:s", "AccessDeniedException", 400),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{A}:table/t", "AccessDeniedException", 400),
])  # fmt: skip
def test_each_service_refuses_with_its_own_code(action: str, resource: str, code: str, status: int) -> None:
    """The error code and HTTP status are the service's."""
    error = refusal(simulate(f"arn:aws:iam::{A}:user/alice", action, resource).decision)
    assert (error.code, error.status) == (code, status)


def test_grant_tokens_are_not_shown() -> None:
    """A grant's tokens stand in no explanation and no repr."""
    grant = Grant("g1", ROLE, ("Decrypt",), tokens=frozenset({"TOKENVALUE"}), effective=False)
    question = Question(principal_of(ROLE), "kms:Decrypt", KEY, A, grant_tokens=frozenset({"OTHERTOKEN"}))
    key_policy = NamedPolicy("the key policy", parse_document(json.dumps(KEY_POLICY), "key"))
    held = Policies(resource=key_policy, grants=(grant,))
    explained = explain(decide(question, held))
    for shown in (explained.text, explained.html, json.dumps(explained.data), repr(explained.decision)):
        assert "TOKENVALUE" not in shown
        assert "OTHERTOKEN" not in shown
