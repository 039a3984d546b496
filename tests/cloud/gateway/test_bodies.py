"""Large bodies: whose are taken, how large they may be, and that nothing of them is left."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import labkit
from labkit.cloud.doors import http_server
from labkit.cloud.doors.admission import too_large
from labkit.cloud.doors.http_limits import FROM_ANYBODY, MIB, UNNAMED, Admitted, Room, limit_of
from labkit.cloud.doors.http_reader import RequestReader
from labkit.cloud.doors.http_server import HttpServer
from labkit.cloud.wire.protocols import HttpRequest, HttpResponse

from .raw import Raw

STRANGER = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
CODE = re.compile(rb"<Code>(\w+)</Code>|\"__type\": \"(\w+)\"")


def _keys() -> Credentials:
    frozen = boto3.Session().get_credentials().get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


class _Signer(S3SigV4Auth):
    """Tells S3 this of the body, true or not."""

    told = "UNSIGNED-PAYLOAD"

    def payload(self, request: AWSRequest) -> str:
        return self.told


def _signed(endpoint: str, who: Credentials | None, size: int, **headers: str) -> bytes:
    """The head of an upload of `size` bytes to S3, signed for a body that need not be the one that comes."""
    request = AWSRequest("PUT", f"{endpoint}/bucket/key", headers | {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    if who is not None:
        _Signer(who, "s3", "us-east-1").add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    lines += [f"Host: {endpoint.partition('//')[2]}", f"Content-Length: {size}"]
    return "\r\n".join(["PUT /bucket/key HTTP/1.1", *lines, "", ""]).encode()


def _talk(endpoint: str, head: bytes, size: int, piece: bytes = b"x" * MIB) -> bytes:
    """The answer to a head and a body of `size` bytes, sent to the end whatever is answered."""
    host, port = endpoint.partition("//")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head)
        for _ in range(size // len(piece)):
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _code(answer: bytes) -> str:
    found = CODE.search(answer)
    assert found, answer[:300]
    return (found[1] or found[2]).decode()


@dataclass(frozen=True)
class Served:
    """`labkit serve` in a process of its own: nothing but the requests is in its memory."""

    pid: int
    endpoint: str
    owner: Credentials

    def resident(self) -> int:
        """Bytes of memory that it holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]) * 4096

    def peak(self) -> int:
        """The most bytes that it has held since `count_the_peak`."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text(encoding="ascii"))
        assert found
        return int(found[1]) * 1024

    def count_the_peak(self) -> None:
        """Begin anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One for all its tests; S3 has been called, so that moto's is loaded."""
    command = [sys.executable, "-m", "labkit.cli", "serve", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            told = json.loads(process.stdout.readline())
            keys = told["accounts"][0]
            owner = Credentials(keys["access_key_id"], keys["secret_access_key"])
            _talk(told["endpoint"], _signed(told["endpoint"], owner, MIB), MIB)
            yield Served(process.pid, told["endpoint"], owner)
        finally:
            process.terminate()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux's /proc")
@pytest.mark.parametrize("who", ["a stranger", "nobody", "an owner without a bucket"])
def test_refused_uploads_leave_no_memory(served: Served, who: str) -> None:
    """Six of 200 MB; the body of a known sender is held once, a stranger's never."""
    sender = {"a stranger": STRANGER, "nobody": None, "an owner without a bucket": served.owner}[who]
    expected = {"a stranger": "InvalidAccessKeyId", "nobody": "EntityTooLarge"}.get(who, "NoSuchBucket")
    size = 200 * MIB
    served.count_the_peak()
    before = served.resident()
    for _ in range(6):
        assert _code(_talk(served.endpoint, _signed(served.endpoint, sender, size), size)) == expected
    deadline = time.monotonic() + 5
    while served.resident() - before > 40 * MIB and time.monotonic() < deadline:
        time.sleep(0.1)
    assert served.resident() - before < 40 * MIB
    most = size * 3 // 2 if who == "an owner without a bucket" else 40 * MIB  # held once, or not at all
    assert served.peak() - before < most


def test_a_stranger_is_refused_before_the_body_comes(lab: labkit.Lab) -> None:
    """By the head alone, where a client waits for leave to send."""
    host, port = lab.endpoint.partition("//")[2].split(":")
    for sender, code in ((STRANGER, "InvalidAccessKeyId"), (None, "EntityTooLarge")):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(_signed(lab.endpoint, sender, 100 * MIB, Expect="100-continue"))
            assert _code(connection.recv(65536)) == code


def test_a_wrong_signature_is_refused_by_the_head(lab: labkit.Lab) -> None:
    """S3's header names the body's hash, so that the head tells all."""
    keys = _keys()
    wrong = Credentials(keys.access_key, "x" * 40, keys.token)
    host, port = lab.endpoint.partition("//")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(_signed(lab.endpoint, wrong, 100 * MIB, Expect="100-continue"))
        assert _code(connection.recv(65536)) == "SignatureDoesNotMatch"


def test_a_large_upload_of_the_owner_is_kept(lab: labkit.Lab) -> None:
    """Its bytes are the ones that were sent."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    size = 20 * MIB  # of UNSIGNED-PAYLOAD
    answer = _talk(lab.endpoint, _signed(lab.endpoint, _keys(), size), size, b"0123456789abcdef" * 65536)
    assert answer.startswith(b"HTTP/1.1 200 ")
    kept = s3.get_object(Bucket="bucket", Key="key")["Body"].read()
    assert hashlib.sha256(kept).digest() == hashlib.sha256(b"0123456789abcdef" * 65536 * 20).digest()


@pytest.mark.parametrize("service", ["kms", "secretsmanager", "sts", "iam"])
def test_requests_of_small_services_are_small(lab: labkit.Lab, service: str) -> None:
    """1 MiB and no more; who sends more is told so, whole or not."""
    host, port = lab.endpoint.partition("//")[2].split(":")
    head = Raw(lab.endpoint, boto3.client("sts")).signed(service, "{}")
    lines = [f"{name}: {value}" for name, value in head.items() if name.lower() != "content-length"]
    sent = "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {MIB + 1}", "Expect: 100-continue", "", ""])
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent.encode())
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"RequestEntityTooLargeException" in answer


@pytest.mark.parametrize(
    ("path", "limit", "operation"),
    [
        ("/2015-03-31/functions/f/invocations", 6_291_456, "InvokeFunction"),
        ("/2015-03-31/functions", 70_167_211, "CreateFunction"),
        ("/2015-03-31/functions/f/code", 70_167_211, "UpdateFunctionCode"),
    ],
)
def test_functions_say_what_they_take(path: str, limit: int, operation: str) -> None:
    """In Lambda's words (public reports)."""
    scope = "AWS4-HMAC-SHA256 Credential=A/20260105/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00"
    assert too_large(HttpRequest("POST", path, "", {"authorization": scope}, bytes(limit))) is None
    refused = too_large(HttpRequest("POST", path, "", {"authorization": scope}, bytes(limit + 1)))
    assert refused is not None
    assert f"Request must be smaller than {limit} bytes for the {operation} operation" in refused.body.decode()


def test_door_one_has_the_same_limits() -> None:
    """A body that a client in this process hands over whole."""
    names = {"authorization": "AWS4-HMAC-SHA256 Credential=A/20260105/us-east-1/kms/aws4_request, "}
    names["authorization"] += "SignedHeaders=host, Signature=00"
    assert too_large(HttpRequest("POST", "/", "", names, b"x" * MIB)) is None
    refused = too_large(HttpRequest("POST", "/", "", names, b"x" * (MIB + 1)))
    assert refused is not None
    assert refused.status == 413
    assert limit_of("s3") == 1024 * MIB


def _admitted(limit: int) -> Callable[[HttpRequest], Admitted]:
    return lambda _head: Admitted(limit, HttpResponse(400, {}, b"too large"), HttpResponse(503, {}, b"busy"))


def _chunks(size: int) -> Iterator[bytes]:
    yield b"PUT /b/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(size // 65536):
        yield b"10000\r\n" + b"x" * 65536 + b"\r\n"
    yield b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("size", "limit", "status"),
    [(FROM_ANYBODY, 0, 0), (2 * MIB, 2 * MIB, 0), (2 * MIB + 65536, 2 * MIB, 400), (9 * MIB, 16 * MIB, 503)],
    ids=["small", "fits", "too large", "no room"],
)
def test_bodies_without_a_length(size: int, limit: int, status: int) -> None:
    """Counted as they come; what was reserved is given back."""
    room = Room(8 * MIB)
    reader = RequestReader("127.0.0.1", _admitted(limit), room)
    arrived = [each for piece in _chunks(size) if reader.refusal is None for each in reader.feed(piece)]
    if status:
        assert isinstance(reader.refusal, HttpResponse)
        assert reader.refusal.status == status
        assert not arrived
    else:
        assert [len(each.request.body) for each in arrived] == [size]
        room.give_back(arrived[0].room)
    assert room.take(8 * MIB)


def test_a_connection_that_breaks_gives_its_room_back() -> None:
    """Half a body, then nothing."""
    room = Room(8 * MIB)
    reader = RequestReader("127.0.0.1", _admitted(16 * MIB), room)
    reader.feed(b"PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (8 * MIB))
    assert not room.take(1)
    reader.close()
    assert room.take(8 * MIB)


def test_nobodys_body_is_small(lab: labkit.Lab) -> None:
    """An upload without a signature, as a browser's form is one."""
    assert limit_of("s3") > UNNAMED
    answer = _talk(lab.endpoint, _signed(lab.endpoint, None, UNNAMED + 1), 0)
    assert b"<MaxSizeAllowed>%d</MaxSizeAllowed>" % UNNAMED in answer


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is told so; a place that is left can be taken."""
    monkeypatch.setattr(http_server, "CONNECTIONS", 2)
    made = HttpServer(0, lambda _request, _ahead: HttpResponse(200, {}, b""))
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        address = ("127.0.0.1", int(made.server_address[1]))
        get = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        held = [socket.create_connection(address, timeout=10) for _ in range(2)]
        for each in held:
            each.sendall(get)
            assert each.recv(1000).startswith(b"HTTP/1.1 200 ")
        with socket.create_connection(address, timeout=10) as third:
            assert third.recv(1000).startswith(b"HTTP/1.1 503 ")
        for each in held:
            each.close()
        for _ in range(100):
            with socket.create_connection(address, timeout=10) as fourth:
                fourth.sendall(get)
                if fourth.recv(1000).startswith(b"HTTP/1.1 200 "):
                    break
            time.sleep(0.05)
        else:
            pytest.fail("no place was given back")
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


@pytest.mark.parametrize(
    ("told", "code", "message"),
    [
        (
            "junk",
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,",
        ),
        ("", "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD,"),
        ("0" * 63, "InvalidArgument", "or a valid sha256 value."),
        (None, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
        ("A" * 64, "XAmzContentSHA256Mismatch", "does not match what was computed."),
        ("0" * 64, "XAmzContentSHA256Mismatch", "does not match what was computed."),
    ],
)
def test_the_hash_that_s3_is_told(lab: labkit.Lab, told: str | None, code: str, message: str) -> None:
    """Of a form that S3 knows, and there."""
    boto3.client("s3").create_bucket(Bucket="bucket")
    request = AWSRequest("PUT", f"{lab.endpoint}/bucket/key")
    signer: SigV4Auth = _Signer(_keys(), "s3", "us-east-1")
    if isinstance(signer, _Signer) and told is not None:
        signer.told = told
    else:
        signer = SigV4Auth(_keys(), "s3", "us-east-1")  # as other services' requests are, without the header
    signer.add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    lines += [f"Host: {lab.endpoint.partition('//')[2]}", "Content-Length: 1"]
    answer = _talk(lab.endpoint, "\r\n".join(["PUT /bucket/key HTTP/1.1", *lines, "", "x"]).encode(), 0)
    assert _code(answer) == code
    assert message.encode() in answer
    if code == "InvalidArgument":
        assert b"<ArgumentName>x-amz-content-sha256</ArgumentName>" in answer
