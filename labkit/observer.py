"""Looking at the account without leaving a trace: for the kit's checks, not for lessons."""

from __future__ import annotations

from functools import cache
from typing import Any

from .accounts.sessions import new_session

HEADER = "X-Labkit-Observer"


class Observer:
    """Clients whose calls are not recorded, take no lab time, and may only Get, List, Describe, Look up."""

    def __init__(self, endpoint: str, region: str, token: str) -> None:
        self._endpoint = endpoint
        self._region = region
        self._token = token
        self.client = cache(self._client)

    def _client(self, service: str, region: str | None = None) -> Any:
        client = new_session().client(service, region_name=region or self._region, endpoint_url=self._endpoint)
        client.meta.events.register("before-sign", self._mark)
        return client

    def _mark(self, request: Any, **_: Any) -> None:
        request.headers[HEADER] = self._token
