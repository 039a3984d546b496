"""From the bytes of a connection to requests, by httptools (the parser of Node.js): no socket in here.

A request is taken as HTTP/1.1's strict form has it (RFC 9112); what is not of that form is refused, never guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from ..wire.protocols import HttpRequest

LARGEST_HEAD = 256 * 1024  # bytes of request line and headers
LARGEST_BODY = 1024**3  # bytes


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole request, and whether its connection stays open for another one."""

    request: HttpRequest
    keep_alive: bool


class RequestReader:
    """Reads the requests of one connection as their bytes come in.

    `refusal` is the status to answer when something came that is no request: nothing more can be read then.
    """

    def __init__(self, source_ip: str) -> None:
        self.refusal: HTTPStatus | None = None
        self._source_ip = source_ip
        self._arrived: list[Arrived] = []
        self._expected = False
        self._parser = HttpRequestParser(self)
        self.on_message_begin()

    def feed(self, data: bytes) -> list[Arrived]:
        """The requests that are complete with `data`, in their order."""
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # to another protocol, in which all that follows is: the answer is the last one
            self._arrived[-1:] = [replace(each, keep_alive=False) for each in self._arrived[-1:]]
        except HttpParserError:
            self.refusal = HTTPStatus.BAD_REQUEST
        if not self._in_body and self._size > LARGEST_HEAD:
            self.refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        elif self._size > LARGEST_BODY:
            self.refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        arrived, self._arrived = self._arrived, []
        return arrived

    def takes_up_expectation(self) -> bool:
        """Whether the sender now waits for leave to send a body (`Expect: 100-continue`); true once for a request."""
        expected, self._expected = self._expected, False
        return expected

    # What httptools calls

    def on_message_begin(self) -> None:
        self._size = 0  # bytes since the request began, as far as they are counted: whole readings
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._in_body = self._expected = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:  # a trailer behind the last chunk: never part of the head (RFC 9110, 6.5.1)
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # A name that comes twice is one with a list of values (RFC 9110, 5.3); so it is signed as well.
        self._headers[key] = f"{self._headers[key]},{text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        self._in_body = True
        self._expected = self._headers.get("expect", "").lower() == "100-continue"

    def on_body(self, data: bytes) -> None:
        self._body.append(data)
        self._expected = False

    def on_message_complete(self) -> None:
        body = b"".join(self._body)
        if self._headers.pop("transfer-encoding", ""):  # it came in chunks, and is whole now
            self._headers["content-length"] = str(len(body))
        self._expected = False
        path, query = _target(self._url.decode("latin-1"))
        method = self._parser.get_method().decode("ascii")
        request = HttpRequest(method, path, query, self._headers, body, self._source_ip)
        self._arrived.append(Arrived(request, self._parser.should_keep_alive()))


def _target(sent: str) -> tuple[str, str]:
    """Path and query of a request line, as sent. (To urlsplit, //bucket/key would be a host and a path.)"""
    path, _, query = sent.partition("?")
    if not path.startswith("/"):  # the absolute form: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path, query
