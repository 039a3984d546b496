"""Door one: botocore's requests are answered within the process, and so are the lab's own. No socket, no thread."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from ..core.uninterrupted import uninterrupted
from ..wire.protocols import HttpRequest, HttpResponse
from .admission import too_large
from .front import Front


class ParentEnded(RuntimeError):
    """A forked child calls the account of a parent that is no more."""


class AccountEnded(RuntimeError):
    """A client outlived its account, and no other has come in its place."""


class InProcessDoor:
    """Requests to the endpoint are answered without leaving the process.

    A call is done and recorded, or not done, whenever an interrupt comes. In a forked child the door is shut: the
    account is the parent's, who answers by door two.
    """

    def __init__(self, front: Front) -> None:
        self._front = front
        self._prefix = front.endpoint + "/"
        self._in_child = False
        self._parent = 0  # the parent's process id when it was last found there; 0 if it has not been looked for

    def open(self) -> None:
        """Send every botocore session made from now on through this door."""
        botocore.handlers.BUILTIN_HANDLERS.append(("before-send", self.answer))
        botocore.handlers.BUILTIN_HANDLERS.insert(0, ("before-parameter-build", self.fill_in_tokens))

    def leave_to_parent(self) -> None:
        """Leave the door to the parent, in a forked child."""
        self._in_child = True

    def fill_in_tokens(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Take from the lab's seed the idempotency tokens that botocore would make up at random."""
        if self._in_child:  # else all children had the same
            return
        for name in model.idempotent_members:
            params.setdefault(name, self._front.cloud.tokens.uuid())

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """botocore's `before-send` event: an answer, or None for requests that are not for the lab."""
        if not request.url.startswith(self._prefix):
            return None
        if self._in_child:
            self._look_for_parent()
            return None
        if self._front.over:
            raise AccountEnded(self._front.over)
        asked = _from_botocore(request)
        answer = too_large(asked) or uninterrupted(lambda: self._front.handle(asked))
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer))

    def answer_lab(self, request: HttpRequest) -> HttpResponse | None:
        """Answer one of the lab's own calls; None in a forked child, whose parent has the account."""
        return None if self._in_child else uninterrupted(lambda: self._front.answer(request))

    def _look_for_parent(self) -> None:
        """ParentEnded where nobody answers (boto3 would try again for some seconds, and then name the address)."""
        import socket  # a process that forks has it

        parent = os.getppid()
        if parent == self._parent:
            return
        here = urlsplit(self._prefix)
        try:
            socket.create_connection((here.hostname or "", here.port or 0), timeout=10).close()
        except OSError:
            raise ParentEnded(
                "This process was forked from one that held the lab's account, and that one has ended: the account is "
                "gone with it. Keep the parent alive, call labkit.start() in the child, or run `labkit serve`."
            ) from None
        self._parent = parent


def _from_botocore(request: AWSPreparedRequest) -> HttpRequest:
    url = urlsplit(request.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    headers.setdefault("host", url.netloc)
    body = request.body
    if body is None:
        body = b""
    elif isinstance(body, str):
        body = body.encode()
    elif hasattr(body, "read"):
        body = body.read()
    return HttpRequest(request.method, url.path or "/", url.query, headers, bytes(body))


class _Body(io.BytesIO):
    """An answer's body as botocore reads it from urllib3."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.body)

    def stream(self, amt: int = 65536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(amt):
            yield chunk
