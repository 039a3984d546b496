"""Reading and writing in full: raw files, pipes and sockets may take or give less than they were asked for."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Generator
from typing import Any, Protocol

PAGE_BYTES = 4096

Piece = tuple[memoryview, bool]
"""A piece of a source, valid until the next one is asked for, and whether it is the last."""


class Source(Protocol):
    """What can be read from: an open binary file, BytesIO, a pipe, the Body of an S3 object."""

    def readinto(self, buffer: Any, /) -> int | None: ...


class Target(Protocol):
    """What can be written to. It gets a view that is used again: who keeps the bytes copies them, as files do."""

    def write(self, data: Any, /) -> int | None: ...


def buffer(size: int) -> memoryview:
    """Zeros to read into, that begin in the middle of a page of memory.

    On some processors, copying is several times slower where the target begins a few bytes further into its page than
    the source into its own (https://sourceware.org/bugzilla/show_bug.cgi?id=30994). Files in memory begin with a page,
    and what Python allocates often begins some bytes after one: from the middle, both are far.
    """
    whole = bytearray(size + PAGE_BYTES)
    start = (PAGE_BYTES // 2 - ctypes.addressof(ctypes.c_char.from_buffer(whole))) % PAGE_BYTES
    return memoryview(whole)[start : start + size]


def pieces(source: Source, size: int) -> Generator[Piece, None, None]:
    """Read the source from where it stands, in pieces of `size` bytes; the last holds what is left, perhaps nothing.

    What is in memory already (BytesIO) is not copied: its pieces are views of it. Of any other source they are views
    of one buffer, which is wiped at the end. Close the generator when you are done, however it ends.
    """
    return _views(source, size) if type(source) is io.BytesIO else _reads(source, size)


def _views(source: io.BytesIO, size: int) -> Generator[Piece, None, None]:
    whole = memoryview(source.getvalue())  # not a copy, as `getbuffer` would be of a BytesIO made from bytes
    place, last = source.tell(), False
    while not last:
        piece = whole[place : place + size]
        place = source.seek(place + len(piece))
        last = place >= len(whole)
        yield piece, last


def _reads(source: Source, size: int) -> Generator[Piece, None, None]:
    """The buffer holds a byte more than a piece: as long as that one is filled too, the piece is not the last."""
    held = buffer(size + 1)
    piece, rest = held[:size], held[1:]
    try:
        filled = fill(source, held)
        while filled > size:
            yield piece, False
            held[0] = held[size]
            filled = 1 + fill(source, rest)
        yield held[:filled], True
    finally:
        held[:] = bytes(len(held))


def fill(source: Source, view: memoryview) -> int:
    """Read until the view is full or the source at its end; how many bytes it now holds."""
    done = 0
    while done < len(view):
        size = source.readinto(view[done:] if done else view)
        if size is None:
            raise BlockingIOError("The source has nothing to give yet: open it in blocking mode.")
        if not size:
            break
        done += size
    return done


def read_up_to(source: Source, size: int) -> bytes:
    """So many bytes, or fewer where the source ends."""
    buffer = bytearray(size)
    return bytes(buffer[: fill(source, memoryview(buffer))])


def write_all(target: Target, view: memoryview) -> None:
    """Write all of it."""
    written = target.write(view)
    while written is not None and written < len(view):
        view = view[written:]
        written = target.write(view)
