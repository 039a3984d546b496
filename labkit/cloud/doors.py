"""The two doors to one app: inside the process for botocore, HTTP on loopback for everything else.

Door one answers botocore's requests to the lab's endpoint through its `before-send` event: no socket,
no thread. Door two is a WSGI app on 127.0.0.1 for the `aws` command, Lambda functions and other SDKs.
"""

from __future__ import annotations

import io
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import botocore.handlers
import waitress
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from .cloud import Cloud
from .control import PREFIX, control
from .header_names import Channel
from .wire import HttpRequest, HttpResponse

HOST = "127.0.0.1"
THREADS = 8


class PortInUse(OSError):
    """The port that was asked for is taken."""


class Server:
    """Door two: the cloud on a port of the loopback interface. `endpoint` is good once this exists.

    `cloud` may be exchanged for a fresh one while the server runs.
    """

    def __init__(self, cloud: Cloud, port: int = 0) -> None:
        # A request that waits a moment for a thread is no news; in a notebook the warning would stand under a cell.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        listener = _listen(port)
        self.endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
        self._server = waitress.create_server(
            wsgi_app(lambda: self.cloud),
            sockets=[listener],
            threads=THREADS,
            ident="labkit",
            clear_untrusted_proxy_headers=True,
        )
        self._server.channel_class = Channel
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
        """Answer until `close` is called."""
        self._server.run()

    def start(self) -> None:
        """Answer in a background thread that does not keep the process alive."""
        threading.Thread(target=self.serve_forever, name="labkit-http", daemon=True).start()

    def close(self) -> None:
        """Free the port, once `serve_forever` has ended."""
        self._server.close()


def _listen(port: int) -> socket.socket:
    """A socket on this port of the loopback interface; PortInUse where it can't be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":  # on Windows this option would let two programs share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as refused:
        listener.close()
        raise PortInUse(f"Port {port} on {HOST} can't be used: {refused}. Choose another, or 0 for any.") from None
    return listener


def wsgi_app(current: Callable[[], Cloud]) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The current cloud as a WSGI application."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = _from_environ(environ)
        cloud = current()
        answer = control(cloud, request) if request.path.startswith(PREFIX) else cloud.gateway.handle(request)
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        if request.method != "HEAD":
            headers["Content-Length"] = str(len(answer.body))
        start_response(f"{answer.status} {_REASONS.get(answer.status, 'Answer')}", list(headers.items()))
        return [answer.body]

    return app


_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})
_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error"}


def _from_environ(environ: dict[str, Any]) -> HttpRequest:
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    path, query = _target(environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    address = environ.get("REMOTE_ADDR", HOST)
    return HttpRequest(environ["REQUEST_METHOD"], path, query, headers, body, address)


def _target(sent: str) -> tuple[str, str]:
    """Path and query of a request line, as sent. (To urlsplit, //bucket/key would be a host and a path.)"""
    path, _, query = sent.partition("?")
    if not path.startswith("/"):  # the absolute form: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path, query


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
