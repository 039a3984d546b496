"""ZIP archives of log files: their files one after the other, as if the archive were a folder. Never an exception."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

from .gzip_files import LIMIT
from .sources import Piece

MAGIC = b"PK\x03\x04"
DAMAGED = "the ZIP archive is damaged or cut off"
# What zipfile raises for a file that it can't read; RuntimeError: the file has a password.
_REFUSED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)
_NOTES = "__MACOSX/"  # what macOS notes of each file, in files of the same names


def files(piece: Piece, data: bytes) -> Iterator[tuple[Piece, bytes | None, str]]:
    """Open each file in the archive as a piece, its content (None if it can't be had), and what is wrong with it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        yield piece, None, DAMAGED
        return
    size = piece.size  # of the archive: counted with its first file
    inside = [entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith(_NOTES)]
    named = [(_named(piece, entry.filename), entry) for entry in inside]
    for inner, entry in sorted(named, key=lambda pair: (pair[0].delivered, pair[0].name)):
        yield replace(inner, size=size), *_content(archive, entry)
        size = 0


def _named(piece: Piece, name: str) -> Piece:
    return replace(piece, name=f"{piece.name}/{name}", file=piece.file and f"{piece.file}/{name}")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[bytes | None, str]:
    try:
        with archive.open(entry) as opened:
            content = opened.read(LIMIT)
            more = opened.read(1)
    except _REFUSED as refused:
        return None, f"can't be taken out of the ZIP archive: {refused}"
    return content, f"the file swells beyond {LIMIT >> 20:,} MiB; the rest is not read" if more else ""
