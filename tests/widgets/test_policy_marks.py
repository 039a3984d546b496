"""What is wrong with a document, line by line: each refusal of the engine at its place, and never an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.cloud.core.errors import AwsError
from labkit.cloud.policy.documents import parse_document
from labkit.widgets.policy_lab.grant_list import grant_marks
from labkit.widgets.policy_lab.marks import problems
from labkit.widgets.policy_lab.notes import nobody, notes
from labkit.widgets.policy_lab.papers import Paper
from labkit.widgets.policy_lab.places import places

ME = "arn:aws:iam::111122223333:role/Me"


def policy(*statements: str, head: str = '{"Version": "2012-10-17", "Statement": [') -> str:
    """A document with a statement a line, from line 2."""
    return head + "\n" + ",\n".join(statements) + "\n]}"


ALLOW = '"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"'
GOOD = "{" + ALLOW + "}"
KEY = '{"Principal": "*", ' + ALLOW + "}"

# kind, document, (line, the text that stands at the column, a part of what is said)
PROBLEMS: list[tuple[str, Any, str, list[tuple[int, str, str]]]] = [
    ("a comma too many", "identity", '{"Version": "2012-10-17",\n"Statement": [{},]}', [(2, "]", "Syntax errors")]),
    ("no end", "key", '{"Statement": [', [(1, "", "MalformedPolicyDocumentException")]),
    ("no JSON at all", "identity", "hello", [(1, "hello", "Expecting value")]),
    ("NaN", "identity", '{"Statement": NaN}', [(1, "{", "NaN is not JSON")]),
    ("a list", "identity", "[\n]", [(1, "[", "a policy is a JSON object")]),
    ("a name twice", "identity", policy('{"Effect": "Deny",\n' + ALLOW + "}"),
     [(3, '"Effect"', "'Effect' is there twice")]),
    ("an unknown element", "identity", policy(GOOD, '{"Actions": "kms:Decrypt",\n' + ALLOW + "}"),
     [(3, '"Actions"', "unknown element 'Actions'")]),
    ("an unknown element at the top", "identity", '{"Statements": [],\n"Statement": [' + GOOD + "]}",
     [(1, '"Statements"', "unknown element 'Statements'")]),
    ("another version", "identity", '{"Statement": [' + GOOD + '],\n"Version": "2026-01-01"}',
     [(2, '"Version"', "must be version 2012-10-17")]),
    ("no statement", "identity", '{"Version": "2012-10-17"}', [(1, "{", "the Statement element is missing")]),
    ("the effect's case", "identity", policy('{"Action": "kms:Decrypt", "Resource": "*",\n"Effect": "allow"}'),
     [(3, '"Effect"', 'Effect must be "Allow" or "Deny"')]),
    ("no vendor", "identity", policy('{"Effect": "Allow", "Resource": "*", "Action": [\n"kms:Encrypt",\n"Decrypt"]}'),
     [(4, '"Decrypt"', "must be prefaced by a vendor")]),
    ("no resource", "identity", policy(GOOD, '{"Effect": "Allow", "Action": "kms:Decrypt"}'),
     [(3, "{", "must contain resources")]),
    ("a principal in IAM", "identity", policy('{"Principal": "*",\n' + ALLOW + "}"),
     [(2, '"Principal"', "should not specify a principal")]),
    ("no principal in a key policy", "key", policy(GOOD), [(2, "{", "a statement with no principal")]),
    ("a principal that is none", "key", policy('{"Principal": {"AWS": [\n"111122223333",\n"bob"]}, ' + ALLOW + "}"),
     [(4, '"bob"', "one or more invalid principals")]),
    ("an operator that is none", "key", policy('{"Condition": {"Bool": {},\n"StringsEqual": {}}, "Principal": "*",'
     + ALLOW + "}"), [(3, '"StringsEqual"', "is not a condition operator")]),
    ("both", "identity", policy('{"NotAction": "kms:Encrypt",' + ALLOW + "}"),
     [(2, '"NotAction"', "exclude each other")]),
    ("a Sid with spaces", "identity", policy('{"Sid": "two words",' + ALLOW + "}"),
     [(2, '"Sid"', "must be alpha-numeric")]),
    ("one Sid twice", "identity", policy('{"Sid": "A",' + ALLOW + "}", '{"Sid": "A",' + ALLOW + "}"),
     [(3, '"Sid"', "must be unique")]),
    ("an RCP that allows", "rcp", policy('{"Principal": "*",\n' + ALLOW + "}"), [(3, '"Effect"', "must be Deny")]),
    ("several at once", "key", policy('{"Principal": "*", "Who": 1,\n' + ALLOW + "}", GOOD, "7",
     '{"Principal": "*",\n"Effect": "Yes", "Action": 3, "Resource": "*"}'),
     [(2, '"Who"', "unknown element"), (4, "{", "no principal"), (5, "7", "a statement is a JSON object"),
      (7, '"Effect"', "Effect must be"), (7, '"Action"', "Action is a string or a list")]),
    ("one statement, without a list", "identity",
     '{"Statement":\n{"Effect": "Allow", "Action": "x",\n"Resource": "*"}}',
     [(2, '"Action"', "must be prefaced")]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "wanted"), [each[1:] for each in PROBLEMS], ids=[e[0] for e in PROBLEMS])
def test_each_problem_stands_at_its_place(kind: Any, text: str, wanted: list[tuple[int, str, str]]) -> None:
    """The line, the column, and AWS's refusal."""
    marks = problems(text, kind)
    assert [mark.line for mark in marks] == [line for line, _, _ in wanted], marks
    for mark, (_, there, said) in zip(marks, wanted, strict=True):
        assert text.split("\n")[mark.line - 1][mark.column - 1 :].startswith(there), mark
        assert said in mark.says


NOTES: list[tuple[str, Any, str, list[tuple[int, str]]]] = [
    ("an action that KMS has not", "identity",
     policy('{"Effect": "Allow", "Action": ["kms:Encrypt",\n"kms:Decript"], "Resource": "*"}'),
     [(3, "Did you mean kms:Decrypt?")]),
    ("a pattern that matches nothing", "identity", policy('{"Effect": "Allow", "Action": "kms:Xy*", "Resource": "*"}'),
     [(2, "KMS has no action kms:Xy*")]),
    ("a pattern that matches", "identity", policy('{"Effect": "Allow", "Action": "KMS:*crypt", "Resource": "*"}'), []),
    ("S3 in a key policy", "key",
     policy('{"Effect": "Allow", "Principal": "*",\n"Action": "s3:Get*", "Resource": "*"}'),
     [(3, "s3:Get* means nothing here")]),
    ("no resource in a key policy", "key", policy('{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt"}'),
     [(2, "Without Resource, KMS stores this statement")]),
    ("a condition key that KMS has not", "key",
     policy('{"Principal": "*",' + ALLOW + ',"Condition":\n{"StringEquals": {"kms:ViaServices": "s3"}}}'),
     [(3, "KMS has no condition key kms:ViaServices")]),
    ("a condition key for IAM", "key",
     policy('{"Principal": "*",' + ALLOW + ',"Condition": {"StringEquals": {"aws:ResourceTag/a": "b"}}}'),
     [(2, "works in IAM policies only")]),
    ("a variable in an old version", "identity",
     '{"Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "${aws:username}"}}',
     [(1, "Only version 2012-10-17 replaces variables")]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "wanted"), [each[1:] for each in NOTES], ids=[e[0] for e in NOTES])
def test_what_is_stored_and_means_nothing_is_noted(kind: Any, text: str, wanted: list[tuple[int, str]]) -> None:
    """AWS keeps the document, so these are no problems."""
    assert problems(text, kind) == ()
    found = notes(text, kind)
    assert [mark.line for mark in found] == [line for line, _ in wanted]
    assert all(said in mark.says and not mark.problem for mark, (_, said) in zip(found, wanted, strict=True))


def test_principals_of_the_account_must_exist() -> None:
    """KMS refuses a key policy that names a role that is not there; other accounts are not looked up."""
    names = [ME, ME.replace("Me", "Gone"), ME.replace("111122223333", "444455556666"), "*", "111122223333",
             "arn:aws:sts::111122223333:assumed-role/Me/session"]  # fmt: skip
    text = policy(*(f'{{"Principal": {{"AWS": "{name}"}}, {ALLOW}}}' for name in names))
    (mark,) = nobody(text, [ME], "111122223333")
    assert (mark.line, mark.problem) == (3, True)
    assert mark.says.startswith("MalformedPolicyDocumentException: Policy contains a statement with one or more inv")


GRANT = {"GranteePrincipal": ME, "Operations": ["Decrypt"]}
GRANTS: list[tuple[Any, list[str]]] = [
    ([], []),
    ([GRANT], []),
    ([GRANT | {"Constraints": {"EncryptionContextSubset": {"a": "b"}}}], []),
    ({}, ["grants are a list"]),
    ([3], ["a grant is a JSON object"]),
    ([{"GranteePrincipal": ME}], ["Operations is a list"]),
    ([{"Operations": ["Decrypt"]}], ["GranteePrincipal is missing"]),
    ([GRANT | {"Operations": ["Decript", "ScheduleKeyDeletion"]}], ["allow 'Decript'", "allow 'ScheduleKeyDeletion'"]),
    ([GRANT | {"Operations": ["CreateGrant"]}], ["must not contain only the CreateGrant"]),
    ([GRANT | {"GranteePrincipal": "bob"}], ["ARN does not refer to a valid principal: bob"]),
    ([GRANT | {"Principal": ME}], ["a grant has no 'Principal'"]),
    ([GRANT | {"Constraints": {"Context": {}}}], ["there is no constraint 'Context'"]),
    ([GRANT | {"Constraints": {"EncryptionContextEquals": {"a": 1}}}], ["is an object of strings"]),
    ([GRANT | {"Constraints": {"EncryptionContextEquals": {"a": "1"}, "EncryptionContextSubset": {"a": "1"}}}],
     ["More than one constraint supplied"]),
]  # fmt: skip


@pytest.mark.parametrize(("grants", "wanted"), GRANTS)
def test_grants_are_read_as_kms_reads_them(grants: Any, wanted: list[str]) -> None:
    """Each thing that CreateGrant would refuse has its mark."""
    marks = grant_marks(json.dumps(grants, indent=1))
    assert len(marks) == len(wanted)
    assert all(said in mark.says for mark, said in zip(marks, wanted, strict=True))


NAMES = st.sampled_from(
    ("Version", "Id", "Statement", "Effect", "Sid", "Action", "NotAction", "Principal", "NotPrincipal", "Resource",
     "Condition", "StringEquals", "AWS", "Allow", "Deny", "*", "kms:Decrypt", "kms:Decrypr", "kms:ViaServic",
     "2012-10-17", "GranteePrincipal", "Operations", "Constraints", "Decrypt", "x\u202e<b>", "")
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(NAMES, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=12,
)
STATEMENTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=3)
DOCUMENTS = st.one_of(VALUES, st.fixed_dictionaries({"Statement": STATEMENTS}), st.lists(VALUES, max_size=2))
CUT = st.one_of(st.none(), st.integers(0, 80))
KINDS = st.sampled_from(("key", "identity", "boundary", "session", "scp", "rcp", "grants"))


@settings(max_examples=150, deadline=None)
@given(kind=KINDS, raw=DOCUMENTS, cut=CUT, indent=st.sampled_from((None, 1)))
def test_no_document_is_too_hostile(kind: Any, raw: Any, cut: int | None, indent: int | None) -> None:
    """A document has problems just where the engine refuses it, each at a place that is there."""
    text = json.dumps(raw, indent=indent)[:cut]
    paper = Paper(kind, text)
    marks = paper.marks
    if kind != "grants" and text.strip():
        try:
            parse_document(text, kind)
        except AwsError:
            assert not paper.is_sound
        else:
            assert paper.is_sound
    lines = text.split("\n")
    assert all(1 <= mark.line <= len(lines) and 1 <= mark.column <= len(lines[mark.line - 1]) + 1 for mark in marks)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=40))
def test_no_text_is_too_hostile(text: str) -> None:
    """Anything at all may stand in the editor."""
    for kind in ("key", "grants"):
        assert isinstance(Paper(kind, text).marks, tuple)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 500 + "1" + "}" * 500, "9" * 10_000, '{"Statement": [' + "7," * 5000 + "7]}"]
)
def test_deep_and_long_documents_have_marks(text: str) -> None:
    """Neither the depth nor the length of a document breaks or stops it."""
    assert 1 <= len(Paper("key", text).marks) <= 50


@settings(max_examples=100, deadline=None)
@given(raw=VALUES.filter(lambda raw: raw == raw))
def test_every_place_holds_what_it_says(raw: Any) -> None:
    """The path leads to the text, and at the place stands the member's name or the value."""
    text = json.dumps(raw, allow_nan=True)
    for path, at in places(text).starts.items():
        if path and isinstance(path[-1], str):
            assert text[at:].startswith(json.dumps(path[-1]))
