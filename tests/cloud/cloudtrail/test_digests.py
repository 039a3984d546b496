"""Digest files: a chain of signatures that AWS's own command checks, and that a changed file breaks."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from typing import Any

import boto3

from .test_trails import BUCKET, TRAIL, bucket, delivered, trail  # noqa: F401  # fixtures and helpers


def _validate(lab: Any, aws_v1: str) -> str:
    """`aws cloudtrail validate-logs` over the lab's first day."""
    times = ["--start-time", "2026-01-05T00:00:00Z", "--end-time", "2026-01-06T00:00:00Z"]
    command = [aws_v1, "cloudtrail", "validate-logs", "--trail-arn", TRAIL, "--verbose", *times]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def test_awss_own_command_validates_the_logs(lab: Any, kms: Any, trail: Any, aws_v1: str) -> None:  # noqa: F811
    """Every digest and log file is valid; a changed log file is not."""
    trail(EnableLogFileValidation=True)
    kms.create_key()
    lab.clock.advance(hours=2, minutes=10)
    keys = delivered()
    digests = [key for key in keys if "/CloudTrail-Digest/us-east-1/2026/01/05/" in key]
    assert len(digests) == 2
    assert re.search(
        r"/111122223333_CloudTrail-Digest_us-east-1_main_us-east-1_20260105T1000\d\dZ\.json\.gz$", digests[0]
    )
    said = _validate(lab, aws_v1)
    assert "2/2 digest files valid" in said
    assert "1/1 log files valid" in said
    log = next(key for key in keys if "/CloudTrail/" in key)
    s3 = boto3.client("s3")
    records = json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=log)["Body"].read()))
    records["Records"].pop()
    s3.put_object(Bucket=BUCKET, Key=log, Body=gzip.compress(json.dumps(records).encode()))
    assert "1/1 log files INVALID" in _validate(lab, aws_v1)


def test_a_quiet_hour_has_a_digest_too(lab: Any, trail: Any) -> None:  # noqa: F811
    """The second digest names no file, and the first one's hash and signature."""
    trail(EnableLogFileValidation=True)
    lab.clock.advance(hours=2, minutes=10)
    s3 = boto3.client("s3")
    objects = [s3.get_object(Bucket=BUCKET, Key=key) for key in delivered() if "Digest" in key]
    first, second = (json.loads(gzip.decompress(item["Body"].read())) for item in objects)
    assert first["previousDigestSignature"] is None
    assert len(first["logFiles"]) == 1
    assert second["logFiles"] == []
    assert second["previousDigestSignature"] == objects[0]["Metadata"]["signature"]
    assert second["digestStartTime"] == first["digestEndTime"]
    assert objects[1]["Metadata"]["signature-algorithm"] == "SHA256withRSA"
