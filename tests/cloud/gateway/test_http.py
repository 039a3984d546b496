"""Door two speaks HTTP/1.1 as RFC 9112 has it, and nothing that is sent to it gets further than it may."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.doors.http_reader import LARGEST_HEAD, RequestReader
from labkit.cloud.doors.http_server import HttpServer, written
from labkit.cloud.wire.protocols import HttpRequest, HttpResponse

POST = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
GET = b"GET /%2Fkey//b HTTP/1.1\r\nHost: x\r\n\r\n"


def echo(request: HttpRequest, send_ahead: Callable[[HttpResponse], None]) -> HttpResponse:
    """Answers with what was asked."""
    if request.path == "/empty":
        return HttpResponse(204, {"x-amz-id": "1"}, b"")
    if request.path == "/broken":
        raise ZeroDivisionError
    if request.path in ("/large", "/ahead"):
        answer = HttpResponse(200, {}, bytes(range(256)) * 100_000)
        if request.path == "/ahead":
            send_ahead(answer)
        return answer
    headers = {"x-amz-meta-signature": "kept", "Content-Length": "12345", "Connection": "close"}
    told = f"{request.method} {request.path} {request.query} {len(request.body)}"
    return HttpResponse(200, headers, told.encode())


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    """A server that echoes."""
    made = HttpServer(0, echo)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def talk(server: HttpServer, *pieces: bytes, until: bytes = b"") -> bytes:
    """What the server says to these bytes, until it hangs up or has said `until`."""
    address = ("127.0.0.1", int(server.server_address[1]))
    with socket.create_connection(address, timeout=10) as connection:
        heard = b""
        for piece in pieces:
            connection.sendall(piece)
        while (not until or until not in heard) and (data := connection.recv(65536)):
            heard += data
        return heard


def test_requests_of_one_connection_are_answered_in_turn(server: HttpServer) -> None:
    """Also when they come all at once, and the last one asks to hang up."""
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    heard = talk(server, POST + GET + last)
    assert heard.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert heard.index(b"POST /a b=c 3") < heard.index(b"GET /%2Fkey//b  0")
    assert heard.count(b"Connection: close") == 1


def test_a_connection_is_kept(server: HttpServer) -> None:
    """As SDKs expect; http.client would notice an answer of the wrong length."""
    connection = HTTPConnection("127.0.0.1", int(server.server_address[1]), timeout=10)
    for number in range(3):
        connection.request("PUT", f"/{number}", b"x" * number)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, f"PUT /{number}  {number}".encode())
    connection.close()


def test_a_body_in_chunks_is_whole(server: HttpServer) -> None:
    """And the account sees its length, not the chunks."""
    head = b"PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert b"PUT /k  7" in talk(server, head, b"3\r\nabc\r\n4\r\n", b"defg\r\n0\r\n\r\n")


def test_a_trailer_is_no_header() -> None:
    """What comes behind the body was not signed with the head, and changes nothing of it."""
    head = b"PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    (arrived,) = RequestReader("127.0.0.1").feed(head + b"1\r\na\r\n0\r\nHost: y\r\nX-Amz-Acl: public-read\r\n\r\n")
    assert arrived.request.headers == {"host": "x", "content-length": "1"}


def test_another_protocol_is_not_spoken(server: HttpServer) -> None:
    """The request is answered as it stands, and the connection ends: what follows is in that protocol."""
    upgrade = GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    heard = talk(server, upgrade + GET)
    assert heard.count(b"HTTP/1.1 200 OK\r\n") == heard.count(b"\r\nConnection: close\r\n") == 1


def test_a_sender_who_waits_is_told_to_go_on(server: HttpServer) -> None:
    """`Expect: 100-continue`: the AWS command sends it before a file."""
    head = b"PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    address = ("127.0.0.1", int(server.server_address[1]))
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert b"PUT /k  3" in connection.recv(65536)


def test_a_head_without_a_body_has_the_length_of_one(server: HttpServer) -> None:
    """HeadObject tells an object's size."""
    heard = talk(server, GET.replace(b"GET", b"HEAD"), until=b"\r\n\r\n")
    assert heard.endswith(b"Content-Length: 12345\r\n\r\n")


def test_no_content_has_no_length(server: HttpServer) -> None:
    """A client would wait for it."""
    heard = talk(server, b"DELETE /empty HTTP/1.1\r\nHost: x\r\n\r\n", until=b"\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"Content-Length" not in heard


def test_names_of_headers_are_sent_as_given(server: HttpServer) -> None:
    """An SDK takes the key of an object's metadata from the name as it comes."""
    assert b"\r\nx-amz-meta-signature: kept\r\n" in talk(server, GET, until=b"kept\r\n")


@pytest.mark.parametrize("path", ["/large", "/ahead"])
def test_an_answer_is_whole_however_much_was_sent_ahead(server: HttpServer, path: str) -> None:
    """More than a connection takes at once."""
    connection = HTTPConnection("127.0.0.1", int(server.server_address[1]), timeout=10)
    for _ in range(2):
        connection.request("GET", path)
        assert connection.getresponse().read() == bytes(range(256)) * 100_000
    connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET no-slash HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
    ],
    ids=["TLS", "no path", "bare LF", "space", "two lengths", "length and chunks", "negative", "method"],
)
def test_what_is_no_request_is_refused_and_ends_the_connection(server: HttpServer, sent: bytes) -> None:
    """Nothing is guessed at: that is how requests are smuggled."""
    heard = talk(server, sent)
    assert heard.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nConnection: close\r\n" in heard


def test_a_head_without_end_is_refused(server: HttpServer) -> None:
    """Its sender hears why, though it has not finished."""
    heard = talk(server, b"GET / HTTP/1.1\r\n", *[b"X-Long: " + b"x" * 60000 + b"\r\n"] * (LARGEST_HEAD // 60000 + 2))
    assert heard.startswith(b"HTTP/1.1 431 ")


def test_a_fault_ends_one_connection_alone(server: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    """The next one is answered; the log says what happened."""
    with caplog.at_level(logging.ERROR, "labkit.cloud"):
        assert talk(server, b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    assert b"200 OK" in talk(server, GET, until=b"\r\n\r\n")
    assert "ZeroDivisionError" in caplog.text


def test_one_who_goes_away_is_no_fault(server: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    """Half-way through a request, or with the answer unread."""
    address = ("127.0.0.1", int(server.server_address[1]))
    for sent in (b"", POST[:20], POST[:-1], POST * 50):
        socket.create_connection(address, timeout=10).close()
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(sent)
    assert b"200 OK" in talk(server, GET, until=b"\r\n\r\n")
    assert not caplog.records


@given(st.text(st.characters(codec="utf-8")))
def test_no_value_begins_another_header(value: str) -> None:
    """What a caller stores (a content type, say) comes back as one line."""
    head, _, body = written(HttpResponse(200, {"x-stored": value}, b"body"), "GET", keep_alive=True).partition(
        b"\r\n\r\n"
    )
    assert body == b"body"
    assert [line.partition(b":")[0] for line in head.split(b"\r\n")[1:]] == [b"Date", b"x-stored", b"Content-Length"]


@given(st.lists(st.sampled_from([POST, GET, GET.replace(b"GET", b"HEAD")]), max_size=4), st.data())
def test_pieces_make_no_difference(requests: list[bytes], data: st.DataObject) -> None:
    """Wherever the network cuts, the same requests arrive."""
    sent = b"".join(requests)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    reader, at_once = RequestReader("127.0.0.1"), RequestReader("127.0.0.1")
    arrived = [each for piece in pieces for each in reader.feed(piece)]
    assert arrived == at_once.feed(sent)
    assert len(arrived) == len(requests)
    assert reader.refusal is None


@given(st.lists(st.binary(max_size=60) | st.sampled_from([POST, GET, b"\r\n", b": ", b"HTTP/1.1"]), max_size=6))
def test_no_bytes_break_the_reader(pieces: list[bytes]) -> None:
    """It reads requests, waits for more, or refuses."""
    reader = RequestReader("127.0.0.1")
    for piece in pieces:
        for each in reader.feed(piece):
            assert each.request.path.startswith("/")
        if reader.refusal is not None:
            assert reader.refusal is HTTPStatus.BAD_REQUEST
            break
