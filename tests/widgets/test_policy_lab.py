"""The policy lab without a view: the question, the decision, the least change, who else gets in, and what is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

import labkit
from labkit.widgets.policy_lab import PolicyLab, account_of
from labkit.widgets.policy_lab.who_else import who_else
from labkit.widgets.policy_lab.workbench import ACTIONS

STRANGER = "arn:aws:iam::444455556666:role/Stranger"
HOSTILE = "<script>hacked = 1</script>\u202e"


@dataclass(frozen=True)
class Scene:
    """One account for the file: a key, and roles round it."""

    lab: labkit.Lab
    key: str
    clerk: Any
    other: Any
    example: PolicyLab  # opened before there was a key

    def open(self, **asked: Any) -> PolicyLab:
        """A policy lab as it opens, with the clerk's Decrypt in question."""
        return self.lab.policy_lab().choose(**({"principal": self.clerk, "key": self.key} | asked))

    @property
    def root(self) -> dict[str, Any]:
        """The root statement."""
        return key_statement(f"arn:aws:iam::{self.lab.account_id}:root", "kms:*")


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Made once."""
    lab = labkit.start("04-key-policies-and-iam")
    example = lab.policy_lab()
    key = boto3.client("kms").create_key(Description="payroll")["KeyMetadata"]["Arn"]
    yield Scene(lab, key, lab.role("Clerk", tags={"team": "red"}), lab.role("Other"), example)


def document(*statements: Any) -> str:
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def key_statement(who: Any, action: Any = "kms:Decrypt", **more: Any) -> dict[str, Any]:
    """A statement of a key policy."""
    principal = who if who == "*" else {"AWS": who}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def iam_statement(action: Any = "kms:Decrypt", **more: Any) -> dict[str, Any]:
    """A statement of an IAM policy."""
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def gains(lab: PolicyLab) -> dict[tuple[str, str], tuple[str, ...]]:
    """Who gets what, by who and on what."""
    found = lab.who_else()
    assert found.notes == ()
    return {(each.who, each.on): each.actions for each in found.gains}


def test_an_account_without_a_key_has_an_example(scene: Scene) -> None:
    """Valid from the start: a question, documents, a decision."""
    lab = scene.example
    assert lab.value.allowed is False
    assert list(lab.value.documents) == ["Key policy", "IAM policy example"]
    assert "the example key" in lab.twin().text
    lab.make_it_pass()
    assert lab.value.allowed
    assert [each.actions for each in lab.who_else().gains] == [("kms:Decrypt",)]
    assert lab.send() == []


def test_it_opens_with_a_key_and_a_role_and_leaves_no_trace(scene: Scene) -> None:
    """Reading, deciding and asking who else gets in: no event, and no lab time."""
    events, time = len(scene.lab.events()), scene.lab.clock.now()
    lab = scene.lab.policy_lab()
    assert (lab.logic.asked.principal, lab.logic.asked.key) == (scene.clerk.arn, scene.key)
    lab.make_it_pass().who_else()
    assert "Allowed" in repr(lab)
    assert (len(scene.lab.events()), scene.lab.clock.now()) == (events, time)


@pytest.mark.parametrize(
    ("documents", "asked", "allowed"),
    [
        ({}, {}, False),
        ({"identity": document(iam_statement())}, {}, True),
        ({"identity": document(iam_statement()), "boundary": document(iam_statement("kms:Encrypt"))}, {}, False),
        ({"identity": document(iam_statement()), "session": document(iam_statement("kms:Encrypt"))}, {}, False),
        ({"identity": document(iam_statement()), "scp": document(iam_statement("s3:*"))}, {}, False),
        ({"identity": document(iam_statement()), "scp": document(iam_statement("*"))}, {}, True),
        ({"identity": document(iam_statement()), "rcp": document(key_statement("*", Effect="Deny"))}, {}, False),
        ({"identity": document(iam_statement()), "rcp": document(key_statement("*", "kms:Sign", Effect="Deny"))}, {},
         True),
        ({"grants": json.dumps([{"GranteePrincipal": "arn:aws:iam::111122223333:role/Clerk",
                                 "Operations": ["Decrypt"]}])}, {}, True),
        ({"grants": json.dumps([{"GranteePrincipal": "arn:aws:iam::111122223333:role/Clerk",
                                 "Operations": ["Decrypt"],
                                 "Constraints": {"EncryptionContextSubset": {"a": "1"}}}])}, {}, False),
        ({"grants": json.dumps([{"GranteePrincipal": "arn:aws:iam::111122223333:role/Clerk",
                                 "Operations": ["Decrypt"],
                                 "Constraints": {"EncryptionContextSubset": {"a": "1"}}}])},
         {"encryption_context": {"a": "1", "b": "2"}}, True),
        ({"identity": document(iam_statement(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))}, {}, False),
        ({"identity": document(iam_statement(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))},
         {"source_ip": "192.0.2.7"}, True),
        ({"identity": document(iam_statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))}, {}, False),
        ({"identity": document(iam_statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))},
         {"mfa": True}, True),
        ({"identity": document(iam_statement(Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}))}, {}, True),
        ({"identity": document(iam_statement(Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}))},
         {"tags": {"team": "blue"}}, False),
        ({"identity": document(iam_statement(
            Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}))},
         {"via_service": "s3"}, True),
        ({"identity": document(iam_statement(Condition={"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}))}, {},
         True),
        ({"identity": document(iam_statement("kms:ListKeys"))}, {"action": "kms:ListKeys"}, True),
        ({"identity": document(iam_statement("kms:ListKeys")), "key": document(key_statement(STRANGER))},
         {"action": "kms:ListKeys"}, True),
        ({"identity": document(iam_statement())[:-1]}, {}, None),
        ({"key": ""}, {}, None),
    ],
)  # fmt: skip
def test_every_document_and_every_part_of_the_question_counts(
    scene: Scene, documents: Any, asked: Any, allowed: bool | None
) -> None:
    """Each kind of document, each thing that a request brings; None where a document can't be read."""
    lab = scene.open(**asked)
    for kind, text in documents.items():
        lab.set_document(kind, text)
    assert lab.value.allowed is allowed
    assert ("Not decided" in lab.twin().text) is (allowed is None)


LEAST: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("an IAM policy is missing", {}, {}),
    ("the root statement is missing", {"key": document(key_statement(STRANGER))}, {}),
    ("a Deny", {"identity": document(iam_statement(), iam_statement(Effect="Deny"))}, {}),
    ("a Deny alone", {"identity": document(iam_statement(Effect="Deny"))}, {}),
    ("the boundary", {"identity": document(iam_statement()), "boundary": document(iam_statement("kms:Sign"))}, {}),
    ("the session policy", {"identity": document(iam_statement()), "session": document(iam_statement("kms:Sign"))}, {}),
    ("the SCP", {"identity": document(iam_statement()), "scp": document(iam_statement("s3:*"))}, {}),
    ("the RCP", {"identity": document(iam_statement()), "rcp": document(key_statement("*", Effect="Deny"))}, {}),
    ("MFA", {"identity": document(iam_statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))}, {}),
    ("the context", {"identity": document(
        iam_statement(Condition={"StringEquals": {"kms:EncryptionContext:a": "1"}}))}, {}),
    ("another account", {}, {"principal": STRANGER}),
    ("no key", {}, {"action": "kms:CreateKey"}),
]  # fmt: skip


@pytest.mark.parametrize(("documents", "asked"), [each[1:] for each in LEAST], ids=[each[0] for each in LEAST])
def test_each_of_the_smallest_changes_makes_it_pass(scene: Scene, documents: Any, asked: Any) -> None:
    """In the editor's own documents, which stay sound; and nothing of it reaches the account."""
    lab = scene.open(**asked)
    for kind, text in documents.items():
        lab.set_document(kind, text)
    assert lab.value.allowed is False
    kept = lab.logic.asked, lab.logic.papers
    number = len(lab.logic.changes)
    assert number
    passed = 0
    for each in range(1, number + 1):
        lab.make_it_pass(each)
        assert all(paper.is_sound for paper in lab.logic.papers)
        passed += lab.value.allowed is True
        assert ("Changed here, and not in the account" in repr(lab)) is lab.value.allowed
        lab.logic.asked, lab.logic.papers = kept
    assert passed == number


def test_what_is_allowed_needs_no_change(scene: Scene) -> None:
    """It says so, and changes nothing; a number that is not there is refused."""
    lab = scene.open().set_document("identity", document(iam_statement()))
    papers = lab.logic.papers
    assert "It is allowed already." in repr(lab.make_it_pass())
    assert lab.logic.papers == papers
    with pytest.raises(ValueError, match="There are 3 changes, no number 9"):
        lab.put_back().make_it_pass(9)


def test_who_else_gets_in_by_the_root_of_another_account(scene: Scene) -> None:
    """Everybody there, as far as that account allows it; nobody of our own."""
    lab = scene.open().set_document("key", document(scene.root, key_statement("444455556666", ["kms:Encrypt"])))
    found = gains(lab)
    assert found
    assert all("444455556666" in who and "as far as its own account allows it" in who for who, _ in found)
    assert set(found.values()) == {("kms:Encrypt",)}


def test_who_else_gets_in_by_a_star(scene: Scene) -> None:
    """The other role, strangers, services: not the clerk alone, as somebody may have meant."""
    lab = scene.open().set_document("key", document(scene.root, key_statement("*")))
    found = gains(lab)
    for who in ("the role Clerk", "the role Other", "a service that no document names"):
        assert found[who, "the key `payroll`"] == ("kms:Decrypt",)
    assert ("the role LabAdministrator", "the key `payroll`") not in found
    assert not any("without credentials" in who for who, _ in found)  # KMS takes signed requests only
    assert "the key payroll" in repr(lab.who_else())  # a table has no marks of Markdown
    assert "`" not in lab.who_else()._repr_html_()


def test_who_else_finds_the_other_keys_that_a_policy_opens(scene: Scene) -> None:
    """An IAM policy on every key opens more than the one that was asked about."""
    lab = scene.open().set_document("identity", document(iam_statement(["kms:Decrypt", "kms:CreateKey"])))
    found = gains(lab)
    assert {who for who, _ in found} >= {"the role Clerk"}
    assert found["the role Clerk", "a key that you make tomorrow"] == ("kms:Decrypt",)
    assert found["the role Clerk", "no key"] == ("kms:CreateKey",)
    lab.set_document("identity", document(iam_statement() | {"Resource": scene.key}))
    assert gains(lab) == {("the role Clerk", "the key `payroll`"): ("kms:Decrypt",)}


def test_who_else_tries_the_cases_that_either_side_tells_apart(scene: Scene) -> None:
    """A Deny that is taken out is felt only in the case that it was about."""
    deny = iam_statement(Effect="Deny", Condition={"StringEquals": {"kms:EncryptionContext:a": "1"}})
    iam = boto3.client("iam")
    iam.put_role_policy(RoleName="Other", PolicyName="p", PolicyDocument=document(iam_statement(), deny))
    lab = scene.open(principal=scene.other)
    assert gains(lab.set_document("identity", document(iam_statement()), 1))
    (gain,) = {each.how for each in lab.who_else().gains if each.on == "the key `payroll`"}
    assert "with the encryption context a=1" in gain
    assert "without" not in gain
    iam.delete_role_policy(RoleName="Other", PolicyName="p")


def test_who_else_knows_what_an_scp_keeps_out(scene: Scene) -> None:
    """What the organization's policy forbids is no gain for the account's own people."""
    lab = scene.open().set_document("scp", document(iam_statement("s3:*")))
    lab.set_document("key", document(scene.root, key_statement("*")))
    names = {each.who for each in lab.who_else().gains}
    assert "the role Other" not in names
    assert any("as far as its own account allows it" in each for each in names)
    assert "this one key is asked" in lab.who_else().notes[0]


def test_who_else_without_a_change_or_with_a_fault_says_so(scene: Scene) -> None:
    """There is nothing to compare, or nothing that AWS would keep."""
    assert "as they are in the account" in scene.open().who_else().notes[0]
    assert "First mend this: Key policy" in scene.open().set_document("key", "{").who_else().notes[0]


def test_the_lockout_is_marked_before_kms_refuses_it(scene: Scene) -> None:
    """And a principal that does not exist: both as KMS says it; the document is decided all the same."""
    lab = scene.open().set_document("key", document(key_statement(scene.clerk.arn)))
    assert "The new key policy will not allow you to update the key policy in the future." in repr(lab)
    assert lab.value.allowed
    lab.set_document("key", document(scene.root, key_statement(scene.clerk.arn + "s")))
    assert 'nobody is "arn:aws:iam::111122223333:role/Clerks"' in repr(lab)
    (outcome,) = lab.send()
    assert outcome.code == "MalformedPolicyDocumentException"
    assert "Refused" in repr(lab)


def test_documents_are_sent_when_one_asks(scene: Scene) -> None:
    """The key policy, an IAM policy and a grant, by the calls that are shown; the boundary is named as not sent."""
    lab = scene.open(principal=scene.other, action="kms:Encrypt").set_document("identity", document(iam_statement()))
    lab.set_document("key", document(scene.root)).set_document("boundary", document(iam_statement()))
    lab.set_document("grants", json.dumps([{"GranteePrincipal": scene.other.arn, "Operations": ["Encrypt"]}]))
    assert [each.call.operation for each in lab.send()] == ["PutKeyPolicy", "PutRolePolicy", "CreateGrant"]
    assert "Not sent: Permissions boundary" in repr(lab)
    assert "aws kms create-grant" in repr(lab)
    fresh = scene.open(principal=scene.other, action="kms:Encrypt")
    assert list(fresh.value.documents) == ["Key policy", "IAM policy policy-lab", "Grants"]
    assert fresh.value.allowed
    scene.other.client("kms").encrypt(KeyId=scene.key, Plaintext=b"it is so")
    assert [each.call.operation for each in fresh.set_document("identity", "").send()] == ["DeleteRolePolicy"]


def test_it_reads_any_account_by_plain_calls_and_names_what_it_may_not_read(scene: Scene) -> None:
    """A boto3 session is enough; a role that may read little sees little, and is told so."""
    lab = PolicyLab(account_of(boto3.Session()))
    lab.choose(principal=scene.clerk.arn, key=scene.key).make_it_pass()
    assert "the role Clerk" in {each.who for each in lab.who_else().gains}
    guest = scene.lab.role("Guest", [iam_statement(["kms:ListKeys", "kms:DescribeKey"])])
    lab = PolicyLab(account_of(guest.session(), "us-east-1"))
    said = repr(lab)
    assert "Not read: the key policy (kms:GetKeyPolicy answered AccessDeniedException)" in said
    assert "Not read: the list of roles (iam:ListRoles answered AccessDenied)" in said
    assert lab.value.allowed is None
    lab.set_document("key", document(key_statement("*")))
    assert "the account can't be read" in who_else(lab.logic).notes[0] or "compare with" in lab.who_else().notes[0]


def test_a_real_account_s_trail_is_not_waited_for(scene: Scene) -> None:
    """CloudTrail tells a call minutes later: the time is the clock's, and nothing waits."""

    @dataclass
    class Real:
        name, region, simulated, observer = "04", scene.lab.region, False, scene.lab.observer

        def events(self) -> list[dict[str, Any]]:
            raise AssertionError("waits")

    lab = PolicyLab(Real()).choose(principal=scene.clerk.arn, key=scene.key).make_it_pass()
    assert lab.value.allowed
    assert lab.who_else().gains
    assert "aws:CurrentTime" in lab.logic.question.context


def test_a_wrong_question_is_refused(scene: Scene) -> None:
    """With what would be right."""
    lab = scene.open()
    for wrong in ({"principal": "bob"}, {"action": "kms:Decript"}):
        with pytest.raises(ValueError, match="is not the ARN|has no action"):
            lab.choose(**wrong)
    with pytest.raises(ValueError, match="no document"):
        lab.set_document("trust", "")  # type: ignore[arg-type]
    assert "kms:Decrypt" in ACTIONS


def test_hostile_names_stay_text(scene: Scene) -> None:
    """In documents, contexts and the account: nothing becomes an element."""
    text = document(key_statement(scene.clerk.arn, HOSTILE), scene.root)
    lab = scene.open(encryption_context={HOSTILE: HOSTILE}).set_document("key", text)
    html = lab.twin().html
    assert "<script" not in html
    assert "\u202e" not in html
    assert lab.view.children
