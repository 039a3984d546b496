"""KMS's client before a proxy of somebody else's: answers as HTTP servers give them, good ones and odd ones."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from labkit.cloud.kms.custom_stores import failures
from labkit.cloud.kms.custom_stores.failures import ProxyFailure
from labkit.cloud.kms.custom_stores.store import ProxyConfiguration
from labkit.cloud.services.xks.client import XksClient
from labkit.cloud.services.xks.names import Names

NAME = "https://xks.example.com"
PROXY = ProxyConfiguration("PUBLIC_ENDPOINT", NAME, "/kms/xks/v1", "A" * 20, "s" * 43)


class Foreign:
    """A server that gives each connection the same bytes, after a while, and closes it."""

    def __init__(self) -> None:
        self.answer, self.delay = b"", 0.0
        self.heard: list[bytes] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        names = Names()
        names.map(NAME, f"http://127.0.0.1:{self.listening.getsockname()[1]}")
        self.client = XksClient(names)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))
                time.sleep(self.delay)
                connection.sendall(self.answer)

    def ask(self, answer: bytes, delay: float = 0.0) -> tuple[int, bytes]:
        """What KMS's client makes of it."""
        self.answer, self.delay = answer, delay
        return self.client(PROXY, "us-east-1", "/kms/xks/v1/health", b"{}")


@pytest.fixture(scope="module")
def foreign() -> Iterator[Foreign]:
    """One for the file."""
    made = Foreign()
    yield made
    made.listening.close()


OK = b"HTTP/1.1 200 OK\r\n"
READ = {
    "with its length": (OK + b"Content-Length: 2\r\n\r\n{}", (200, b"{}")),
    "chunked": (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", (200, b"{}")),
    "as long as its connection": (b"HTTP/1.0 200 OK\r\n\r\n{}", (200, b"{}")),
    "HTML": (OK + b"Content-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", (200, b"<html>")),
    "a redirect is not followed": (
        b"HTTP/1.1 307 X\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
        (307, b""),
    ),
}


@pytest.mark.parametrize(("answer", "read"), READ.values(), ids=READ)
def test_answers_that_are_read(foreign: Foreign, answer: bytes, read: tuple[int, bytes]) -> None:
    """Status and body; what is in the body is read by others."""
    before = len(foreign.heard)
    assert foreign.ask(answer) == read
    assert len(foreign.heard) == before + 1


UNREAD = {
    "nothing": (b"", failures.NO_CONNECTION),
    "no HTTP": (b"SSH-2.0-server\r\n", failures.MALFORMED),
    "less than its length": (OK + b"Content-Length: 9\r\n\r\n{}", failures.MALFORMED),
    "no last chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", failures.MALFORMED),
    "headers alone": (OK + b"Content-Length: 2\r\n", failures.MALFORMED),
    "no end": (OK + b"Content-Length: 99999\r\n\r\n" + b"x" * 99999, failures.MALFORMED),
}


@pytest.mark.parametrize(("answer", "name"), UNREAD.values(), ids=UNREAD)
def test_answers_that_are_none(foreign: Foreign, answer: bytes, name: str) -> None:
    """An answer that was cut off is none, whatever its first part says."""
    with pytest.raises(ProxyFailure) as failed:
        foreign.ask(answer)
    assert failed.value.name == name


def test_250_milliseconds(foreign: Foreign) -> None:
    """A little less is in time, a little more is not."""
    answer = OK + b"Content-Length: 2\r\n\r\n{}"
    assert foreign.ask(answer, 0.2) == (200, b"{}")
    with pytest.raises(ProxyFailure, match=failures.TOO_LATE):
        foreign.ask(answer, 0.28)
