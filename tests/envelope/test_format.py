"""The format is fixed to the byte, and takes the memory of a few frames whatever the length."""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import io
import tracemalloc
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from labkit import envelope
from labkit.envelope.streams import buffer

CONTEXT = {"purpose": "test", "file": "letter.txt"}
TEXT = b"attack at nine o'clock"
VECTOR = bytes.fromhex(
    "4c4142454e560d0a0100000008002800217772617070656420666f722066696c653d6c65747465722e7478742c707572"
    "706f73653d74657374000466696c65000a6c65747465722e7478740007707572706f7365000474657374d1c1753a598a"
    "975ce3fbdb0eb020b24bd994308b59e621fd3ebbda58a2aa782ff201b8c8b388678bccc6d85af678591a3f2e12fbe450"
    "475ec3ac558f0bdb1adf374b94a95f00d725e9b77d969a6beda035e45f999a0ff7e3697c34cc3f438fd980b8c3f42ffd"
)


def test_the_known_answer(one_key: Any, seal: Any, unseal: Any) -> None:
    """This data key, context and text have been this envelope since version 1, and always will be."""
    assert seal(one_key, TEXT) == VECTOR
    assert unseal(one_key, VECTOR) == TEXT


def hkdf(key: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 64 bytes: by hand."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    first = hmac.digest(extracted, info + b"\1", "sha256")
    return first + hmac.digest(extracted, first + info + b"\2", "sha256")


def test_the_description_is_enough_to_read_an_envelope() -> None:
    """The known answer, taken apart by nothing but the words in header.py, frames.py and keys.py."""
    fixed, rest = VECTOR[:17], VECTOR[17:]
    assert fixed[:9] == b"LABENV\r\n\x01"
    frame, wrapped, context = (int.from_bytes(fixed[a:b]) for a, b in ((9, 13), (13, 15), (15, 17)))
    assert frame == 8
    assert rest[:wrapped] == b"wrapped for file=letter.txt,purpose=test"
    pairs = b"\0\x04file\0\x0aletter.txt\0\x07purpose\0\x04test"
    assert rest[wrapped : wrapped + context] == pairs
    header = VECTOR[: 17 + wrapped + context]
    derived = hkdf(bytes(range(32)), b"labkit.envelope 1" + hashlib.sha256(header).digest())
    body = VECTOR[len(header) :]
    assert body[:32] == derived[32:]
    cipher, frames = AESGCM(derived[:32]), [body[32:56], body[56:80], body[80:]]
    nonces = [bytes(11) + b"\0", bytes(10) + b"\1\0", bytes(10) + b"\2\1"]
    opened = [cipher.decrypt(nonce, frame, None) for nonce, frame in zip(nonces, frames, strict=True)]
    assert b"".join(opened) == TEXT


class Zeros:
    """So many zeros to read, held nowhere; a raw stream, which gives less than it is asked for."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readinto(self, buffer: Any) -> int:
        """Up to 50,000 bytes."""
        given = min(len(buffer), self.left, 50_000)
        buffer[:given] = bytes(given)
        self.left -= given
        return given


class Count:
    """A target that keeps nothing; it takes less than it is given, as a socket does."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        """Up to 60,000 bytes."""
        taken = min(len(data), 60_000)
        self.size += taken
        return taken


def test_memory_is_that_of_a_few_frames(one_key: Any, tmp_path: Any) -> None:
    """30 MB through `encrypt` and back: less than six frames are held at once."""
    sealed, size = tmp_path / "sealed", 30_000_001
    tracemalloc.start()
    try:
        with sealed.open("wb") as target:
            envelope.encrypt(Zeros(size), target, one_key, "alias/test", CONTEXT)
        count = Count()
        with sealed.open("rb") as source:
            envelope.decrypt(source, count, one_key, "alias/test", CONTEXT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count.size == size
    assert peak < 6 * envelope.FRAME_BYTES


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 100])
def test_memory_and_a_stream_give_the_same_envelope(size: int, one_key: Any) -> None:
    """From where the source stands to its end, which is where it stands afterwards; it can be written to again."""

    class Read(io.BytesIO):
        """Not looked into, but read."""

    envelopes = []
    for kind in (io.BytesIO, Read):
        source, target = kind(b"skipped" + TEXT * 5), io.BytesIO()
        source.truncate(7 + size)
        source.seek(7)
        envelope.encrypt(source, target, one_key, "alias/test", CONTEXT, frame_bytes=8)
        assert source.tell() == 7 + size
        source.write(b"more")
        envelopes.append(target.getvalue())
    assert envelopes[0] == envelopes[1]


def test_a_source_beyond_its_end_is_empty(one_key: Any, seal: Any) -> None:
    """As reading it would be."""
    source, target = io.BytesIO(TEXT), io.BytesIO()
    source.seek(len(TEXT) + 5)
    envelope.encrypt(source, target, one_key, "alias/test", CONTEXT, frame_bytes=8)
    assert target.getvalue() == seal(one_key, b"")


def test_short_reads_and_writes_change_nothing(one_key: Any, seal: Any) -> None:
    """Raw streams give the same envelope as buffered ones."""
    target = io.BytesIO()
    envelope.encrypt(Zeros(200_000), target, one_key, "alias/test", CONTEXT)
    assert target.getvalue() == seal(one_key, bytes(200_000), envelope.FRAME_BYTES)


def test_a_stream_that_would_block_is_no_end(one_key: Any) -> None:
    """Half a plaintext is never sealed as if it were all."""

    class Waiting:
        def readinto(self, buffer: Any) -> None:
            return None

    with pytest.raises(BlockingIOError):
        envelope.encrypt(Waiting(), io.BytesIO(), one_key, "alias/test", CONTEXT)


@pytest.mark.parametrize("frame_bytes", [0, -1, 1024 * 1024 + 1])
def test_frames_have_bounds(frame_bytes: int, one_key: Any) -> None:
    """The writer keeps to what readers take."""
    with pytest.raises(ValueError, match="1 to 1048576"):
        envelope.encrypt(io.BytesIO(), io.BytesIO(), one_key, "alias/test", CONTEXT, frame_bytes=frame_bytes)


def test_a_context_has_bounds(one_key: Any) -> None:
    """64 kB do not fit."""
    with pytest.raises(ValueError, match="at most 65535"):
        envelope.encrypt(io.BytesIO(), io.BytesIO(), one_key, "alias/test", {"a": "b" * 40_000, "c": "d" * 40_000})


@pytest.mark.parametrize("size", [1, 17, 4096, 262_161])
def test_buffers_begin_in_the_middle_of_a_page(size: int) -> None:
    """Zeros, as many as asked for, at a place from which copying is fast."""
    view = buffer(size)
    assert bytes(view) == bytes(size)
    assert ctypes.addressof(ctypes.c_char.from_buffer(view)) % 4096 == 2048
