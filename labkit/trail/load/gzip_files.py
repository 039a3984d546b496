"""Files as bytes, unzipped if they are gzip; of a damaged one what can still be had. Never an exception."""

from __future__ import annotations

import zlib

try:
    from isal import isal_zlib as fast_zlib  # several times as fast, to the same effect
except ImportError:  # Pyodide has none
    fast_zlib = zlib  # type: ignore[misc]

MAGIC = b"\x1f\x8b"
GZIP = 31  # zlib's number for "a gzip header, the widest window"
LIMIT = 1 << 30  # bytes: AWS delivers at most 50 MB a file before gzip; a file that swells beyond this means no good
CHUNK = 4096


def unzip(data: bytes, limit: int = LIMIT) -> tuple[bytes, str]:
    """Give the content, and what is wrong with the gzip data (or nothing); several members in a row are one file."""
    pieces: list[bytes] = []
    room = limit
    while data.startswith(MAGIC):
        piece, data, wrong = _member(data, room)
        pieces.append(piece)
        room -= len(piece)
        if wrong:
            return b"".join(pieces), wrong
    if pieces and data.strip(b"\0"):
        return b"".join(pieces), "there is something else after the gzip data"
    return (b"".join(pieces) if len(pieces) > 1 else pieces[0]) if pieces else data, ""


def _member(data: bytes, room: int) -> tuple[bytes, bytes, str]:
    """The content of the first gzip member, what comes after it, and what is wrong with it."""
    reader = fast_zlib.decompressobj(wbits=GZIP)
    try:
        piece = reader.decompress(data, room) if room > 0 else b""
    except fast_zlib.error:  # type: ignore[misc]  # declared as if it were an exception, not a class of them
        return _salvage(data, room)
    if reader.eof:
        return piece, reader.unused_data, ""
    if len(piece) >= room:
        return piece, b"", f"the gzip data swells beyond {LIMIT >> 20:,} MiB; the rest is not read"
    return piece, b"", "the gzip data ends too early"


def _salvage(data: bytes, room: int) -> tuple[bytes, bytes, str]:
    """What comes out before the damage: in steps, as the step that fails gives nothing."""
    reader = zlib.decompressobj(GZIP)
    pieces: list[bytes] = []
    size = CHUNK
    at = 0
    while at < len(data) and not reader.eof and room > 0:
        before = reader.copy()
        try:
            piece = reader.decompress(data[at : at + size], room)
            while reader.unconsumed_tail and len(piece) < room:
                piece += reader.decompress(reader.unconsumed_tail, room - len(piece))
        except zlib.error as damage:
            if size == 1:
                return b"".join(pieces), b"", f"the gzip data is damaged: {_plain(damage)}"
            reader, size = before, 1
            continue
        pieces.append(piece)
        room -= len(piece)
        at += size
    return b"".join(pieces), b"", "the gzip data is damaged"


def _plain(damage: zlib.error) -> str:
    """What zlib says, without its numbers."""
    words = str(damage).rpartition(": ")[2]
    return f"{words}; an event of this file may be altered" if "check" in words else words
