"""Messages on a pipe: four bytes of length, then CBOR. Imported on both sides of it; rests on nothing of the kit."""

from __future__ import annotations

from typing import IO, Any

import cbor2

LONGEST = 1 << 24  # bytes of a message


class FrameError(Exception):
    """The other side has ended, or speaks another language."""


def transmit(stream: IO[bytes], message: Any) -> None:
    """Write a message."""
    content = cbor2.dumps(message)
    if len(content) > LONGEST:
        raise ValueError(f"it has {len(content)} bytes, and {LONGEST} are the most")
    stream.write(len(content).to_bytes(4) + content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read the next message; FrameError at the end."""
    length = int.from_bytes(_exactly(stream, 4))
    if length > LONGEST:
        raise FrameError
    try:
        return cbor2.loads(_exactly(stream, length))
    except cbor2.CBORDecodeError as wrong:
        raise FrameError from wrong


def _exactly(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise FrameError
    return content
