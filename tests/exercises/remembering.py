"""What an addition cannot change is asked once: of a key policy's addition, no answer of IAM knows, nor of S3.

A check runs whole for each addition, on what the account answers: of the service that the addition changed, anew; of
the others, as they have answered the same question before. An observer's answer hangs on its own service's state alone:
it is not authorized (labkit/cloud/gateway/observing.py).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from labkit import Lab

REMEMBERED = frozenset({"iam", "kms", "organizations", "s3"})


@dataclass(frozen=True)
class _Status:
    status_code: int


class Memory:
    """The answers that the observer's clients of a lab have had, by service and question."""

    def __init__(self) -> None:
        self._told: dict[str, dict[tuple[str, ...], tuple[_Status, Any]]] = {}
        self._asked: tuple[str, ...] = ()
        self.answered = 0

    def forget(self, service: str) -> None:
        """Something of this service has changed."""
        self._told.pop(service, None)

    def before(self, model: Any, params: dict[str, Any], request_signer: Any, **_: Any) -> Any:
        """Answer a question that was asked before; botocore then sends none."""
        region = request_signer.region_name
        self._asked = (model.name, region, *(str(params[part]) for part in ("url_path", "query_string", "body")))
        told = self._told.get(model.service_model.service_name, {}).get(self._asked)
        self.answered += told is not None
        return copy.deepcopy(told)

    def after(self, model: Any, parsed: Any, http_response: Any, **_: Any) -> None:
        """Keep an answer."""
        if not model.has_streaming_output and not isinstance(http_response, _Status):
            kept = _Status(http_response.status_code), copy.deepcopy(parsed)
            self._told.setdefault(model.service_model.service_name, {})[self._asked] = kept


@contextmanager
def remembering(lab: Lab) -> Iterator[Memory]:
    """Until the end, the lab's observer asks each question once, unless it is forgotten."""
    memory, given = Memory(), lab.observer.client
    hooks = {"before-call": memory.before, "after-call": memory.after}  # first: botocore's own hooks change answers
    clients = {}

    def client(service: str, region: str | None = None) -> Any:
        made = given(service, region)
        if service in REMEMBERED and id(made) not in clients:
            clients[id(made)] = made
            for event, hook in hooks.items():
                made.meta.events.register_first(f"{event}.{service}", hook)
        return made

    lab.observer.client = client  # type: ignore[assignment,method-assign]
    try:
        yield memory
    finally:
        lab.observer.client = given  # type: ignore[method-assign]
        for made in clients.values():
            for event, hook in hooks.items():
                made.meta.events.unregister(f"{event}.{made.meta.service_model.service_name}", hook)
