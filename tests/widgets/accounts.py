"""An account that answers KMS's reading calls from a list, of any size and with any names: no account has these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT = "111122223333"
MADE = datetime(2026, 1, 5, 9, tzinfo=UTC)


class ManyKeys:
    """A stand-in for a boto3 KMS client: so many keys, aliases and grants, with pages as KMS has them."""

    def __init__(self, keys: int, grants: int = 0, text: str = "", alias: str = "key-{}") -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(keys)]
        self._grants = grants
        self._text = text
        self._alias = alias
        self._names = [self._alias_of(at, each) for at, each in enumerate(self._ids)]

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> Any:
            self.calls.append((name, given))
            answer = getattr(self, f"_{name}", None)
            if answer is None:
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": self._text}}, name)
            return answer(**given)

        if name.startswith("_"):
            raise AttributeError(name)
        return call

    def can_paginate(self, operation: str) -> bool:
        """Tell whether there is a paginator."""
        return operation.startswith("list_")

    def get_paginator(self, operation: str) -> Any:
        """Return what walks over the pages of a list."""

        def paginate(**given: Any) -> Iterator[Any]:
            answer = getattr(self, operation)(**given)
            yield answer
            while answer.get("Truncated"):
                answer = getattr(self, operation)(**given, Marker=answer["NextMarker"])
                yield answer

        return SimpleNamespace(paginate=paginate)

    def _page(self, member: str, found: list[Any], limit: int, marker: str) -> dict[str, Any]:
        start = int(marker or 0)
        more = start + limit < len(found)
        follows = {"NextMarker": str(start + limit)} if more else {}
        return {member: found[start : start + limit], "Truncated": more, **follows}

    def _list_keys(self, Limit: int = 100, Marker: str = "") -> Any:
        return self._page("Keys", [{"KeyId": each, "KeyArn": arn(each)} for each in self._ids], Limit, Marker)

    def _list_aliases(self, KeyId: str = "", Limit: int = 100, Marker: str = "") -> Any:
        names = [each for each in self._names if each["TargetKeyId"] == KeyId] if KeyId else self._names
        return self._page("Aliases", names, Limit, Marker)

    def _alias_of(self, number: int, key_id: str) -> dict[str, str]:
        name = f"alias/{self._alias.format(number)}"
        return {"AliasName": name, "AliasArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:{name}", "TargetKeyId": key_id}

    def _describe_key(self, KeyId: str) -> Any:
        key = {
            "AWSAccountId": ACCOUNT, "KeyId": KeyId, "Arn": arn(KeyId), "CreationDate": MADE, "Enabled": True,
            "Description": self._text, "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled", "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "MultiRegion": False,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        }  # fmt: skip
        return {"KeyMetadata": key}

    def _list_resource_tags(self, KeyId: str) -> Any:
        return {"Tags": [{"TagKey": self._text, "TagValue": self._text}]}

    def _get_key_policy(self, KeyId: str, PolicyName: str) -> Any:
        return {"Policy": '{"Version": "2012-10-17", "Statement": [], "Id": "' + self._text + '"}'}

    def _list_grants(self, KeyId: str, Limit: int = 50, Marker: str = "") -> Any:
        start = int(Marker or 0)
        shown = [
            {"GrantId": f"{at:064x}", "Name": self._text, "GranteePrincipal": self._text, "Operations": ["Decrypt"],
             "CreationDate": MADE}
            for at in range(start, min(start + Limit, self._grants))
        ]  # fmt: skip
        more = start + Limit < self._grants
        return {"Grants": shown, "Truncated": more, **({"NextMarker": str(start + Limit)} if more else {})}


def arn(key_id: str) -> str:
    """A key's ARN."""
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"
