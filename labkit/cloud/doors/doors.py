"""The two doors to one app: inside the process for botocore, HTTP on loopback for everything else.

Door one answers botocore's requests to the lab's endpoint through its `before-send` event, without a socket. Door two
is HTTP on 127.0.0.1 (http_server.py) for the `aws` command, Lambda functions, other SDKs, and forked children.
"""

from __future__ import annotations

import io
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from ..assembly.again import Begin, again
from ..assembly.cloud import Cloud
from ..core.uninterrupted import uninterrupted
from ..gateway.gateway import AccountOver
from ..wire.protocols import HttpRequest, HttpResponse, Send
from .admission import admit, too_large
from .control import PREFIX, control
from .http_limits import Admitted
from .http_server import HOST, HttpServer


class Server:
    """Door two: the cloud on a port of the loopback interface. `endpoint` is good once this exists.

    `cloud` may be exchanged for a fresh one while the server runs. PortInUse where the port can't be had.
    `begin` makes it as at its start, for a reset; without it, a lab's of the same seed and Region.
    """

    def __init__(self, cloud: Cloud, port: int = 0, begin: Begin | None = None) -> None:
        self._begin = begin
        self._server = HttpServer(port, self._answer, self._admit)
        self.endpoint = self._server.endpoint
        self.cloud = cloud

    @property
    def cloud(self) -> Cloud:
        """What is behind the doors now."""
        return self._cloud

    @cloud.setter
    def cloud(self, cloud: Cloud) -> None:
        cloud.gateway.endpoint = self.endpoint  # functions that the account runs call it there
        cloud.begin_again = self._begin_again
        self._cloud = cloud

    def exchange(self, make: Callable[[], Cloud]) -> Cloud:
        """Put a fresh cloud behind the doors; calls that come meanwhile wait, and are for the fresh one."""
        before = self._cloud.gateway
        with before.still():
            self.cloud = made = make()
            before.close()
        return made

    def _begin_again(self) -> None:
        before = self._cloud
        begin = self._begin or (lambda token: Cloud(before.seed, before.region, token=token))
        self.exchange(lambda: again(before, begin))

    def serve_forever(self) -> None:
        """Answer until the process is told to stop."""
        self._server.serve_forever()

    def start(self) -> None:
        """Answer in a background thread that does not keep the process alive."""
        threading.Thread(target=self.serve_forever, name="labkit-http", daemon=True).start()

    def close(self) -> None:
        """Free the port, once `serve_forever` has ended."""
        self._server.server_close()

    def _admit(self, head: HttpRequest) -> Admitted | HttpResponse:
        """Whether the sender of a large body is known, by the head of the request alone."""
        return admit(head, self._cloud.credentials)

    def leave_to_parent(self) -> None:
        """Leave the port to the parent, in a forked child, also when the child lives longer."""
        with suppress(OSError):
            self._server.socket.close()

    def handle(self, request: HttpRequest, send_ahead: Send = lambda _: None) -> HttpResponse:
        """Return the answer of the account that is behind the doors by the time the request is looked at."""
        while True:
            with suppress(AccountOver):
                return self._cloud.gateway.handle(request, send_ahead)

    def _answer(self, request: HttpRequest, send_ahead: Send) -> HttpResponse:
        if request.path.startswith(PREFIX):
            return control(self._cloud, request)
        return self.handle(request, send_ahead)


class ParentEnded(RuntimeError):
    """A forked child calls the account of a parent that is no more."""


class InProcessDoor:
    """Door one: botocore's requests to the server's endpoint are answered without leaving the process.

    A call is done and recorded, or not done, whenever an interrupt comes. In a forked child the door is shut: the
    account is the parent's, who answers by door two.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._prefix = server.endpoint + "/"
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
            params.setdefault(name, self._server.cloud.tokens.uuid())

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """botocore's `before-send` event: an answer, or None for requests that are not for the lab."""
        if not request.url.startswith(self._prefix):
            return None
        if self._in_child:
            self._look_for_parent()
            return None
        asked = _from_botocore(request)
        answer = too_large(asked) or uninterrupted(lambda: self._server.handle(asked))
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer))

    def _look_for_parent(self) -> None:
        """ParentEnded where nobody answers (boto3 would try again for some seconds, and then name the address)."""
        parent = os.getppid()
        if parent == self._parent:
            return
        try:
            socket.create_connection((HOST, int(urlsplit(self._prefix).port or 0)), timeout=10).close()
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
