"""Reads sealed logs back from the bucket, as the auditor. Touches KMS and S3; only reads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from .sealing import unseal


def read_back(app: str, bucket: str, key_id: str, kms: Any, s3: Any) -> Iterator[tuple[str, str]]:
    """Open an application's log files in order: the name and the text of each, once it is verified to its end.

    Each file has to be what its place in the bucket says: application and name are the expected encryption context.
    """
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{app}/"):
        for each in page.get("Contents", []):
            yield read_one(each["Key"], bucket, key_id, kms, s3)


def read_one(key: str, bucket: str, key_id: str, kms: Any, s3: Any) -> tuple[str, str]:
    """Open one object: the log file's name and its text."""
    app, _, file = key.removesuffix(".sealed").partition("/")
    text = io.BytesIO()
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    unseal(body, text, kms, key_id, {"app": app, "file": file})
    return file, text.getvalue().decode()
