"""The policy of a browser's form lets through what it says, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

import labkit

from .browser import BUCKET, client, form, post, said, signed_by_hand

REDIRECT = "http://localhost.test/random"

FAILED = "Invalid according to Policy: Policy Condition failed: "


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab with a bucket for the file."""
    lab = labkit.start("s3-form-policies")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return lab


@pytest.mark.parametrize(
    ("condition", "sent", "refused"),
    [
        (["eq", "$success_action_redirect", REDIRECT], REDIRECT, None),
        (["eq", "$success_Action_REDIRECT", REDIRECT], REDIRECT, None),
        ({"success_action_redirect": REDIRECT}, REDIRECT, None),
        (["starts-with", "$success_action_redirect", "http://localhost"], REDIRECT, None),
        (["starts-with", "$success_action_redirect", ""], "http://elsewhere.test/", None),
        (["eq", "$success_action_redirect", REDIRECT], "http://elsewhere.test/", '["eq", "$success_action_redirect",'),
        (["eq", "$success_action_redirect", REDIRECT.upper()], REDIRECT, '["eq", "$success_action_redirect", "HTTP'),
        ({"success_action_redirect": REDIRECT}, "http://a.test/", f'["eq", "$success_action_redirect", "{REDIRECT}"]'),
        (["eq", "success_action_redirect", REDIRECT], REDIRECT, '["eq", "success_action_redirect", "http://local'),
        (["starts-with", "$success_action_redirect", "http://local"], "HTTP://local", '["starts-with", "$success'),
        (["starts-with", "$success_action_redirect", "http://local"], "http://a", '["starts-with", "$success_action_'),
        (["eq", "$x-amz-meta-none", "x"], REDIRECT, '["eq", "$x-amz-meta-none", "x"]'),
        (["starts-with", "$x-amz-meta-none", ""], REDIRECT, '["starts-with", "$x-amz-meta-none", ""]'),
        (["content-length-range", "test", "10"], REDIRECT, '["content-length-range", "test", "10"]'),
        (["like", "$success_action_redirect", "http"], REDIRECT, '["like", "$success_action_redirect", "http"]'),
    ],
)
def test_conditions(lab: labkit.Lab, condition: Any, sent: str, refused: str | None) -> None:
    """Each form of a condition, met and not (recorded); a field that is not there meets none."""
    fields = form("c", fields={"success_action_redirect": sent}, conditions=[condition])
    status, _, answer = post(lab, fields)
    if refused is None:
        assert status in (204, 303)
    else:
        assert (status, said(answer)[0]) == (403, "AccessDenied")
        assert said(answer)[1].startswith(FAILED + refused)


@pytest.mark.parametrize(
    ("given", "status"), [("image/png", 204), ("image/png, image/gif", 204), ("image/png, text/html", 403)]
)
def test_a_list_of_types(lab: labkit.Lab, given: str, status: int) -> None:
    """Each type of the list has to meet the condition."""
    fields = form("t", fields={"Content-Type": given}, conditions=[["starts-with", "$Content-Type", "image/"]])
    assert post(lab, fields)[0] == status


@pytest.mark.parametrize("limits", [(5, 10), ("5", "10")])
@pytest.mark.parametrize(
    ("size", "code", "members"),
    [
        (4, "EntityTooSmall", "<ProposedSize>4</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>"),
        (5, "", ""),
        (10, "", ""),
        (11, "EntityTooLarge", "<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>"),
    ],
)
def test_content_length_range(lab: labkit.Lab, limits: tuple[Any, Any], size: int, code: str, members: str) -> None:
    """Both limits are inside; numbers may be texts (recorded)."""
    fields = form("size", conditions=[["content-length-range", *limits]])
    status, _, answer = post(lab, fields, b"a" * size)
    assert (status, said(answer)[0]) == ((400, code) if code else (204, ""))
    assert members in answer


@pytest.mark.parametrize("name", ["acl", "Content-Type", "x-amz-meta-a", "x-amz-server-side-encryption", "tagging"])
def test_fields_that_the_policy_does_not_cover(lab: labkit.Lab, name: str) -> None:
    """A browser adds nothing to what was signed, save what it says is to be ignored."""
    status, _, answer = post(lab, form("extra") | {name: "<Tagging/>" if name == "tagging" else "AES256"})
    expected = ("AccessDenied", f"Invalid according to Policy: Extra input fields: {name.lower()}")
    assert (status, said(answer)) == (403, expected)
    assert post(lab, form("extra") | {"x-ignore-submit": "Send"})[0] == 204


def test_another_bucket_or_key(lab: labkit.Lab) -> None:
    """The bucket is that of the address."""
    client().create_bucket(Bucket="others")
    status, _, answer = post(lab, form("mine"), bucket="others")
    assert (status, said(answer)[1]) == (403, f'{FAILED}["eq", "$bucket", "{BUCKET}"]')
    status, _, answer = post(lab, form("mine") | {"key": "yours"})
    assert (status, said(answer)[1]) == (403, f'{FAILED}["eq", "$key", "mine"]')


def test_a_policy_without_a_condition_on_the_bucket(lab: labkit.Lab) -> None:
    """The bucket is a field that has to be covered (aws-sdk-php 3292)."""
    token = boto3.Session().get_credentials().get_frozen_credentials().token
    conditions = [{"key": "hand"}, *([{"x-amz-security-token": token}] if token else [])]
    later = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    document = json.dumps({"expiration": later, "conditions": conditions}).encode()
    status, _, answer = post(lab, signed_by_hand(document))
    assert (status, said(answer)[1]) == (403, "Invalid according to Policy: Extra input fields: bucket")
    document = json.dumps({"expiration": later, "conditions": [*conditions, {"bucket": BUCKET}]}).encode()
    assert post(lab, signed_by_hand(document))[0] == 204


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (b"no json", "Invalid Policy: Invalid JSON."),
        (b"[]", "Invalid Policy: Invalid JSON."),
        (b'{"conditions": []}', "The content of the form does not meet the conditions specified"),
        (b'{"expiration": "soon", "conditions": []}', "The content of the form does not meet the conditions"),
        (b'{"expiration": "2999-01-01T00:00:00Z"}', "The content of the form does not meet the conditions"),
        (
            b'{"expiration": "2999-01-01T00:00:00.000Z", "conditions": [{"bucket": "papers", "key": "hand"}]}',
            "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
    ],
)
def test_policies_that_are_none(lab: labkit.Lab, policy: bytes, message: str) -> None:
    """A signature alone makes no policy."""
    status, _, answer = post(lab, signed_by_hand(policy))
    assert (status, said(answer)[0], said(answer)[1].startswith(message)) == (400, "InvalidPolicyDocument", True)


def test_a_policy_ends(lab: labkit.Lab) -> None:
    """By the machine's clock, which the signer went by (recorded)."""
    status, _, answer = post(lab, form("late", expires=-1))
    assert (status, said(answer)) == (403, ("AccessDenied", "Invalid according to Policy: Policy expired."))


def test_damaged_policies_are_refused(lab: labkit.Lab) -> None:
    """Values of every kind in every place of a policy."""
    odd: list[Any] = [None, True, 1, 1e999, "", [], {}, [[]], {"a": {}}, ["eq"], ["eq", None, None], [1, 2, 3]]
    limits = [["content-length-range", low, high] for low in odd for high in (1, 1e999, None)]
    policies = [{"expiration": each, "conditions": []} for each in odd]
    policies += [{"expiration": "2999-01-01T00:00:00Z", "conditions": each} for each in odd]
    policies += [{"expiration": "2999-01-01T00:00:00Z", "conditions": [each]} for each in [*odd, *limits]]
    for policy in policies:
        assert post(lab, signed_by_hand(json.dumps(policy).encode()))[0] in (400, 403), policy
