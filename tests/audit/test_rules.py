"""The rules behind the checks, each by itself: policies, conditions, patterns, and texts that look like secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.audit.checks.monitoring import fits
from labkit.audit.facts.keys import Key
from labkit.audit.facts.questions import allows_on_all_keys, anybody_here_may_use, lets_in_everybody
from labkit.audit.facts.reader import Reader
from labkit.audit.facts.secrets_in_text import kind_in_line, kind_of_pair
from labkit.cloud.policy.documents import parse_document

ACCOUNT = "111122223333"
STAR: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
DENY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}


def key(*statements: dict[str, Any], partition: str = "aws", region: str = "us-east-1") -> Key:
    """A key of which only the policy is known."""
    root = {"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"}
    own = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own, *statements]})

    class Client:
        def get_key_policy(self, **_: str) -> dict[str, str]:
            return {"Policy": policy}

    reader = Reader(lambda service, name: Client(), region)
    arn = f"arn:{partition}:kms:{region}:{ACCOUNT}:key/0b1d6f2e-7c3a-4f58-9e21-d4a6c8b0e713"
    return Key(reader, arn[-36:], arn, lambda _: [])


def when(operator: str, name: str, *values: str) -> dict[str, Any]:
    """The open statement with a condition."""
    return STAR | {"Condition": {operator: {name: list(values)}}}


PUBLIC: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "the account alone": ([], False),
    "a bare star": ([STAR], True),
    "a star under AWS": ([STAR | {"Principal": {"AWS": "*"}}], True),
    "a star in a list": ([STAR | {"Principal": {"AWS": ["*", ACCOUNT]}}], True),
    "a harmless action is public too": ([STAR | {"Action": "kms:DescribeKey"}], True),
    "NotPrincipal with Allow": (
        [{k: v for k, v in STAR.items() if k != "Principal"} | {"NotPrincipal": {"AWS": ACCOUNT}}],
        True,
    ),
    "an action that is none of KMS's": ([STAR | {"Action": "s3:GetObject"}], False),
    "the caller's account": ([when("StringEquals", "kms:CallerAccount", ACCOUNT)], False),
    "as AWS managed keys have it": (
        [
            STAR
            | {
                "Condition": {
                    "StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": "s3.us-east-1.amazonaws.com"}
                }
            }
        ],
        False,
    ),
    "one fixed value beside a wildcard": (
        [
            STAR
            | {"Condition": {"StringLike": {"aws:PrincipalArn": "*"}, "StringEquals": {"kms:CallerAccount": ACCOUNT}}}
        ],
        False,
    ),
    "a wildcard": ([when("StringLike", "aws:PrincipalArn", "*")], True),
    "a wildcard among fixed values": (
        [when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/A", "arn:*")],
        True,
    ),
    "a question mark": ([when("StringLike", "kms:CallerAccount", "11112222333?")], True),
    "a variable": ([when("StringEquals", "aws:PrincipalTag/team", "${aws:username}")], True),
    "an organization": ([when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")], False),
    "a negated operator": ([when("StringNotEquals", "aws:PrincipalAccount", "444455556666")], True),
    "IfExists": ([when("StringEqualsIfExists", "aws:SourceVpce", "vpce-1")], True),
    "ForAllValues": ([when("ForAllValues:StringEquals", "kms:EncryptionContextKeys", "letter")], True),
    "Null": ([when("Null", "aws:TokenIssueTime", "false")], True),
    "a network": ([when("IpAddress", "aws:SourceIp", "10.0.0.0/8")], False),
    "the whole internet": ([when("IpAddress", "aws:SourceIp", "0.0.0.0/0")], True),
    "allowed and denied again": ([STAR, DENY], False),
    "denied to everybody but the organization": (
        [STAR, DENY | {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}],
        False,
    ),
    "another action denied": ([STAR, DENY | {"Action": "kms:Encrypt"}], True),
    "a service": ([STAR | {"Principal": {"Service": "s3.amazonaws.com"}}], False),
    "another account": ([STAR | {"Principal": {"AWS": "444455556666"}}], False),
}


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_kms_5_is_computed_to_the_letter(name: str, partition: str, region: str) -> None:
    """Public is what is granted to others than fixed values, in every partition."""
    statements, is_public = PUBLIC[name]
    assert (lets_in_everybody(key(*statements, partition=partition, region=region)) is not None) is is_public


ANYBODY_HERE = {
    "the account alone": ([], False),
    "the caller's account": ([when("StringEquals", "kms:CallerAccount", ACCOUNT)], True),
    "another account's callers": ([when("StringEquals", "kms:CallerAccount", "444455556666")], False),
    "only by way of a service": (PUBLIC["as AWS managed keys have it"][0], False),
    "only to look": ([when("StringEquals", "kms:CallerAccount", ACCOUNT) | {"Action": "kms:DescribeKey"}], False),
    "a role by name": ([when("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/Clerk")], False),
    "in an encryption context": (
        [STAR | {"Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:EncryptionContext:a": "b"}}}],
        True,
    ),
}


@pytest.mark.parametrize("name", ANYBODY_HERE)
def test_everybody_in_the_account(name: str) -> None:
    """A role that nobody names, without any policy, may use the key by a direct call."""
    statements, wide = ANYBODY_HERE[name]
    assert (anybody_here_may_use(key(*statements)) is not None) is wide


ALL_KEYS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "everything": ([{"Action": "*", "Resource": "*"}], "kms:Decrypt"),
    "kms:*": ([{"Action": "kms:*", "Resource": "*"}], "kms:Decrypt"),
    "case does not count": ([{"Action": "KMS:decrypt", "Resource": "*"}], "kms:Decrypt"),
    "a wildcard in the name": ([{"Action": "kms:D*", "Resource": "*"}], "kms:Decrypt"),
    "ReEncryptFrom": ([{"Action": "kms:ReEncryptFrom", "Resource": "*"}], "kms:ReEncryptFrom"),
    "ReEncryptTo alone": ([{"Action": "kms:ReEncryptTo", "Resource": "*"}], ""),
    "NotAction": ([{"NotAction": "iam:*", "Resource": "*"}], "kms:Decrypt"),
    "NotAction of KMS": ([{"NotAction": "kms:*", "Resource": "*"}], ""),
    "all keys of the account": (
        [{"Action": "kms:Decrypt", "Resource": f"arn:PARTITION:kms:*:{ACCOUNT}:key/*"}],
        "kms:Decrypt",
    ),
    "all ARNs": ([{"Action": "kms:Decrypt", "Resource": "arn:*"}], "kms:Decrypt"),
    "all of KMS": ([{"Action": "kms:Decrypt", "Resource": "arn:*:kms:*:*:*"}], "kms:Decrypt"),
    "all keys of one Region": (
        [{"Action": "kms:Decrypt", "Resource": f"arn:PARTITION:kms:us-east-1:{ACCOUNT}:key/*"}],
        "",
    ),
    "multi-Region keys": ([{"Action": "kms:Decrypt", "Resource": f"arn:PARTITION:kms:*:{ACCOUNT}:key/mrk-*"}], ""),
    "another account's keys": ([{"Action": "kms:Decrypt", "Resource": "arn:PARTITION:kms:*:444455556666:key/*"}], ""),
    "aliases are no keys": ([{"Action": "kms:Decrypt", "Resource": f"arn:PARTITION:kms:*:{ACCOUNT}:alias/*"}], ""),
    "all but one": (
        [
            {
                "Action": "kms:Decrypt",
                "NotResource": f"arn:PARTITION:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
            }
        ],
        "kms:Decrypt",
    ),
    "two statements together": (
        [
            {"Action": "kms:Decrypt", "Resource": f"arn:PARTITION:kms:*:{ACCOUNT}:key/{part}"}
            for part in ("*-*", "mrk-*")
        ],
        "kms:Decrypt",
    ),
    "a condition does not count": (
        [{"Action": "kms:Decrypt", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}],
        "kms:Decrypt",
    ),
    "denied again": (
        [{"Action": "kms:*", "Resource": "*"}, {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}],
        "",
    ),
    "denied under a condition": (
        [
            {"Action": "kms:Decrypt", "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": "kms:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
        "kms:Decrypt",
    ),
    "one key": (
        [
            {
                "Action": "kms:Decrypt",
                "Resource": f"arn:PARTITION:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
            }
        ],
        "",
    ),
}


@pytest.mark.parametrize("name", ALL_KEYS)
@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_all_keys(name: str, partition: str) -> None:
    """KMS.1 and KMS.2: which Resource is all keys."""
    statements, action = ALL_KEYS[name]
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})
    document = parse_document(text.replace("PARTITION", partition), "identity")
    assert allows_on_all_keys(document, ACCOUNT, partition) == action


PAIRS = {
    ("password", "correct-horse"): True,
    ("dbPassword", "correct-horse"): True,
    ("API-Key", "1f0b4c2d"): True,
    ("client_secret", "1f0b4c2d"): True,
    ("token", "abcdef123"): True,
    ("SecretARN", "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf"): False,
    ("SecretVersionId", "c767daee-8447-4095-a89c-5b7039de73b9"): False,
    ("PARAMETER_ARN", "arn:aws:ssm:us-east-1:111122223333:parameter/token"): False,
    ("secret", "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf"): False,
    ("password", "****"): False,
    ("password", "<redacted>"): False,
    ("aws:s3:arn", "arn:aws:s3:::shop/token"): False,
    ("tokenizer", "gpt2"): False,
    ("shopping", "milk"): False,
    ("customer", "4711"): False,
    ("card", "4111 1111 1111 1111"): True,
    ("order", "4111111111111112"): False,
    ("note", "-----BEGIN RSA PRIVATE KEY-----"): True,
    ("session", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fw"): True,
}


@pytest.mark.parametrize(("name", "value"), PAIRS)
def test_what_looks_like_a_secret_in_a_context(name: str, value: str) -> None:
    """A telling name with a value of its own, or a value of a telling form; references are none."""
    assert bool(kind_of_pair(name, value)) is PAIRS[name, value]


LINES = {
    'decrypted config: {"db_password": "correct-horse"}': True,
    "connecting with password=correct-horse to db": True,
    "API_KEY: 1f0b4c2d9e": True,
    "dbPassword=correct-horse": True,
    "spin: faster": False,
    "{'Plaintext': b'9.90', 'KeyId': 'x'}": True,
    "postgres://shop:correct-horse@db/orders": True,
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": True,
    "card 4111-1111-1111-1111 charged": True,
    "password=**** accepted": False,
    "password=[REDACTED]": False,
    "password: null": False,
    "the password was changed": False,
    "login failed: wrong password": False,
    "Your passport: none": False,
    "order 4711 stored, 2 parcels": False,
    "secret: arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf": False,
    "trace 4111111111111112 done": False,
    "2026-01-05T09:00:00 request 1767603600000 took 12 ms": False,
    "": False,
}


@pytest.mark.parametrize("line", LINES)
def test_what_looks_like_a_secret_in_a_log(line: str) -> None:
    """A value beside a telling name, or of a telling form."""
    assert bool(kind_in_line(line)) is LINES[line]


MESSAGE = {
    "source": "aws.kms",
    "detail-type": "AWS API Call via CloudTrail",
    "detail": {"eventName": "DisableKey", "readOnly": False},
}
RULES: list[tuple[dict[str, Any], bool]] = [
    ({"source": ["aws.kms"]}, True),
    ({"source": ["aws.s3"]}, False),
    ({"source": ["aws.kms"], "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}}, True),
    ({"detail": {"eventName": ["ScheduleKeyDeletion"]}}, False),
    ({"detail": {"eventName": [{"prefix": "Disable"}]}}, True),
    ({"detail": {"eventName": [{"suffix": "Deletion"}]}}, False),
    ({"detail": {"eventName": [{"anything-but": ["Decrypt"]}]}}, True),
    ({"detail": {"eventName": [{"anything-but": "DisableKey"}]}}, False),
    ({"detail": {"errorCode": [{"exists": False}]}}, True),
    ({"detail": {"eventName": [{"equals-ignore-case": "disablekey"}]}}, True),
    ({"detail": {"readOnly": [False]}}, True),
    ({"detail": {"eventName": [{"wildcard": "Dis*"}]}}, False),
    ({"$or": [{"source": ["aws.s3"]}, {"source": ["aws.kms"]}]}, True),
    ({"detail": {"eventName": {"deeper": ["x"]}}}, False),
]


@pytest.mark.parametrize(("pattern", "matches"), RULES, ids=lambda value: json.dumps(value))
def test_patterns_of_eventbridge(pattern: dict[str, Any], matches: bool) -> None:
    """What a rule matches; a matcher that is not known here matches nothing."""
    assert fits(pattern, MESSAGE) is matches
