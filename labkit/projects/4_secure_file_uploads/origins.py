"""What CORS rules let pages do: every origin, every method. Pure.

Source: S3 User Guide, "Using cross-origin resource sharing (CORS)": the first rule that matches decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PARTNER = "https://files.example.com"
SENT = (
    "content-type", "content-disposition", "if-none-match", "x-amz-checksum-sha256", "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-context",
)  # fmt: skip
OTHERS = (
    "http://files.example.com", "https://files.example.com:8443", "https://files.example.com.attacker.example",
    "https://attacker.example", "https://www.files.example.com", "https://example.com", "https://a.example.com",
    "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:8000", "null",
)  # fmt: skip


def wrong_origins(rules: Sequence[Mapping[str, Any]], own: str) -> Iterator[str]:
    """Say what the rules do otherwise than let `own` and the partner's page put files, in sentences."""
    for origin in (own, PARTNER):
        what = "the site's own page" if origin == own else f"a page of {origin}"
        if not _allows(rules, origin, "PUT", ()):
            yield f"The rules don't let {what} upload."
        elif not _allows(rules, origin, "PUT", SENT):
            yield f"The rules let {what} upload, but not with all the headers that a link asks for."
        for method in ("GET", "HEAD", "POST", "DELETE"):
            if _allows(rules, origin, method, ()):
                yield f"The rules let {what} do more than upload: {method}."
    for origin in OTHERS:
        for method in ("PUT", "GET", "HEAD", "POST", "DELETE"):
            if origin != own and _allows(rules, origin, method, ()):
                yield f"The rules let a page of {origin} in: {method}."


def _allows(rules: Sequence[Mapping[str, Any]], origin: str, method: str, headers: Sequence[str]) -> bool:
    return any(
        method in rule["AllowedMethods"]
        and any(_matches(each, origin) for each in rule["AllowedOrigins"])
        and all(any(_matches(each.lower(), name) for each in rule.get("AllowedHeaders", ())) for name in headers)
        for rule in rules
    )


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
