"""A request that was signed by a wrong clock is refused, in the words of its service."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import botocore.auth
import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
TIME = r"\d{8}T\d{6}Z"
EXPIRED = rf"Signature expired: {TIME} is now earlier than {TIME} \({TIME} - 5 min\.\)"
TOO_EARLY = rf"Signature not yet current: {TIME} is still later than {TIME} \({TIME} \+ 5 min\.\)"
SKEWED = re.escape("The difference between the request time and the current time is too large.")
CALLS = {"kms": "list_keys", "sts": "get_caller_identity", "s3": "list_buckets", "ec2": "describe_volumes"}
ANSWERS = [
    ("kms", -6, "InvalidSignatureException", EXPIRED),
    ("kms", 6, "InvalidSignatureException", TOO_EARLY),
    ("sts", -6, "SignatureDoesNotMatch", EXPIRED),
    ("s3", -16, "RequestTimeTooSkewed", SKEWED),
    ("ec2", -16, "RequestExpired", re.escape("Request has expired.")),
    ("kms", -4, "", ""),
    ("kms", 4, "", ""),
    ("s3", -14, "", ""),
    ("ec2", 14, "", ""),
]


def test_a_wrong_clock_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five minutes are allowed, of S3 and EC2 fifteen; nothing is retried, and nothing else is amiss."""
    right = botocore.auth.get_current_datetime
    for service, minutes, code, message in ANSWERS:
        called = getattr(client(service), CALLS[service])

        def wrong(*given: Any, by: timedelta = timedelta(minutes=minutes), **more: Any) -> datetime:
            return right(*given, **more) + by

        with monkeypatch.context() as patched:
            patched.setattr(botocore.auth, "get_current_datetime", wrong)
            if not code:
                called()
                continue
            with pytest.raises(ClientError) as refused:
                called()
        assert refused.value.response["Error"]["Code"] == code
        assert re.fullmatch(message, refused.value.response["Error"]["Message"])
