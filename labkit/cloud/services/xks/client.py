"""Carries KMS's requests to the proxy of an external key store: signed, over a new connection, within 250 ms.

Time is counted while a socket waits, tick by tick, and of a tick only so much: a machine that stands still between two
of them does not count as a slow proxy.
With an https address the certificate must be one that this machine trusts for the proxy's name.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from contextlib import closing

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ...kms.custom_stores.failures import MALFORMED, NO_CONNECTION, NO_TLS, TOO_LATE, ProxyFailure
from ...kms.custom_stores.store import ProxyConfiguration
from .names import Address, Names

SERVICE = "kms-xks-proxy"
BUDGET_MS, TICK_MS = 250, 10
LONGEST_TICK_MS = 12.5
"""What a tick can count: timers are late by a millisecond or two."""
LONGEST = 5.0
"""Seconds after which an answer is too late however it comes: byte by byte, or on a machine that stands still."""
LARGEST = 64 * 1024
"""Bytes of an answer: the largest that the spec allows has some 20,000."""


class XksClient:
    """One of KMS's `ProxyCaller`s."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def __call__(self, proxy: ProxyConfiguration, region: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer; ProxyFailure where there is none."""
        address = self._names.find(proxy.endpoint)
        if address is None:
            raise ProxyFailure(NO_CONNECTION)
        budget = _Budget()
        with closing(_connect(address, proxy.endpoint, budget)) as connection:
            try:
                connection.sendall(_request(proxy, region, path, body))
                return _read(connection, budget)
            except TimeoutError:
                raise ProxyFailure(TOO_LATE) from None
            except OSError:  # reset
                raise ProxyFailure(NO_CONNECTION) from None


class _Budget:
    """What is left of the 250 ms."""

    def __init__(self) -> None:
        self._left: float = BUDGET_MS
        self._end = time.monotonic() + LONGEST

    def wait_for(self, connection: socket.socket) -> None:
        """Wait until something can be read; ProxyFailure where the time is over."""
        ready = False
        while not ready:
            began = time.monotonic()
            ready = bool(select.select([connection], [], [], TICK_MS / 1000)[0])
            self._left -= min((time.monotonic() - began) * 1000, LONGEST_TICK_MS)
            if self._left <= 0:
                raise ProxyFailure(TOO_LATE)
        if time.monotonic() > self._end:
            raise ProxyFailure(TOO_LATE)


def _connect(address: Address, name: str, budget: _Budget) -> socket.socket:
    try:
        connection = socket.create_connection((address.host, address.port), BUDGET_MS / 1000)
    except OSError:
        raise ProxyFailure(NO_CONNECTION) from None
    if not address.tls:
        return connection
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    host = name.removeprefix("https://")
    secure = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
    try:
        secure.settimeout(0)
        _shake_hands(secure, budget)
        secure.settimeout(BUDGET_MS / 1000)
    except (OSError, ValueError, ProxyFailure) as wrong:
        secure.close()
        raise (wrong if isinstance(wrong, ProxyFailure) else ProxyFailure(NO_TLS)) from None
    return secure


def _shake_hands(secure: ssl.SSLSocket, budget: _Budget) -> None:
    while True:
        try:
            secure.do_handshake()
        except ssl.SSLWantReadError:
            budget.wait_for(secure)
        except ssl.SSLWantWriteError:
            select.select([], [secure], [], TICK_MS / 1000)
        else:
            return


def _request(proxy: ProxyConfiguration, region: str, path: str, body: bytes) -> bytes:
    """The request's bytes; signed are Host, X-Amz-Date and the body (the spec, appendix A)."""
    signed = AWSRequest("POST", f"{proxy.endpoint}{path}", data=body, headers={"Host": proxy.endpoint[8:]})
    SigV4Auth(Credentials(proxy.access_key_id, proxy.secret), SERVICE, region).add_auth(signed)
    headers = {**signed.headers, "Content-Type": "application/json", "Content-Length": len(body), "Connection": "close"}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def _read(connection: socket.socket, budget: _Budget) -> tuple[int, bytes]:
    answer = _Answer()
    parser = HttpResponseParser(answer)
    size = 0
    while not answer.complete:
        if not (isinstance(connection, ssl.SSLSocket) and connection.pending()):
            budget.wait_for(connection)
        data = connection.recv(65536)
        size += len(data)
        if (not data and not answer.headers_complete) or size > LARGEST:
            raise ProxyFailure(MALFORMED if size else NO_CONNECTION)
        if not data and answer.framed:
            raise ProxyFailure(MALFORMED)
        if not data:  # an answer that ends with its connection
            break
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            raise ProxyFailure(MALFORMED) from None
    return parser.get_status_code(), b"".join(answer.body)


class _Answer:
    """What httptools tells of an answer."""

    def __init__(self) -> None:
        self.body: list[bytes] = []
        self.complete = self.headers_complete = False
        self.framed = False  # it says itself where it ends

    def on_header(self, name: bytes, _value: bytes) -> None:
        self.framed |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        self.headers_complete = True

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True
