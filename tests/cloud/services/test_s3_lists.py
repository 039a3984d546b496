"""Who may list what of a bucket: the condition keys of lists."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

RULES = {
    "prefix": {"StringEquals": {"s3:prefix": "acme/"}},
    "any": {"StringLike": {"s3:prefix": ["", "acme/*"]}, "StringEquals": {"s3:delimiter": "/"}},
    "few": {"NumericLessThanEquals": {"s3:max-keys": "10"}},
}


@pytest.fixture(scope="module")
def roles() -> dict[str, Any]:
    """A role for each rule, and a bucket."""
    lab = labkit.start("s3-lists")
    boto3.client("s3").create_bucket(Bucket="papers")
    actions = ["s3:ListBucket", "s3:ListBucketVersions"]
    allow = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::papers"}
    return {name: lab.role(name, [allow | {"Condition": rule}]).client("s3") for name, rule in RULES.items()}


@pytest.mark.parametrize(
    ("role", "asked", "allowed"),
    [
        ("prefix", {"Prefix": "acme/"}, True),
        ("prefix", {"Prefix": "acme"}, False),
        ("prefix", {"Prefix": "acme/x"}, False),
        ("prefix", {}, False),
        ("any", {"Prefix": "acme/2026/", "Delimiter": "/"}, True),
        ("any", {"Prefix": "", "Delimiter": "/"}, True),
        ("any", {"Prefix": "acme/"}, False),
        ("any", {"Delimiter": "/"}, False),
        ("few", {"MaxKeys": 10}, True),
        ("few", {"MaxKeys": 11}, False),
        ("few", {}, False),
    ],
)
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_a_list_is_judged_by_what_it_asks_for(
    roles: dict[str, Any], role: str, asked: dict[str, Any], allowed: bool, operation: str
) -> None:
    """Every list of a bucket brings what it was asked with; a key that was not sent meets no condition."""
    if allowed:
        getattr(roles[role], operation)(Bucket="papers", **asked)
        return
    with pytest.raises(ClientError) as refused:
        getattr(roles[role], operation)(Bucket="papers", **asked)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
