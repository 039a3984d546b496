"""What of an error may be shown again: names of strict forms, found by patterns. Pure.

A pasted text may hold credentials, plaintexts or a page's script. So nothing of it is shown but an action and an
ARN, each by its own pattern; and none that looks as if it had a secret in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_ACTION = re.compile(
    r"(?:not authorized to perform: |allows the )([A-Za-z0-9-]{2,40}:[A-Za-z]{2,60})(?![A-Za-z])",
)
_WHO = re.compile(r"\bUser: (arn:aws[a-z-]{0,10}:(?:iam|sts)::\d{12}:[A-Za-z0-9_+=,.@/-]{1,200})")
_ARN = r"arn:aws[a-z-]{0,10}:"
_OF_KMS = _ARN + r"kms:[a-z]{2}(?:-[a-z]{2,9}){1,3}-\d:\d{12}:"
_KEY = re.compile(_OF_KMS + r"key/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_ALIAS = re.compile(_OF_KMS + r"alias/[A-Za-z0-9/_-]{1,200}")
_POLICY = re.compile(
    r"explicit deny in (?:a|an|the) [a-z -]{5,40}(?:: |, with policy ARN: )"
    r"(" + _ARN + r"(?:organizations|iam)::\d{12}:[A-Za-z0-9_+=,.@/-]{1,200})",
    re.IGNORECASE,
)
_NOT_ALL_OF_IT = re.compile(r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{8,}|[A-Za-z0-9/+]{40,}")


def facts_in(text: str) -> Mapping[str, str]:
    """Find action, who, key, alias and policy in an error's text; only what is there, and fit to be shown."""
    found = {
        "action": _first(_ACTION, text),
        "who": _first(_WHO, text),
        "policy": _first(_POLICY, text),
        "alias": _first(_ALIAS, text),
        "key": _first(_KEY, text),
    }
    return {name: value.rstrip(".,") for name, value in found.items() if value and not _NOT_ALL_OF_IT.search(value)}


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return "" if found is None else found.group(found.lastindex or 0)


def principal(arn: str) -> str:
    """Put a principal's ARN in words: "the role Clerk", "the user ann"; "the caller" for none."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        return f"the role {name.partition('/')[0]}"
    if kind in ("user", "role"):
        return f"the {kind} {name.rpartition('/')[2]}"
    return "the account's root user" if kind == "root" else "the caller"
