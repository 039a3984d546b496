"""Wildcards and variables by themselves."""

from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.policy.patterns import arn_matches, expand, glob, resource_matches

LETTERS = st.text("ab*?", max_size=12)


@given(LETTERS, st.text("ab", max_size=14))
def test_wildcards_agree_with_fnmatch(pattern: str, value: str) -> None:
    """Without brackets, IAM's wildcards are those of the shell: few stars or many."""
    assert glob(pattern, value) is fnmatch.fnmatchcase(value, pattern)


@given(st.text(max_size=8), st.text(max_size=8))
def test_any_text_may_be_compared(pattern: str, value: str) -> None:
    """No pattern is an error, and every value matches itself."""
    assert glob(pattern, value) in (True, False)
    assert glob("*" + pattern.replace("*", "").replace("?", "") + "*", "x" + pattern.replace("*", "").replace("?", ""))


def test_hostile_patterns_take_no_time() -> None:
    """Thousands of stars do not send the matching into the woods."""
    began = time.perf_counter()
    assert not glob("a*" * 2000 + "b", "a" * 4000)
    assert not glob("*a?" * 5 + "c", "ab" * 2000)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(("pattern", "resource", "matched"), [
    ("*", "anything", True),
    ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/2/test/3/object.jpg", True),
    ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1-test/object.jpg", False),
    ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket//test/object.jpg", True),
    ("arn:aws:kms:us-*-1:*:key/*", "arn:aws:kms:us-east-1:111122223333:key/x", True),
    ("arn:aws:kms:*:key/x", "arn:aws:kms:us-east-1:111122223333:key/x", False),
    ("arn:aws:KMS:*:*:key/x", "arn:aws:kms:us-east-1:111122223333:key/x", False),
    ("arn:aws:logs:*:*:log-group:a:*", "arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:b", True),
])  # fmt: skip
def test_arns_match_part_by_part(pattern: str, resource: str, matched: bool) -> None:
    """A star stays inside its part of the ARN; the last part may hold colons and slashes."""
    assert resource_matches(pattern, resource, {}) is matched


def test_what_a_variable_brings_is_literal() -> None:
    """A star that comes out of a tag is a star, not a wildcard."""
    expanded = expand("team-${aws:PrincipalTag/Team}", {"aws:principaltag/team": ("*",)})
    assert expanded is not None
    assert not glob(expanded, "team-blue")
    assert glob(expanded, "team-*")


@pytest.mark.parametrize("text", ["${aws:TagKeys}", "${}", "${ , 'x'}", "${aws:username, x}", "${no:such}"])
def test_variables_without_one_value(text: str) -> None:
    """Several values, no name, a bad default and a missing key all leave a variable without a value."""
    assert expand(text, {"aws:tagkeys": ("a", "b"), "aws:username": ("alice",)}) is None


def test_an_unfinished_variable_is_text() -> None:
    """Without its closing brace ${ is just text."""
    assert expand("${aws:username", {"aws:username": ("alice",)}) == "${aws:username"


def test_an_arn_operator_asks_for_every_part() -> None:
    """Patterns are compared in six parts."""
    assert arn_matches("arn:aws:iam::*:role/A*", "arn:aws:iam::111122223333:role/Admin")
    assert not arn_matches("arn:aws:iam::*:role/A*", "arn:aws:iam:us-east-1:111122223333:role/Admin")
