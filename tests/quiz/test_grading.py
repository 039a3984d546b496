"""Answers are graded, odd ones too; questions that are made agree with what the account does."""

from __future__ import annotations

import builtins
import random
import re
import sys
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

import labkit
from labkit.exercises import labs
from labkit.expect import ExpectedError
from labkit.quiz import Choice, NoQuiz, Question, Quiz
from labkit.quiz.from_account import question_about_account
from labkit.quiz.from_documents import THEMES, question_about_documents
from labkit.quiz.from_keys import question_about_state, question_about_usage
from labkit.quiz.questions import Entry

ONE = Question("one", "Which?", (Choice("x", why="wx"), Choice("y", True), Choice("z", why="wz")), "s", "v")
TWO = Question("two", "Which?", (Choice("x", True), Choice("y", True, "and more"), Choice("z", why="wz")), "s", "v")
THREE = Question("three", "A\nB", (Choice("<b>x</b>", why="wx"), Choice("`y`", True), Choice("z", why="wz")), "s", "v")


@pytest.fixture
def quiz() -> Quiz:
    """A quiz of three questions, of which the second has two right answers."""
    return Quiz("90-any", (ONE, TWO, THREE))


ANSWERS: list[tuple[Any, Any, str]] = [
    (1, "b", "Question 1, right: That is it."),
    (1, "B ", "Question 1, right: That is it."),
    ("1", "b)", "Question 1, right: That is it."),
    (np.int64(1), "(b).", "Question 1, right: That is it."),
    (1, "a", "Question 1, not right: wx"),
    (1, "ab", "Question 1, no answer: This question has one right answer. Give one letter."),
    (2, "ab", "Question 2, right: and more"),
    (2, "b, A", "Question 2, right: and more"),
    (2, ["a", "b"], "Question 2, right: and more"),
    (2, {"b", "a"}, "Question 2, right: and more"),
    (2, "b and a", "Question 2, right: and more"),
    (2, "a", "Question 2, not right: What you chose is right, but there is more."),
    (2, "ac", "Question 2, not right: (c) wz And something is missing."),
    (2, "abc", "Question 2, not right: (c) wz"),
    (2, "c", "Question 2, not right: wz And something is missing."),
    (1, None, "Question 1, no answer: Give one letter, a to c."),
    (1, "", "Question 1, no answer: Give one letter, a to c."),
    (1, "d", "Question 1, no answer: Give one letter, a to c."),
    (1, 2, "Question 1, no answer: Give one letter, a to c."),
    (1, "b" * 1000, "Question 1, no answer: Give one letter, a to c."),
    (2, b"a", 'Question 2, no answer: Give one letter, a to c, or several letters as in "ab".'),
    (99, "a", "no answer: The questions have the numbers 1 to 3."),
    (0, "a", "no answer: The questions have the numbers 1 to 3."),
    (-1, "a", "no answer: The questions have the numbers 1 to 3."),
    (None, "a", "no answer: The questions have the numbers 1 to 3."),
    (True, "a", "no answer: The questions have the numbers 1 to 3."),
    ("one", "a", "no answer: The questions have the numbers 1 to 3."),
    (1.5, "a", "no answer: The questions have the numbers 1 to 3."),
    ("²", "a", "no answer: The questions have the numbers 1 to 3."),
]


def _named(value: Any) -> str:
    """An id that is the same in every process: a set has no order of its own."""
    return f"set of {sorted(value)}" if isinstance(value, set | frozenset) else repr(value)


@pytest.mark.parametrize(("number", "choice", "said"), ANSWERS, ids=_named)
def test_an_answer_is_told(quiz: Quiz, number: Any, choice: Any, said: str) -> None:
    """Right, not right and why, or that it is none."""
    assert repr(quiz.graded(number, choice)) == said


@given(
    st.one_of(st.integers(), st.text(max_size=9), st.none(), st.floats()),
    st.one_of(st.text(max_size=9), st.lists(st.text(max_size=2)), st.none(), st.integers()),
)
@settings(max_examples=30)
def test_whatever_is_given_is_answered_with_words(number: Any, choice: Any) -> None:
    """No exception, and HTML that is escaped."""
    said = Quiz("90-any", (ONE, TWO, THREE)).graded(number, choice)
    assert said.status in ("right", "not right", "no answer")
    assert said.message in said._repr_html_().replace("&quot;", '"')


def test_the_last_answer_to_each_question_counts(
    quiz: Quiz, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no answer changes nothing; in a script, answers and results are printed."""
    monkeypatch.delattr(builtins, "get_ipython", raising=False)  # another test may have had a shell
    monkeypatch.delattr(sys, "ps1", raising=False)
    assert repr(quiz.so_far()) == "0 of 3 right; not answered: 1, 2, 3."
    quiz.answer(1, "a")
    quiz.answer(1, "b")
    quiz.answer(1, None)
    quiz.answer(2, "a")
    assert repr(quiz.result()) == "1 of 3 right; not right yet: 2; not answered: 3."
    assert "Question 1, right: That is it.\n" in capsys.readouterr().out
    assert not quiz.so_far().is_done
    quiz.graded(2, "ab")
    quiz.graded(3, "b")
    assert quiz.so_far().is_done
    assert quiz.so_far()._repr_html_() == "<p>✔ <b>Quiz</b>: 3 of 3 right.</p>"


def test_the_twin_is_escaped(quiz: Quiz) -> None:
    """Markup in a text is text; code is code; lines stay lines."""
    shown = quiz._repr_html_()
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "<code>y</code>" in shown
    assert "<b>3.</b> A<br>B</p>" in shown


def test_the_twin_has_letters_wherever_it_is_shown(quiz: Quiz) -> None:
    """As text: JupyterLab numbers each ordered list with digits, and an answer is a letter."""
    shown = quiz._repr_html_()
    assert "<ol" not in shown
    assert all(f"<li>{letter}) " in shown for letter in "abc")


def test_who_is_told() -> None:
    """Each answer that counts is told once, for the progress."""
    told: list[tuple[str, str]] = []
    quiz = Quiz("90-any", (ONE, TWO), lambda question, feedback: told.append((question.id, feedback.status)))
    quiz.graded(1, "a")
    quiz.graded(1, "zz")
    quiz.graded(7, "a")
    quiz.graded(2, "ba")
    assert told == [("one", "not right"), ("two", "right")]


ENTRY = Entry("made", "s", "v")


def drawn(number: int) -> random.Random:
    """A seeded draw."""
    return random.Random(f"quiz/{number}")


def test_made_questions_are_sound_at_each_draw() -> None:
    """Four choices that differ, some right and some wrong, feedback on what is wrong; same draw, same question."""
    outcomes = set()
    for number in range(12):
        made = [question_about_state(ENTRY, drawn(number)), question_about_usage(ENTRY, drawn(number))]
        for theme in THEMES:
            entry = Entry("made", "s", "v", about={"theme": theme})
            question = question_about_documents(entry, drawn(number))
            assert question == question_about_documents(entry, drawn(number))
            outcomes |= {(theme, choice.text) for choice in question.choices if choice.is_right}
            assert len(question.right) == 1
            made.append(question)
        for each in made:
            assert 1 <= len(each.right) < len(each.choices) == 4
            assert len({choice.text for choice in each.choices}) == 4
            assert all(choice.is_right or choice.why for choice in each.choices)
    assert {theme for theme, text in outcomes if text.startswith("Allowed")} == set(THEMES)
    assert {theme for theme, text in outcomes if text.startswith("Refused")} == set(THEMES)
    assert len({text for _, text in outcomes}) == 9


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """An account with four roles and two keys, and each way to be let in or refused."""
    lab = labkit.start("04-key-policies-and-iam")
    kms = boto3.client("kms")
    first, second = (kms.create_key(Description=name)["KeyMetadata"]["Arn"] for name in ("first", "`<b>second"))
    use = {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"], "Resource": first}
    lab.role("Reader", policy=[use])
    barred = lab.role("Barred", policy=[use, {**use, "Effect": "Deny", "Action": "kms:Decrypt"}])
    holder = lab.role("Holder")
    lab.role("Nobody")
    kms.create_grant(KeyId=second, GranteePrincipal=holder.arn, Operations=["Encrypt"])
    policy = kms.get_key_policy(KeyId=second)["Policy"]
    named = {"Effect": "Allow", "Principal": {"AWS": barred.arn}, "Action": "kms:DescribeKey", "Resource": "*"}
    policy = policy.replace('"Statement" : [ {', '"Statement" : [ ' + str(named).replace("'", '"') + ", {")
    kms.put_key_policy(KeyId=second, Policy=policy)
    return lab


@pytest.fixture(scope="module")
def clients(lab: labkit.Lab) -> dict[str, Any]:
    """A client of KMS for each role; making one takes long."""
    made = {}
    for role in boto3.client("iam").list_roles()["Roles"]:
        got = boto3.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="quiz")["Credentials"]
        pair = {"aws_access_key_id": got["AccessKeyId"], "aws_secret_access_key": got["SecretAccessKey"]}
        made[role["RoleName"]] = boto3.client("kms", **pair, aws_session_token=got["SessionToken"])
    return made


def test_the_right_answer_is_what_the_account_does(lab: labkit.Lab, clients: dict[str, Any]) -> None:
    """The role makes the call that the question is about: it is allowed or refused as the right choice says."""
    seen = set()
    for number in range(16):
        question = question_about_account(ENTRY, lab, drawn(number))
        assert question is not None
        found = re.search(r"role `(\w+)` calls `kms:(\w+)`.* key `([\w-]{36})`", question.text)
        assert found is not None
        role, operation, key = found.groups()
        (right,) = (choice.text for choice in question.choices if choice.is_right)
        seen.add(right)
        if operation not in ("DisableKey", "PutKeyPolicy"):
            allowed = tried(clients[role], operation, key)
            assert right.startswith("Allowed" if allowed else "Refused"), question
    assert len(seen) == 5


def tried(client: Any, operation: str, key: str) -> bool:
    """Whether the client's role may do it, as KMS answers it now."""
    more: dict[str, Any] = {"DryRun": True} if operation != "DescribeKey" else {}
    if operation == "Encrypt":
        more["Plaintext"] = b"x"
    elif operation == "Decrypt":
        more["CiphertextBlob"] = boto3.client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    elif operation == "GenerateDataKey":
        more["KeySpec"] = "AES_256"
    method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
    try:
        getattr(client, method)(KeyId=key, **more)
    except ClientError as error:
        return error.response["Error"]["Code"] == "DryRunOperationException"
    return True


def test_a_lab_opens_its_quiz_once_and_leaves_no_trace(lab: labkit.Lab) -> None:
    """What was shown is what is graded; opening it makes no record and takes no lab time."""
    before, now = len(lab.events()), lab.clock.now()
    quiz = lab.quiz()
    assert lab.quiz() is quiz
    assert repr(quiz) == repr(quiz)
    assert (len(lab.events()), lab.clock.now()) == (before, now)
    assert quiz.quiz.graded(1, "a").number == 1


def test_a_role_whose_sessions_differ_is_not_asked_about() -> None:
    """A tag of the session, the age of its token, a key policy that names one session: each may decide otherwise."""
    lab = labkit.start("05-conditions")
    kms = boto3.client("kms")
    kms.create_key()
    own = {"StringEquals": {"aws:ResourceTag/team": "${aws:principaltag/team}"}}
    lab.role("Team", policy=[{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": own}])
    assert question_about_account(ENTRY, lab, drawn(1)) is None
    plain = lab.role("Plain", policy=[{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}])
    assert question_about_account(ENTRY, lab, drawn(1)) is not None
    session = plain.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/ada"
    for key in kms.list_keys()["Keys"]:
        kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=session, Operations=["Decrypt"])
    assert question_about_account(ENTRY, lab, drawn(1)) is None


def test_an_account_of_an_organization_is_not_asked_about() -> None:
    """Its service control policies have a say, and nobody in it can read them: documents are asked about instead."""
    lab = labkit.start("20-troubleshoot")
    boto3.client("kms").create_key()
    lab.role("App", policy=[{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}])
    assert question_about_account(ENTRY, lab, drawn(1)) is not None
    lab.organization([{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}])
    assert question_about_account(ENTRY, lab, drawn(1)) is None
    assert "Key policy: `" in lab.quiz().questions[-1].text


def test_a_lab_without_a_quiz_says_so() -> None:
    """A lab by another name has none."""
    with pytest.raises(NoQuiz, match="has no quiz"):
        Quiz.of(type("Lab", (), {"name": "elsewhere"})(), None)


@pytest.mark.parametrize("name", list(labs()))
def test_a_quiz_opens_in_an_account_that_is_over(name: str) -> None:
    """Where nothing can be read there is something to ask, too: about documents."""
    observer = type("Observer", (), {"client": _no_account})()
    quiz = Quiz.of(type("Empty", (), {"name": name, "region": "us-east-1", "observer": observer})(), labs()[name])
    assert all(question.right for question in quiz.questions)


def _no_account(*_: Any, **__: Any) -> Any:
    raise labkit.LabError("the account is over")


def test_an_error_is_no_answer() -> None:
    """What `expect_error` caught is no choice."""
    quiz = Quiz("90-any", (ONE,))
    assert quiz.graded(1, ExpectedError("AccessDenied")).status == "no answer"
