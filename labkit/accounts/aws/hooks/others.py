"""Keys of others: a cell may use and read them, and not change them.

Names lead to the run's own things only; a key's id, from a list say, leads to any key of the account. A changing call
on a key that is not in the ledger is not sent. AWS managed keys, keys that are not there and keys of other accounts
pass: AWS itself refuses those, in words that labs show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..ledger import Ledger
from . import plain

CHANGES = re.compile(
    r"(Disable|Enable|Schedule|Cancel|Put|Update|Tag|Untag|Rotate|Import|DeleteImported|Replicate|CreateAlias|"
    r"CreateGrant|RevokeGrant|RetireGrant)"
)
_KEY = re.compile(r"(?:arn:[^:]+:kms:[^:]*:(?P<account>\d{12}):key/)?(?P<id>mrk-[0-9a-f]{32}|[0-9a-f-]{36})")


def of_somebody_else(
    ledger: Ledger, account: str, service: str, operation: str, region: str, params: Mapping[str, Any]
) -> str:
    """Return the id of the key that a call would change and the run has not made; "" where it may go."""
    if service != "kms" or not CHANGES.match(operation):
        return ""
    found = _KEY.fullmatch(str(params.get("TargetKeyId") or params.get("KeyId") or ""))
    if found is None or (found["account"] or account) != account:
        return ""
    keys = [each for each in ledger.entries() if each.kind == "key"]
    if any(found["id"] in each.identifiers for each in keys):
        return ""
    kms = plain.client(plain.session(), "kms", region)
    try:
        told = kms.describe_key(KeyId=found["id"])["KeyMetadata"]
        open_rows = [each.item for each in keys if each.state != "made"]
        if told["KeyManager"] != "CUSTOMER" or (open_rows and _is_marked(kms, told, open_rows)):
            return ""
    except (ClientError, BotoCoreError):
        return ""
    return found["id"]


def _is_marked(kms: Any, told: Mapping[str, Any], items: Sequence[str]) -> bool:
    """Tell whether a key is one of the run's own of which no answer came: it has the row's tag, or its mark."""
    tags = kms.list_resource_tags(KeyId=told["KeyId"])["Tags"]
    marks = (told.get("Description", ""), *(tag["TagValue"] for tag in tags))
    return any(item in mark for item in items for mark in marks)
