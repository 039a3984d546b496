"""Sends HTTP requests to the site and to S3, as a program without a browser does, and raises what they refuse with."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from typing import Any

from botocore.exceptions import ClientError

from .files import Upload


def send(method: str, url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    """Send a request; answer the body. Raises ClientError with the code of S3, or of the site."""
    request = urllib.request.Request(url, method=method, headers=headers or {}, data=body)  # noqa: S310 - our own links
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
    except urllib.error.HTTPError as refused:
        text = refused.read().decode()
        code = re.search(r'<Code>(\w+)</Code>|"error":\s*"(\w+)"', text)
        said = re.search(r'<Message>(.*?)</Message>|"message":\s*"(.*?)"', text)
        error = {"Code": (code[1] or code[2]) if code else str(refused.code)}
        error["Message"] = (said[1] or said[2]) if said else ""
        raise ClientError({"Error": error}, method) from None


def ask(site: str, token: str, path: str, **content: Any) -> Any:
    """Call the site as its page does: GET without content, else POST. Raises ClientError."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(content).encode() if content else None
    return json.loads(send("POST" if content else "GET", site + path, headers, body))


def put(upload: Upload, body: bytes, **changed: str | None) -> None:
    """Put a file as the page does. `changed` has other headers, with _ for -; None leaves one out."""
    headers: dict[str, str | None] = {**upload.headers, **{name.replace("_", "-"): v for name, v in changed.items()}}
    send("PUT", upload.url, {name: value for name, value in headers.items() if value is not None}, body)


def sum_of(body: bytes) -> str:
    """Compute the SHA-256 of a file, in base64, as S3 takes it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
