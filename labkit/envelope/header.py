"""What stands at the front of an envelope. Nothing in it is secret; nothing in it is believed before it is verified.

Format version 1, numbers big-endian:

    offset  bytes  field
    0       8      magic: LABENV CR LF (the line end breaks, visibly, where a transfer takes the file for text)
    8       1      version: 1
    9       4      F, the plaintext bytes of a frame: 1 to 1 MiB
    13      2      W, the length of the wrapped data key: 1 to 6144
    15      2      C, the length of the encryption context
    17      W      the data key as GenerateDataKey wrapped it
    17+W    C      the encryption context: for each pair, sorted by name, 2 bytes length and name, 2 bytes length and
                   value, in UTF-8
    17+W+C  32     commitment: made of the data key and of all the bytes before (see keys.py)

The frames follow (see frames.py). There is one way only to write a header: a reader refuses every other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .errors import HeaderChanged, NotAnEnvelope, Truncated, UnknownVersion
from .streams import Source, read_up_to

MAGIC = b"LABENV\r\n"
VERSION = 1
FIXED = struct.Struct(">8sBIHH")
COMMITMENT_BYTES = 32
FRAME_BYTES = 256 * 1024
"""Measured by tests/bench/envelope.py: smaller frames cost calls, larger ones fall out of the processor's cache."""
LARGEST_FRAME = 1024 * 1024  # a header that nobody has verified yet must not make its reader take more memory
LARGEST_WRAPPED_KEY = 6144  # the longest CiphertextBlob that Decrypt takes (botocore's model of KMS)
LARGEST_CONTEXT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Header:
    """The facts in a header. `wrapped_key` opens with KMS only; `frame_bytes` counts plaintext."""

    wrapped_key: bytes = field(repr=False)
    context: Mapping[str, str]
    frame_bytes: int = FRAME_BYTES

    def __post_init__(self) -> None:
        if not 1 <= self.frame_bytes <= LARGEST_FRAME:
            raise ValueError(f"A frame has 1 to {LARGEST_FRAME} bytes, not {self.frame_bytes}.")

    def packed(self) -> bytes:
        """Write the header's bytes, without the commitment. ValueError if the context is too long."""
        context = _packed(self.context)
        if len(context) > LARGEST_CONTEXT:
            raise ValueError(f"The encryption context takes {len(context)} bytes; at most {LARGEST_CONTEXT} fit.")
        fixed = FIXED.pack(MAGIC, VERSION, self.frame_bytes, len(self.wrapped_key), len(context))
        return fixed + self.wrapped_key + context


def read_header(source: Source) -> Header:
    """Read what an envelope says of itself. Nothing is verified: use it to find files, never to decide on trust."""
    return read_parts(source)[0]


def read_parts(source: Source) -> tuple[Header, bytes, bytes]:
    """Read the header, its bytes, and the commitment behind them. `source` then stands at the first frame."""
    start = read_up_to(source, FIXED.size)
    if start[: len(MAGIC)] != MAGIC[: len(start)]:
        raise NotAnEnvelope("This is not an envelope: it begins with other bytes.")
    if len(start) > len(MAGIC) and start[len(MAGIC)] != VERSION:
        raise UnknownVersion(f"This is an envelope of format version {start[len(MAGIC)]}; this code reads {VERSION}.")
    if len(start) < FIXED.size:
        raise _cut()
    _, _, frame_bytes, wrapped_bytes, context_bytes = FIXED.unpack(start)
    if not (1 <= frame_bytes <= LARGEST_FRAME and 1 <= wrapped_bytes <= LARGEST_WRAPPED_KEY):
        raise HeaderChanged("A length in the header is out of its bounds.")
    rest = read_up_to(source, wrapped_bytes + context_bytes)
    commitment = read_up_to(source, COMMITMENT_BYTES)
    if len(commitment) < COMMITMENT_BYTES:
        raise _cut()
    header = Header(rest[:wrapped_bytes], _unpacked(rest[wrapped_bytes:]), frame_bytes)
    return header, start + rest, commitment


def _cut() -> Truncated:
    return Truncated("The file ends in the middle of its header.")


def _packed(context: Mapping[str, str]) -> bytes:
    pairs = sorted((name.encode(), value.encode()) for name, value in context.items())
    return b"".join(len(text).to_bytes(2) + text for pair in pairs for text in pair)


def _unpacked(packed: bytes) -> dict[str, str]:
    try:
        texts = [text.decode() for text in _texts(packed)]
    except UnicodeDecodeError:
        raise HeaderChanged("The context in the header is no text.") from None
    context = dict(zip(texts[::2], texts[1::2], strict=False))
    if _packed(context) != packed:
        raise HeaderChanged("The context in the header is not written as this format writes one.")
    return context


def _texts(packed: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(packed):
        start = place + 2
        place = start + int.from_bytes(packed[place:start])
        yield packed[start:place]
