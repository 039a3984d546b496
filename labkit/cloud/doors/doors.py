"""The two doors to one app: inside the process for botocore, HTTP on loopback for everything else.

Door one answers botocore's requests to the lab's endpoint through its `before-send` event: no socket,
no thread. Door two is HTTP on 127.0.0.1 (http_server.py) for the `aws` command, Lambda functions and other SDKs.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from ..assembly.cloud import Cloud
from ..wire.protocols import HttpRequest, HttpResponse, Send
from .control import PREFIX, control
from .http_server import HttpServer


class Server:
    """Door two: the cloud on a port of the loopback interface. `endpoint` is good once this exists.

    `cloud` may be exchanged for a fresh one while the server runs. PortInUse where the port can't be had.
    """

    def __init__(self, cloud: Cloud, port: int = 0) -> None:
        self._server = HttpServer(port, self._answer)
        self.endpoint = self._server.endpoint
        self.cloud = cloud

    @property
    def cloud(self) -> Cloud:
        """What is behind the doors now."""
        return self._cloud

    @cloud.setter
    def cloud(self, cloud: Cloud) -> None:
        cloud.gateway.endpoint = self.endpoint  # functions that the account runs call it there
        self._cloud = cloud

    def serve_forever(self) -> None:
        """Answer until the process is told to stop."""
        self._server.serve_forever()

    def start(self) -> None:
        """Answer in a background thread that does not keep the process alive."""
        threading.Thread(target=self.serve_forever, name="labkit-http", daemon=True).start()

    def close(self) -> None:
        """Free the port, once `serve_forever` has ended."""
        self._server.server_close()

    def _answer(self, request: HttpRequest, send_ahead: Send) -> HttpResponse:
        if request.path.startswith(PREFIX):
            return control(self._cloud, request)
        return self._cloud.gateway.handle(request, send_ahead)


class InProcessDoor:
    """Door one: botocore's requests to the server's endpoint are answered without leaving the process."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._prefix = server.endpoint + "/"

    def open(self) -> None:
        """Every botocore session made from now on goes through this door."""
        botocore.handlers.BUILTIN_HANDLERS.append(("before-send", self.answer))
        botocore.handlers.BUILTIN_HANDLERS.insert(0, ("before-parameter-build", self.fill_in_tokens))

    def fill_in_tokens(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """The idempotency tokens that botocore would make up at random come from the lab's seed."""
        for name in model.idempotent_members:
            params.setdefault(name, self._server.cloud.tokens.uuid())

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """botocore's `before-send` event: an answer, or None for requests that are not for the lab."""
        if not request.url.startswith(self._prefix):
            return None
        answer = self._server.cloud.gateway.handle(_from_botocore(request))
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer))


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
