"""Filter patterns of CloudWatch Logs: the examples of the User Guide, and what is refused."""

from __future__ import annotations

import json

import pytest

from labkit.cloud.core.errors import AwsError
from labkit.cloud.services.cloudwatch.log_patterns import parsed, value_at

EVENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
    "latency": 500.5,
}
USER = {
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
    "actions": ["GET", "PUT", "DELETE"],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
}
PENDING = '{ $.eventSource = kms* && $.errorMessage = "* is pending deletion."}'
CIS = "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion))}"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ('{ $.eventType = "updatetrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = 111.111.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[1].id = 1 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.ThisFlag IS NULL }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.ThisFlag IS FALSE }", False),
        ("{ $.arrayKey = value }", False),
        ("{ $.arrayKey != value }", False),
        ("{ $.latency = * }", True),
        ("{ $.absent = * }", False),
        ("{ $.latency >= 500 }", True),
        ("{ $.latency < 5e2 }", False),
        ("{ $.latency > +1000 }", False),
        ("{ $.eventType = *Trail }", True),
        ("{ $.eventType = *dateT* }", True),
        ("{ $.eventType = Up*Trail }", False),
    ],
)
def test_the_examples_of_one_condition(pattern: str, matches: bool) -> None:
    """Selectors, wildcards at the ends, numbers, null, absence, flags; arrays and objects compare with nothing."""
    assert parsed(pattern)(json.dumps(EVENT)) is matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
        (
            '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }',
            True,
        ),
        (
            '{($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch}',
            False,
        ),
        ("{ $.coordinates[1][2] = 6 }", True),
    ],
)
def test_the_examples_of_compound_conditions(pattern: str, matches: bool) -> None:
    """Parentheses before &&, && before ||."""
    assert parsed(pattern)(json.dumps(USER)) is matches


def test_the_patterns_that_kms_users_rely_on() -> None:
    """The KMS Developer Guide's for use of a key pending deletion, and CIS 4.7's for keys on their way out."""
    event = {"eventSource": "kms.amazonaws.com", "eventName": "Encrypt", "errorMessage": "arn:k is pending deletion."}
    assert parsed(PENDING)(json.dumps(event))
    assert not parsed(PENDING)(json.dumps(event | {"errorMessage": "arn:k is disabled."}))
    assert not parsed(PENDING)(json.dumps(event | {"eventSource": "s3.amazonaws.com"}))
    found = [name for name in ("DisableKey", "EnableKey", "ScheduleKeyDeletion", "Encrypt")
             if parsed(CIS)(json.dumps(event | {"eventName": name}))]  # fmt: skip
    assert found == ["DisableKey", "ScheduleKeyDeletion"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("ERROR", [1, 2]),
        ("ERROR WARN", [1]),
        ("?ERROR ?WARN", [1, 2, 3]),
        ("ERROR -WARN", [2]),
        ('"WARN message"', [1, 3]),
        ("", [1, 2, 3]),
    ],
)
def test_terms(pattern: str, found: list[int]) -> None:
    """All of them, any of them, none of them; no pattern matches everything."""
    lines = {1: "ERROR WARN message", 2: "ERROR message", 3: "WARN message"}
    assert [number for number, line in lines.items() if parsed(pattern)(line)] == found


@pytest.mark.parametrize(
    "pattern",
    ["{ $.a = }", "{ a = 1 }", "{ $.a = 1", "{ ($.a = 1 }", "{ $.a = 1 && }", "{ $ = 1 }", "{ $.a > abc }", "{}",
     "{ $.a IS MAYBE }", "{ $.a = 1 $.b = 2 }", '"open', "{ $. = 1 }"],
)  # fmt: skip
def test_what_is_not_in_form_is_refused(pattern: str) -> None:
    """InvalidParameterException, never a filter that silently matches nothing."""
    with pytest.raises(AwsError, match="Invalid metric filter pattern") as refused:
        parsed(pattern)
    assert refused.value.code == "InvalidParameterException"


@pytest.mark.parametrize("pattern", ["[ip, user]", "{ $.a = %x% }", "%x%", "{ $.a[*] = 1 }"])
def test_what_is_not_simulated_says_so(pattern: str) -> None:
    """Space-delimited patterns, regular expressions, [*]."""
    with pytest.raises(AwsError, match="not simulated"):
        parsed(pattern)


def test_text_that_is_no_json_object_matches_no_json_pattern() -> None:
    """And a selector finds values, or nothing."""
    assert not parsed("{ $.a NOT EXISTS }")("no json")
    assert not parsed("{ $.a NOT EXISTS }")("[]")
    assert (value_at('{"a": {"b": 3}}', "$.a.b"), value_at("no json", "$.a")) == (3, None)
