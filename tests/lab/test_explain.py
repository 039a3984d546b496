"""`lab.explain`: the reason of a refusal, from the decision that was made."""

from datetime import UTC, datetime

import boto3
import pytest

import labkit
from labkit.cloud.authorization import explanations
from labkit.cloud.core.call import Call


def test_a_missing_permission_is_explained_by_the_policies_that_were_read() -> None:
    """AWS's sentence first, then the statement that does not apply, then what would allow it."""
    lab = labkit.start("explain")
    intern = lab.role("Intern", policy=[{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}])
    with labkit.expect_error("AccessDeniedException") as refused:
        intern.client("kms").create_key()
    told = repr(lab.explain(refused))
    assert refused.message in told
    assert "Action: written kms:ListKeys; seen kms:CreateKey" in told
    assert "allow kms:CreateKey in an identity-based policy of the caller" in told


def test_a_refusal_before_any_policy_says_so() -> None:
    """An unknown key is no question of permission."""
    lab = labkit.start("explain")
    with labkit.expect_error("NotFoundException") as refused:
        boto3.client("kms").describe_key(KeyId="alias/nowhere")
    told = repr(lab.explain(refused))
    assert "not for lack of permission: NotFoundException" in told
    assert "No policy was asked." in told


def test_a_refusal_after_the_policies_says_so() -> None:
    """A disabled key refuses those who may use it."""
    lab = labkit.start("explain")
    kms = boto3.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key_id)
    with labkit.expect_error("DisabledException") as refused:
        kms.encrypt(KeyId=key_id, Plaintext=b"secret words")
    explained = lab.explain(refused)
    assert "Every policy allowed it." in repr(explained)
    assert "secret words" not in repr(explained)


def test_html_is_escaped() -> None:
    """What a policy holds cannot become markup."""
    lab = labkit.start("explain")
    elsewhere = {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "arn:aws:kms:us-east-1:111122223333:key/<b>"}
    intern = lab.role("Intern", policy=[elsewhere])
    with labkit.expect_error("AccessDeniedException") as refused:
        intern.client("kms").list_keys()
    html = lab.explain(refused)._repr_html_()
    assert "key/&lt;b&gt;" in html
    assert "key/<b>" not in html


def test_a_call_that_the_account_has_forgotten_or_never_answered_is_said_to_be_unknown() -> None:
    """In words, not as an exception of ours."""
    lab = labkit.start("explain")
    with pytest.raises(labkit.LabError, match="knows no call with the request id 'no-such-id'"):
        lab.explain("no-such-id")


def test_the_account_remembers_the_last_calls_and_none_of_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; what was encrypted or answered is not kept for an explanation."""
    monkeypatch.setattr(explanations, "KEPT", 3)
    kept = explanations.Explanations()
    for number in range(5):
        call = Call("kms", "Encrypt", "us-east-1", {"Plaintext": b"secret words"}, datetime.now(UTC), f"id-{number}")
        kept.keep(call)
    assert list(kept._judged) == ["id-2", "id-3", "id-4"]
    assert "secret words" not in repr(kept._judged)
    assert "No policy was asked." in kept.of("id-4")["text"]


def test_what_is_not_evaluated_is_told_and_an_organizations_policies_are_read() -> None:
    """In a simulated account each condition key is known or told; SCPs and RCPs are among what was read."""
    lab = labkit.start("explain")
    lab.organization(
        scps=[{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        rcps=[
            {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
             "Condition": {"StringEquals": {"aws:VpceOrgID": "o-other"}}}
        ],
    )  # fmt: skip
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    rule = {"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": key}
    condition = {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}", "aws:FederatedProvider": "corp"}}
    clerk = lab.role("Clerk", policy=[{**rule, "Condition": condition}])
    with labkit.expect_error("AccessDeniedException") as refused:
        clerk.client("kms").describe_key(KeyId=key)
    explained = lab.explain(refused)
    assert "Service control policies: allows" in explained.text
    assert "Resource control policies: allows" in explained.text
    assert "ould not be read" not in explained.text
    told = {each["about"]: each for each in explained.data["remarks"]}
    assert set(told) == {"aws:VpceOrgID", "aws:FederatedProvider"}
    assert all(each["matters"] for each in told.values())
    assert "aws:FederatedProvider, a property of the role session, is never filled in here" in explained.text
