"""S3 through a client that adds nothing, and its refusals in full."""

from __future__ import annotations

import base64
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from labkit.cloud.services.s3.crc import digest

BUCKET = "papers"
TAIL = b"test content 123"


def in_base64(algorithm: str, content: bytes) -> str:
    """A checksum as S3 writes it."""
    return base64.b64encode(digest(algorithm, content)).decode()


def error(attempt: Any) -> dict[str, Any]:
    """The refusal's members, and its status."""
    with pytest.raises(ClientError) as refused:
        attempt()
    answer = refused.value.response
    return dict(answer["Error"]) | {"Status": answer["ResponseMetadata"]["HTTPStatusCode"]}


def client_without_checksums() -> Any:
    """S3 whose client adds no checksums of its own."""
    config = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    return boto3.client("s3", config=config)
