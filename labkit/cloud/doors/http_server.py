"""HTTP/1.1 on the loopback interface: a thread for each connection, which reads, has the request answered, and writes.

The standard library listens and starts the threads, httptools reads the requests. A server that hands each request
from one thread to another and back, as WSGI servers do, takes a fifth of a millisecond a call for it: as long as the
account takes for the call itself. And since no connection waits for another one's thread, a function that the account
runs can always call the account.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from ..wire.protocols import HttpRequest, HttpResponse, Send
from .http_limits import CONNECTIONS, Room
from .http_reader import Admit, Arrived, RequestReader

HOST = "127.0.0.1"
_OUR_OWN = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})  # headers written here
_WITHOUT_CONTENT = frozenset({204, 304})  # and without a Content-Length (RFC 9110, 8.6)
_NOT_IN_A_LINE = re.compile(r"[\r\n\0]+")  # would begin another header (RFC 9110, 5.5)
_REASONS = {int(status): status.phrase for status in HTTPStatus}
_PATIENCE, _UNREAD = 1.0, 64 * 1024  # seconds, and readings, for what comes after a request that was refused
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

log = logging.getLogger("labkit.cloud")
Answer = Callable[[HttpRequest, Send], HttpResponse]
_AT_ONCE = int(
    getattr(socket, "MSG_DONTWAIT", 0)
)  # 0 on Windows, where a socket can't be asked that: nothing is sent ahead


class PortInUse(OSError):
    """The port that was asked for is taken."""


class HttpServer(socketserver.ThreadingTCPServer):
    """Answers requests on a port of the loopback interface; PortInUse where it can't be had, 0 takes a free one."""

    daemon_threads = True  # a connection that is open does not keep the process alive
    allow_reuse_address = os.name != "nt"  # on Windows this option would let two programs share a port
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer, admit: Admit | None = None) -> None:
        self.answer = answer
        self.admit = admit
        self.room = Room()
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        try:
            super().__init__((HOST, port), _Connection)
        except (OSError, OverflowError) as refused:
            text = f"Port {port} on {HOST} can't be used: {refused}. Choose another, or 0 for any."
            raise PortInUse(text) from None

    @property
    def endpoint(self) -> str:
        """Where it answers: http://127.0.0.1:PORT."""
        return f"http://{HOST}:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread; one too many is told so, and closed."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.send(written(_refused(HTTPStatus.SERVICE_UNAVAILABLE), "", keep_alive=False), _AT_ONCE)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Something went wrong with one connection: it is closed, and the others go on."""
        log.exception("A connection failed inside the simulated account")


class _Connection(socketserver.BaseRequestHandler):
    """One connection, from its first request to its end."""

    server: HttpServer
    request: socket.socket

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def handle(self) -> None:
        """Answer requests until the other side has no more of them, goes away or says what can't be read."""
        reader = RequestReader(self.client_address[0], self.server.admit, self.server.room)
        try:
            while data := self.request.recv(65536):
                if not self._answer_all(reader.feed(data)):
                    return
                if reader.refusal is not None:
                    self._refuse(reader.refusal)
                    return
                if reader.takes_up_expectation():
                    self.request.sendall(_CONTINUE)
        except ConnectionError:  # the other side has gone: it is on this machine, so that can't go unnoticed
            pass
        finally:
            reader.close()

    def _answer_all(self, requests: list[Arrived]) -> bool:
        """Answer requests in their order; False where the connection ends. None of them is held any longer then."""
        while requests:
            arrived = requests.pop(0)
            try:
                self._answer(arrived)
            finally:
                self.server.room.give_back(arrived.room)
            if not arrived.keep_alive:
                return False
        return True

    def _answer(self, arrived: Arrived) -> None:
        """Have the request answered, and send the answer: as much as the connection takes at once ahead of the rest."""
        unsent: bytes | None = None

        def write(answer: HttpResponse) -> bytes:
            return written(answer, arrived.request.method, keep_alive=arrived.keep_alive)

        def send_ahead(answer: HttpResponse) -> None:
            nonlocal unsent
            unsent = write(answer)
            with suppress(OSError):  # full, or gone: `sendall` waits, or says so
                unsent = unsent[self.request.send(unsent, _AT_ONCE) :] if _AT_ONCE else unsent

        answer = self.server.answer(arrived.request, send_ahead)
        self.request.sendall(write(answer) if unsent is None else unsent)

    def _refuse(self, refusal: HTTPStatus | HttpResponse) -> None:
        """Say so, and hear the other side out: a connection that is closed on unread bytes loses the answer."""
        answer = _refused(refusal) if isinstance(refusal, HTTPStatus) else refusal
        self.request.sendall(written(answer, "", keep_alive=False))
        self.request.shutdown(socket.SHUT_WR)
        self.request.settimeout(_PATIENCE)
        unheard = bytearray(65536)
        with suppress(TimeoutError):
            for _ in range(_UNREAD):
                if not self.request.recv_into(unheard):
                    return


def written(answer: HttpResponse, method: str, *, keep_alive: bool) -> bytes:
    """Return an answer to a request of this method, as the bytes of HTTP/1.1."""
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Answer')}", f"Date: {_date(int(time.time()))}"]
    length: str | None = None if answer.status in _WITHOUT_CONTENT else str(len(answer.body))
    for name, value in answer.headers.items():
        if name.lower() not in _OUR_OWN:
            lines.append(f"{name}: {_NOT_IN_A_LINE.sub(' ', value)}")
        elif method == "HEAD" and name.lower() == "content-length":
            length = value  # of what a GET would bring
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return head if length is None or method == "HEAD" else head + answer.body


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _refused(status: HTTPStatus) -> HttpResponse:
    """The answer to what is no request, or one too large to be taken."""
    why = "this is not an HTTP request that can be read here"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        why = f"more than {CONNECTIONS} connections are open here"
    text = f"{status.phrase}: {why}.\n"
    return HttpResponse(status, {"Content-Type": "text/plain"}, text.encode())
