"""What a browser does with a form of S3's: its fields, signed by somebody else, and its file, over the socket."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

import labkit
from labkit.principals import Role

BUCKET = "papers"

BOUNDARY = "----browser"


def client(version: str = "s3v4", role: Role | None = None) -> Any:
    """S3 that signs forms, as the administrator or as a role."""
    held = role.client("s3")._request_signer._credentials.get_frozen_credentials() if role else None
    keys = dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), held or (), strict=False))
    return boto3.client("s3", config=Config(signature_version=version), **keys)


def form(name: str = "f", version: str = "s3v4", expires: int = 60, **more: Any) -> dict[str, str]:
    """A form's fields, signed; `fields` are in the policy too, unless `conditions` are given."""
    fields = more.get("fields", {})
    conditions = more.get("conditions", [{each: value} for each, value in fields.items()])
    signed = client(version).generate_presigned_post(
        BUCKET, name, Fields=dict(fields), Conditions=conditions, ExpiresIn=expires
    )
    return dict(signed["fields"])


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    """One field as a browser sends it."""
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def post(
    lab: labkit.Lab,
    fields: Mapping[str, str],
    content: bytes | None = b"abcdef",
    filename: str | None = "my-file",
    content_type: str = f"multipart/form-data; boundary={BOUNDARY}",
    bucket: str = BUCKET,
) -> tuple[int, dict[str, str], str]:
    """Send the form as a browser does; status, headers (names in lower case) and answer."""
    body = b"".join(part(name, value.encode()) for name, value in fields.items())
    if content is not None:
        body += part("file", content, filename)
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    try:
        connection.request("POST", f"/{bucket}", body + f"--{BOUNDARY}--\r\n".encode(), {"Content-Type": content_type})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode()
    finally:
        connection.close()


def said(answer: str) -> tuple[str, str]:
    """The error's code and message."""
    code = re.search("<Code>(.*?)</Code>", answer)
    message = re.search("<Message>(.*?)</Message>", answer)
    return (code[1], message[1].replace("&quot;", '"')) if code and message else ("", answer)


def read(name: str) -> bytes:
    """The object."""
    return bytes(client().get_object(Bucket=BUCKET, Key=name)["Body"].read())


def signed_by_hand(policy: bytes) -> dict[str, str]:
    """A form whose policy is this text, signed with version 2: one HMAC."""
    keys = boto3.Session().get_credentials().get_frozen_credentials()
    text = base64.b64encode(policy).decode()
    value = base64.b64encode(hmac.digest(keys.secret_key.encode(), text.encode(), "sha1")).decode()
    fields = {"key": "hand", "AWSAccessKeyId": keys.access_key, "policy": text, "signature": value}
    return fields | ({"x-amz-security-token": keys.token} if keys.token else {})
