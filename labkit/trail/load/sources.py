"""Where CloudTrail's events come from: files, folders, globs, S3, a lab, LookupEvents' pages, anything iterable.

Gives named pieces whose bytes are read when their turn comes. The order is by the delivery time in AWS's file names,
then by name: the same set of files is read in the same order, however it was listed.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

# 111122223333_CloudTrail_eu-west-1_20260105T0915Z_….json.gz: "AWS CloudTrail log file names" in the User Guide. A file
# "can contain records written at any point before" that time, and none written after it.
DELIVERED = re.compile(r"\d{12}_CloudTrail(?:-[A-Za-z]+)?_[\w-]+_(\d{8}T\d{4}Z)_[A-Za-z0-9]+\.json(?:\.gz)?$")
SPECIAL = re.compile(r"[*?\[]")
SMALL = 100_000  # bytes: a smaller file is read and unzipped before another thread could say that it is
AT_ONCE = 16  # objects that are fetched from S3 at a time: boto3 keeps ten connections, and waiting is most of it
TOGETHER = 2000  # live events that are handed on as one piece


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes under a name: a file, an object in S3, or events that were never in a file (then `file` is None)."""

    name: str
    size: int  # bytes as stored; 0 if not known before reading
    data: Callable[[], bytes]
    file: str | None
    at_once: int = 1  # how many such pieces may be fetched at the same time

    @property
    def delivered(self) -> str:
        """When AWS delivered the file, as in 20260105T0915Z; empty if its name doesn't say."""
        found = DELIVERED.search(self.name)
        return found.group(1) if found else ""


def pieces(source: Any) -> Iterable[Piece]:
    """Find the pieces of a source; a list where their sizes are known beforehand.

    FileNotFoundError if a path or pattern fits nothing, TypeError for a source that is none.
    """
    if isinstance(source, (str, Path)):
        found = _named(str(source))
        if Path(source).expanduser().is_dir():  # shown as they lie in it: the same wherever the folder is
            beginning = os.path.join(Path(source).expanduser(), "")
            found = (_shown_without(beginning, piece) for piece in found)
        return sorted(found, key=lambda piece: (piece.delivered, piece.name))
    if isinstance(source, (bytes, bytearray)):
        return [_live(bytes(source), "(bytes)")]
    if isinstance(source, Mapping):
        return [_live(msgspec.json.encode(source), "(record)")]
    if callable(getattr(source, "events", None)):  # a lab
        return _of_items(source.events())
    if isinstance(source, (list, tuple)) and source and all(isinstance(item, (str, Path)) for item in source):
        several = (piece for item in source for piece in _named(str(item)))
        return sorted(several, key=lambda piece: (piece.delivered, piece.name))
    if isinstance(source, Iterable):
        return _of_items(source)
    raise TypeError(f"Events can't be read from a {type(source).__name__}: give a path, an s3:// address or events.")


def _of_items(items: Iterable[Any]) -> Iterator[Piece]:
    """The pieces of an iterable of events, LookupEvents' pages, contents, paths."""
    waiting: list[Mapping[str, Any]] = []
    for number, item in enumerate(items):
        if isinstance(item, Mapping) and "eventTime" in item:
            waiting.append(item)
        if waiting and (len(waiting) >= TOGETHER or item is not waiting[-1]):
            yield _records(waiting)
            waiting = []
        if isinstance(item, Mapping):
            if "eventTime" not in item:
                yield _live(msgspec.json.encode(item), f"(item {number})")
        elif isinstance(item, (bytes, bytearray)):
            yield _live(bytes(item), f"(item {number})")
        elif isinstance(item, (str, Path)):
            yield from pieces(item)
        else:
            raise TypeError(f"Item {number} is a {type(item).__name__}: give events, paths or bytes.")
    if waiting:
        yield _records(waiting)


def _records(events: list[Mapping[str, Any]]) -> Piece:
    return _live(msgspec.json.encode({"Records": events}), "(events)")


def _live(content: bytes, name: str) -> Piece:
    return Piece(name, len(content), lambda: content, None)


def _named(name: str) -> Iterator[Piece]:
    """The files or objects that a path, a pattern or an s3:// address names."""
    if name.startswith("s3://"):
        found = _objects(name)
    else:
        path = Path(name).expanduser()
        if path.is_dir():
            found = (_regular_file(inner) for inner in path.rglob("*") if inner.is_file())
        elif path.exists() or not SPECIAL.search(name):
            found = iter([_file(path)])
        else:
            paths = map(Path, glob.glob(str(path), recursive=True))
            found = (_regular_file(inner) for inner in paths if inner.is_file())
    empty = True
    for piece in found:
        empty = False
        yield piece
    if empty:
        raise FileNotFoundError(f"There is no file at {name}.")


def _shown_without(beginning: str, piece: Piece) -> Piece:
    name = piece.name.removeprefix(beginning).replace(os.sep, "/")  # as texts: a folder may hold many thousands
    return replace(piece, name=name, file=name)


def _file(path: Path) -> Piece:
    """A file; ValueError for what has no end that one could read to: a FIFO, a device, a socket."""
    if path.exists() and not path.is_file():
        what = "is no file, but a FIFO, a device or a socket"
        raise ValueError(f"{path} {what}: write what comes out of it to a file first.")
    return _regular_file(path)


def _regular_file(path: Path) -> Piece:
    size = path.stat().st_size
    return Piece(str(path), size, path.read_bytes, str(path), at_once=2 if size > SMALL else 1)


def _objects(address: str) -> Iterator[Piece]:
    """The objects under s3://bucket/prefix, where the prefix may hold * and ?; boto3's own settings say where S3 is."""
    import boto3

    bucket, _, wanted = address.removeprefix("s3://").partition("/")
    special = SPECIAL.search(wanted)
    prefix = wanted[: special.start()] if special else wanted
    s3 = boto3.client("s3")
    # A lab numbers its calls in the order in which they come, so that its notebooks show the same each time.
    at_once = AT_ONCE if s3.meta.endpoint_url.endswith((".amazonaws.com", ".amazonaws.com.cn")) else 1
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            key = item["Key"]
            if key.endswith("/") or (special and not fnmatch.fnmatchcase(key, wanted)):
                continue
            name = f"s3://{bucket}/{key}"
            yield Piece(name, item["Size"], partial(_body, s3, bucket, key), name, at_once)


def _body(s3: Any, bucket: str, key: str) -> bytes:
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
