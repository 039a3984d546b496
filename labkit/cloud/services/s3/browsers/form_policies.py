"""The policy document of a browser's form: until when it holds, and what every field must be.

Pure; the signature over it is checked before. Sources: S3 API Reference, "POST policy" (conditions, matching, fields
that need none); refusals recorded from the real service (LocalStack's validated snapshots, 2026); "Extra input fields"
in waynehoover/s3_direct_upload 54 and aws/aws-sdk-php 3292 (the bucket is such a field); "Invalid JSON" in
benefitcloud/ember-uploader 43.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ....core.errors import AwsError
from ....wire.forms import Form

_FREE = frozenset({"awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"})
_UNMET = "The content of the form does not meet the conditions specified in the policy document."
_SIMPLE = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."


def check_policy(form: Form, now: datetime) -> None:
    """Raise AwsError where the policy of the form has expired, is none, or does not let this form through.

    `now` is by the clock of the machine: whoever signs a policy goes by that one.
    """
    document = _document(form.fields["policy"])
    if now >= _expiration(document):
        raise _against_policy("Policy expired.")
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise _no_policy(_UNMET)
    fields = {"bucket": form.bucket} | {name: value for name, value in form.fields.items() if name != "bucket"}
    covered: set[str] = set()
    for condition in conditions:
        if isinstance(condition, dict):
            if len(condition) != 1:
                raise _no_policy(f"Invalid Policy: {_SIMPLE}")
            ((name, value),) = condition.items()
            covered.add(_check(["eq", f"${name}", value], fields, form))
        elif isinstance(condition, list) and len(condition) == 3:
            covered.add(_check(condition, fields, form))
        else:
            raise _no_policy(_UNMET)
    extra = [name for name in fields if name not in covered | _FREE and not name.startswith("x-ignore-")]
    if extra:
        raise _against_policy(f"Extra input fields: {extra[0]}")


def _document(policy: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode(policy))
    except (binascii.Error, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _no_policy("Invalid Policy: Invalid JSON.")
    return document


def _expiration(document: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(str(document.get("expiration")))
    except ValueError:
        raise _no_policy(_UNMET) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check(condition: list[Any], fields: Mapping[str, str], form: Form) -> str:
    """Raise AwsError where the form does not meet the condition; the name of the field that it is about."""
    verb, subject, value = condition
    if str(verb).lower() == "content-length-range":
        _check_length(condition, form)
        return ""
    name = str(subject).removeprefix("$").lower()
    given = fields.get(name)
    met = str(subject).startswith("$") and given is not None and isinstance(value, str)
    if met and given is not None:
        if str(verb).lower() == "eq":
            met = given == value
        elif str(verb).lower() == "starts-with":
            # each of a list of types ("POST policy", Content-Type)
            each = [part.strip() for part in given.split(",")] if name == "content-type" and "," in given else [given]
            met = all(part.startswith(value) for part in each)
        else:
            met = False
    if not met:
        raise _failed(condition)
    return name


def _check_length(condition: list[Any], form: Form) -> None:
    try:
        least, most = int(condition[1]), int(condition[2])
    except (TypeError, ValueError, OverflowError):
        raise _failed(condition) from None
    size = len(form.content)
    if size > most:
        said = "Your proposed upload exceeds the maximum allowed size"
        raise AwsError("EntityTooLarge", said, ProposedSize=size, MaxSizeAllowed=most)
    if size < least:
        said = "Your proposed upload is smaller than the minimum allowed size"
        raise AwsError("EntityTooSmall", said, ProposedSize=size, MinSizeAllowed=least)


def _failed(condition: list[Any]) -> AwsError:
    return _against_policy(f"Policy Condition failed: {json.dumps(condition, ensure_ascii=False)}")


def _against_policy(said: str) -> AwsError:
    return AwsError("AccessDenied", f"Invalid according to Policy: {said}", 403)


def _no_policy(said: str) -> AwsError:
    return AwsError("InvalidPolicyDocument", said)
