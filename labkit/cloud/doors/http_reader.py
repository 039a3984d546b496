"""From the bytes of a connection to requests, by httptools (the parser of Node.js): no socket in here.

A request is taken as HTTP/1.1's strict form has it (RFC 9112); what is not of that form is refused, never guessed at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from io import BytesIO

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from ..wire.protocols import HttpRequest, HttpResponse
from .http_limits import FROM_ANYBODY, Admitted, Room

Admit = Callable[[HttpRequest], Admitted | HttpResponse]
"""Judges the head of a request with a large body (`admission.py`)."""

LARGEST_HEAD = 256 * 1024  # bytes of request line and headers


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole request, and whether its connection stays open for another one."""

    request: HttpRequest
    keep_alive: bool
    room: int = 0  # bytes that its body has of the room for large ones, to be given back


class RequestReader:
    """Reads the requests of one connection as their bytes come in.

    `refusal` is what to answer when something came that is no request, or a body that is not taken: nothing more can
    be read then. A body of more than FROM_ANYBODY bytes is taken if `admit` says so of the head, and if there is room;
    it is held once.
    """

    def __init__(self, source_ip: str, admit: Admit | None = None, room: Room | None = None) -> None:
        self.refusal: HTTPStatus | HttpResponse | None = None
        self._source_ip = source_ip
        self._admit = admit
        self._room = room or Room()
        self._taken = 0
        self._admitted: Admitted | None = None
        self._arrived: list[Arrived] = []
        self._expected = False
        self._parser = HttpRequestParser(self)
        self.on_message_begin()

    def feed(self, data: bytes) -> list[Arrived]:
        """Return the requests that are complete with `data`, in their order."""
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # to another protocol, in which all that follows is: the answer is the last one
            self._arrived[-1:] = [replace(each, keep_alive=False) for each in self._arrived[-1:]]
        except HttpParserError:
            self.refusal = HTTPStatus.BAD_REQUEST
        if not self._in_body and self._size > LARGEST_HEAD:
            self.refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if self._is_over():
            self.close()
        arrived, self._arrived = self._arrived, []
        return arrived

    def takes_up_expectation(self) -> bool:
        """Tell whether the sender waits for leave to send a body (`Expect: 100-continue`); true once for a request."""
        expected, self._expected = self._expected, False
        return expected

    def close(self) -> None:
        """Let go of what has come of a request that will not be whole."""
        self._body = BytesIO()
        self._give_back()

    def _is_over(self) -> bool:
        return self.refusal is not None

    def _give_back(self) -> None:
        self._room.give_back(self._taken)
        self._taken = 0

    def _take(self, size: int) -> None:
        """Whether the body may grow to `size` bytes: by its limit, and by the room that all connections share."""
        if size <= FROM_ANYBODY or self.refusal is not None:
            return
        admitted = self._admitted or self._ask()
        if admitted is None:
            return
        if size > admitted.limit:
            self.refusal = admitted.too_large
        elif size > self._taken and not self._room.take(size - self._taken):
            self.refusal = admitted.busy
        else:
            self._taken = max(size, self._taken)

    def _ask(self) -> Admitted | None:
        """Have the head judged: the limits, or None, and the refusal is set."""
        answer = self._admit(self._request(b"")) if self._admit is not None else HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if isinstance(answer, Admitted):
            self._admitted = answer
        else:
            self.refusal = answer
        return self._admitted

    def _request(self, body: bytes) -> HttpRequest:
        path, query = _target(self._url.decode("latin-1"))
        method = self._parser.get_method().decode("ascii")
        return HttpRequest(method, path, query, self._headers, body, self._source_ip)

    # What httptools calls

    def on_message_begin(self) -> None:
        self._size = 0  # bytes since the request began, as far as they are counted: whole readings
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = BytesIO()
        self._length = 0
        self._admitted = None
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
        declared = self._headers.get("content-length", "")
        if declared.isdecimal():
            self._take(int(declared[:20]))
        if self.refusal is not None:
            self._expected = False

    def on_body(self, data: bytes) -> None:
        self._expected = False
        self._length += len(data)
        self._take(self._length)
        if self.refusal is None:
            self._body.write(data)

    def on_message_complete(self) -> None:
        if self.refusal is not None:
            return
        body = self._body.getvalue()  # the same bytes, not a copy, once the buffer is gone
        self._body = BytesIO()
        if self._headers.pop("transfer-encoding", ""):  # it came in chunks, and is whole now
            self._headers["content-length"] = str(len(body))
        self._expected = False
        self._arrived.append(Arrived(self._request(body), self._parser.should_keep_alive(), self._taken))
        self._taken = 0


def _target(sent: str) -> tuple[str, str]:
    """Path and query of a request line, as sent. (To urlsplit, //bucket/key would be a host and a path.)"""
    path, _, query = sent.partition("?")
    if not path.startswith("/"):  # the absolute form: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path, query
