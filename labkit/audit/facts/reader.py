"""Read-only calls of boto3, each made once, all pages; what an answer was missing is an exception with the call's name.

Nothing here changes anything: only operations that Get, List, Describe or look up are let through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

Clients = Callable[[str, str], Any]
"""Makes a client of a service in a Region, such as `boto3.client`."""

_NOW_AND_THEN = 100  # calls
_READING = ("get_", "list_", "describe_", "lookup_")
_IAM_NAMES = {"s3:ListBuckets": "s3:ListAllMyBuckets", "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration"}


class CouldNotRead(Exception):
    """An answer that did not come: which permission it asks for, about which resource, and what was said instead."""

    def __init__(self, permission: str, resource: str, code: str, text: str) -> None:
        super().__init__(f"{permission}: {code}")
        self.permission, self.resource, self.code, self.text = permission, resource, code, text


@dataclass(frozen=True, slots=True)
class _Asked:
    service: str
    operation: str
    params: tuple[tuple[str, str], ...]


class Reader:
    """Asks an account in one Region. A question that was asked before is answered from memory, refusals too."""

    def __init__(self, clients: Clients, region: str) -> None:
        self.region = region
        self._make = clients
        self._clients: dict[str, Any] = {}
        self._kept: dict[_Asked, Any] = {}
        self._calls = 0
        self._tell: Callable[[int], None] = _nothing

    def watched(self, tell: Callable[[int], None]) -> None:
        """Tell from now on how many calls were made, now and then."""
        self._tell = tell
        tell(self._calls)

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._clients:
            self._clients[service] = self._make(service, self.region)
        return self._clients[service]

    def ask(self, service: str, operation: str, about: str = "", absent: str = "", **params: Any) -> dict[str, Any]:
        """Ask one question, by boto3's name of the operation. CouldNotRead if it isn't answered.

        `about` names the resource in a report; the error code `absent` says "there is none", and answers {}.
        """
        call = self._call(service, operation)
        return dict(self._once(service, operation, about, params, lambda: _or_nothing(call, absent, params)))

    def pages(self, service: str, operation: str, about: str = "", **params: Any) -> list[dict[str, Any]]:
        """Ask for all pages of a list."""
        found: list[dict[str, Any]] = self._once(
            service, operation, about, params, lambda: list(self._walk(service, operation, params))
        )
        return found

    def listed(self, service: str, operation: str, member: str, about: str = "", **params: Any) -> list[Any]:
        """List the items of all pages."""
        pages = self.pages(service, operation, about, **params)
        return [item for page in pages for item in page.get(member, ())]

    def first(
        self, service: str, operation: str, member: str, most: int, about: str = "", **params: Any
    ) -> tuple[list[Any], bool]:
        """List no more than the first `most` items, and tell whether these are all."""

        def some() -> tuple[list[Any], bool]:
            found: list[Any] = []
            for page in self._walk(service, operation, params):
                found += page.get(member, ())
                if len(found) > most:
                    return found[:most], False
            return found, True

        answer: tuple[list[Any], bool] = self._once(service, operation, about, params | {"most": most}, some)
        return answer

    def _call(self, service: str, operation: str) -> Callable[..., dict[str, Any]]:
        if not operation.startswith(_READING):
            raise ValueError(f"An audit only reads: {operation} is not asked.")
        call: Callable[..., dict[str, Any]] = getattr(self.client(service), operation)
        return call

    def _walk(self, service: str, operation: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        call = self._call(service, operation)
        client = self.client(service)
        if client.can_paginate(operation):
            yield from client.get_paginator(operation).paginate(**params)
        else:
            yield call(**params)

    def _once(self, service: str, operation: str, about: str, params: dict[str, Any], answer: Callable[[], Any]) -> Any:
        asked = _Asked(service, operation, tuple(sorted((name, repr(value)) for name, value in params.items())))
        if asked not in self._kept:
            self._calls += 1
            if self._calls % _NOW_AND_THEN == 0:
                self._tell(self._calls)
            try:
                self._kept[asked] = answer()
            except (ClientError, BotoCoreError) as refused:
                self._kept[asked] = _refused(service, operation, about, refused)
        kept = self._kept[asked]
        if isinstance(kept, CouldNotRead):
            raise kept
        return kept


def _nothing(_calls: int) -> None:
    """Tell nobody."""


def _or_nothing(call: Callable[..., dict[str, Any]], absent: str, params: dict[str, Any]) -> dict[str, Any]:
    try:
        return call(**params)
    except ClientError as refused:
        if absent and refused.response["Error"]["Code"] == absent:
            return {}
        raise


def _refused(service: str, operation: str, about: str, refused: ClientError | BotoCoreError) -> CouldNotRead:
    permission = permission_of(service, operation)
    if isinstance(refused, ClientError):
        error = refused.response["Error"]
        return CouldNotRead(permission, about, error.get("Code", ""), error.get("Message", ""))
    return CouldNotRead(permission, about, type(refused).__name__, str(refused))


def permission_of(service: str, operation: str) -> str:
    """Write the IAM action that an operation of boto3 asks for."""
    name = re.sub(r"(?:^|_)([a-z0-9])", lambda found: found[1].upper(), operation)
    plain = f"{service}:{name}"
    return _IAM_NAMES.get(plain, plain)
