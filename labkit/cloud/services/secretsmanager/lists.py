"""ListSecrets, ListSecretVersionIds, the choice of BatchGetSecretValue: filters, order, pages. Reads the store alone.

Sources: Secrets Manager API Reference, ListSecrets and Filter; what the filters match is moto's, checked against the
real service by LocalStack's validated tests (2023-2025).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from moto.secretsmanager.models import _matches

from ...core.call import Call
from ...core.errors import AwsError
from .store import Secret, all_of, described

PAGE = 100
"""How many entries a page holds where MaxResults does not say less."""
_BAD_TOKEN = "The NextToken value is invalid."  # noqa: S105  # a message
_ORDER = {
    "created-date": "CreatedDate",
    "last-accessed-date": "LastAccessedDate",
    "last-changed-date": "LastChangedDate",
    "name": "Name",
}
_NOT_LISTED = ("VersionIdsToStages",)


def page_of(entries: Sequence[Any], params: dict[str, Any], most: int = PAGE) -> tuple[list[Any], dict[str, str]]:
    """Return the page that the parameters ask for, and NextToken where more follow."""
    start = _start(params.get("NextToken"), len(entries))
    end = start + (params.get("MaxResults") or most)
    more = {"NextToken": base64.b64encode(f"from {end}".encode()).decode()} if end < len(entries) else {}
    return list(entries[start:end]), more


def _start(token: str | None, count: int) -> int:
    if token is None:
        return 0
    try:
        word, _, number = base64.b64decode(token, validate=True).decode().partition(" ")
        if word == "from" and number.isdecimal() and int(number) <= count:
            return int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise AwsError("InvalidNextTokenException", _BAD_TOKEN)


def chosen(call: Call, filters: list[dict[str, Any]]) -> list[Secret]:
    """Return the account's secrets that all filters match, oldest first."""
    written = [{"Key": each.get("Key", "all"), "Values": each.get("Values") or []} for each in filters]
    return [each for each in all_of(call.account, call.region, call.time) if _matches(each, written)]


def list_secrets(call: Call) -> dict[str, Any]:
    """ListSecrets: those marked for deletion only where they are asked for."""
    params = call.params
    kept = [
        described(each)
        for each in chosen(call, params.get("Filters") or [])
        if each.deleted_date is None or params.get("IncludePlannedDeletion")
    ]
    if params.get("SortBy") or params.get("SortOrder"):
        name = _ORDER[params.get("SortBy") or "created-date"]
        kept.sort(key=lambda entry: _sortable(entry.get(name)), reverse=params.get("SortOrder") == "desc")
    page, more = page_of(kept, params)
    return {"SecretList": [_entry(each) for each in page]} | more


def _sortable(value: Any) -> tuple[int, Any]:
    """What was never accessed stands first."""
    if value is None:
        return 0, 0
    return 1, value


def _entry(shown: dict[str, Any]) -> dict[str, Any]:
    entry = {name: value for name, value in shown.items() if name not in _NOT_LISTED}
    staged = shown.get("VersionIdsToStages")
    return entry | ({"SecretVersionsToStages": staged} if staged else {})


def list_versions(secret: Secret, params: dict[str, Any], keys: dict[str, list[str]]) -> dict[str, Any]:
    """Versions that hold a value and have a label, or all of them; each with the keys that it is under (recorded)."""
    shown = []
    for version_id, version in secret.versions.items():
        stages = list(version["version_stages"])
        if not version["value"] or not (stages or params.get("IncludeDeprecated")):
            continue
        entry = {"VersionId": version_id, "CreatedDate": version["createdate"], "KmsKeyIds": keys[version_id]}
        entry |= {"VersionStages": stages} if stages else {}
        shown.append(entry | ({"LastAccessedDate": version["accessed"]} if "accessed" in version else {}))
    page, more = page_of(shown, params)
    return {"ARN": secret.arn, "Name": secret.name, "Versions": page} | more
