"""Looking at the account without leaving a trace: for the kit's checks, not for lessons."""

from __future__ import annotations

from functools import cache
from typing import Any

from .accounts.behind import Behind
from .accounts.own_calls import own_client
from .accounts.sessions import new_session

HEADER = "X-Labkit-Observer"


class Observer:
    """Clients whose calls are not recorded, take no lab time, and may only read (Get, Scan, ...).

    In a real account they are plain clients of the caller's, whose calls are recorded, and marked as the kit's own.
    """

    def __init__(self, remote: Behind, region: str) -> None:
        self._remote = remote
        self._region = region
        self.client = cache(self._client)

    def _client(self, service: str, region: str | None = None) -> Any:
        if not self._remote.token:
            return own_client(service, region or self._region, self._remote.endpoint)
        client = new_session().client(service, region_name=region or self._region, endpoint_url=self._remote.endpoint)
        client.meta.events.register("before-sign", self._mark)
        return client

    def _mark(self, request: Any, **_: Any) -> None:
        self._remote.require()
        request.headers[HEADER] = self._remote.token
