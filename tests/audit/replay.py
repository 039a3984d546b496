"""Clients that remember every answer: an account is read once, and audited many times, with answers left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from labkit.audit.facts.reader import permission_of

Answers = dict[tuple[str, str, str], list[dict[str, Any]]]


class Replay:
    """A factory of clients over others: what is asked for the first time is asked there. `denied` is refused."""

    def __init__(self, clients: Callable[[str, str], Any]) -> None:
        self._clients = cache(clients)
        self.answers: Answers = {}
        self.denied = ""

    def __call__(self, service: str, region: str) -> Any:
        return _Client(self, service, self._clients(service, region))

    @property
    def asked(self) -> list[str]:
        """The permissions that were asked for."""
        return sorted({permission_of(service, operation) for service, operation, _ in self.answers})

    def pages(self, service: str, operation: str, params: Any, ask: Callable[[], Any]) -> list[dict[str, Any]]:
        """The pages of an answer."""
        if permission_of(service, operation) == self.denied:
            error = {"Code": "AccessDenied", "Message": "not authorized to perform: " + self.denied}
            raise ClientError({"Error": error}, operation)
        key = (service, operation, repr(sorted(params.items())))
        if key not in self.answers:
            try:
                self.answers[key] = list(ask())
            except ClientError as refused:
                self.answers[key] = [{"refused": refused}]
        if isinstance(refused := self.answers[key][0].get("refused") if self.answers[key] else None, ClientError):
            raise refused
        return self.answers[key]


class _Client:
    def __init__(self, replay: Replay, service: str, client: Any) -> None:
        self._replay, self._service, self._client = replay, service, client
        self.meta, self.can_paginate = client.meta, client.can_paginate

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        call = getattr(self._client, operation)
        return lambda **params: self._replay.pages(self._service, operation, params, lambda: [call(**params)])[0]

    def get_paginator(self, operation: str) -> Any:
        return _Paginator(self._replay, self._service, operation, self._client)


class _Paginator:
    def __init__(self, replay: Replay, service: str, operation: str, client: Any) -> None:
        self._replay, self._service, self._operation, self._client = replay, service, operation, client

    def paginate(self, **params: Any) -> Iterator[dict[str, Any]]:
        def ask() -> Any:
            return self._client.get_paginator(self._operation).paginate(**params)

        return iter(self._replay.pages(self._service, self._operation, params, ask))
