"""Whatever is pasted: no crash, no script, no secret of it shown again, and the end of long texts is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import diagnose

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
REFUSED = "User: {who} is not authorized to perform: kms:Decrypt on resource: {key} because no identity-based policy allows the kms:Decrypt action"  # noqa: E501
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def shown(error: Any) -> str:
    """All that a reader could see of it."""
    told = diagnose(error)
    return repr(told) + told._repr_html_() + json.dumps(told.as_data())


@pytest.mark.parametrize(
    "error",
    [None, 7, 1.5, [], {}, (), set(), object(), {"errorCode": 7}, {"Error": "x"}, {"Error": {"Code": None}}, {1: 2},
     {"errorCode": ["AccessDenied"], "errorMessage": {"a": 1}, "eventSource": 5}, b"\xff\xfe\x00", b"", "\ud800 kms",
     "{" * 100_000, "[" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000, "\x00\x1b[31mDisabledException\x07"],
    ids=lambda each: repr(each)[:20],
)  # fmt: skip
def test_anything_is_answered(error: Any) -> None:
    """Known or not; never an exception."""
    assert isinstance(shown(error), str)


def test_an_exception_whose_text_fails_is_not_known() -> None:
    """As somebody else's may."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    assert not diagnose(Broken()).is_known


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["AccessDenied", "DisabledException", "kms", "errorCode", "<b>", ""]))
def test_any_text_is_answered_and_not_repeated(text: str, word: str) -> None:
    """No piece of it that is not a name comes back."""
    marked = f"⟦{text}⟧ {word} ⟦secret{text[:20]}⟧"
    assert "⟦" not in shown(marked)


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["errorCode", "errorMessage", "Error", "Records", "__type", "detail"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_answered(value: Any) -> None:
    """As an object, and as its text."""
    assert isinstance(shown(value), str)
    assert isinstance(shown(json.dumps(value)), str)


@pytest.mark.parametrize(
    ("who", "key"),
    [
        (f"arn:aws:iam::111122223333:user/{KEY_ID}", KEY),
        (f"arn:aws:sts::111122223333:assumed-role/Clerk/{SECRET}", KEY),
        (f"arn:aws:iam::111122223333:user/{SECRET}", f"{KEY} Plaintext: {SECRET}"),
        ("arn:aws:iam::111122223333:user/<script>alert(1)</script>", KEY),
        ('arn:aws:iam::111122223333:user/"onmouseover=alert(1)', KEY),
    ],
)
def test_neither_secrets_nor_scripts_come_back(who: str, key: str) -> None:
    """Though they stand where a name should."""
    text = REFUSED.format(who=who, key=key) + f" aws_secret_access_key={SECRET} AWS_ACCESS_KEY_ID={KEY_ID}"
    told = shown(text)
    assert SECRET not in told
    assert KEY_ID not in told
    assert "<script" not in told
    assert "onmouseover" not in told
    assert diagnose(text).layer == "identity-based policy"


def test_what_is_shown_in_html_is_escaped() -> None:
    """Also what an account says."""
    told = diagnose("DisabledException kms").with_evidence(("<img src=x onerror=alert(1)>",))
    assert "<img" not in told._repr_html_()


def test_long_texts_are_read_at_both_ends() -> None:
    """Ten million characters; the error at the end is found."""
    told = diagnose("arn:aws:kms:" * 800_000 + "\nDisabledException: the key is disabled")
    assert told.rule == "key-disabled"
