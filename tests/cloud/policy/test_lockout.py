"""KMS's lockout safety check."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.cloud.policy import (
    Grant,
    NamedPolicy,
    Policies,
    Question,
    lockout_check,
    lockout_error,
    parse_document,
)
from labkit.cloud.policy.simulation import principal_of

A = "111122223333"
ROLE = f"arn:aws:iam::{A}:role/Admin"
KEY = f"arn:aws:kms:us-east-1:{A}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
USING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}]}


def named(principal: Any, action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"} | more


@pytest.mark.parametrize(("statements", "identity", "passes"), [
    ([named(f"arn:aws:iam::{A}:root")], EVERYTHING, True),
    ([named(f"arn:aws:iam::{A}:root")], USING, False),
    ([named(ROLE)], USING, True),
    ([named(ROLE, "kms:PutKeyPolicy")], USING, True),
    ([named(ROLE, ["kms:Encrypt", "kms:Decrypt"])], EVERYTHING, False),
    ([named(f"arn:aws:iam::{A}:user/alice")], EVERYTHING, False),
    ([named(ROLE), named(ROLE, "kms:PutKeyPolicy", Effect="Deny")], EVERYTHING, False),
    ([named(ROLE, Condition={"StringEquals": {"kms:PolicyName": "default"}})], USING, True),
    ([named(ROLE, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], EVERYTHING, False),
])  # fmt: skip
def test_lockout(statements: list[dict[str, Any]], identity: dict[str, Any], passes: bool) -> None:
    """The new policy passes exactly if the caller could change it again."""
    new = parse_document(json.dumps({"Version": "2012-10-17", "Statement": statements}), "key")
    policies = Policies(
        identity=(NamedPolicy("identity policy", parse_document(json.dumps(identity), "identity")),),
        resource=NamedPolicy("the old key policy", parse_document(json.dumps({"Statement": [named(ROLE)]}), "key")),
        grants=(Grant("g1", ROLE, ("Decrypt",)),),
    )
    question = Question(principal_of(ROLE), "kms:CreateKey", KEY, A)
    assert lockout_check(new, question, policies) is passes


def test_the_error_is_the_recorded_one() -> None:
    """KMS's own sentence."""
    error = lockout_error()
    assert error.code == "MalformedPolicyDocumentException"
    assert error.message == "The new key policy will not allow you to update the key policy in the future."
